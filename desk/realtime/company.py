"""Who of the staff is here, at which conversation, and who writes: told on, kept in no table, gone with the socket.

One process knows its own sockets. Where several serve one desk (`REDIS_URL`), each socket has a field in one hash,
which is believed for a little longer than two signs of life: a process that died leaves nobody behind.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import redis

log = logging.getLogger(__name__)

KEY = "loopdesk:company"
BELIEVED = 75.0  # seconds after the last sign of life, which comes every 25


@dataclass(frozen=True, slots=True)
class Here:
    """One open screen: whose, what is open on it, and whether something is being written there (`note`: no answer)."""

    sid: str
    staff_id: int
    name: str
    conversation_id: int | None = None
    writing: bool = False
    note: bool = False


class Company(Protocol):
    """All screens of the staff, over all processes."""

    def put(self, here: Here) -> None:
        """This screen is here, and shows this."""
        ...

    def drop(self, sid: str) -> None:
        """This screen is gone."""
        ...

    def all(self) -> list[Here]:
        """Every screen, in no order."""
        ...


class OwnCompany:
    """The screens of one process: the socket says when one is gone."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Here] = {}
        self._lock = threading.Lock()

    def put(self, here: Here) -> None:
        with self._lock:
            self._by_sid[here.sid] = here

    def drop(self, sid: str) -> None:
        with self._lock:
            self._by_sid.pop(sid, None)

    def all(self) -> list[Here]:
        with self._lock:
            return list(self._by_sid.values())


class SharedCompany:
    """The screens of all processes. While Redis is away each process knows its own alone: who is here is a courtesy,
    and no reason for an error."""

    def __init__(self, url: str, now: Callable[[], float] = time.time) -> None:
        self._redis: Any = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, decode_responses=True)
        self._own, self._now = OwnCompany(), now

    def put(self, here: Here) -> None:
        self._own.put(here)
        self._asked(
            lambda: self._redis.hset(KEY, here.sid, json.dumps(asdict(here) | {"until": self._now() + BELIEVED}))
        )

    def drop(self, sid: str) -> None:
        self._own.drop(sid)
        self._asked(lambda: self._redis.hdel(KEY, sid))

    def all(self) -> list[Here]:
        told = self._asked(lambda: self._redis.hgetall(KEY))
        if told is None:
            return self._own.all()
        found, over = [], []
        for sid, text in told.items():
            values = json.loads(text)
            if values.pop("until") < self._now():
                over.append(sid)
            else:
                found.append(Here(**values))
        if over:
            self._asked(lambda: self._redis.hdel(KEY, *over))
        return found

    def _asked(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except redis.RedisError:
            log.warning("who is here is not shared: Redis is away", exc_info=True)
            return None


def at(company: Company, conversation_id: int) -> list[Here]:
    """The screens that show one conversation."""
    return [here for here in company.all() if here.conversation_id == conversation_id]


def faces(screens: list[Here]) -> list[dict[str, Any]]:
    """The people behind these screens, each once: who writes on one of them writes."""
    found: dict[int, dict[str, Any]] = {}
    for here in sorted(screens, key=lambda h: (h.staff_id, h.sid)):
        one = found.setdefault(here.staff_id, {"id": here.staff_id, "name": here.name, "writing": False})
        if here.writing:
            # An answer on one screen goes before a note on another.
            noting = here.note and (not one["writing"] or one.get("note", False))
            one["writing"] = True
            one.pop("note", None)
            if noting:
                one["note"] = True
    return list(found.values())
