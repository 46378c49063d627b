"""Our own mail server for what comes in: SMTP and LMTP, which says yes only after the mail is safe."""

from __future__ import annotations

import asyncio
import io
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

log = logging.getLogger(__name__)

SIZE_LIMIT = 30 * 1024 * 1024
LINE_LIMIT = 1 << 20  # real programs send lines far over the 998 bytes of RFC 5322
MAX_RECIPIENTS = 100
IDLE_SECONDS = 300.0
# The loggers of the library write whole commands and lines of mail at their lowest level; nobody wants those in a file.
logging.getLogger("mail.log").setLevel(logging.WARNING)
logging.getLogger("mail.debug").setLevel(logging.WARNING)

Handle = Callable[[bytes, dict[str, Any]], None]
Accepts = Callable[[str], bool]


class Refused(Exception):
    """A handler raises this to refuse a mail for good; the sentence goes to the sending server."""


class Receiver:
    """Listens on one port in a thread of its own.

    `handle(raw, envelope)` is called in a worker thread for each mail, with envelope = {"mail_from", "rcpt_to":
    [...], "peer", "helo", "protocol"}; when it returns, the mail is answered with 250, so it must have committed by
    then. If it raises, the sender hears 451 and comes again; `Refused` is 554. `accepts(address)` says whether a
    recipient is known; others hear 550 at once.
    """

    def __init__(
        self,
        handle: Handle,
        accepts: Accepts,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        lmtp: bool = False,
        hostname: str | None = None,
        size_limit: int = SIZE_LIMIT,
        tls: ssl.SSLContext | None = None,
        workers: int = 4,
        max_connections: int = 100,
    ) -> None:
        self._handle = handle
        self._accepts = accepts
        self._address = (host, port)
        self._lmtp = lmtp
        self._hostname = hostname or socket.gethostname()
        self.size_limit = size_limit  # of sessions that begin from now on
        self._tls = tls
        self._workers = workers
        self._max_connections = max_connections
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._sessions: set[_Session] = set()
        self._stopping: asyncio.Event | None = None
        self._lock = threading.Lock()
        self.port = port

    def start(self) -> Receiver:
        """Binds the port and returns once it listens. Raises OSError where the port cannot be had."""
        with self._lock:
            if self._thread is not None:
                raise RuntimeError("this receiver runs already")
            # Bound here, so that a port that is taken is an error of whoever starts us, not of a thread.
            listening = socket.create_server(self._address, backlog=100, family=_family(self._address[0]))
            self.port = listening.getsockname()[1]
            ready = threading.Event()
            self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="mail-in")
            self._thread = threading.Thread(
                target=self._run,
                args=(listening, ready),
                name=f"{'lmtp' if self._lmtp else 'smtp'}-{self.port}",
                daemon=True,
            )
            self._thread.start()
            ready.wait(10)
        return self

    def stop(self, timeout: float = 10.0) -> None:
        """Ends listening, lets mails that are being committed finish, and closes connections. Safe to call twice."""
        with self._lock:
            thread, self._thread = self._thread, None
            loop, stopping = self._loop, self._stopping
            if thread is None:
                return
            if loop is not None and stopping is not None and not loop.is_closed():
                loop.call_soon_threadsafe(stopping.set)
            thread.join(timeout)
            if self._pool is not None:
                self._pool.shutdown(wait=False, cancel_futures=True)
                self._pool = None

    def __enter__(self) -> Receiver:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, listening: socket.socket, ready: threading.Event) -> None:
        asyncio.run(self._serve(listening, ready))

    async def _serve(self, listening: socket.socket, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = await self._loop.create_server(self._session, sock=listening)
        ready.set()
        await self._stopping.wait()
        # A connection that is being accepted while the server closes is left open for ever: first accept no more.
        self._loop.remove_reader(listening.fileno())
        await asyncio.sleep(0.02)
        server.close()
        for session in list(self._sessions):
            session.leave()
        for _ in range(80):
            if not any(s.committing for s in self._sessions):
                break
            await asyncio.sleep(0.1)
        for session in list(self._sessions):
            session.drop()
        for _ in range(20):
            if not self._sessions:
                break
            await asyncio.sleep(0.05)
        for session in list(self._sessions):
            session.abort()
        await asyncio.sleep(0)  # the loop closes what was aborted

    def _session(self) -> _Session:
        kind = _LmtpSession if self._lmtp else _SmtpSession
        return kind(self, self._loop)

    async def commit(self, raw: bytes, envelope: dict[str, Any]) -> str:
        """The answer to a mail, after the handler said that it is safe."""
        assert self._loop is not None and self._pool is not None
        try:
            await self._loop.run_in_executor(self._pool, self._handle, raw, envelope)
        except Refused as refusal:
            return f"554 5.7.1 {_answer(str(refusal))}"
        except Exception:
            log.exception("a mail could not be taken in; its sender is asked to come again")
            return "451 4.3.0 The mail could not be stored, please come again later"
        return "250 2.0.0 Taken"

    async def known(self, address: str) -> bool:
        """Whether a recipient is one of ours; asked in a worker thread, because the answer comes from a database."""
        assert self._loop is not None and self._pool is not None
        return await self._loop.run_in_executor(self._pool, self._accepts, address)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _plain(text: str) -> bool:
    """Whether a command's argument was text: the library hands other bytes on as lone surrogates."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def _answer(text: str) -> str:
    return " ".join(text.encode("ascii", "replace").decode("ascii").split())[:400]


class _Hooks:
    """What the library asks while a session goes on."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients, send the others in another mail"
        if not _plain(address):
            return "553 5.1.3 That is not an address"
        try:
            known = await self._receiver.known(address)
        except Exception:
            log.exception("whether a recipient is known could not be asked")
            return "451 4.3.0 Please come again later"
        if not known:
            return "550 5.1.1 Nobody has that address here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"


class _Session(SMTP):
    """One connection. DATA is read into one buffer: the library holds every line as an object and joins them at the
    end."""

    protocol = "smtp"
    line_length_limit = LINE_LIMIT

    def __init__(self, receiver: Receiver, loop: asyncio.AbstractEventLoop | None) -> None:
        super().__init__(
            _Hooks(receiver),
            data_size_limit=receiver.size_limit,
            enable_SMTPUTF8=True,
            decode_data=False,
            hostname=receiver._hostname,
            ident="Loopdesk",
            tls_context=receiver._tls,
            timeout=IDLE_SECONDS,
            loop=loop,
        )
        self._receiver = receiver
        self.committing = False
        self._leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        known = self in self._receiver._sessions  # connection_made comes again after STARTTLS
        if not known and len(self._receiver._sessions) >= self._receiver._max_connections:
            transport.write(b"421 4.3.2 Too many connections, please come again later\r\n")  # type: ignore[attr-defined]
            transport.close()
            return
        self._receiver._sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._receiver._sessions.discard(self)
        if self.session is not None:
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        if self.session is not None:
            super().eof_received()
        # The library keeps such a connection open, for good where it closed before its first command was read. Only
        # the answer to a mail that is being committed is still worth saying.
        return self.committing and self.session is not None and self.session.ssl is None

    def leave(self) -> None:
        """Ends after what is being committed, at once where nothing is."""
        self._leaving = True
        if not self.committing:
            self.drop()

    def drop(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            if not self.committing:
                self.transport.write(b"421 4.3.2 Going down, please come again\r\n")  # type: ignore[attr-defined]
            self.transport.close()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()

    def abort(self) -> None:
        """Closes a connection whose other end does not read what we say."""
        if self.transport is not None:
            self.transport.abort()  # type: ignore[attr-defined]

    async def smtp_DATA(self, arg: str) -> None:
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        assert self.envelope is not None and self.session is not None
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        raw = await self._read_data()
        if raw is None:
            limit = (self.data_size_limit or 0) // (1024 * 1024)
            await self._answer_all(f"552 5.3.4 This mail is larger than the {limit} MB that are taken here")
            self._set_post_data_state()  # type: ignore[no-untyped-call]
            return
        envelope = {
            "mail_from": (self.envelope.mail_from or "").strip("<>").encode("utf-8", "replace").decode(),
            "rcpt_to": list(self.envelope.rcpt_tos),
            "peer": self.session.peer[0] if isinstance(self.session.peer, tuple) else str(self.session.peer or ""),
            "helo": self.session.host_name or "",
            "protocol": self.protocol,
        }
        self.committing = True
        # Shielded: a connection that breaks while we commit must not break the commit.
        await asyncio.shield(self._commit(raw, envelope))
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        if self._leaving:
            self.drop()

    async def _commit(self, raw: bytes, envelope: dict[str, Any]) -> None:
        try:
            status = await self._receiver.commit(raw, envelope)
            await self._answer_all(status)
        except ConnectionError:
            pass  # the sender is gone and will send again; the corridor knows a mail that it has
        finally:
            self.committing = False

    async def _answer_all(self, status: str) -> None:
        """SMTP answers once for a mail, LMTP once for every recipient (RFC 2033 4.2)."""
        await self.push(status)

    async def _read_data(self) -> bytes | None:
        """The content with dots unstuffed; None where it grew over the limit (then it was read to its end and
        dropped)."""
        buffer = io.BytesIO()
        size, too_much, line_begins = 0, False, True
        limit = self.data_size_limit or 0
        while True:
            self._reset_timeout()
            try:
                line = await self._reader.readuntil(b"\r\n")
                whole = True
            except asyncio.LimitOverrunError as overrun:
                # A line beyond the buffer is taken in pieces; its length is no reason to lose a mail.
                line = await self._reader.read(max(1, overrun.consumed))
                whole = line.endswith(b"\r\n")
            if line_begins:
                if line == b".\r\n":
                    break
                if line.startswith(b"."):
                    line = line[1:]
            line_begins = whole
            size += len(line)
            if limit and size > limit:
                if not too_much:
                    buffer = io.BytesIO()
                too_much = True
                continue
            buffer.write(line)
        # getvalue() shares the buffer's memory until somebody writes again: the mail is held once.
        return None if too_much else buffer.getvalue()


class _SmtpSession(_Session):
    """ESMTP."""


class _LmtpSession(_Session, LMTP):
    """LMTP, as Dovecot and Postfix deliver to a program on the same machine."""

    protocol = "lmtp"

    async def _answer_all(self, status: str) -> None:
        assert self.envelope is not None
        for _ in self.envelope.rcpt_tos:
            await self.push(status)
