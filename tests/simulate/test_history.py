"""A played history, on both databases: what the console and the reports find in it, and that nothing went past the
corridor."""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import exists, func, select
from tqdm import tqdm

from desk import agents, automation, conversations, settings, simulate, views, visitors
from desk.clock import SetClock
from desk.conversations.tables import Conversation, Episode
from desk.facts.tables import Fact
from desk.files import Blobs
from desk.intake.tables import Arrival
from desk.jobs.tables import Job
from desk.keys import KeyRing
from desk.lifecycle.tables import Transition
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.people.tables import Customer, Identity
from desk.sentiment.tables import Score
from desk.simulate import play, run
from desk.store import Store
from desk.surveys.tables import Invitation, Response
from desk.timeline.tables import Content, Entry, EntryKey
from desk.worker import drain
from tests.servers.databases import DATABASES, Database

END = datetime(2026, 11, 22, 1, 20, tzinfo=UTC)
CUSTOMERS, DAYS, SEED = 32, 50, 11


def desk_on(database: Database, folder: Path) -> Desk:
    store = Store(database.engine, SetClock(END), KeyRing([b"a key of thirty-two bytes, no less"]))
    return Desk(store=store, files=Blobs(folder / "files"), config={"DATA_DIR": folder})


@pytest.fixture(scope="module", params=DATABASES)
def history(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with a history of two months; the tests only read it."""
    made = request.getfixturevalue("sqlite_databases" if request.param == "sqlite" else "postgres_databases").fresh()
    desk = desk_on(made, tmp_path_factory.mktemp("history"))
    simulate.simulate(desk, customers=CUSTOMERS, days=DAYS, seed=SEED, drain=drain, progress=False)
    yield desk
    made.drop()


def told(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(desk.config["DATA_DIR"]) / "simulation-truth.json").read_text("utf-8"))
    return found


def count(desk: Desk, table: Any, *where: Any) -> int:
    with desk.store.reading() as tx:
        return tx.scalar(select(func.count()).select_from(table).where(*where)) or 0


def sample_agent(desk: Desk) -> agents.Viewer:
    with desk.store.reading() as tx:
        staff = agents.by_email(tx, "agent@kiln.example")
        assert staff is not None
        viewer = agents.viewer(tx, staff.id)
        assert viewer is not None
        return viewer


def test_every_message_came_through_the_corridor(history: Desk) -> None:
    messages = Entry.kind == "message"
    keyed = exists().where(EntryKey.entry_id == Entry.id)
    arrived = exists().where(Arrival.entry_id == Entry.id)
    assert count(history, Entry, messages) > 60
    assert count(history, Entry, messages, ~keyed, ~arrived) == 0
    assert count(history, Entry, messages, arrived) > 5  # some of them as real mails
    assert count(history, Arrival, Arrival.state.not_in(("accepted", "automatic"))) == 0
    scored = exists().where(Score.entry_id == Entry.id)
    with history.store.reading() as tx:
        unscored = tx.scalars(select(Entry).where(messages, ~scored)).all()
    assert all(e.detail.get("automatic") or e.detail.get("answers") for e in unscored)


def test_answers_went_by_delivery_into_the_outbox_and_nowhere_else(history: Desk) -> None:
    assert count(history, Delivery, Delivery.purpose == "reply") == count(history, Entry, Entry.kind == "reply")
    assert count(history, Delivery, Delivery.state.not_in(("sent", "delivered", "seen"))) == 0
    assert count(history, Job, Job.state != "done", Job.run_at <= END) == 0
    with history.store.reading() as tx:
        for channel, recipient in tx.execute(select(Delivery.channel, Delivery.recipient)):
            if channel == "sms":
                assert recipient.startswith("+447700900")  # kept for drama: no telephone rings
            else:
                assert recipient.endswith(".example")


def test_all_three_channels_are_written_asked_and_answered_by(history: Desk) -> None:
    with history.store.reading() as tx:
        written = Counter(tx.scalars(select(Entry.channel).where(Entry.kind == "message")))
        replied = Counter(tx.scalars(select(Entry.channel).where(Entry.kind == "reply")))
        asked = Counter(tx.scalars(select(Invitation.channel)))
        answered = Counter(tx.scalars(select(Response.channel)))
        mailed = tx.scalars(select(Invitation).where(Invitation.mailed_at.is_not(None))).all()
        numbers = tx.scalars(select(Entry).where(Entry.kind == "message", Entry.channel == "sms")).all()
    for found in (written, replied, asked, answered):
        assert set(found) == {"email", "chat", "sms"}
    assert written["email"] > written["chat"] > written["sms"]
    assert mailed  # a card that nobody saw
    assert {i.channel for i in mailed} == {"chat"}
    assert sum("answers" in entry.detail for entry in numbers) == answered["sms"]


def test_a_chat_is_in_its_customers_widget_with_what_was_seen_of_it(history: Desk) -> None:
    with history.store.reading() as tx:
        chats = set(tx.scalars(select(Conversation.id).where(Conversation.channel == "chat")))
        threads = visitors.threads_of(tx, sorted(chats))
        for thread in threads.values():
            [row] = [t for t in visitors.threads(tx, thread.owner, thread.inbox_id) if t is thread]
            assert row.seen_id <= row.got_id
        assert set(threads) == chats
        assert any(thread.seen_at for thread in threads.values())
        kinds = Counter(tx.scalars(select(Identity.kind)))
    assert kinds["user"] > 3
    assert kinds["phone"] > 1


def test_the_truth_agrees_with_the_database(history: Desk) -> None:
    truth = told(history)
    counts = truth["counts"]
    assert counts["customers"] == count(history, Customer) == CUSTOMERS
    assert counts["conversations"] == count(history, Conversation) == len(truth["conversations"])
    assert counts["messages"] == count(history, Entry, Entry.kind == "message")
    assert counts["replies"] == count(history, Entry, Entry.kind == "reply")
    assert counts["notes"] == count(history, Entry, Entry.kind == "note")
    assert counts["orders"] == count(history, Fact, Fact.name == "order.placed")
    assert counts["asked"] == count(history, Invitation)
    assert counts["answered"] == count(history, Response) == count(history, Fact, Fact.name == "csat")
    assert counts["episodes_resolved"] == count(history, Episode, Episode.resolved_at.is_not(None))
    with history.store.reading() as tx:
        ids = {str(i) for i in tx.scalars(select(Conversation.id))}
        rows = tx.execute(select(Invitation.episode_id, Response.score).join(Response)).all()
    assert set(truth["conversations"]) == ids
    answered = {e["episode_id"]: e["score"] for e in truth["episodes"] if e["score"] is not None}
    assert answered == {row.episode_id: row.score for row in rows}


def test_the_truth_holds_rates_that_add_up(history: Desk) -> None:
    truth = told(history)
    overall = truth["satisfaction"]["overall"]
    assert overall["all"]["n"] == truth["counts"]["episodes_resolved"]
    for group in ("by_agent", "by_topic", "by_theme", "by_channel", "by_week"):
        found = truth["satisfaction"][group].values()
        assert sum(g["all"]["n"] for g in found) == overall["all"]["n"]
        assert sum(g["asked"]["satisfied"] for g in found) == overall["asked"]["satisfied"]
    silence = truth["nonresponse"]
    assert silence["silent"] == silence["asked"] - truth["counts"]["answered"]
    assert sum(s["asked"] for s in silence["by_score"].values()) == silence["asked"]
    assert 0 < truth["frustrated"]["end"] < 0.5


def test_a_score_counts_for_the_agent_and_stage_that_the_truth_names(history: Desk) -> None:
    truth = {e["episode_id"]: e for e in told(history)["episodes"] if e["asked"]}
    with history.store.reading() as tx:
        names = agents.names(tx)
        for invitation in tx.scalars(select(Invitation)):
            assert invitation.staff_id is not None  # whom the bot helped alone is asked nothing
            assert names[invitation.staff_id] == truth[invitation.episode_id]["agent"]
            assert invitation.stage == truth[invitation.episode_id]["stage"]
            assert invitation.channel == truth[invitation.episode_id]["channel"]
            assert invitation.delivered or invitation.channel == "chat"  # whoever has not come back yet


# Nobody writes spam to the sample desk.
@pytest.mark.parametrize("view", [view for view in conversations.VIEWS if view != "spam"])
def test_every_queue_has_something_for_the_sample_agent(history: Desk, view: str) -> None:
    with history.store.reading() as tx:
        assert conversations.queue(tx, sample_agent(history), view).rows


def test_fresh_conversations_wait_in_every_state(history: Desk) -> None:
    with history.store.reading() as tx:
        found = tx.scalars(select(Conversation).where(Conversation.last_at > END - timedelta(hours=60))).all()
        mine = Counter(c.status for c in found if c.assignee_id == sample_agent(history).id)
    assert {c.status for c in found} >= {"open", "pending", "snoozed"}
    assert {c.level for c in found if c.status == "open"} == {"calm", "strained", "frustrated"}
    assert mine["open"] >= 2
    assert mine["pending"] >= 1
    assert mine["snoozed"] >= 1
    assert max(c.last_at for c in found) > END - timedelta(hours=6)
    assert all(c.last_at <= END for c in found)


def test_a_snooze_lies_ahead_of_the_end(history: Desk) -> None:
    with history.store.reading() as tx:
        for conversation in tx.scalars(select(Conversation).where(Conversation.status == "snoozed")):
            assert conversation.snoozed_until is not None
            assert conversation.snoozed_until > END


def test_customers_move_forward_and_backward_with_evidence(history: Desk) -> None:
    with history.store.reading() as tx:
        found = tx.scalars(select(Transition)).all()
    ways = Counter(t.direction for t in found)
    assert ways["forward"] > 5
    assert ways["backward"] > 0
    moved = [t for t in found if t.direction in ("forward", "backward")]
    assert all(t.evidence for t in moved)


def test_scores_lie_on_the_scale_and_comments_in_their_language(history: Desk) -> None:
    with history.store.reading() as tx:
        answers = tx.scalars(select(Response)).all()
        locales = Counter(tx.scalars(select(Invitation.locale)))
    assert len(answers) > 15
    assert all(a.score in range(1, 6) for a in answers)
    assert any(a.comment for a in answers)
    assert all("{" not in a.comment for a in answers)
    assert set(locales) == {"en", "de", "es"}


def test_mails_show_what_mail_programs_do(history: Desk) -> None:
    with history.store.reading() as tx:
        rows = tx.execute(
            select(Content.text, Content.quoted, Content.attachments, Entry.detail)
            .join(Entry, Entry.id == Content.id)
            .where(Entry.kind == "message")
        ).all()
        verified = tx.scalar(select(func.count()).select_from(Identity).where(Identity.evidence == "verified"))
    assert any("\n> " in r.quoted for r in rows)  # quoted history, kept apart from what is new
    assert not any("\n> " in r.text for r in rows)
    assert any(a["content_type"] == "image/png" for r in rows for a in r.attachments)
    assert not any("Sent from my iPhone" in r.text or "Von meinem iPhone" in r.text for r in rows)
    assert verified  # whoever answered a mail of ours


def test_answers_thread_into_the_conversation_that_they_answer(history: Desk) -> None:
    truth = told(history)
    assert len(truth["conversations"]) == count(history, Conversation)
    with history.store.reading() as tx:
        per = Counter(tx.scalars(select(Entry.conversation_id).where(Entry.kind == "message")))
    assert max(per.values()) >= 3


def test_times_never_run_ahead_of_the_clock_or_behind_the_history(history: Desk) -> None:
    with history.store.reading() as tx:
        first, last = tx.execute(
            select(
                func.min(Entry.recorded_at, type_=Entry.recorded_at.type),
                func.max(Entry.recorded_at, type_=Entry.recorded_at.type),
            )
        ).one()
    assert END - timedelta(days=DAYS) <= first
    assert last <= END


def fingerprint(desk: Desk) -> list[Any]:
    """What a history says, without ids and secrets."""
    with desk.store.reading() as tx:
        names = agents.names(tx)
        entries = tx.execute(
            select(
                Entry.occurred_at, Entry.kind, Entry.staff_id, Entry.author, Content.subject, Content.text,
                Conversation.subject.label("about"), Conversation.customer_name,
            )
            .outerjoin(Content, Content.id == Entry.content_id)
            .outerjoin(Conversation, Conversation.id == Entry.conversation_id)
        ).all()  # fmt: skip
        moves = tx.execute(select(Transition.held_at, Transition.before, Transition.after, Transition.rule)).all()
        scores = tx.execute(select(Response.answered_at, Response.score, Response.reasons, Response.comment)).all()
        queue = tx.execute(
            select(Conversation.subject, Conversation.status, Conversation.level, Conversation.frustration)
        ).all()
    return [
        sorted(str((*row[:2], names.get(row.staff_id), *row[3:])) for row in entries),
        sorted(map(str, moves)),
        sorted(map(str, scores)),
        sorted(map(str, queue)),
    ]


@pytest.mark.database("sqlite")
def test_the_same_seed_gives_the_same_history(database: Database, sqlite_databases: Any, tmp_path: Path) -> None:
    other = sqlite_databases.fresh()
    found = []
    for made, folder in ((database, tmp_path / "one"), (other, tmp_path / "two")):
        desk = desk_on(made, folder)
        truth = simulate.simulate(desk, customers=7, days=9, seed=5, drain=drain, progress=False)
        found.append((fingerprint(desk), truth.as_json()["satisfaction"], truth.as_json()["counts"]))
    other.drop()
    assert found[0] == found[1]


def test_another_seed_adds_another_history(database: Database, tmp_path: Path) -> None:
    desk = desk_on(database, tmp_path)
    simulate.simulate(desk, customers=5, days=6, seed=5, drain=drain, progress=False)
    before = count(desk, Conversation)
    simulate.simulate(desk, customers=4, days=6, seed=6, drain=drain, progress=False)
    simulate.simulate(desk, customers=4, days=6, seed=6, drain=drain, progress=False)
    truth = told(desk)
    assert count(desk, Customer) == 13
    assert count(desk, Conversation) > before
    assert [r["seed"] for r in truth["runs"]] == [5, 6, 6]
    assert truth["counts"]["conversations"] == count(desk, Conversation)
    assert truth["counts"]["asked"] == count(desk, Invitation)
    assert truth["counts"]["messages"] == count(desk, Entry, Entry.kind == "message")


@pytest.mark.database("sqlite")
def test_log_lines_do_not_break_the_progress_bar(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    above: list[str] = []
    monkeypatch.setattr(tqdm, "write", lambda text, **_: above.append(text))
    console = logging.StreamHandler(sys.stderr)

    def talkative(_player: play.Player) -> None:
        logging.getLogger("desk.simulate").warning("learned something")

    monkeypatch.setattr(play.Player, "_tick", talkative)
    logging.root.addHandler(console)
    try:
        simulate.simulate(desk_on(database, tmp_path), customers=1, days=2, seed=1, drain=drain, progress=True)
    finally:
        logging.root.removeHandler(console)
    assert above == ["learned something"]
    assert "learned something" not in capsys.readouterr().err


def test_no_invented_customer_is_written_to_by_a_real_server(database: Database, tmp_path: Path) -> None:
    desk = desk_on(database, tmp_path)
    with desk.store.transaction() as tx:
        brand = settings.create_brand(tx, key="real", name="Real")
        settings.create_inbox(
            tx,
            channel="email",
            name="Help",
            address="help@real.example",
            brand_id=brand.id,
            config={"transport": "smtp", "smtp_host": "mail.real.example"},
        )
    with pytest.raises(ValueError, match=r"Help \(help@real.example\) sends by smtp"):
        simulate.simulate(desk, customers=2, days=2, seed=1, drain=drain, progress=False)
    assert count(desk, Customer) == 0
    assert count(desk, agents.tables.Staff) == 0


@pytest.mark.database("sqlite")
def test_the_desks_own_inbox_is_used_as_it_is(database: Database, tmp_path: Path) -> None:
    desk = desk_on(database, tmp_path)
    with desk.store.transaction() as tx:
        brand = settings.create_brand(tx, key="own", name="Own")
        team = agents.create_team(tx, "Everybody")
        settings.create_inbox(
            tx, channel="email", name="Help", address="help@own.example", brand_id=brand.id, team_id=team.id
        )
    simulate.simulate(desk, customers=3, days=3, seed=1, drain=drain, progress=False)
    with desk.store.reading() as tx:
        assert [i.address for i in settings.inboxes(tx)] == ["help@own.example"]
        staff = agents.by_email(tx, "agent@kiln.example")
        assert staff is not None
        assert staff.sample
        assert staff.password_hash is None  # nobody signs in to a desk of one's own with a known password
    assert count(desk, Entry, Entry.kind == "reply") > 0


@pytest.mark.database("sqlite")
def test_the_sample_desk_has_a_brand_teams_and_people_who_can_sign_in(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "SAMPLE_CUSTOMERS", 4)
    monkeypatch.setattr(run, "SAMPLE_DAYS", 3)
    desk = desk_on(database, tmp_path)
    simulate.fill_sample_desk(desk, drain=drain, progress=True)
    assert "simulating" in capsys.readouterr().err
    lines = simulate.sample_logins()
    with desk.store.reading() as tx:
        roles = []
        for line in lines:
            email, password = line.split("  password ")
            staff = agents.authenticate(tx, email, password)
            assert staff is not None
            assert staff.sample
            roles.append(staff.role)
        brand = settings.brands(tx)[0]
        teams = {t.name: len(t.staff_ids) for t in agents.teams(tx)}
        addresses = {i.address: i.config.get("transport", i.channel) for i in settings.inboxes(tx)}
        jonas = agents.by_email(tx, "agent@kiln.example")
        assert jonas is not None
        viewer = agents.viewer(tx, jonas.id)
        assert viewer is not None
        shortcuts = {row.shortcut for row in automation.offered(tx, viewer)}
        shared = [view.name for view in views.every(tx, viewer)]
    assert {"parcel", "cracked", "carrier"} <= shortcuts  # a newcomer types "/" and finds something
    assert shared == ["Angry, and nobody’s", "Damaged goods"]
    assert roles == ["agent", "supervisor", "admin"]
    assert (brand.name, brand.colour, brand.locales, brand.zone) == (
        "Kiln & Co.", "#0e6b70", ["en", "de", "es"], "Europe/Stockholm",
    )  # fmt: skip
    assert teams == {"Support": 5, "Invoices": 3}
    assert addresses == {
        "support@kiln.example": "outbox",
        "invoices@kiln.example": "outbox",
        "shop.kiln.example": "chat",
        "+447700900000": "outbox",
    }
