"""A provider of SMS on this machine that answers what it is told to answer, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.listening import Asked, Handler, listening


class Texts(Asked):
    """`answers` are (status, body), or "hang up": it takes the message and breaks the connection."""


class _Handler(Handler):
    def _answer(self) -> None:
        self.hear()
        answer = self.asked.answers.pop(0) if self.asked.answers else (200, b"{}")
        if answer == "hang up":
            self.close_connection = True
            return
        self.say(*answer)

    do_GET = do_POST = do_PUT = _answer


@contextmanager
def serving() -> Iterator[Texts]:
    """One on a free port of this machine, until the block ends."""
    found = Texts()
    with listening(found, _Handler):
        yield found
