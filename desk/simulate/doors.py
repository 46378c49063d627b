"""How an invented customer gets in: by mail, in the widget, by SMS; each through the door that real ones take."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from desk import conversations, inbound, intake, people, settings, surveys, timeline, visitors
from desk.channels.base import InboxRef, known
from desk.channels.email import reply_address
from desk.messages import Address, InboundMessage, Sender
from desk.parts import Desk
from desk.simulate import mails, phrases
from desk.simulate.cast import Buyer
from desk.simulate.scenery import Scenery
from desk.simulate.steps import Case, Verdict, Write
from desk.store import Tx
from desk.surveys.replies import read

DOOR = "simulation"

Then = Callable[[Tx, int], None]  # what belongs to a message of the chat: with its conversation, as it is taken in


@dataclass(slots=True)
class Thread:
    """What is remembered of a case while it is played."""

    conversation_id: int
    tension: float = 0.0
    sent: int = 0
    last_reply: tuple[str, datetime, str] | None = None  # who, when, what: quoted below an answer


class Doors:
    """The doors of one desk. `mark` names this history; `work` works off what a door has queued."""

    def __init__(self, desk: Desk, scenery: Scenery, mark: str, work: Callable[[], None]) -> None:
        self.desk, self.scenery, self.mark, self._work = desk, scenery, mark, work
        self._met: set[int] = set()

    # who they are

    def identity(self, tx: Tx, buyer: Buyer, at: datetime) -> people.Identity:
        """The buyer as the shop knows them: by mail, by their account, by their number. Those of the last two have told
        the shop a mail address, which has been confirmed there."""
        inbox = self.scenery.inboxes.get(buyer.channel)
        if inbox is None:
            because = "ordered in the shop with this address"
            sender = Sender(Address("email", buyer.email, buyer.name), "inferred", because)
            return people.resolve(tx, sender, at=at, locale=buyer.locale)
        kind, value = self._address(buyer, inbox)
        sender = Sender(Address(kind, value, buyer.name), "verified", "the shop knows this account")
        found = people.resolve(tx, sender, at=at, locale=buyer.locale)
        if buyer.number not in self._met:
            self._met.add(buyer.number)
            mail = people.claim(
                tx, found.customer_id, "email", buyer.email, because="the shop knows this address", at=at, by=found
            )
            people.verify(tx, mail, "it was confirmed in the shop", at)
        return found

    def _address(self, buyer: Buyer, inbox: settings.Inbox) -> tuple[str, str]:
        if buyer.channel == "sms":
            return "phone", buyer.phone
        return "user", f"{self._account(buyer)}@{inbox.address}"

    def _account(self, buyer: Buyer) -> str:
        return f"{self.mark}-{buyer.number}".replace(".", "-")

    # what they write

    def write(self, step: Write, thread: Thread | None, at: datetime, then: Then | None = None) -> int:
        """Takes a step's words in, and gives the conversation that they went into. `then` is for a chat alone."""
        channel = step.case.channel
        if channel in self.scenery.inboxes and not step.automatic:
            if step.case.buyer.number not in self._met:
                with self.desk.store.transaction() as tx:
                    self.identity(tx, step.case.buyer, at)
            if channel == "chat":
                return self._chat(step, thread, at, then)
            return self._text(step.case.buyer, step.text, self._name(step.case, thread, at), at)
        return self._mail(step, thread, at)

    def _name(self, case: Case, thread: Thread | None, at: datetime) -> str:
        """A name for this message, the same whenever this history is played."""
        parts = (self.mark, case.number, thread.sent if thread else 0, at.isoformat())
        return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:32]

    def _mail(self, step: Write, thread: Thread | None, at: datetime) -> int:
        """A mail, as bytes through the door or as a message into the corridor."""
        case, buyer = step.case, step.case.buyer
        inbox = self.scenery.inboxes[case.topic.inbox]
        refs: list[str] = []
        to, token = inbox.address, None
        if thread is not None:
            with self.desk.store.reading() as tx:
                refs = timeline.thread_ids(tx, thread.conversation_id)
                token = conversations.reply_token(tx.keys, inbox.id, thread.conversation_id)
            if thread.last_reply is not None and not step.automatic:
                to = reply_address(inbox.address, token)
            else:
                token = None
        sent = thread.sent if thread else 0
        message_id = mails.message_id(buyer, self.mark, case.number, sent, step.at.isoformat())
        subject = step.subject if thread is None or step.automatic else f"Re: {step.subject}"
        whole = [step.text, *([step.mobile] if step.mobile else [])]
        if thread is not None and thread.last_reply is not None and not step.automatic:
            whole.append(phrases.quoted(buyer.locale, *thread.last_reply))
        full = "\n\n".join(whole)
        if step.raw:
            raw = mails.mail(
                step,
                inbox_id=inbox.id,
                message_id=message_id,
                to=to,
                text=full,
                subject=subject,
                thread=refs,
                at=at,
            )
            mail_from = "" if step.automatic else buyer.email
            return self._through_the_door("email", raw, inbox.id, {"mail_from": mail_from, "rcpt_to": [to]})
        return self._taken(
            InboundMessage(
                channel="email",
                inbox_id=inbox.id,
                external_id=message_id,
                sender=Sender(Address("email", buyer.email, buyer.name), "inferred", f"a mail came from {buyer.email}"),
                sent_at=at,
                text=step.text,
                full_text=full if len(whole) > 1 else "",
                subject=subject,
                message_id=message_id,
                reply_refs=tuple(reversed(refs)),
                reply_token=token,
                locale=buyer.locale,
            )
        )

    def _chat(self, step: Write, thread: Thread | None, at: datetime, then: Then | None) -> int:
        """A message of somebody who is signed in on the shop's page, as the widget sends it."""
        inbox, buyer = self.scenery.inboxes["chat"], step.case.buyer
        kind, value = self._address(buyer, inbox)
        name = self._name(step.case, thread, at)
        visitor = f"sample-{self._account(buyer)}"[:40]
        token = None
        if thread is not None:
            with self.desk.store.reading() as tx:
                token = conversations.reply_token(tx.keys, inbox.id, thread.conversation_id)
        files = []
        if step.photo:
            photo = mails.photo(name)
            assert photo.content is not None
            sha256 = self.desk.files.put(photo.content)
            files.append({"name": photo.filename, "type": photo.content_type, "size": photo.size, "sha256": sha256})
        message = known()["chat"].translate(
            json.dumps({"client_id": name, "text": step.text}).encode(),
            InboxRef(inbox.id, inbox.address, inbox.key),
            {
                "visitor": visitor,
                "user": {"sub": self._account(buyer), "name": buyer.name},
                "conversation": token,
                "fresh": thread is None,
                "locale": buyer.locale,
                "files": files,
            },
            at,
        )
        assert isinstance(message, InboundMessage)
        assert (message.sender.address.kind, message.sender.address.value) == (kind, value)

        def finish(tx: Tx) -> None:
            entry = timeline.one(tx, timeline.knows(tx, inbox.id, message.external_id) or 0)
            assert entry is not None
            assert entry.conversation_id is not None
            visitors.keep(tx, visitor, inbox.id, user_ref=value, identity_id=entry.identity_id)
            owner = visitors.owner_of(visitor, value)
            visitors.begin(tx, owner, inbox.id, entry.conversation_id, entry.occurred_at)
            if then is not None:
                then(tx, entry.conversation_id)

        return self._taken(message, finish)

    def _text(self, buyer: Buyer, text: str, name: str, at: datetime) -> int:
        """An SMS as its provider hands it in: some through the door, the others as what the channel makes of them."""
        inbox = self.scenery.inboxes["sms"]
        fields = {"MessageSid": f"SM{name}", "From": buyer.phone, "To": inbox.address, "Body": text, "NumMedia": "0"}
        envelope: dict[str, object] = {"kind": "message", "signed": True, "query": {}}
        raw = urlencode(fields).encode()
        if name < "4":
            return self._through_the_door("sms", raw, inbox.id, envelope)
        message = known()["sms"].translate(raw, InboxRef(inbox.id, inbox.address, inbox.key), envelope, at)
        assert isinstance(message, InboundMessage)
        return self._taken(message)

    def _taken(self, message: InboundMessage, finish: Callable[[Tx], None] | None = None) -> int:
        outcome = inbound.receive(self.desk, message, finish=finish)
        if outcome.conversation_id is None:
            raise RuntimeError(f"a simulated message was not taken in: {outcome.state}, {outcome.reason}")
        return outcome.conversation_id

    def _through_the_door(self, channel: str, raw: bytes, inbox_id: int, envelope: dict[str, object]) -> int:
        arrival_id = inbound.take_raw(self.desk, raw, channel=channel, door=DOOR, inbox_id=inbox_id, envelope=envelope)
        assert arrival_id is not None  # only a door key can make it an old one
        self._work()
        with self.desk.store.reading() as tx:
            arrival = intake.get(tx, arrival_id)
            entry = timeline.one(tx, arrival.entry_id) if arrival.entry_id else None
        if entry is None or entry.conversation_id is None:
            raise RuntimeError(f"a simulated message was not taken in: {arrival.state}, {arrival.reason}")
        return entry.conversation_id

    # what they see, and answer

    def looks(self, conversation_id: int) -> None:
        """The visitor has the conversation on the screen, with the question if there is one."""
        with self.desk.store.transaction() as tx:
            row = visitors.threads_of(tx, [conversation_id]).get(conversation_id)
            last = timeline.of_conversation(tx, conversation_id, 1)
            if row is not None and last:
                visitors.seen(tx, row, last[-1].id)
            card = surveys.card(tx, conversation_id)
            if card is not None:
                surveys.shown(tx, card.id, conversation_id, seen=True)

    def rate(self, case: Case, invitation_id: int, verdict: Verdict, at: datetime) -> bool:
        """Answers a question in the way of its channel; whether it was still there to be answered."""
        with self.desk.store.reading() as tx:
            invitation = tx.get_one(surveys.Invitation, invitation_id)
            channel, conversation_id = invitation.channel, invitation.conversation_id
            if invitation.mailed_at is not None:
                channel = "email"
            token = surveys.token_of(tx, invitation)
        if channel == "email":
            with self.desk.store.reading() as tx:
                ready = surveys.open_link(tx, token, str(verdict.score)).kind == "ready"
            if ready:
                with self.desk.store.transaction() as tx:
                    surveys.answer(tx, token, verdict.score, verdict.reasons, verdict.comment, verdict.may_contact)
            return ready
        if channel == "chat":
            self.looks(conversation_id)
            with self.desk.store.transaction() as tx:
                card = surveys.card(tx, conversation_id)
                if card is None or card.id != invitation_id:
                    return False
                surveys.answer_in_chat(
                    tx, invitation_id, conversation_id, verdict.score, verdict.reasons, verdict.comment
                )
            return True
        return self._rate_by_text(case, invitation_id, verdict, at)

    def _rate_by_text(self, case: Case, invitation_id: int, verdict: Verdict, at: datetime) -> bool:
        text = str(verdict.score)
        if verdict.comment:
            longer = f"{verdict.score} - {verdict.comment}"
            said = read("csat", longer)
            text = longer if said is not None and not said.asks else text
        with self.desk.store.reading() as tx:
            invitation = tx.get_one(surveys.Invitation, invitation_id)
            inbox = self.scenery.inboxes["sms"]
            heard = surveys.hears(tx, invitation.identity_id or 0, inbox.id, text, "sms", at)
        if heard is None or heard.invitation_id != invitation_id:
            return False
        name = hashlib.sha256(f"{self.mark}/{case.number}/rate/{at.isoformat()}".encode()).hexdigest()[:32]
        self._text(case.buyer, text, name, at)
        return True
