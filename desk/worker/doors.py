"""The doors by which mail comes in: our own SMTP and LMTP receivers, and a watcher for each mailbox."""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import Any

from desk import inbound, settings
from desk.channels.email import oauth
from desk.channels.email.imap_in import Fetched, watch
from desk.channels.email.receiver import Receiver
from desk.parts import Desk
from desk.store import Tx

log = logging.getLogger(__name__)

LOOK_EVERY = 3.0  # seconds between looks at which inboxes there are: an admin's change needs no restart
ACCEPTED_FOR = 30.0  # seconds between the recipient and the mail, in which the answer is not asked for again
STOP_PATIENCE = 5.0


class Watched:
    """One mailbox and the thread that fetches it."""

    def __init__(self, desk: Desk, inbox_id: int, config: dict[str, Any], cursor: str | None) -> None:
        self.config = config
        self._desk, self._inbox_id = desk, inbox_id
        self._stop = threading.Event()
        self.thread = threading.Thread(
            target=watch,
            args=(config, self._take),
            kwargs={
                "cursor": cursor,
                "keep_cursor": self._keep_cursor,
                "stop": self._stop,
                "trouble": self._trouble,
                "clock": desk.store.clock,
            },
            name=f"imap-{inbox_id}",
            daemon=True,
        )
        self.thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _take(self, mail: Fetched) -> None:
        envelope: dict[str, Any] = {"mailbox": mail.key}
        if mail.too_large:
            envelope["too_large"] = mail.size
        inbound.take_raw(
            self._desk,
            mail.raw,
            channel="email",
            door="imap",
            inbox_id=self._inbox_id,
            envelope=envelope,
            door_key=f"imap:{self._inbox_id}:{mail.key}",
        )

    def _keep_cursor(self, cursor: str) -> None:
        with self._desk.store.transaction() as tx:
            settings.keep_cursor(tx, self._inbox_id, cursor)

    def _trouble(self, sentence: str) -> None:
        if sentence:
            log.warning("inbox %s: %s", self._inbox_id, sentence)
        with self._desk.store.transaction() as tx:
            settings.note_trouble(tx, self._inbox_id, sentence)


class Doors:
    """Opens the receivers that the configuration names, and follows the inboxes that are fetched."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.receivers: list[Receiver] = []
        self._watched: dict[int, Watched] = {}
        self._accepted: dict[str, tuple[int | None, float]] = {}
        self._stop = threading.Event()
        self._follower = threading.Thread(target=self._follow, name="mailboxes", daemon=True)

    def start(self) -> None:
        config = self.desk.config
        with self.desk.store.reading() as tx:
            limit = self._limit(tx)
        for port, lmtp in ((config.get("SMTP_PORT"), False), (config.get("LMTP_PORT"), True)):
            if port:
                receiver = Receiver(
                    partial(self._handle, "lmtp" if lmtp else "smtp"),
                    self._accepts,
                    host=config.get("SMTP_HOST", "127.0.0.1"),
                    port=int(port),
                    lmtp=lmtp,
                    size_limit=limit,
                )
                receiver.start()
                self.receivers.append(receiver)
        self._follower.start()

    def stop(self) -> None:
        self._stop.set()
        for receiver in self.receivers:
            receiver.stop(STOP_PATIENCE)
        for watched in self._watched.values():
            watched.stop()
        for watched in self._watched.values():
            watched.thread.join(STOP_PATIENCE)

    def _accepts(self, address: str) -> bool:
        inbox_id = self._inbox_id(address)
        self._accepted[address] = (inbox_id, time.monotonic())
        return inbox_id is not None

    def _inbox_id(self, address: str) -> int | None:
        with self.desk.store.reading() as tx:
            found = settings.inbox_for_address(tx, "email", address)
            return None if found is None else found.id

    def _taker(self, address: str) -> int | None:
        """The inbox of an address that was accepted a moment ago, without asking once more."""
        inbox_id, at = self._accepted.pop(address, (None, 0.0))
        if len(self._accepted) > 1000:  # of senders that never came to the mail itself
            self._accepted.clear()
        return inbox_id if time.monotonic() - at < ACCEPTED_FOR else self._inbox_id(address)

    def _handle(self, door: str, raw: bytes, envelope: dict[str, Any]) -> None:
        """Keeps the mail for each inbox that it is addressed to; when this returns, it is committed."""
        found = [self._taker(address) for address in envelope["rcpt_to"]]
        for inbox_id in dict.fromkeys(number for number in found if number is not None):
            inbound.take_raw(self.desk, raw, channel="email", door=door, inbox_id=inbox_id, envelope=envelope)

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                self._look()
            except Exception:
                log.exception("the inboxes could not be read; looking again")
            self._stop.wait(LOOK_EVERY)

    def _limit(self, tx: Tx) -> int:
        """How many bytes a mail may have: what an admin has set, within what the machine is meant to bear."""
        most = int(self.desk.config.get("MAIL_MAX_BYTES") or 50 << 20)
        return min(most, int(settings.get(tx, "mail.max_megabytes")) << 20)

    def _look(self) -> None:
        for old, new in oauth.newer().items():
            with self.desk.store.transaction() as tx:
                settings.replace_secret(tx, "oauth_refresh_token", old, new)
            oauth.stored(old)
        for refresh, reason in oauth.refused().items():
            with self.desk.store.transaction() as tx:
                settings.grants.refused(tx, refresh, reason)
            oauth.told(refresh)
        allowed: dict[str, Any] = {"allow_private": bool(self.desk.config.get("ALLOW_PRIVATE"))}
        with self.desk.store.reading() as tx:
            limit = self._limit(tx)
            allowed["size_limit"] = limit
            found = {
                inbox.id: (settings.opened(tx, inbox) | allowed, inbox.cursor)
                for inbox in settings.inboxes(tx, "email", active=True)
                if inbox.config.get("imap_host")
            }
        for receiver in self.receivers:
            receiver.size_limit = limit
        # Whose token was refused for good has nothing to show at its server until somebody connects it again.
        wanted = {
            number: told
            for number, told in found.items()
            if not (told[0].get("imap_login") == "oauth2" and told[0].get("oauth_refused"))
        }
        for inbox_id, watched in list(self._watched.items()):
            if inbox_id not in wanted or watched.config != wanted[inbox_id][0]:
                watched.stop()
                del self._watched[inbox_id]
        for inbox_id, (config, cursor) in wanted.items():
            if inbox_id not in self._watched:
                self._watched[inbox_id] = Watched(self.desk, inbox_id, config, cursor)
