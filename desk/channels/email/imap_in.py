"""Fetching from a mailbox by IMAP: waits for new mail, hands it over, and marks it only after it is safe."""

from __future__ import annotations

import contextlib
import imaplib
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import imap_tools
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from desk.channels.email import oauth
from desk.channels.email.troubles import in_words
from desk.clock import Clock, SystemClock

SIZE_LIMIT = 30 * 1024 * 1024
HEADERS = 64 * 1024  # bytes of them that are fetched of a mail that is too large
TIMEOUT = 30.0  # seconds for an answer of the server
POLL_SECONDS = 60
IDLE_SECONDS = 9 * 60  # servers and routers drop a silent connection long before the 29 minutes of RFC 2177
LOOK_BACK = timedelta(days=7)  # after a mailbox was made anew, everything of these days is looked at again
BACK_OFF = (1, 2, 5, 10, 30, 60, 120, 300)  # seconds between attempts to connect
_FETCHED = re.compile(rb"UID (\d+)", re.IGNORECASE)
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)", re.IGNORECASE)
_PORT = {"tls": 993, "starttls": 143, "plain": 143}


class MailboxTrouble(Exception):
    """The mailbox cannot be reached or used; the sentence says why and carries no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Fetched:
    """One mail of a mailbox. `raw` is the whole mail, or only its headers where it is over the size limit
    (`too_large`)."""

    uid_validity: int
    uid: int
    raw: bytes
    size: int
    too_large: bool = False

    @property
    def key(self) -> str:
        """Names the mail within its mailbox for good: `UIDVALIDITY/UID`."""
        return f"{self.uid_validity}/{self.uid}"


class Mailbox:
    """One connection to one folder.

    `config`: imap_host, imap_port, imap_security (`tls`, `starttls`, `plain`), imap_user, imap_login, imap_password,
    imap_verify, imap_folder (INBOX), imap_after (`seen` or `move`), imap_move_to, size_limit (bytes),
    timeout (seconds).
    Every method raises MailboxTrouble and nothing else.
    """

    def __init__(self, config: Mapping[str, Any], clock: Clock | None = None) -> None:
        self._config = config
        self._clock = clock or SystemClock()
        self._box: BaseMailBox | None = None
        self._folder = str(config.get("imap_folder") or "INBOX")
        self._limit = int(config.get("size_limit") or SIZE_LIMIT)
        self.uid_validity = 0

    def connect(self) -> Mailbox:
        """Connects, logs in and selects the folder; where one of these fails, nothing stays open."""
        try:
            self._connect(self._config)
        except BaseException:
            self.close()
            raise
        return self

    def _connect(self, config: Mapping[str, Any]) -> None:
        host, user = str(config.get("imap_host") or ""), str(config.get("imap_user") or "")
        security = str(config.get("imap_security") or "tls")
        if not host:
            raise MailboxTrouble("no mail server is configured to fetch from")
        if security not in _PORT:
            raise MailboxTrouble(f"{security!r} is not a way to secure a connection")
        port = int(config.get("imap_port") or _PORT[security])
        timeout = float(config.get("timeout") or TIMEOUT)
        with _sentences(config, "no connection to the mail server"):
            if security == "tls":
                self._box = MailBox(host, port, timeout=timeout, ssl_context=_context(config))
            elif security == "starttls":
                self._box = MailBoxStartTls(host, port, timeout=timeout, ssl_context=_context(config))
            else:
                self._box = MailBoxUnencrypted(host, port, timeout=timeout)
        with _sentences(config, f"the mail server refused the login of {user}"):
            if config.get("imap_login") == "oauth2":
                try:
                    self._box.xoauth2(user, _token(config), initial_folder=None)
                except (imaplib.IMAP4.error, ImapToolsError):  # a token may be revoked before its time
                    self._box.xoauth2(user, _token(config, fresh=True), initial_folder=None)
            else:
                password = str(config.get("imap_password") or "")
                login = self._box.login if (user + password).isascii() else self._box.login_utf8
                login(user, password, initial_folder=None)
        with _sentences(config, "the mail server does not say what it can do"):
            # Asked again: before the login it may have kept back IDLE and MOVE (RFC 3501 6.2.3 lets the answer change).
            _, told = self._box.client.capability()
            if told and told[-1]:
                self._box.client.capabilities = tuple(told[-1].decode("ascii", "replace").upper().split())
        with _sentences(config, f"the folder {self._folder} cannot be opened"):
            self._box.folder.set(self._folder)
        self.uid_validity = self._number("UIDVALIDITY")

    def close(self) -> None:
        """Ends the connection, whatever state it is in."""
        box, self._box = self._box, None
        if box is None:
            return
        try:
            box.client.shutdown() if box.client.state == "LOGOUT" else box.logout()
        except (OSError, imaplib.IMAP4.error, ImapToolsError):
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                box.client.shutdown()

    def __enter__(self) -> Mailbox:
        return self.connect()

    def __exit__(self, *_: object) -> None:
        self.close()

    def new(self, cursor: str | None) -> Iterator[Fetched]:
        """Mails that were not handed over yet, oldest first. `cursor` is the key of the last one that was, or None.

        Without a cursor: what is unread (a desk that starts does not swallow years of history). With one: every mail
        with a higher UID, read or not, because somebody may look into the mailbox before we do. Where the mailbox was
        made anew (another UIDVALIDITY), what is unread or a few days old: the corridor refuses what it has.
        """
        validity, last = _cursor(cursor)
        if cursor is None:
            wanted = "UNSEEN UNDELETED"
        elif validity == self.uid_validity:
            wanted = f"UID {last + 1}:* UNDELETED"
        else:
            since = (self._clock.now() - LOOK_BACK).strftime("%d-%b-%Y")
            wanted = f"UNDELETED OR UNSEEN SINCE {since}"
        self._connected().client.response("EXISTS")  # what was told before this search, it finds
        uids = sorted(int(u) for u in self._search(wanted))
        for uid in uids:
            if validity == self.uid_validity and uid <= last:
                continue  # "last + 1:*" names the last mail even where it is older (RFC 3501 6.4.8)
            fetched = self._fetch(uid)
            if fetched is not None:
                yield fetched

    def settle(self, mail: Fetched) -> None:
        """Marks a mail as done, after it is safe in the desk: read, or moved to another folder."""
        box = self._connected()
        with _sentences(self._config, "a mail could not be marked as done"):
            if mail.uid_validity != self.uid_validity:
                return
            box.flag(str(mail.uid), imap_tools.MailMessageFlags.SEEN, True)
            target = str(self._config.get("imap_move_to") or "")
            if self._config.get("imap_after") == "move" and target:
                if not box.folder.exists(target):
                    box.folder.create(target)
                box.move(str(mail.uid), target)

    def wait(self, seconds: float, stop: threading.Event) -> None:
        """Returns when something came, when `seconds` are over, or within a second of `stop`.

        By IDLE where the server has it; else it asks again after imap_poll_seconds.
        """
        box = self._connected()
        with _sentences(self._config, "the connection to the mail server broke"):
            if box.client.response("EXISTS")[1][-1] is not None:
                return  # told with the answer to something else, since the search: IDLE does not tell it again
            if "IDLE" not in box.client.capabilities or self._config.get("imap_idle") is False:
                stop.wait(min(seconds, float(self._config.get("imap_poll_seconds") or POLL_SECONDS)))
                if not stop.is_set():
                    box.client.noop()
                return
            box.idle.start()  # type: ignore[no-untyped-call]
            try:
                end = time.monotonic() + (0 if _read_ahead(box.client) else min(seconds, IDLE_SECONDS))
                while not stop.is_set() and (began := time.monotonic()) < end:
                    said = box.idle.poll(timeout=min(0.5, end - began))
                    if any(b"EXISTS" in line or b"RECENT" in line for line in said):
                        break
                    if not said and time.monotonic() - began < min(0.1, end - began):
                        raise OSError("the server hung up")  # readable at once, and nothing to read
            finally:
                box.idle.stop()  # type: ignore[no-untyped-call]

    def _connected(self) -> BaseMailBox:
        if self._box is None:
            raise MailboxTrouble("there is no connection to the mail server")
        return self._box

    def _number(self, name: str) -> int:
        box = self._connected()
        with _sentences(self._config, "the mail server does not say which mailbox this is"):
            _, data = box.client.response(name)
            if data and data[0]:
                return int(data[0])
            return int(box.folder.status(self._folder, [name])[name])

    def _search(self, criteria: str) -> list[str]:
        box = self._connected()
        with _sentences(self._config, "the mail server could not search the folder"):
            return box.uids(criteria)

    def _fetch(self, uid: int) -> Fetched | None:
        """None where the mail was deleted in the meantime."""
        box = self._connected()
        with _sentences(self._config, "a mail could not be fetched"):
            size = 0
            for line in _lines(box.client.uid("FETCH", str(uid), "(UID RFC822.SIZE)")):
                head = line[0] if isinstance(line, tuple) else line
                if isinstance(head, bytes) and (found := _SIZE.search(head)) and _is_uid(head, uid):
                    size = int(found.group(1))
            if not size:
                return None
            too_large = size > self._limit
            part = f"(UID BODY.PEEK[HEADER]<0.{HEADERS}>)" if too_large else "(UID BODY.PEEK[])"
            for line in _lines(box.client.uid("FETCH", str(uid), part)):
                if isinstance(line, tuple) and len(line) == 2 and _is_uid(line[0], uid):
                    return Fetched(self.uid_validity, uid, line[1], size, too_large)
            return None


def watch(
    config: Mapping[str, Any],
    take: Callable[[Fetched], None],
    *,
    cursor: str | None,
    keep_cursor: Callable[[str], None],
    stop: threading.Event,
    trouble: Callable[[str], None] = lambda _: None,
    clock: Clock | None = None,
) -> None:
    """Fetches until `stop` is set; meant for a thread of its own, one a mailbox.

    `take(mail)` commits the mail, or raises; only then is it marked in the mailbox, so a mail is handed over again
    after a crash in between and never lost: `take` refuses doubles by `mail.key`. `keep_cursor(key)` is called after
    each mail that was taken (on the very first pass only at its end, because until then unread mails may lie before
    read ones). `trouble(sentence)` is called with what is wrong, and with "" when all is well again. Raises nothing.
    """
    failures = 0
    while not stop.is_set():
        mailbox = Mailbox(config, clock)
        try:
            mailbox.connect()
            while not stop.is_set():
                cursor = _pass(mailbox, take, cursor, keep_cursor, stop)
                if not stop.is_set():
                    trouble("")
                    failures = 0
                    mailbox.wait(IDLE_SECONDS, stop)
        except MailboxTrouble as error:
            trouble(error.reason)
        except Exception as error:  # noqa: BLE001 - `take` failed: the mail stays in the mailbox and is tried again
            trouble(f"a mail could not be taken in ({type(error).__name__}); it stays in the mailbox")
        finally:
            mailbox.close()
        stop.wait(BACK_OFF[min(failures, len(BACK_OFF) - 1)])
        failures += 1


def _pass(
    mailbox: Mailbox,
    take: Callable[[Fetched], None],
    cursor: str | None,
    keep_cursor: Callable[[str], None],
    stop: threading.Event,
) -> str | None:
    """Hands over what is new; the cursor after it."""
    validity, _ = _cursor(cursor)
    whole = cursor is None or validity != mailbox.uid_validity  # a first look, in which UIDs do not tell what is done
    highest = mailbox._number("UIDNEXT") - 1 if whole else 0
    for mail in mailbox.new(cursor):
        if stop.is_set():
            return cursor
        take(mail)
        mailbox.settle(mail)
        if whole:
            highest = max(highest, mail.uid)
        else:
            cursor = mail.key
            keep_cursor(cursor)
    if whole:
        cursor = f"{mailbox.uid_validity}/{highest}"
        keep_cursor(cursor)
    return cursor


def _cursor(cursor: str | None) -> tuple[int, int]:
    validity, _, uid = (cursor or "0/0").partition("/")
    return (int(validity), int(uid)) if validity.isdigit() and uid.isdigit() else (0, 0)


def _read_ahead(client: imaplib.IMAP4) -> bool:
    """Whether news of a mail came in one piece with the answer to IDLE: the library has read them then, and nothing
    more comes on the wire that would wake anybody."""
    lines: Any = client.file
    before = client.sock.gettimeout()
    client.sock.settimeout(0)
    try:
        return b"EXISTS" in lines.peek(1)
    except OSError:  # encrypted, and nothing there
        return False
    finally:
        client.sock.settimeout(before)


def _lines(answer: tuple[str, list[Any]]) -> list[Any]:
    status, lines = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"FETCH: {status}")
    return [line for line in lines if line]


def _is_uid(head: bytes, uid: int) -> bool:
    found = _FETCHED.search(head)
    return found is None or int(found.group(1)) == uid


def _token(config: Mapping[str, Any], *, fresh: bool = False) -> str:
    try:
        return oauth.access_token(config, fresh=fresh)
    except oauth.NoToken as error:
        raise MailboxTrouble(error.reason) from None


def _context(config: Mapping[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if config.get("imap_verify") is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _sentences:
    """Turns every failure of a library or the network into a MailboxTrouble without a secret in it."""

    def __init__(self, config: Mapping[str, Any], what: str) -> None:
        self._config, self._what = config, what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None or isinstance(error, MailboxTrouble):
            return
        if isinstance(
            error, OSError | imaplib.IMAP4.error | ImapToolsError | ValueError | KeyError | IndexError | TypeError
        ):
            detail = in_words(error)
            for name in ("imap_password", "smtp_password"):
                secret = str(self._config.get(name) or "")
                detail = detail.replace(secret, "…") if secret else detail
            detail = oauth.without(detail, self._config)
            raise MailboxTrouble(f"{self._what}: {detail}") from None
