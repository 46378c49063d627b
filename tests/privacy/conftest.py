"""A desk on which follows what follows from a signal."""

from __future__ import annotations

import pytest

from desk import reactions
from desk.parts import Desk
from desk.store import Store


@pytest.fixture
def store(store: Store) -> Store:
    store.react_with(reactions.react)
    return store


@pytest.fixture
def desk(desk: Desk, store: Store) -> Desk:
    return desk
