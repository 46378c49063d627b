"""The language model, loaded once for the tests of what is read with it."""

from __future__ import annotations

import pytest

from desk.nlp import Models
from desk.parts import Desk


@pytest.fixture(scope="session")
def models() -> Models:
    found = Models()
    assert found.warm().ready, found.status.detail  # it ships with the desk
    return found


@pytest.fixture
def reading_desk(desk: Desk, models: Models) -> Desk:
    """A desk whose messages are read by the trained head."""
    desk.models = models
    return desk
