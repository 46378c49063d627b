"""The other sides of three channels while a desk is killed again and again: those who write, and those who are written
to. Each of them does what its kind does: tries until it hears yes, and takes a message whenever one comes."""

from __future__ import annotations

import re
import smtplib
import threading
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import requests
from socketio.exceptions import SocketIOError
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from desk.channels.email.receiver import Receiver
from desk.conversations.tables import Conversation
from desk.jobs.tables import Job
from tests.servers.live import PASSWORD, LiveDesk
from tests.servers.twilio import ACCOUNT, TOKEN, Provider
from tests.servers.widget import Refused, Widget

NUMBER = "+46705550199"


class Fatal:
    """Says when the desk is to be killed: just as the other side has said yes, and before the desk can know so."""

    def __init__(self) -> None:
        self.now = threading.Event()  # somebody waits for the desk to die
        self.dead = threading.Event()
        self.why = Counter[str]()

    def strike(self, why: str) -> None:
        """Returns once the desk is dead, so that what called it hears no answer."""
        self.why[why] += 1
        self.dead.clear()
        self.now.set()
        self.dead.wait(60)


def moments(messages: int, kills: int) -> set[int]:
    """Which messages are the fatal ones: spread over all, not the first and not the last."""
    return {max(1, int(messages * (k + 1) / (kills + 2))) for k in range(kills)}


class Sink:
    """The customers' mail server: takes every answer, and now and then the desk is killed just as it says yes."""

    def __init__(self, fatal: Fatal) -> None:
        self.taken: list[str] = []
        self.kill_after: set[int] = set()
        self._fatal = fatal
        self._lock = threading.Lock()
        self._receiver = Receiver(self._take, lambda _address: True, port=0)

    def start(self) -> Sink:
        self._receiver.start()
        return self

    @property
    def port(self) -> int:
        return self._receiver.port

    def stop(self) -> None:
        self._receiver.stop()

    def _take(self, raw: bytes, _envelope: object) -> None:
        found = re.search(rb"^message-id:\s*<([^>]+)>", raw, re.I | re.M)
        assert found is not None
        with self._lock:
            self.taken.append(found.group(1).decode())
            fatal = len(self.taken) in self.kill_after
        if fatal:
            self._fatal.strike("mail")  # the mail is ours now, and the desk will never hear so


class Carrier(Provider):
    """The provider of SMS, likewise: the text is on its way to a telephone, and the desk will never hear so."""

    def __init__(self, fatal: Fatal) -> None:
        super().__init__()
        self.kill_after: set[int] = set()
        self._fatal = fatal
        self._lock = threading.Lock()

    def take(self, body: bytes) -> dict[str, Any]:
        with self._lock:
            self.now = datetime.now(UTC)
            row = super().take(body)
            fatal = len(self.messages) in self.kill_after
        if fatal:
            self._fatal.strike("sms")
        return row


class Writer(threading.Thread):
    """Somebody who writes until the desk has taken everything."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.stopped = stop
        self.tries = 0
        self.trouble = ""


def mail(n: int) -> bytes:
    """Mail `n`, of one of 40 customers."""
    made = EmailMessage()
    made["From"] = f"Customer {n % 40} <c{n % 40}@customer.example>"
    made["To"] = "support@kiln.example"
    made["Subject"] = f"Question {n}"
    made["Message-ID"] = f"<in-{n}@customer.example>"
    made["Date"] = "Mon, 02 Mar 2026 09:00:00 +0000"
    made.set_content(f"This is mail number {n}.")
    return made.as_bytes()


class Mails(Writer):
    """A mail server that hands its queue in."""

    def __init__(self, port: int, count: int, stop: threading.Event) -> None:
        super().__init__(stop)
        self.port, self.count = port, count

    def run(self) -> None:
        waiting = list(range(self.count))
        while waiting and not self.stopped.is_set():
            try:
                with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as smtp:
                    while waiting:
                        n = waiting[0]
                        self.tries += 1
                        smtp.sendmail(f"c{n % 40}@customer.example", ["support@kiln.example"], mail(n))
                        waiting.pop(0)
            except (OSError, smtplib.SMTPException):
                self.stopped.wait(0.05)


class Texts(Writer):
    """The provider's webhooks, signed by its own client, again with the same id until they are answered."""

    def __init__(self, live: LiveDesk, key: str, phones: int, each: int, stop: threading.Event) -> None:
        super().__init__(stop)
        self.url = f"{live.base_url}/hooks/sms/{key}"
        self.phones, self.each = phones, each

    def run(self) -> None:
        for n in range(self.phones * self.each):
            self._hand_in(n)

    def _hand_in(self, n: int) -> None:
        form = {
            "MessageSid": f"SM{n:032x}",
            "AccountSid": ACCOUNT,
            "From": f"+467061{n % self.phones:05}",
            "To": NUMBER,
            "Body": f"This is text number {n}.",
            "NumMedia": "0",
        }
        signature = RequestValidator(TOKEN).compute_signature(self.url, form)
        while not self.stopped.is_set():
            self.tries += 1
            with suppress(requests.RequestException):
                answer = requests.post(self.url, data=form, headers={"X-Twilio-Signature": signature}, timeout=10)
                if answer.status_code == 200:
                    return
                self.trouble = f"{answer.status_code} {answer.text[:200]}"
            self.stopped.wait(0.05)


