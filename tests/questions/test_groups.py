"""Questions that found no good answer: into groups by meaning that keep their number, and out again when erased."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from desk import conversations, knowledge, outbound, questions, timeline
from desk.parts import Desk
from desk.questions import grouping
from desk.questions.tables import Question
from desk.questions.working import read_sum
from tests.bot.conftest import HOBS, PARCEL, RETURNS, Scene
from tests.factories import make_conversation, make_entry
from tests.questions.conftest import KILN, VAT, Shop


def test_what_means_the_same_is_one_group_and_keeps_its_number(shop: Shop) -> None:
    kiln = {shop.ask(text)[1] for text in KILN[:3]}
    vat = {shop.ask(text)[1] for text in VAT[:3]}
    shop.work()
    before = shop.groups()
    assert sorted(map(len, (kiln, vat))) == [3, 3]
    assert {frozenset(shop.members(one.id)) for one in before} == {frozenset(kiln), frozenset(vat)}
    kiln |= {shop.ask(KILN[3])[1]}
    vat |= {shop.ask(VAT[3])[1]}
    shop.work()
    after = shop.groups()
    assert [one.id for one in after] == [one.id for one in before]
    assert [one.said_entry_id for one in after] == [one.said_entry_id for one in before]
    assert {frozenset(shop.members(one.id)) for one in after} == {frozenset(kiln), frozenset(vat)}


def test_two_alike_are_no_group_yet(shop: Shop) -> None:
    for text in KILN[:2]:
        shop.ask(text)
    shop.work()
    assert shop.groups() == []
    shop.ask(KILN[2])
    shop.work()
    assert len(shop.groups()) == 1


def gaps(desk: Desk) -> dict[int, str]:
    with desk.store.reading() as tx:
        return {row.conversation_id: row.gap for row in tx.scalars(select(Question).where(Question.state != "waiting"))}


def test_what_an_article_answers_is_no_gap(shop: Shop, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        shelf: tuple[dict[str, Any], ...] = (HOBS, RETURNS, PARCEL)
        for one in shelf:
            knowledge.publish(tx, knowledge.create(tx, None, locale="en", **one).id, None)
        linked = f"{tx.public_url}/help/which-hobs-can-i-use"
    sent, _ = shop.ask("And what about the big pot on gas outdoors?", [f"Please see {linked}"])
    missing, _ = shop.ask(KILN[0])
    with desk.store.transaction() as tx:  # nobody answered this one: it says nothing of our articles
        talk = make_conversation(tx)
        make_entry(tx, talk, VAT[0])
        conversations.resolve(tx, talk.id, shop.agent)
    shop.work()
    assert gaps(desk) == {sent: "", missing: "opening"}


def test_a_number_alone_asks_nothing(shop: Shop, desk: Desk) -> None:
    for text in ("2", "KK-23901", "5!", "😀"):
        shop.ask(text)
    asked, _line = shop.ask("KK-23901: where is it?")
    shop.work()
    assert set(gaps(desk)) == {asked}


def test_what_the_bot_could_not_answer_is_a_gap_and_what_helped_is_none(scene: Scene) -> None:
    said = scene.ask("Can I rent a kiln for a weekend?")
    assert said.detail["outcome"] == "hand_over"
    unsure = scene.conversation_id
    shop = Shop(scene.desk, scene.clock)
    shop.work()
    assert gaps(scene.desk) == {unsure: "unsure"}


def test_an_answer_that_did_not_help_is_a_gap(scene: Scene) -> None:
    said = scene.ask("Does the pot work on induction?")
    assert said.detail["outcome"] == "answer"
    scene.ask("no")
    shop = Shop(scene.desk, scene.clock)
    shop.work()
    assert gaps(scene.desk) == {scene.conversation_id: "not_helped"}


def test_an_answer_that_helped_is_counted_and_no_gap(scene: Scene) -> None:
    scene.ask("Does the pot work on induction?")
    scene.ask("yes thanks")
    shop = Shop(scene.desk, scene.clock)
    shop.work()
    assert gaps(scene.desk) == {scene.conversation_id: ""}


def test_erased_words_are_in_no_group_and_the_count_stays(shop: Shop, desk: Desk) -> None:
    asked = [shop.ask(text) for text in KILN]
    shop.work()
    [group] = shop.groups()
    told = next(entry_id for _, entry_id in asked if entry_id == group.said_entry_id)
    with desk.store.transaction() as tx:
        timeline.erase_lines(tx, [told])
    [after] = shop.groups()
    assert after.held == 3 and after.said_entry_id not in (None, told)
    assert shop.members(group.id) == {entry_id for _, entry_id in asked}, "how often it was asked stays"
    with desk.store.reading() as tx:
        left = [row.vector for row in tx.scalars(select(Question)) if row.vector is not None]
        assert len(left) == 3
    for _, entry_id in asked:
        with desk.store.transaction() as tx:
            timeline.erase_lines(tx, [entry_id])
    [empty] = shop.groups()
    assert (empty.held, empty.middle, empty.said_entry_id) == (0, b"", None)


def test_what_is_erased_while_the_model_runs_is_not_kept(
    shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, entry_id = shop.ask(KILN[0])
    shop.ask(KILN[1])
    embed = desk.models.embed

    def slow(texts: list[str]) -> object:
        with desk.store.transaction() as tx:
            timeline.erase_lines(tx, [entry_id])
        return embed(texts)

    monkeypatch.setattr(desk.models, "embed", slow)
    shop.work()
    with desk.store.reading() as tx:
        rows = list(tx.scalars(select(Question).where(Question.state != "waiting")))
    assert [row.entry_id for row in rows] != [entry_id] and len(rows) == 1


def test_people_name_dismiss_merge_and_take_out(shop: Shop, desk: Desk) -> None:
    asked = [shop.ask(text) for text in KILN[:3]]
    vat = [shop.ask(text)[1] for text in VAT[:3]]
    shop.work()
    kiln, other = sorted(shop.groups(), key=lambda one: asked[0][1] not in shop.members(one.id))
    with desk.store.transaction() as tx:
        questions.rename(tx, kiln.id, "  Kiln   hire ")
        questions.dismiss(tx, kiln.id, shop.lead)
        with pytest.raises(questions.BadGroup, match="long"):
            questions.rename(tx, kiln.id, "x" * 121)
    _, fourth = shop.ask(KILN[3])
    shop.work()
    assert fourth in shop.members(kiln.id), "a dismissed group goes on taking in what is like it"
    with desk.store.transaction() as tx:
        row = tx.scalar(select(Question.episode_id).where(Question.entry_id == fourth)) or 0
        questions.out(tx, kiln.id, row)
        with pytest.raises(LookupError):
            questions.out(tx, kiln.id, row)
    shop.ask("Could I rent the kiln on Saturday and Sunday?")
    shop.work()
    assert fourth not in shop.members(kiln.id), "what a person took out does not come back"
    with desk.store.transaction() as tx:
        with pytest.raises(questions.BadGroup, match="same"):
            questions.merge(tx, kiln.id, kiln.id)
        questions.merge(tx, other.id, kiln.id)
    [left] = shop.groups()
    assert (left.id, left.name) == (kiln.id, "Kiln hire") and shop.members(left.id) >= set(vat)
    with desk.store.reading() as tx:
        assert questions.group(tx, other.id).id == kiln.id
        rows = [r for r in questions.members(tx, kiln.id) if r.vector is not None]
    assert left.held == len(rows)
    late = shop.ask(VAT[3])[1]
    shop.work()
    with desk.store.reading() as tx:
        late_row = tx.scalar(select(Question).where(Question.entry_id == late))
    assert late_row is not None and late_row.group_id != other.id


def test_another_model_makes_the_middles_anew_and_keeps_the_groups(
    shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in KILN[:3]:
        shop.ask(text)
    shop.work()
    [before] = shop.groups()
    embed = desk.models.embed
    monkeypatch.setattr(type(desk.models), "key", property(lambda _: "another"))
    monkeypatch.setattr(desk.models, "embed", lambda texts: -embed(texts))
    _, fourth = shop.ask(KILN[3])
    shop.work()
    [after] = shop.groups()
    assert (after.id, after.model) == (before.id, "another") and fourth in shop.members(after.id)
    assert float(read_sum(after.middle) @ read_sum(before.middle)) < 0


def test_a_run_reads_no_more_when_more_was_ever_asked(shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.questions.working.LOOSE", 5)
    for text in [*KILN, *VAT]:
        shop.ask(text)
    shop.work()
    with desk.store.transaction() as tx:  # as many as of a year, all of them loose and far away
        kept = tx.scalars(select(Question)).first()
        assert kept is not None and kept.vector is not None
        for _n in range(60):
            talk = make_conversation(tx)
            entry = make_entry(tx, talk)
            tx.add(
                Question(
                    episode_id=talk.episode_id, conversation_id=talk.id, entry_id=entry.id, at=tx.now(), locale="en",
                    state="loose", model=kept.model, vector=bytes(len(kept.vector)),
                )
            )  # fmt: skip
    held: list[int] = []
    group = grouping.group

    def watched(new: Any, middles: Any, loose: Any, near: Any) -> Any:
        held.append(len(loose))
        return group(new, middles, loose, near)

    monkeypatch.setattr("desk.questions.grouping.group", watched)
    shop.ask("Do you sell glaze in five litre buckets?")
    shop.work()
    assert held == [5]


def test_letters_are_read_by_their_questions(shop: Shop) -> None:
    letter = "Hello team, " + "we have been making pots since spring and it is going very well. " * 6
    lines = [shop.ask(f"{letter}{text}")[1] for text in KILN[:3]]
    shop.work()
    [group] = shop.groups()
    assert shop.members(group.id) == set(lines)


def test_a_colleague_who_answers_after_the_bot_makes_it_a_gap(scene: Scene) -> None:
    scene.ask("Does the pot work on induction?")
    shop = Shop(scene.desk, scene.clock)
    with scene.desk.store.transaction() as tx:
        outbound.reply(tx, scene.conversation_id, shop.agent, "It does not, sorry.")
    with scene.desk.store.transaction() as tx:
        conversations.resolve(tx, scene.conversation_id, shop.agent)
    shop.work()
    assert gaps(scene.desk) == {scene.conversation_id: "handed_over"}
