"""A process that works off jobs over a database and is killed at the worst moment: in the midst of the n-th slice."""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from desk import reactions, timeline
from desk.clock import SetClock
from desk.files import Blobs
from desk.keys import KeyRing
from desk.nlp import Without
from desk.parts import Desk
from desk.privacy import retaining
from desk.store import Store, Tx, prepare_engine
from desk.worker import run_one


def main(url: str, folder: str, now: str, slices: str, most: str) -> None:
    """Runs `privacy.retain` over this database at this time with slices of `most` lines, for so many slices."""
    left = int(slices)
    removed = timeline.remove_words

    def dies(tx: Tx, ids: Any, how: Any) -> Any:
        nonlocal left
        left -= 1
        found = removed(tx, ids, how)
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    timeline.remove_words = dies
    retaining.SLICE = int(most)
    keys = KeyRing([b"a key of thirty-two bytes, no less"])
    store = Store(prepare_engine(create_engine(url)), SetClock(datetime.fromisoformat(now)), keys)
    store.react_with(reactions.react)
    desk = Desk(store=store, files=Blobs(Path(folder)), config={}, models=Without())
    while run_one(desk, "killed", ["privacy.retain"]):
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
