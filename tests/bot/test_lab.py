"""The lab: questions with known answers set the threshold once there is enough of them, replays change nothing."""

from __future__ import annotations

import json
import shutil
import sys
from collections import OrderedDict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from desk import bot, jobs, knowledge
from desk.bot import comparing, evaluating, marks, replay, sets
from desk.bot.marks import BadMark
from desk.bot.replay import BadReplay
from desk.bot.shelf import SHELVES
from desk.bot.tables import BotQuestion, BotReplay, BotReplayed
from desk.conversations import Conversation
from desk.messages import Address, Sender
from desk.nlp import Models
from desk.signals import WordsErased
from desk.store import Tx
from desk.timeline.tables import Entry
from desk.worker.tasks import TASKS
from tests import factories
from tests.bot.conftest import Scene

KILN = "How hot does the small kiln get?"


@pytest.fixture
def ada(scene: Scene) -> int:
    found: int = scene.do(lambda tx: factories.make_staff(tx, "supervisor", name="Ada Ant").id)
    return found


def article(scene: Scene, title: str) -> int:
    with scene.desk.store.reading() as tx:
        return next(p.id for p in knowledge.published(tx) if p.title == title)


def pressed(entry: int, verdict: tuple[str, int | None], ada: int, tx: Tx) -> None:
    marks.mark(tx, entry, "en", *verdict, ada, "turn")


def asked_for(scene: Scene, ada: int, ids: list[int], precision: float, model: str, tx: Tx) -> None:
    replay.ask(tx, ada, ids, precision, models=scene.desk.models, model=model)


def brought(set_id: int, data: bytes, ada: int, tx: Tx) -> None:
    sets.bring(tx, set_id, data, ada)


def named(name: str, ada: int, tx: Tx) -> None:
    sets.make(tx, name, ada)


def run(scene: Scene, *tasks: str) -> None:
    for job in scene.lease(*tasks):
        TASKS[job.task](scene.desk, job)


def drafted(scene: Scene) -> int:
    """A new article about kilns, and the one about parcels without what it was found by; neither published."""

    def write(tx: Any) -> int:
        more = ["How hot is the kiln?", "What temperature does the kiln reach?", "Kiln temperature", "Maximum heat?"]
        row = knowledge.create(tx, None, title="How hot a kiln gets", body="1,300 degrees.", locale="en", examples=more)
        return row.id

    found: int = scene.do(write)
    return found


def replayed(
    scene: Scene, ada: int, draft_ids: list[int], precision: float = 95.0, model: str = ""
) -> tuple[int, list[BotReplayed]]:
    models = scene.desk.models
    replay_id: int = scene.do(lambda tx: replay.ask(tx, ada, draft_ids, precision, models=models, model=model).id)
    run(scene, "bot.replay")
    with scene.desk.store.reading() as tx:
        row = replay.one(tx, replay_id)
        assert row is not None and (row.state, row.error) == ("done", "")
        found = replay.lines(tx, replay_id)
        assert row.total == row.done == len(found)
        return replay_id, found


def test_a_mark_is_one_press_and_the_same_press_takes_it_back(scene: Scene, ada: int) -> None:
    question = scene.write("Where is my parcel now?")
    parcel, back = article(scene, "Where is my parcel?"), article(scene, "Send something back")

    def press(verdict: str, article_id: int | None) -> tuple[str, int | None] | None:
        scene.do(lambda tx: marks.mark(tx, question, "en", verdict, article_id, ada, "turn"))
        with scene.desk.store.reading() as tx:
            row = marks.marks_of(tx, [question]).get(question)
            assert tx.scalar(select(func.count()).select_from(BotQuestion)) == (row is not None)
            return (row.verdict, row.article_id) if row is not None else None

    assert press("article", parcel) == ("article", parcel)
    assert press("not", back) == ("not", back)
    assert press("none", None) == ("none", None)
    assert press("none", None) is None
    for verdict, wrong in (("article", 9_999), ("article", None), ("none", parcel), ("maybe", parcel)):
        with pytest.raises(BadMark):
            press(verdict, wrong)
    assert press("article", parcel) == ("article", parcel)
    with scene.desk.store.reading() as tx:
        [known] = marks.known(tx, marks.marked_set(tx).id, "en")
        assert known.text == "Where is my parcel now?"
        row = tx.get(BotQuestion, 1) or tx.scalars(select(BotQuestion)).one()
        assert row.text == ""  # its words stay in its line


