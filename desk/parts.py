"""The parts of one running desk, put together by app.py and handed to whoever stands above the domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from desk.files import Blobs
from desk.nlp import Models
from desk.store import Store


@dataclass(slots=True)
class Desk:
    """One desk: its database, its files, how it is deployed (the values of config.py), and its text models."""

    store: Store
    files: Blobs
    config: Mapping[str, Any] = field(default_factory=dict)
    models: Models = field(default_factory=Models)
