"""Blind samples: what is drawn, that it is shown without a judgement, and what is kept of one."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy import select

from desk import agents, sentiment, timeline
from desk.agents import Viewer
from desk.jobs.tables import Job
from desk.sentiment import erasing, sampling
from desk.sentiment.tables import Correction, Sample, Sampled
from desk.store import Store, Tx
from tests.factories import make_conversation, make_staff
from tests.sentiment.test_levels import write

ANGRY = "This is ridiculous, third mail and still no answer!!"
CALM = "Could you tell me the opening hours on Monday?"
POLISH = "Gdzie jest moja paczka? Czekam już trzy tygodnie i nikt nie odpowiada"


@pytest.fixture
def lead(store: Store) -> Viewer:
    with store.transaction() as tx:
        found = agents.viewer(tx, make_staff(tx, role="supervisor").id)
    assert found is not None
    return found


def messages(tx: Tx, angry: int, calm: int) -> list[int]:
    conversation = make_conversation(tx)
    return [
        write(tx, conversation, f"{text} {n}", later=False)
        for text, many in ((ANGRY, angry), (CALM, calm))
        for n in range(many)
    ]


def test_both_kinds_are_drawn_by_themselves_and_shown_in_an_order_that_tells_nothing(
    store: Store, lead: Viewer
) -> None:
    with store.transaction() as tx:
        messages(tx, sampling.FLAGGED + 5, sampling.CALM + 10)
        write(tx, make_conversation(tx), POLISH, later=False)  # not scored: of neither kind
        assert sampling.draw(tx, lead, Random(7)) is not None
    with store.reading() as tx:
        (found,) = sampling.samples(tx)
    assert (found.flagged, found.calm) == (sampling.FLAGGED + 5, sampling.CALM + 10)
    kinds = [one.flagged for one in found.drawn]
    assert (sum(kinds), len(kinds)) == (sampling.FLAGGED, sampling.FLAGGED + sampling.CALM)
    assert len({one.entry_id for one in found.drawn}) == len(kinds)
    assert kinds != sorted(kinds) and kinds != sorted(kinds, reverse=True)
    assert [one.place for one in found.drawn] == list(range(1, len(kinds) + 1))


def test_judging_goes_from_one_to_the_next_until_all_are_judged(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        assert sampling.card(tx) is None
        assert sampling.draw(tx, lead, Random(1)) is None  # nothing was scored yet
        messages(tx, 1, 2)
        sampling.draw(tx, lead, Random(1))
        seen = []
        for number, verdict in enumerate(("calm", "upset", "unsure"), 1):
            card = sampling.card(tx)
            assert card is not None
            assert (card.number, card.of, card.left, card.verdict) == (number, 3, 4 - number, None)
            sampling.judge(tx, card.sample_id, card.entry_id, verdict, lead)
            tx.flush()
            seen.append(card.entry_id)
        assert sampling.card(tx) is None
        again = sampling.card(tx, seen[0])  # one's mind can be changed
        assert again is not None and again.verdict == "calm"
        sampling.judge(tx, again.sample_id, seen[0], "upset", lead)
        with pytest.raises(LookupError):
            sampling.judge(tx, again.sample_id, 10**9, "calm", lead)
        with pytest.raises(ValueError, match="calm, upset"):
            sampling.judge(tx, again.sample_id, seen[0], "gone", lead)
    with store.reading() as tx:
        kept = {row.entry_id: (row.verdict, row.staff_id) for row in tx.scalars(select(Sampled))}
        assert kept == {seen[0]: ("upset", lead.id), seen[1]: ("upset", lead.id), seen[2]: ("unsure", lead.id)}
        # Nothing is learned from it, and no level moves.
        assert tx.scalars(select(Correction)).all() == []
        assert [job.task for job in tx.scalars(select(Job)) if job.task == "sentiment.learn"] == []


def test_a_message_without_words_is_not_shown(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        conversation = make_conversation(tx)
        write(tx, conversation, "", later=False)
        kept, erased = (write(tx, conversation, CALM, later=False) for _ in range(2))
        sampling.draw(tx, lead, Random(1))
        timeline.erase_words(tx, [erased])  # since it was drawn
        erasing.erase(tx, [erased])  # as whoever erases does
        (view,) = sampling.samples(tx)
        assert sorted(one.verdict or "" for one in view.drawn) == ["", "gone", "gone"]
        card = sampling.card(tx)
        assert card is not None and (card.entry_id, card.of) == (kept, 1)
        sampling.judge(tx, card.sample_id, kept, "calm", lead)
        tx.flush()
        assert sampling.card(tx) is None


def test_a_new_sample_leaves_the_one_before_as_it_is(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        messages(tx, 2, 2)
        first = sampling.draw(tx, lead, Random(1))
        card = sampling.card(tx)
        assert card is not None
        sampling.judge(tx, card.sample_id, card.entry_id, "calm", lead)
        tx.flush()
        second = sampling.draw(tx, lead, Random(2))
        newest, before = sampling.samples(tx)
        assert [newest.id, before.id] == [second, first]
        assert [sum(one.verdict is not None for one in view.drawn) for view in (newest, before)] == [0, 1]
        assert len(tx.scalars(select(Sample)).all()) == 2


def test_only_what_was_read_is_drawn(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        write(tx, make_conversation(tx), ANGRY)  # its quick score waits for the head
        assert sampling.draw(tx, lead, Random(1)) is None
        assert sentiment.FLAGGED_AT == 0.3