def test_where_words_are_erased_the_mark_goes(scene: Scene, ada: int) -> None:
    question = scene.write("Where is my parcel now?")
    scene.do(lambda tx: marks.mark(tx, question, "en", "none", None, ada, "turn"))
    scene.do(lambda tx: tx.announce(WordsErased((question,))))
    with scene.desk.store.reading() as tx:
        assert marks.marks_of(tx, [question]) == {}
        assert marks.counts(tx) == {}


def test_enough_marked_questions_set_the_threshold(scene: Scene, ada: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.bot.shelf.SHELVES._kept", OrderedDict())  # nothing of another desk's
    monkeypatch.setattr(marks, "ENOUGH", 6)
    monkeypatch.setattr(marks, "STEP", 2)
    parcel = article(scene, "Where is my parcel?")
    before = SHELVES.get(scene.desk, "en")
    assert before is not None and before.marked == 0
    texts = ["Where did my parcel go?", "Parcel still not here", "When does the package come?", "Track the order?"]
    other = ["Do you sell wine glasses?", "What do lions eat?", KILN]
    for n, text in enumerate([*texts, *other]):
        entry = scene.write(text)
        verdict = ("article", parcel) if n < len(texts) else ("none", None)
        scene.do(partial(pressed, entry, verdict, ada))
    assert [job.args for job in scene.lease("bot.learn") if job.args == {"locale": "en"}] != []
    with scene.desk.store.reading() as tx:
        [row] = [fit for fit in bot.fits(tx) if fit.locale == "en"]
        assert not bot.is_learned(tx, row)
    after = SHELVES.get(scene.desk, "en")
    assert after is not None and after.marked == 7
    assert after.matcher.digest == before.matcher.digest and after.threshold != before.threshold
    with scene.desk.store.reading() as tx:
        [row] = [fit for fit in bot.fits(tx) if fit.locale == "en"]
        assert row.marked == 7 and bot.is_learned(tx, row)
    # One that became an example is found by itself, which tells nothing.
    scene.do(lambda tx: knowledge.publish(tx, knowledge.add_example(tx, parcel, texts[0], ada).id, ada))
    learned = SHELVES.get(scene.desk, "en")
    assert learned is not None and learned.marked == 6


def test_a_replay_says_who_would_have_been_answered_and_writes_to_nobody(scene: Scene, ada: int) -> None:
    scene.ask("Where is my order?")
    asked = scene.write(KILN)
    scene.work()
    draft = drafted(scene)
    with scene.desk.store.reading() as tx:
        before = [tx.scalar(select(func.count()).select_from(table)) for table in (Entry, Conversation)]
        assert [row.id for row in replay.drafts(tx)] == [draft]
    _, same = replayed(scene, ada, [])
    assert {comparing.change(row) for row in same} == {""} and len(same) == 2
    _, rows = replayed(scene, ada, [draft])
    by_entry = {row.entry_id: row for row in rows}
    assert by_entry[asked].before != "answer"
    assert (by_entry[asked].after, by_entry[asked].after_article) == ("answer", draft)
    assert comparing.change(by_entry[asked]) == "new"
    with scene.desk.store.reading() as tx:
        assert [tx.scalar(select(func.count()).select_from(table)) for table in (Entry, Conversation)] == before
        found = comparing.summary(rows, {})
        assert (found.n, found.changes["new"], found.answered_after.good) == (2, 1, found.answered_before.good + 1)
        assert not found.right_after.telling


def test_marks_say_how_much_of_it_is_right(scene: Scene, ada: int) -> None:
    scene.ask("Where is my order now?")
    asked = scene.write(KILN)
    scene.work()
    draft = drafted(scene)
    _, rows = replayed(scene, ada, [draft])
    scene.do(lambda tx: marks.mark(tx, asked, "en", "article", draft, ada, "replay"))
    with scene.desk.store.reading() as tx:
        marked = marks.marks_of(tx, [row.entry_id for row in rows])
    found = comparing.summary(rows, marked)
    assert (found.sampled, found.marked) == (2, 1)
    assert (found.right_before.n, found.right_after.good, found.right_after.n) == (0, 1, 1)
    assert found.judged["new"] == (1, 0, 1)
    scene.do(lambda tx: marks.mark(tx, asked, "en", "not", draft, ada, "replay"))
    with scene.desk.store.reading() as tx:
        found = comparing.summary(rows, marks.marks_of(tx, [asked]))
    assert (found.right_after.good, found.right_after.n) == (0, 1)


def test_what_is_erased_or_old_is_not_asked_again(scene: Scene, ada: int) -> None:
    scene.ask("Where is my order?")
    scene.clock.advance(timedelta(days=31))
    scene.ask("I want to send it back")
    _, rows = replayed(scene, ada, [])
    assert len(rows) == 1
    scene.clock.advance(timedelta(days=91))
    scene.do(replay.forget_old)
    with scene.desk.store.reading() as tx:
        assert tx.scalars(select(BotReplay)).all() == [] and tx.scalars(select(BotReplayed)).all() == []


def test_one_replay_at_a_time_and_only_what_can_be(scene: Scene, ada: int) -> None:
    parcel = article(scene, "Where is my parcel?")
    for ids, precision, model, why in (
        ([], 10.0, "", "precision"),
        ([parcel], 95.0, "", "drafts"),
        ([], 95.0, "../secrets", "model"),
    ):
        with pytest.raises(BadReplay, match=why):
            scene.do(partial(asked_for, scene, ada, ids, precision, model))
    scene.do(partial(asked_for, scene, ada, [], 95.0, ""))
    with pytest.raises(BadReplay, match="busy"):
        scene.do(partial(asked_for, scene, ada, [], 95.0, ""))


def test_a_replay_tries_another_model(scene: Scene, ada: int) -> None:
    """What means the same in other words is found by the model, and not by letters and words alone."""
    scene.ask("Where is my order?")
    asked = scene.write("My package has not arrived yet")
    scene.work()
    replay_id, rows = replayed(scene, ada, [], model="without")
    by_entry = {row.entry_id: row for row in rows}
    parcel = article(scene, "Where is my parcel?")
    assert by_entry[asked].before_article == parcel
    assert (by_entry[asked].after_confidence or 0) < (by_entry[asked].before_confidence or 0)
    with scene.desk.store.reading() as tx:
        row = replay.one(tx, replay_id)
        assert row is not None and (row.model, row.before_model) == ("without", scene.desk.models.name)
    _, same = replayed(scene, ada, [])  # the bot itself goes on as it was
    assert {comparing.change(row) for row in same} == {""}


def test_a_model_that_cannot_be_loaded_ends_the_replay_with_the_reason(
    scene: Scene, ada: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models" / "multilingual").mkdir(parents=True)
    (tmp_path / "models" / "multilingual" / "config.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setattr(scene.desk, "models", Models(beside=tmp_path / "models"))
    scene.ask("Where is my order?")
    for gone in (False, True):
        replay_id = scene.do(
            lambda tx: replay.ask(tx, ada, [], 95.0, models=scene.desk.models, model="multilingual").id
        )
        if gone:
            shutil.rmtree(tmp_path / "models")
        run(scene, "bot.replay")
        with scene.desk.store.reading() as tx:
            row = replay.one(tx, replay_id)
            assert row is not None and row.state == "failed" and replay.lines(tx, replay_id) == []
            assert ("is gone" if gone else "[torch]") in row.error


def test_a_replay_that_fails_says_so(scene: Scene, ada: int, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.ask("Where is my order?")
    replay_id = scene.do(lambda tx: replay.ask(tx, ada, [], 95.0, models=scene.desk.models).id)

    def breaks(*_: Any) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr(replay, "weigh", breaks)
    run(scene, "bot.replay")
    with scene.desk.store.reading() as tx:
        row = replay.one(tx, replay_id)
        assert row is not None and (row.state, row.error) == ("failed", "RuntimeError")
        assert not replay.under_way(tx, row)


class Killed(BaseException):
    """A process that ends here and now: nothing of it is caught or cleaned up."""


def test_a_replay_goes_on_where_a_killed_one_ended_and_the_dead_write_no_more(
    scene: Scene, ada: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        visitor = Address("visitor", f"browser-{number}", "Noor")
        scene.write("Where is my order?", sender=Sender(visitor, "verified", "a signed token"))
        scene.work()
    monkeypatch.setattr(replay, "SLICE", 2)
    replay_id = scene.do(lambda tx: replay.ask(tx, ada, [], 95.0, models=scene.desk.models).id)
    whole, asked = replay._Two.line, []

    def dies_at_the_fourth(two: Any, number: int, question: Any) -> BotReplayed:
        asked.append(question.entry_id)
        if len(asked) == 4:
            raise Killed
        return whole(two, number, question)

    monkeypatch.setattr(replay._Two, "line", dies_at_the_fourth)
    (dead,) = scene.lease("bot.replay")
    with pytest.raises(Killed):
        TASKS[dead.task](scene.desk, dead)
    with scene.desk.store.reading() as tx:
        first = [row.entry_id for row in replay.lines(tx, replay_id)]
        row = replay.one(tx, replay_id)
        assert row is not None and (row.state, row.done, row.total, len(first)) == ("running", 2, 5, 2)
    assert scene.lease("bot.replay") == []  # it may live
    scene.clock.advance(jobs.LEASE + timedelta(seconds=1))
    monkeypatch.setattr(replay._Two, "line", whole)
    (heir,) = scene.lease("bot.replay")
    with pytest.raises(jobs.LeaseLost):  # it was only asleep, and wakes up now
        TASKS[dead.task](scene.desk, dead)
    with scene.desk.store.reading() as tx:
        assert [one.entry_id for one in replay.lines(tx, replay_id)] == first
    TASKS[heir.task](scene.desk, heir)
    with scene.desk.store.reading() as tx:
        row = replay.one(tx, replay_id)
        assert row is not None and (row.state, row.done, row.total) == ("done", 5, 5)
        assert len({one.entry_id for one in replay.lines(tx, replay_id)}) == 5


def test_a_set_is_brought_measured_and_removed(scene: Scene, ada: int) -> None:
    parcel = article(scene, "Where is my parcel?")
    set_id = scene.do(lambda tx: sets.make(tx, "Autumn", ada).id)
    asked = {"text": "Where is my package now?", "article": parcel}, {"text": "What do lions eat", "article": None}
    lines = "\n".join(json.dumps(one) for one in asked)
    assert scene.do(lambda tx: sets.bring(tx, set_id, lines.encode(), ada)) == 2
    sheet = "text;article;locale\nMy parcel has still not arrived;where-is-my-parcel;en\n"
    assert scene.do(lambda tx: sets.bring(tx, set_id, sheet.encode(), ada)) == 1
    for bad, line in (
        (b'{"text": "x"}', 1),
        (b"text,article\nWhere?,no-such", 2),
        (b"\xff", 0),
        (b"text,article\n", 0),
    ):
        with pytest.raises(BadMark) as found:
            scene.do(partial(brought, set_id, bad, ada))
        assert found.value.line == line
    scene.do(lambda tx: evaluating.ask(tx, set_id))
    run(scene, "bot.evaluate")
    with scene.desk.store.reading() as tx:
        [one] = sets.every(tx)
        assert (one.n, one.answerable) == (3, 2)
        assert one.report is not None and (one.report["n"], one.report["accuracy"]) == (3, 1.0)
    for name in ("autumn", "marked", " ", "x" * 81):
        with pytest.raises(BadMark):
            scene.do(partial(named, name, ada))
    scene.do(lambda tx: sets.remove(tx, set_id))
    with scene.desk.store.reading() as tx:
        assert sets.every(tx) == [] and tx.scalars(select(BotQuestion)).all() == []
