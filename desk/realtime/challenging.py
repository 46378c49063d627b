"""Asks strangers to show that they are people, where their inbox wants that: before their first message is kept."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from typing import Any

from desk import settings, visitors
from desk.parts import Desk
from desk.realtime.flood import Bucket, Pace
from desk.realtime.visitor_seats import Refusal, Seat
from desk.visitors import challenge

log = logging.getLogger(__name__)

AT_ONCE = 8  # calls to providers
LONGEST = 4.0  # seconds for one of them, names looked up and slow answers included
FIRST_OF_ADDRESS = (3.0, 1 / 600)  # visitors of one address who begin, before it looks strange
TRIES = (10.0, 1 / 10)  # answers of one address that are looked at
UNCHECKED = 10  # a minute, of one inbox: who is let through while the provider is away
LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)


class Challenges:
    """Says of each first message whether it needs an answer, and whether the one that came with it is good."""

    def __init__(self, desk: Desk, now: Callable[[], float]) -> None:
        self._desk, self._now = desk, now
        self._of_inbox = Pace(lambda: Bucket(20, 20 / 60))
        self._of_address = Pace(lambda: Bucket(*FIRST_OF_ADDRESS))
        self._tries = Pace(lambda: Bucket(*TRIES))
        self._unchecked = Pace(lambda: Bucket(UNCHECKED, UNCHECKED / 60))
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="challenge")
        self._free = threading.Semaphore(AT_ONCE)

    def pass_on(self, seat: Seat, inbox: settings.Inbox, asked: challenge.Challenge, said: dict[str, Any]) -> bool:
        """Whether a stranger's message goes through unchecked, because nobody could check it. Raises Refusal:
        `challenge` where an answer is needed, with where it is given."""
        if seat.human:
            return False
        token = said.get("challenge")
        if not isinstance(token, str) or not token:
            if asked.when == "busy" and not self._strange(seat, inbox, asked, said):
                return False
            raise Refusal("challenge", challenge=self._question(seat))
        wait = self._tries.take(seat.address, self._now())
        if wait:
            raise Refusal("slow_down", seconds=wait, retry_after=wait)
        verdict = self._verdict(inbox, asked, token)
        if verdict == "no":
            raise Refusal("challenge_wrong", challenge=self._question(seat))
        if verdict == "down":
            self._without(seat, inbox, asked)
        seat.human = True
        return verdict == "down"

    def _question(self, seat: Seat) -> dict[str, str]:
        public = self._desk.store.public_url
        return {"frame": f"{public}/widget/{seat.inbox_key}/challenge?locale={seat.locale}", "origin": public}

    def _strange(self, seat: Seat, inbox: settings.Inbox, asked: challenge.Challenge, said: dict[str, Any]) -> bool:
        """Many begin at once, here or from one address; or a stranger's first words lead elsewhere."""
        now = self._now()
        busy = self._of_inbox.take(str(inbox.id), now, a_minute=asked.busy)
        crowd = self._of_address.take(f"{inbox.id} {seat.address}", now)
        return bool(busy or crowd or LINK.search(str(said.get("text") or "")))

    def _verdict(self, inbox: settings.Inbox, asked: challenge.Challenge, token: str) -> challenge.Verdict:
        """The visitor waits for this, and nobody else: no transaction is open, and it ends in time whatever happens."""
        if len(token) > challenge.LONGEST:
            return "no"
        # Whoever says that no answer could be had: asking the provider shows whether so.
        fresh = token == challenge.UNAVAILABLE or self._desk.store.attempt(
            lambda tx: challenge.spend(tx, inbox.id, token)
        )
        if not fresh:
            return "no"
        if not self._free.acquire(blocking=False):
            raise Refusal("busy")
        allow_private = bool(self._desk.config.get("ALLOW_PRIVATE"))
        call = self._pool.submit(challenge.verify, asked, token, allow_private=allow_private)
        call.add_done_callback(lambda _done: self._free.release())
        try:
            return call.result(LONGEST)
        except TookTooLong:
            log.warning("the provider of the challenge took more than %s seconds", LONGEST)
            return "down"

    def _without(self, seat: Seat, inbox: settings.Inbox, asked: challenge.Challenge) -> None:
        """The provider is away: what then is the inbox's choice."""
        if asked.down == "later":
            raise Refusal("challenge_down")
        wait = self._unchecked.take(str(inbox.id), self._now())
        if wait:
            raise Refusal("slow_down", seconds=wait, retry_after=wait)
        log.info("a stranger's message was let through unchecked")


def is_stranger(row: visitors.Visitor | None, seat: Seat) -> bool:
    """Who has written before is known, and who is signed in was proved by the site."""
    return seat.user is None and (row is None or row.identity_id is None)
