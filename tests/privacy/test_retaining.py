"""What is kept no longer: gone from every table and file, counted as before, and nothing else with it."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from desk import (
    conversations,
    facts,
    files,
    inbound,
    intake,
    jobs,
    outbound,
    people,
    privacy,
    search,
    settings,
    timeline,
)
from desk.clock import SetClock
from desk.conversations import emptying
from desk.conversations.tables import Conversation
from desk.files.tables import Blob
from desk.intake.tables import Arrival
from desk.merging import talks
from desk.messages import Attachment
from desk.parts import Desk
from desk.privacy import BadRule, NotHeld, Terms
from desk.store import Tx
from desk.timeline.tables import Content, Entry
from desk.worker import drain
from tests.factories import make_conversation, make_customer, make_entry, make_inbox
from tests.inbound.messages import message
from tests.merging.lives import viewer_of
from tests.privacy.lives import Life, counts, on_disk, told
from tests.servers.databases import Database

ROOT = Path(__file__).resolve().parents[2]
SAID = ("quokka",)
# What is known of a person, and not said in a conversation: it goes with the person.
OF_PERSONS = {"blocks.why", "consent_changes.evidence", "visitors.page_title"}
TWO_YEARS = Terms(number=24, unit="months")


def rule(desk: Desk, clock: SetClock, terms: Terms = TWO_YEARS, inbox_id: int | None = None) -> int:
    """Saves a rule, and lets the week pass."""
    with desk.store.transaction() as tx:
        number = privacy.save(tx, inbox_id, terms, viewer_of(tx, "admin")).id
    clock.advance(privacy.GRACE + timedelta(minutes=1))
    return number


def run(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "privacy.retain", {}, key="retain")
    drain(desk)
    search.work(desk)


def words_of(tx: Tx, conversation_id: int) -> list[str]:
    return [line.text for line in timeline.of_conversation(tx, conversation_id, kinds=("message",))]


class Talk:
    """A resolved conversation of one mail with a file, the raw message kept."""

    def __init__(self, desk: Desk, clock: SetClock, inbox_id: int, said: str = "Where is it?", **more: Any) -> None:
        self.desk = desk
        raw = f"raw: {said}".encode()
        self.raw, self.file = desk.files.put(raw), desk.files.put(f"file: {said}".encode())
        with desk.store.transaction() as tx:
            row = intake.keep(
                tx, desk.files, (self.raw, len(raw)), channel="email", door="file", inbox_id=inbox_id, queue=False
            )
            assert row is not None
            arrival_id = row.id
        mail = message(
            inbox_id, clock.now(), said, attachments=(Attachment("it.pdf", "application/pdf", 9, self.file),), **more
        )
        found = inbound.receive(desk, mail, arrival_id)
        self.number, self.entry_id = found.conversation_id or 0, found.entry_id or 0
        self.customer_id = found.customer_id or 0

    def resolve(self) -> Talk:
        with self.desk.store.transaction() as tx:
            conversations.resolve(tx, self.number, None)
        drain(self.desk)
        return self

    def words(self) -> list[str]:
        with self.desk.store.reading() as tx:
            return words_of(tx, self.number)


@pytest.fixture
def inbox_id(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        return make_inbox(tx, config={"transport": "outbox"}).id


def test_no_word_of_a_conversation_is_left_anywhere(desk: Desk, clock: SetClock, tmp_path: Path) -> None:
    life = Life(desk, clock)
    rule(desk, clock)
    with desk.store.transaction() as tx:
        for number in tx.scalars(select(Conversation.id).where(Conversation.status == "open")).all():
            conversations.resolve(tx, number, life.admin)
    drain(desk)
    search.work(desk)
    clock.advance(timedelta(days=800))
    with desk.store.reading() as tx:
        before, held = counts(tx), told(tx, SAID)
    assert set(held) >= {
        "contents.text", "contents.subject", "contents.attachments", "conversations.subject", "deliveries.message",
        "outbox_mails.subject", "uploads.name", "article_votes.words", "responses.comment", "response_versions.comment",
        "talk_moves.kept", "participants.name", "search_lines.words", "search_threads.words",
    }  # fmt: skip
    run(desk)
    with desk.store.reading() as tx:
        assert set(told(tx, SAID)) - OF_PERSONS == set()
        after = counts(tx)
        assert after == before
        assert people.customer(tx, life.customer_id).name == "Marta Lindqvist", "who they are stays"
        kept = set(tx.scalars(select(Blob.sha256).where(Blob.refs > 0)))
        lines = timeline.of_conversation(tx, life.number, kinds=("message", "reply"))
        assert lines and all(line.erased for line in lines)
        how = lines[0].detail["removed"]
        assert (how["number"], how["unit"], how["inbox"]) == (24, "months", "support@kiln.example")
        (done,) = privacy.runs(tx)
        assert privacy.run_holds_good(done) and done.went["messages"] >= 6 and done.went["files"] >= 2
    for _ in range(2):  # a file is set aside first, and removed a grace later
        clock.advance(timedelta(days=400))
        assert files.sweep(desk.store, desk.files.store) is None
    assert on_disk(tmp_path / "files", SAID) == []
    for sha256 in kept:
        desk.files.get(sha256)


def test_nothing_goes_before_its_day_nor_in_the_week_of_a_new_rule(desk: Desk, clock: SetClock, inbox_id: int) -> None:
    talk = Talk(desk, clock, inbox_id).resolve()
    clock.advance(timedelta(days=900))
    with desk.store.transaction() as tx:
        saved = privacy.save(tx, None, TWO_YEARS, viewer_of(tx, "admin"))
        assert saved.begins_at == tx.now() + timedelta(days=7)
    clock.advance(timedelta(days=7) - timedelta(minutes=1))
    run(desk)
    assert talk.words() == ["Where is it?"]
    clock.advance(timedelta(minutes=2))
    run(desk)
    assert talk.words() == [""]
    young = Talk(desk, clock, inbox_id, sender="noor@home.example").resolve()
    clock.advance(timedelta(days=720))
    run(desk)
    assert young.words() == ["Where is it?"]


def test_a_rule_that_was_cancelled_takes_nothing_and_the_one_before_counts_again(
    desk: Desk, clock: SetClock, inbox_id: int
) -> None:
    old = rule(desk, clock)
    with desk.store.transaction() as tx:
        admin = viewer_of(tx, "admin")
        sharp = privacy.save(tx, None, Terms(number=30, unit="days"), admin)
    talk = Talk(desk, clock, inbox_id).resolve()
    with desk.store.transaction() as tx:
        standing = privacy.standing_of(privacy.governing(tx), inbox_id)
        assert standing is not None and standing.begins_at > tx.now(), "meanwhile nothing goes by the older one either"
        privacy.cancel(tx, sharp.id, admin)
        standing = privacy.standing_of(privacy.governing(tx), inbox_id)
        assert standing is not None and standing.rule.id == old
    clock.advance(timedelta(days=60))
    run(desk)
    assert talk.words() == ["Where is it?"]
    with desk.store.transaction() as tx:
        with pytest.raises(BadRule, match="has begun"):
            privacy.cancel(tx, old, admin)
        with pytest.raises(BadRule, match="already"):
            privacy.save(tx, None, TWO_YEARS, admin)
        said = [(change.name, change.before, change.after) for change in settings.changes(tx, limit=3)]
    assert said[0][0] == "Retention, all inboxes" and said[0][2] is not None and "cancelled" in said[0][2][0]
    assert said[1][1] == ["words and files after 24 months, raw with the rest, spam 30 days, kept aside 90 days"]
    assert said[1][2] == ["words and files after 30 days, raw with the rest, spam 30 days, kept aside 90 days"]


def test_an_inbox_goes_by_its_own_rule(desk: Desk, clock: SetClock, inbox_id: int) -> None:
    with desk.store.transaction() as tx:
        short, forever = make_inbox(tx).id, make_inbox(tx).id
    talks_ = [Talk(desk, clock, number, sender=f"a{number}@home.example") for number in (inbox_id, short, forever)]
    for talk in talks_:
        talk.resolve()
    rule(desk, clock)
    rule(desk, clock, Terms(number=60, unit="days"), short)
    rule(desk, clock, Terms("nothing"), forever)
    clock.advance(timedelta(days=90))
    run(desk)
    assert [talk.words()[0] for talk in talks_] == ["Where is it?", "", "Where is it?"]
    clock.advance(timedelta(days=720))
    run(desk)
    assert [talk.words()[0] for talk in talks_] == ["", "", "Where is it?"]
    rule(desk, clock, Terms("follow"), forever)
    run(desk)
    assert talks_[2].words() == [""]


def test_open_ones_stay_and_so_do_those_on_hold(desk: Desk, clock: SetClock, inbox_id: int) -> None:
    rule(desk, clock)
    talk = Talk(desk, clock, inbox_id)
    held = Talk(desk, clock, inbox_id, sender="noor@home.example").resolve()
    with desk.store.transaction() as tx:
        admin = viewer_of(tx, "admin")
        with pytest.raises(NotHeld, match="why"):
            privacy.hold(tx, held.number, admin, " ")
        privacy.hold(tx, held.number, admin, "A case before the court")
        with pytest.raises(NotHeld, match="already"):
            privacy.hold(tx, held.number, admin, "Again")
    clock.advance(timedelta(days=900))
    run(desk)
    assert talk.words() == held.words() == ["Where is it?"]
    with desk.store.reading() as tx:
        assert privacy.runs(tx) == [], "a run that takes nothing leaves no record"
        assert [c.name for c in settings.changes(tx, limit=1)] == [f"Hold of conversation #{held.number}"]
        line = timeline.of_conversation(tx, held.number)[-1]
        assert (line.kind, line.text, line.detail) == ("hold", "A case before the court", {"on": True})
    talk.resolve()  # what was open until now counts from now on
    with desk.store.transaction() as tx:
        privacy.lift(tx, held.number, admin)
    run(desk)
    assert talk.words() == ["Where is it?"] and held.words() == [""]


def test_a_hold_reaches_what_shares_lines_with_it(desk: Desk, clock: SetClock, inbox_id: int) -> None:
    rule(desk, clock)
    talk, other = Talk(desk, clock, inbox_id), Talk(desk, clock, inbox_id, "And this?")
    assert talk.number != other.number
    with desk.store.transaction() as tx:
        admin = viewer_of(tx, "admin")
        privacy.hold(tx, talk.number, admin, "A case")
        talks.merge(tx, talk.number, other.number, admin)
        conversations.resolve(tx, other.number, admin)
    clock.advance(timedelta(days=900))
    run(desk)
    assert sorted(other.words()) == ["And this?", "Where is it?"]


def test_spam_and_what_was_kept_aside_go_sooner(desk: Desk, clock: SetClock, inbox_id: int) -> None:
    rule(desk, clock, Terms(spam_days=30, aside_days=60))
    spam = Talk(desk, clock, inbox_id, "Buy this")
    kept = desk.files.put(b"lost")
    with desk.store.transaction() as tx:
        conversations.mark_spam(tx, spam.number, None)
        for place in (inbox_id, None):
            row = intake.keep(tx, desk.files, (kept, 4), channel="email", door="file", inbox_id=place, queue=False)
            assert row is not None
            tx.flush()
            intake.settle(tx, row.id, "quarantined", "for nobody")

    def aside() -> list[str]:
        with desk.store.reading() as tx:
            return list(tx.scalars(select(Arrival.raw_sha256).where(Arrival.entry_id.is_(None))))

    clock.advance(timedelta(days=32))
    run(desk)
    assert spam.words() == [""] and aside() == [kept, kept]
    clock.advance(timedelta(days=30))
    run(desk)
    assert aside() == ["", ""]
    with desk.store.reading() as tx:
        assert tx.get_one(Blob, kept).refs == 0
        line = timeline.of_conversation(tx, spam.number, kinds=("message",))[0]
        assert line.detail["removed"]["spam"] is True


def test_raw_messages_go_first_then_files_alone(desk: Desk, clock: SetClock, inbox_id: int) -> None:
    rule(desk, clock, Terms("files", 100, "days", raw_days=40))
    talk = Talk(desk, clock, inbox_id).resolve()

    def left() -> tuple[int, int, str | None]:
        with desk.store.reading() as tx:
            raw, file = tx.get_one(Blob, talk.raw).refs, tx.get_one(Blob, talk.file).refs
            return raw, file, tx.get_one(Content, talk.entry_id).raw_sha256

    assert left()[:2] == (1, 1)
    clock.advance(timedelta(days=45))
    run(desk)
    assert left() == (0, 1, None)
    clock.advance(timedelta(days=60))
    run(desk)
    assert left() == (0, 0, None) and talk.words() == ["Where is it?"]
    with desk.store.reading() as tx:
        entry = timeline.one(tx, talk.entry_id)
        assert entry is not None and not entry.erased and timeline.genuine(tx, entry.id)
        (file,) = entry.attachments
        assert (file["filename"], file["sha256"], file["removed"]["number"]) == ("", "", 100)
    rule(desk, clock, Terms("all", 100, "days"))  # a sharper one finds what the milder one has left
    run(desk)
    assert talk.words() == [""]


def test_words_that_come_later_are_found_by_the_next_run(desk: Desk, clock: SetClock, inbox_id: int) -> None:
    rule(desk, clock)
    talk = Talk(desk, clock, inbox_id).resolve()
    clock.advance(timedelta(days=900))
    run(desk)
    with desk.store.transaction() as tx:
        agent = viewer_of(tx)
        outbound.note(tx, talk.number, agent, "Came up again")
    with desk.store.transaction() as tx:
        assert conversations.get(tx, talk.number, None).emptied == 0
    run(desk)
    with desk.store.reading() as tx:
        assert all(not line.text for line in timeline.of_conversation(tx, talk.number))
    with desk.store.transaction() as tx, pytest.raises(NotHeld, match="Nothing is left"):
        privacy.hold(tx, talk.number, viewer_of(tx, "admin"), "Too late")


def test_long_conversations_go_in_slices_and_a_crash_costs_nothing(
    desk: Desk, clock: SetClock, inbox_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.privacy.retaining.SLICE", 7)
    rule(desk, clock)
    with desk.store.transaction() as tx:
        person = make_customer(tx)
        long = make_conversation(tx, person, status="resolved")
        for n in range(30):
            clock.advance(timedelta(seconds=1))
            make_entry(tx, long, f"Line {n}")
        shorts = [make_conversation(tx, person, status="resolved") for _ in range(9)]
        for short in shorts:
            make_entry(tx, short, "Short")
        for row in (long, *shorts):
            row.last_at = tx.now()
    clock.advance(timedelta(days=900))
    slices: list[int] = []
    removed = timeline.remove_words

    def falls(tx: Tx, ids: Any, how: Any) -> Any:
        slices.append(len(ids))
        if len(slices) in (3, 9):
            raise RuntimeError("the process died here")
        return removed(tx, ids, how)

    monkeypatch.setattr("desk.timeline.remove_words", falls)
    run(desk)
    for _ in range(3):
        clock.advance(timedelta(minutes=10))
        drain(desk)
    assert max(slices) <= 7
    with desk.store.reading() as tx:
        assert tx.scalars(select(Content.id)).all() == []
        assert {row.emptied for row in tx.scalars(select(Conversation))} == {emptying.WORDS}
        (done,) = privacy.runs(tx)
        assert (done.state, done.went["messages"], done.went["conversations"]) == ("done", 39, 10)
        assert len({e.id for e in tx.scalars(select(Entry).where(Entry.kind == "message"))}) == 39


def test_kill_9_in_the_midst_of_a_slice_costs_nothing(
    desk: Desk, clock: SetClock, inbox_id: int, database: Database, tmp_path: Path
) -> None:
    rule(desk, clock)
    with desk.store.transaction() as tx:
        row = make_conversation(tx, status="resolved")
        for n in range(40):
            make_entry(tx, row, f"Line {n}", occurred_at=clock.now() + timedelta(seconds=n))
    clock.advance(timedelta(days=900))
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "privacy.retain", {}, key="retain")
    left = []
    for slices in (2, 1):
        command = [sys.executable, "-m", "tests.privacy.killed", database.url, str(tmp_path / "files")]
        command += [clock.now().isoformat(), str(slices), "10"]
        done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == -signal.SIGKILL, done.stderr
        clock.advance(timedelta(minutes=5))  # its lease runs out
        with desk.store.reading() as tx:
            left.append(len(tx.scalars(select(Content.id)).all()))
    assert left == [20, 10], "what was committed is gone, the slice that was cut short is whole"
    drain(desk)
    with desk.store.reading() as tx:
        assert tx.scalars(select(Content.id)).all() == []
        (proof,) = privacy.runs(tx)
        assert (proof.went["messages"], proof.went["conversations"]) == (40, 1) and privacy.run_holds_good(proof)


def test_proofs_are_a_chain_and_show_a_change(desk: Desk, clock: SetClock, inbox_id: int) -> None:
    rule(desk, clock)
    for n in range(2):
        Talk(desk, clock, inbox_id, sender=f"n{n}@home.example").resolve()
        clock.advance(timedelta(days=900))
        run(desk)
    with desk.store.reading() as tx:
        second, first = privacy.runs(tx)
        assert second.before == first.digest and first.before == ""
        assert privacy.run_holds_good(first) and privacy.run_holds_good(second)
        assert privacy.proof_of(second)["terms"]["number"] == 24
        first.went = first.went | {"messages": 0}
        assert not privacy.run_holds_good(first)


def test_a_preview_says_what_the_run_then_takes(desk: Desk, clock: SetClock, inbox_id: int) -> None:
    old = [Talk(desk, clock, inbox_id, sender=f"o{n}@home.example").resolve() for n in range(3)]
    with desk.store.transaction() as tx:
        privacy.hold(tx, old[2].number, viewer_of(tx, "admin"), "A case")
    clock.advance(timedelta(days=900))
    Talk(desk, clock, inbox_id, sender="young@home.example").resolve()
    Talk(desk, clock, inbox_id, sender="open@home.example")
    with desk.store.reading() as tx:
        seen = privacy.foresee(tx, None, TWO_YEARS)
        assert (seen.conversations, seen.messages, seen.files, seen.size, seen.held) == (2, 2, 2, 18, 1)
        assert seen.whole and [one.id for one in seen.examples] == [old[0].number, old[1].number]
        assert seen.oldest == seen.examples[0].last_at
        assert privacy.foresee(tx, None, Terms(number=60, unit="months")).conversations == 0
        row = conversations.get(tx, old[0].number, None)
        assert privacy.kept(tx, row).standing is None
    rule(desk, clock)
    with desk.store.reading() as tx:
        row = conversations.get(tx, old[0].number, None)
        due = privacy.kept(tx, row).due_at
        assert due is not None and due <= tx.now()
        assert privacy.kept(tx, conversations.get(tx, old[2].number, None)).hold is not None
    run(desk)
    with desk.store.reading() as tx:
        (done,) = privacy.runs(tx)
        assert (done.went["conversations"], done.went["messages"], done.went["files"], done.went["bytes"]) == (
            2,
            2,
            2,
            18,
        )
        assert privacy.kept(tx, conversations.get(tx, old[0].number, None)).emptied


def test_who_has_nothing_left_goes_as_a_person_unless_something_speaks_for_them(
    desk: Desk, clock: SetClock, inbox_id: int
) -> None:
    rule(desk, clock, Terms(persons=True))
    names = ("gone", "ordered", "stopped", "writes", "held")
    said = {name: Talk(desk, clock, inbox_id, sender=f"{name}@home.example").resolve() for name in names}
    from_held = Talk(desk, clock, inbox_id, "And this?", sender="held@home.example")
    with desk.store.transaction() as tx:
        tx.flush()
        privacy.hold(tx, from_held.number, viewer_of(tx, "admin"), "A case")
        conversations.resolve(tx, from_held.number, None)
        record(tx, said["ordered"].customer_id, "order.placed")
        people.stop(
            tx, people.identities(tx, said["stopped"].customer_id)[0], tx.now(), people.Known("staff", "said so")
        )
    clock.advance(timedelta(days=740))
    Talk(desk, clock, inbox_id, "Hello again", sender="writes@home.example")
    run(desk)
    for talk in said.values():
        assert talk.words()[0] == ""
    clock.advance(timedelta(days=40))
    drain(desk)
    with desk.store.reading() as tx:
        erased = {name: people.is_erased(tx, talk.customer_id) for name, talk in said.items()}
        assert erased == {"gone": True, "ordered": False, "stopped": False, "writes": False, "held": False}
        proof = privacy.proof(tx, said["gone"].customer_id)
        assert proof is not None and privacy.holds_good(proof) and "nothing was left" in proof.reason


def record(tx: Tx, customer_id: int, name: str) -> None:
    facts.record(tx, customer_id, name, 40, occurred_at=tx.now())


def test_a_run_reads_what_it_takes_and_not_the_whole_table(desk: Desk, inbox_id: int) -> None:
    with desk.store.transaction() as tx:
        person = make_customer(tx)
        for _ in range(50):
            make_conversation(tx, person, status="resolved", emptied=emptying.WORDS)
        names = ", ".join(column.name for column in Conversation.__table__.c if column.name != "id")
        for _ in range(8):
            tx.execute(text(f"INSERT INTO conversations ({names}) SELECT {names} FROM conversations"))
        if tx.dialect_name == "postgresql":
            tx.execute(text("ANALYZE conversations"))
    said: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        said.append((statement, values))

    event.listen(desk.store.engine, "before_cursor_execute", hear)
    with desk.store.reading() as tx:
        emptying.ended(tx, inbox_id, "resolved", 0, tx.now(), (tx.now() - timedelta(days=9), 5), 50)
        intake.old(tx, inbox_id, "bounce", tx.now())
        event.remove(desk.store.engine, "before_cursor_execute", hear)
        explain = "EXPLAIN " if tx.dialect_name == "postgresql" else "EXPLAIN QUERY PLAN "
        walked = [(s, v) for s, v in said if s.startswith("SELECT")]
        plans = [str(tx.connection().exec_driver_sql(explain + s, v).all()) for s, v in walked]
    assert len(plans) == 2
    for plan, index in zip(plans, ("ix_conversations_ended", "ix_arrivals_loose"), strict=True):
        assert index in plan and "TEMP B-TREE" not in plan and "Seq Scan on" not in plan, plan
        assert "Sort" not in plan, plan
