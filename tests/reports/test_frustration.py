"""The figures of frustration, counted by hand: against people, by language and segment, and against the CSAT."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import agents, sentiment
from desk.agents import Viewer
from desk.clock import SetClock
from desk.conversations.tables import Conversation
from desk.people.tables import Customer
from desk.reports import frustration as figures
from desk.reports.frustration import Share
from desk.sentiment.tables import Score
from desk.store import Store, Tx
from tests.factories import make_conversation, make_staff
from tests.reports.population import Builder
from tests.sentiment.test_levels import write

ANGRY = "This is ridiculous, third mail and still no answer!!"
ANGRY_IN_GERMAN = "Das ist lächerlich, die dritte Mail und immer noch keine Antwort!!"


@pytest.fixture
def lead(store: Store) -> Viewer:
    with store.transaction() as tx:
        found = agents.viewer(tx, make_staff(tx, role="supervisor").id)
    assert found is not None
    return found


def said(tx: Tx, text: str, locale: str) -> tuple[Conversation, int]:
    conversation = make_conversation(tx)
    tx.get_one(Customer, conversation.customer_id).locale = locale
    return conversation, write(tx, conversation, text, later=False)


def test_what_people_contradict_counts_against_the_desk_and_silence_for_it(
    store: Store, lead: Viewer, clock: SetClock
) -> None:
    with store.transaction() as tx:
        flags = [said(tx, ANGRY, "en-GB")[1] for _ in range(3)] + [said(tx, ANGRY_IN_GERMAN, "en")[1]]
        calm = [said(tx, "Where is my parcel?", "de")[1] for _ in range(5)]
        for entry_id in (flags[0], flags[3]):
            sentiment.correct(tx, entry_id, lead, "calm")
        sentiment.correct(tx, flags[1], lead, "calm")
        sentiment.correct(tx, flags[1], lead, "strained")  # the last word counts
        sentiment.correct(tx, calm[0], lead, "frustrated")
    clock.advance(timedelta(minutes=1))
    with store.reading() as tx:
        found = figures.frustration(tx)
        high = tx.get_one(Score, flags[0]).frustration
    assert found.whole.precision == Share(2, 4)
    assert found.whole.recall == Share(2, 3)
    assert found.corrections == 4
    assert {one.name: (one.flags, one.wrong, one.calm, one.missed) for one in found.languages} == {
        "en": (3, 1, 0, 0), "de": (1, 1, 5, 1),
    }  # fmt: skip
    bands = {band.low: band.were for band in found.bands if band.were.n}
    assert high > 0.7
    assert bands == {0.7: Share(1, 3), 0.0: Share(1, 1)}
    assert next((one.said, one.instead) for one in found.judged) == ("calm", "frustrated")
    assert not found.whole.precision.enough
    interval = found.whole.precision.interval
    assert interval is not None and (round(interval.low, 2), round(interval.high, 2)) == (0.15, 0.85)


def test_what_was_not_scored_is_neither_flagged_nor_calm(store: Store, clock: SetClock) -> None:
    polish = "Gdzie jest moja paczka? Czekam już trzy tygodnie i nikt nie odpowiada"
    with store.transaction() as tx:
        said(tx, ANGRY, "en")
        conversation, _ = said(tx, polish, "en")
        assert (conversation.level, conversation.frustration) == ("calm", 0.0)
    clock.advance(timedelta(minutes=1))
    with store.reading() as tx:
        found = figures.frustration(tx)
    counts = {one.name: (one.flags, one.calm, one.unscored) for one in found.languages}
    assert counts == {"en": (1, 0, 0), "pl": (0, 0, 1)}
    assert (found.whole.flags, found.whole.calm, found.whole.unscored) == (1, 0, 1)


def test_the_worst_of_an_episode_is_held_against_what_its_customer_answered(
    store: Store, lead: Viewer, clock: SetClock
) -> None:
    with store.transaction() as tx:
        builder = Builder(tx)
        for level, score in (("frustrated", 1), ("frustrated", 2), ("frustrated", 4), ("calm", 5), ("calm", 2)):
            builder.ask(tx.now() - timedelta(days=3), score)
            asked = builder.past.asked[-1]
            for place, after in enumerate((level, "calm")):  # it ended calm
                tx.add(
                    Score(
                        entry_id=asked.conversation_id * 10 + place, conversation_id=asked.conversation_id,
                        customer_id=builder.past.customer_id, occurred_at=tx.now() - timedelta(days=4), model="x",
                        compound=0.0, frustration=0.5, words=[], conversation_frustration=0.5, level_before="calm",
                        level_after=after, episode_id=asked.conversation_id, read_at=tx.now(),
                    )
                )  # fmt: skip
    with store.reading() as tx:
        found = figures.frustration(tx)
    assert found.csat == {"calm": Share(1, 2), "strained": Share(0, 0), "frustrated": Share(2, 3)}
    assert sorted(one.score for one in found.answers) == [1, 2, 4]