class Visitors(Writer):
    """Some visitors of the widget, one after another: each says what it has to say, with the same `client_id` until it
    is acknowledged. Now and then the desk is killed between a message and its acknowledgement."""

    def __init__(
        self, live: LiveDesk, key: str, numbers: range, each: int, stop: threading.Event, fatal: Fatal, kills: set[int]
    ) -> None:
        super().__init__(stop)
        self.live, self.key, self.numbers, self.each = live, key, numbers, each
        self.fatal, self.kill_after = fatal, kills
        self.tokens: dict[int, str] = {}  # visitor -> what its browser keeps
        self.again = 0
        self.strikes: list[threading.Thread] = []

    def run(self) -> None:
        for number in self.numbers:
            for n in range(self.each):
                self._say(number, n)

    def _say(self, number: int, n: int) -> None:
        while not self.stopped.is_set():
            self.tries += 1
            widget = Widget(self.live.base_url, self.key, self.tokens.get(number))
            try:
                widget.connect()
                assert widget.visitor is not None
                self.tokens[number] = widget.visitor
                nth = number * self.each + n
                if nth in self.kill_after:
                    self.kill_after.discard(nth)
                    self.strikes.append(threading.Thread(target=self.fatal.strike, args=("chat",), daemon=True))
                    self.strikes[-1].start()
                answer = widget.call("send", client_id=f"visitor-{number}-{n}", text=f"This is chat number {nth}.")
                if answer["ok"]:
                    self.again += bool(answer.get("again"))
                    return
                self.trouble = str(answer)
                self.stopped.wait(float(answer.get("retry_after", 0.1)))
            except (Refused, SocketIOError, OSError, AssertionError) as error:
                self.trouble = repr(error)
                self.stopped.wait(0.1)
            finally:
                widget.close()


class Agent(threading.Thread):
    """Answers every conversation once, again under the same request id until the desk says so."""

    def __init__(self, live: LiveDesk, email: str, writers: list[Writer], stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.live, self.email, self.writers, self.stopped = live, email, writers, stop
        self.answered: set[int] = set()
        self.web = requests.Session()
        self.trouble = ""

    def run(self) -> None:
        while not self.stopped.is_set():
            try:
                # Asked before looking: what is taken in between would open a conversation that nobody answers.
                done = not any(writer.is_alive() for writer in self.writers) and settled(self.live, "inbound.take")
                with self.live.desk.store.reading() as tx:
                    todo = set(tx.scalars(select(Conversation.id))) - self.answered
                for conversation_id in sorted(todo):
                    self._answer(conversation_id)
                if done and not todo:
                    return
                self.stopped.wait(0.05)
            except (requests.RequestException, AssertionError) as error:
                self.trouble = repr(error)[:300]
                self.stopped.wait(0.1)

    def _token(self, path: str) -> str:
        page = self.web.get(f"{self.live.base_url}{path}", timeout=20)
        found = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
        assert found is not None
        if "/login" in page.url:
            form = {"csrf_token": found.group(1), "email": self.email, "password": PASSWORD}
            answer = self.web.post(page.url, data=form, timeout=20, headers={"Referer": page.url})
            assert "/login" not in answer.url
            return self._token(path)
        return found.group(1)

    def _answer(self, conversation_id: int) -> None:
        token = self._token("/console/all")
        answer = self.web.post(
            f"{self.live.base_url}/console/c/{conversation_id}/reply",
            data={"text": f"Answer to {conversation_id}", "request_id": f"r{conversation_id}", "csrf_token": token},
            headers={"Referer": self.live.base_url, "HX-Request": "true"},
            timeout=20,
        )
        assert answer.status_code == 201, answer.text[:200]
        self.answered.add(conversation_id)


def settled(live: LiveDesk, *tasks: str) -> bool:
    """Whether no job of these tasks is left to do."""
    with live.desk.store.reading() as tx:
        waiting = select(func.count()).select_from(Job).where(Job.state.in_(("ready", "leased")), Job.task.in_(tasks))
        return tx.scalar(waiting) == 0
