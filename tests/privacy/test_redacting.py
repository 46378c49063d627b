"""One message or one file that must not stay: every copy in the desk goes, the rest stays as it was."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from desk import conversations, files, inbound, intake, outbound, privacy, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.messages import Attachment
from desk.parts import Desk
from desk.privacy import NotRedacted
from desk.store import Tx
from desk.worker import drain
from tests.factories import make_inbox, make_team, sends_at_once
from tests.inbound.messages import message
from tests.merging.lives import viewer_of
from tests.privacy.lives import on_disk, told

CARD = "My card is 4242 quokka 4242"


class Talk:
    """A mail with what should not be in it and a file, answered, forwarded, and quoted by the next one."""

    def __init__(self, desk: Desk, clock: SetClock) -> None:
        self.desk, self.clock = desk, clock
        with desk.store.transaction() as tx:
            sends_at_once(tx)
            self.inbox_id = make_inbox(tx, config={"transport": "outbox"}).id
            self.lead, self.agent = viewer_of(tx, "supervisor"), viewer_of(tx)
        self.file = desk.files.put(b"quokka in a picture")
        first = self.came(CARD, subject="Paid by quokka")
        self.number, self.entry_id = first.conversation_id or 0, first.entry_id or 0
        with desk.store.transaction() as tx:
            outbound.reply(tx, self.number, self.agent, "Please never mail that.")
            wish = outbound.Wish(to=("supply@potter.example",), note="Look", lines=(self.entry_id,))
            outbound.send_forward(tx, desk.files, self.number, self.agent, wish)
        drain(desk)
        with desk.store.reading() as tx:
            token = conversations.reply_token(tx.keys, self.inbox_id, self.number)
        last = self.came(
            "Oh, sorry.",
            reply_token=token,
            quoted=f"> {CARD}",
            html=f"<p>Oh, sorry.</p><blockquote>{CARD}</blockquote>",
        )
        self.last_id = last.entry_id or 0
        drain(desk)

    def came(self, text: str, quoted: str = "", **more: str) -> inbound.Outcome:
        raw = f"{more.get('subject', '')}\n{text}\n{quoted}".encode()
        self.clock.advance(timedelta(minutes=5))
        stored = self.desk.files.put(raw)
        with self.desk.store.transaction() as tx:
            row = intake.keep(
                tx, self.desk.files, (stored, len(raw)), channel="email", door="file", inbox_id=self.inbox_id,
                queue=False,
            )  # fmt: skip
            assert row is not None
        attached = () if quoted else (Attachment("quokka.png", "image/png", 19, self.file),)
        said = message(
            self.inbox_id, self.clock.now(), text, sender="ida@sand.example", raw_sha256=stored, attachments=attached,
            full_text=f"{text}\n{quoted}" if quoted else "", message_id=f"m{self.clock.now().timestamp()}@sand.example",
            **({"subject": "Re: your order"} | more),
        )  # fmt: skip
        return inbound.receive(self.desk, said, row.id)

    def held(self, tx: Tx) -> dict[str, list[str]]:
        return {place: found for place, found in told(tx).items() if any("quokka" in one for one in found)}

    def swept(self) -> None:
        for _ in range(2):
            self.clock.advance(timedelta(days=400))  # files bear the time of the machine
            assert files.sweep(self.desk.store, self.desk.files.store) is None


def test_a_message_goes_with_every_copy_of_it(desk: Desk, clock: SetClock, tmp_path: Path) -> None:
    talk = Talk(desk, clock)
    with desk.store.reading() as tx:
        assert set(talk.held(tx)) >= {
            "contents.text", "contents.subject", "contents.quoted", "contents.html", "contents.attachments",
            "conversations.subject", "deliveries.message",
        }  # fmt: skip
        before = len(timeline.of_conversation(tx, talk.number))
    with desk.store.transaction() as tx:
        assert privacy.redact(tx, desk.files, talk.entry_id, talk.lead, "The number of a card") == 2
    with desk.store.reading() as tx:
        assert talk.held(tx) == {}
        lines = timeline.of_conversation(tx, talk.number)
        assert len(lines) == before + 1
        said = lines[-1]
        assert (said.kind, said.staff_id, said.text) == ("redacted", talk.lead.id, "The number of a card")
        assert [line.text for line in lines if line.kind == "reply"] == ["Please never mail that."]
        assert next(line for line in lines if line.id == talk.last_id).text == "Oh, sorry."
        assert timeline.genuine(tx, talk.last_id), "what is left is signed anew"
        assert conversations.get(tx, talk.number, None).preview == "Oh, sorry."
    talk.swept()
    assert [one for one in on_disk(tmp_path / "files") if one.endswith("quokka")] == []


def test_a_file_goes_and_the_words_stay(desk: Desk, clock: SetClock, tmp_path: Path) -> None:
    talk = Talk(desk, clock)
    with desk.store.transaction() as tx:
        assert privacy.redact_file(tx, desk.files, talk.entry_id, 0, talk.lead, "A passport") == 1
    with desk.store.reading() as tx:
        entry = timeline.one(tx, talk.entry_id)
        assert entry is not None and entry.text == CARD and not entry.erased
        (file,) = entry.attachments
        assert (file["filename"], file["sha256"], file["redacted_by"]) == ("", "", talk.lead.id)
    with desk.store.transaction() as tx, pytest.raises(NotRedacted, match="no such file"):
        privacy.redact_file(tx, desk.files, talk.entry_id, 0, talk.lead, "Again")
    talk.swept()
    assert not any(b"picture" in path.read_bytes() for path in (tmp_path / "files").rglob("*") if path.is_file())


def test_what_another_line_shares_stays(desk: Desk, clock: SetClock) -> None:
    """The same bytes in somebody else's conversation are theirs."""
    talk = Talk(desk, clock)
    other = message(
        talk.inbox_id, clock.now(), "Mine", sender="ole@berg.example",
        attachments=(Attachment("mine.png", "image/png", 19, talk.file),),
    )  # fmt: skip
    inbound.receive(desk, other)
    with desk.store.transaction() as tx:
        privacy.redact(tx, desk.files, talk.entry_id, talk.lead, "Private")
    talk.swept()
    assert desk.files.get(talk.file) == b"quokka in a picture"


def test_what_is_refused(desk: Desk, clock: SetClock) -> None:
    talk = Talk(desk, clock)

    def redact(entry_id: int, why: str, by: Viewer = talk.lead) -> None:
        with desk.store.transaction() as tx:
            privacy.redact(tx, desk.files, entry_id, by, why)

    with pytest.raises(NotRedacted, match="why"):
        redact(talk.entry_id, " ")
    with pytest.raises(conversations.NotVisible):
        redact(1, "x")
    redact(talk.entry_id, "Private")
    with pytest.raises(NotRedacted, match="already"):
        redact(talk.entry_id, "Twice")
    with desk.store.transaction() as tx:
        line = timeline.of_conversation(tx, talk.number)[-1]
        team = make_team(tx)
        hidden = conversations.get(tx, talk.number, None)
        hidden.team_id, hidden.assignee_id = team.id, None
    with pytest.raises(NotRedacted, match="said or sent"):
        redact(line.id, "The reason")
    with pytest.raises(conversations.NotVisible):
        redact(talk.last_id, "Not mine", talk.agent)
