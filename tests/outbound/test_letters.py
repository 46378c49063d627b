"""Mails as they are composed: one text in two forms, light and dark, and which of them can be unsubscribed from."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from desk import agents, conversations, inbound, outbound, people, settings, timeline
from desk.agents import Viewer
from desk.channels.email import compose, parse, strip_mail
from desk.clock import SetClock
from desk.messages import OutboundMessage
from desk.outbound.forwarding import Wish
from desk.outbound.queueing import unpacked
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.store import Tx
from desk.surveys.mail import Ask
from desk.surveys.mail import compose as survey_mail
from tests.factories import make_inbox, make_staff
from tests.inbound.messages import message

STOP = "https://desk.example/s/abc/stop"


@pytest.fixture
def case(desk: Desk, clock: SetClock) -> tuple[int, Viewer]:
    with desk.store.transaction() as tx:
        inbox = make_inbox(tx, config={"transport": "outbox"})
        viewer = agents.viewer(tx, make_staff(tx, name="Jonas Weber").id)
    outcome = inbound.receive(desk, message(inbox.id, clock.now(), "Where is it?\n\nIt was due."))
    assert outcome.conversation_id is not None
    assert viewer is not None
    return outcome.conversation_id, viewer


def _reply(tx: Tx, number: int, who: Viewer) -> Delivery | None:
    entry = outbound.reply(tx, number, who, "It comes tomorrow.\n\nSee https://kiln.example/track?a=1&b=2.")
    return tx.get(Delivery, outbound.delivery_of(tx, [entry.id])[entry.id].id)


def _survey(tx: Tx, number: int, _who: Viewer) -> Delivery | None:
    return outbound.send_survey(
        tx, conversation_id=number, subject="How did Jonas do?", text="How?", html="<p>How?</p>", locale="en",
        unsubscribe_url=STOP, entry_id=None,
    )  # fmt: skip


def _bot(tx: Tx, number: int, _who: Viewer) -> Delivery | None:
    row = conversations.get(tx, number, None)
    entry = timeline.record(
        tx, customer_id=row.customer_id, kind="bot", author="bot", occurred_at=tx.now(), conversation_id=number
    )
    return outbound.bot_said(tx, row, entry.id, "Kettles come within three days.")


def _copy(tx: Tx, number: int, who: Viewer) -> Delivery | None:
    entry = outbound.reply(tx, number, who, "It comes tomorrow.")
    return outbound.mail_copy(tx, number, [entry])


def _code(tx: Tx, number: int, _who: Viewer) -> Delivery | None:
    row = conversations.get(tx, number, None)
    to = people.identities(tx, row.customer_id)[0]
    inbox = settings.inbox(tx, row.inbox_id)
    return outbound.send_code(tx, to, inbox=inbox, sender_name="Kiln", subject="Code", text="123456")


def _notice(tx: Tx, _number: int, _who: Viewer) -> Delivery | None:
    return outbound.send_notice(tx, to="ada@kiln.example", subject="Your password", text="A link")


KINDS: dict[str, tuple[Callable[[Tx, int, Viewer], Delivery | None], bool]] = {
    "an answer of a person": (_reply, False),
    "a question that nobody asked for": (_survey, True),
    "an answer of the assistant, to what was asked": (_bot, False),
    "an answer of a person that was not seen in the chat": (_copy, False),
    "a code": (_code, False),
    "a notice to a colleague": (_notice, False),
}


@pytest.mark.parametrize(("make", "wanted"), KINDS.values(), ids=KINDS)
def test_only_what_nobody_asked_for_can_be_unsubscribed_from_by_one_click(
    desk: Desk, case: tuple[int, Viewer], make: Callable[[Tx, int, Viewer], Delivery | None], wanted: bool
) -> None:
    with desk.store.transaction() as tx:
        row = make(tx, *case)
        assert row is not None
        mail = _mail(unpacked(row.message))
    assert mail["List-Unsubscribe"] == (f"<{STOP}>" if wanted else None)
    assert mail["List-Unsubscribe-Post"] == ("List-Unsubscribe=One-Click" if wanted else None)


def _html(made: OutboundMessage) -> str:
    found = _mail(made).get_body(("html",))
    assert isinstance(found, EmailMessage)
    return str(found.get_content()).replace("\r\n", "\n")


def test_every_mail_stands_in_one_frame(desk: Desk, case: tuple[int, Viewer]) -> None:
    """What a mail program has to be told (language, width, both colours) is said in one place."""
    asked = Ask(
        kind="csat", locale="en", brand="Kiln", colour="#0e6b70", zone="UTC", agent="", customer="", subject="",
        url="https://desk.example/s/a", closes_at=desk.store.clock.now(),
    )  # fmt: skip
    found = {"survey": survey_mail(asked).html}
    with desk.store.transaction() as tx:
        row = _reply(tx, *case)
        assert row is not None
        found["answer"] = _html(unpacked(row.message))
        newest = timeline.of_conversation(tx, case[0], kinds=("message",))[-1]
        wish = Wish(("boss@elsewhere.example",), (), "Please look.", (newest.id,))
        passed = outbound.send_forward(tx, desk.files, case[0], case[1], wish)
        sent = tx.get_one(Delivery, outbound.delivery_of(tx, [passed.id])[passed.id].id)
        found["forward"] = _html(unpacked(sent.message))
    assert "Where is it?" in found["forward"]
    heads = {
        name: re.sub(r"#[0-9a-f]{6}|<title>.*?</title>\s*", "", html.partition("<body")[0])
        for name, html in found.items()
    }
    assert len(set(heads.values())) == 1, heads
    assert "prefers-color-scheme: dark" in heads["answer"]
    assert all(html.rstrip().endswith("</body>\n</html>") for html in found.values())


def _mail(made: OutboundMessage) -> EmailMessage:
    found = message_from_bytes(compose(made), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_an_answer_says_the_same_in_both_forms_and_has_colours_for_the_night(
    desk: Desk, case: tuple[int, Viewer]
) -> None:
    with desk.store.transaction() as tx:
        row = _reply(tx, *case)
        assert row is not None
        made = unpacked(row.message)
    mail = _mail(made)
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = (part.get_content() for part in mail.iter_parts())
    for words in ("It comes tomorrow.", "Jonas Weber", "Where is it?", "Conversation #", "It was due."):
        assert words in plain
        assert words in html
    assert 'href="https://kiln.example/track?a=1&amp;b=2"' in html
    assert html.startswith("<!doctype html>")
    assert "prefers-color-scheme: dark" in html
    assert 'lang="en"' in html
    for name in ("m-bg", "m-ink", "m-soft", "m-link", "m-rule"):  # each has a colour for both
        assert f".{name} " in html
        assert name in html.partition("<body")[2]
    raw = compose(made)
    assert strip_mail(parse(raw))[0].startswith("It comes tomorrow.\n\nSee https://kiln.example/track?a=1&b=2.")
