"""Facts as a page lists them for whoever writes a condition: described in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask_babel import gettext as _

from desk.facts import FactType


def described(known: Mapping[str, FactType]) -> list[tuple[str, FactType]]:
    """What every desk knows, by name. Not for attributes: their words are of the admin who described them."""
    return [(name, replace(fact, description=_(fact.description))) for name, fact in sorted(known.items())]
