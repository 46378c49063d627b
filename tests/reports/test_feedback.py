"""Every figure of a feedback report, counted again by hand from the rows, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from desk.agents import Viewer
from desk.clock import SetClock
from desk.conversations.tables import Conversation
from desk.reports import feedback, rows, withholding
from desk.reports.choices import NOBODY, choices
from desk.reports.filters import Filters, parse
from desk.reports.measures import CES, CSAT, NPS, Measure
from desk.reports.statistics import wilson
from desk.reports.withholding import Withheld
from desk.store import Store
from tests import factories
from tests.reports.population import Asked, Builder, Past, random_past

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LEAD = Viewer(1, "supervisor", frozenset(), "Helena Ström", "helena@kiln.example", "en", "Europe/Stockholm")


@pytest.fixture(autouse=True)
def today(clock: SetClock) -> None:
    clock.set(NOW)


def by_hand(past: Past, filters: Filters, kind: str = "csat") -> list[Asked]:
    """The questions of a choice, told one by one from local dates, with no SQL and no UTC boundaries."""
    zone = ZoneInfo(filters.zone)

    def fits(asked: Asked) -> bool:
        return (
            asked.kind == kind
            and filters.first <= asked.sent_at.astimezone(zone).date() <= filters.last
            and filters.inbox_id in (None, asked.inbox_id)
            and filters.team_id in (None, asked.team_id or NOBODY)
            and filters.staff_id in (None, asked.staff_id or NOBODY)
            and filters.stage in (None, ("commerce", asked.stage) if asked.stage else ("", ""))
            and filters.channel in (None, asked.channel)
        )

    return [asked for asked in past.asked if fits(asked)]


FILTERS: list[Callable[[Past], dict[str, object]]] = [
    lambda past: {},
    lambda past: {"staff_id": past.staff[0]},
    lambda past: {"staff_id": NOBODY},
    lambda past: {"team_id": past.teams[1]},
    lambda past: {"team_id": NOBODY, "stage": ("", "")},
    lambda past: {"inbox_id": past.inboxes[1]},
    lambda past: {"stage": ("commerce", "loyalty"), "channel": "email"},
    lambda past: {"channel": "chat"},
    lambda past: {"channel": "sms", "team_id": past.teams[0]},
    lambda past: {"staff_id": past.staff[1], "stage": ("commerce", "retention"), "inbox_id": past.inboxes[0]},
]


@pytest.mark.parametrize(
    ("seed", "measure", "zone"),
    [(1, CSAT, "Europe/Stockholm"), (2, NPS, "America/New_York"), (3, CES, "Asia/Kathmandu"), (4, CSAT, "UTC")],
)
def test_every_figure_is_what_counting_by_hand_gives(store: Store, seed: int, measure: Measure, zone: str) -> None:
    with store.transaction() as tx:
        past = random_past(tx, seed, 240, kind=measure.key)
    with store.reading() as tx:
        known = choices(tx)
        for narrow in FILTERS:
            for first, last in ((date(2026, 8, 24), date(2026, 11, 22)), (date(2026, 10, 20), date(2026, 11, 5))):
                filters = Filters(first, last, zone, **narrow(past))
                expected = by_hand(past, filters, measure.key)
                scores = Counter(asked.score for asked in expected if asked.score is not None)
                points = feedback.trend(tx, measure, filters)
                found = feedback.headline(tx, measure, filters, points)

                assert found.figure == measure.figure(scores)
                assert found.cohort.sent == len(expected)
                assert found.cohort.delivered == sum(asked.arrived for asked in expected)
                assert found.cohort.answered == sum(scores.values())
                assert found.cohort.failed == sum(asked.failed and not asked.answered for asked in expected)
                silent = [asked for asked in expected if asked.arrived and not asked.answered]
                assert found.cohort.open == sum(asked.expires_at > NOW for asked in silent)
                assert found.bounds == measure.bounds(scores, len(silent))
                if found.cohort.delivered:
                    assert found.cohort.response_rate == found.cohort.answered / found.cohort.delivered
                    assert found.cohort.response_interval == wilson(found.cohort.answered, found.cohort.delivered)
                else:
                    assert found.cohort.response_rate is None

                length = (last - first).days + 1
                earlier = Filters(first - timedelta(days=length), first - timedelta(days=1), zone, **narrow(past))
                before = Counter(a.score for a in by_hand(past, earlier, measure.key) if a.score is not None)
                assert found.before == measure.figure(before)
                assert (found.difference, found.reading) == measure.compare(found.figure, found.before)

                assert feedback.cohort(tx, measure, filters) == found.cohort
                for point in points:
                    inside = Filters(point.bucket.first, point.bucket.last, zone, **narrow(past))
                    assert point.cohort.sent == len(by_hand(past, inside, measure.key))
                    assert point.figure == measure.figure(
                        Counter(a.score for a in by_hand(past, inside, measure.key) if a.score is not None)
                    )

                assert found.cohort.comments == sum(asked.comment != "" for asked in expected)
                assert found.cohort.unhappy == sum(asked.level == "frustrated" for asked in silent)

                split = feedback.breakdowns(tx, measure, filters, known)
                for by, key in (
                    ("agent", lambda a: a.staff_id or NOBODY),
                    ("stage", lambda a: ("commerce", a.stage) if a.stage else ("", "")),
                    ("channel", lambda a: a.channel),
                ):
                    groups = {group.key: group for group in split[by]}
                    assert sum(group.cohort.sent for group in groups.values()) == len(expected)
                    for value in {key(asked) for asked in expected}:
                        mine = [asked for asked in expected if key(asked) == value]
                        assert groups[value].figure == measure.figure(
                            Counter(a.score for a in mine if a.score is not None)
                        )
                        assert groups[value].cohort.delivered == sum(asked.arrived for asked in mine)


def test_rows_of_every_kind_are_those_that_were_counted(store: Store) -> None:
    with store.transaction() as tx:
        past = random_past(tx, 7, 200)
    named: dict[rows.Which, Callable[[Asked], bool]] = {
        "sent": lambda a: True,
        "answers": lambda a: a.answered,
        "delivered": lambda a: a.arrived,
        "comments": lambda a: a.answered and a.comment != "",
        "silent": lambda a: a.arrived and not a.answered,
        "failed": lambda a: a.failed and not a.answered,
        "waiting": lambda a: not a.answered and not a.delivered and not a.failed,
        "unhappy": lambda a: a.arrived and not a.answered and a.level == "frustrated",
    }
    with store.reading() as tx:
        for narrow in FILTERS:
            filters = Filters(date(2026, 7, 1), date(2026, 11, 22), "Europe/Stockholm", **narrow(past))
            for name, belongs in named.items():
                expected = {asked.id for asked in by_hand(past, filters) if belongs(asked)}
                found, after = [], None
                while True:  # in small pages, as a reader would walk them
                    page = rows.page(tx, CSAT, filters, name, viewer=LEAD, after=after, limit=13)
                    found += page.rows
                    after = page.next
                    if after is None:
                        break
                assert [row.id for row in found] == [row.id for row in rows.every(tx, CSAT, filters, name, viewer=LEAD)]
                assert {row.id for row in found} == expected
                assert len(found) == len(expected) == rows.count(tx, CSAT, filters, name)
                times = [row.answered_at if name == "comments" else row.at for row in found]
                assert times == sorted(times, reverse=True)


def test_rows_are_narrowed_to_a_score_and_carry_the_answer(store: Store) -> None:
    with store.transaction() as tx:
        builder = Builder(tx)
        builder.ask(NOW - timedelta(days=2), 5, comment="Quick")
        two = builder.ask(NOW - timedelta(days=1), 2, comment="=HYPERLINK(1)", staff_id=builder.past.staff[1])
    with store.reading() as tx:
        filters = Filters(date(2026, 11, 1), date(2026, 11, 22), "UTC", score=2)
        found = rows.page(tx, CSAT, filters, viewer=LEAD).rows
    assert [(row.id, row.score, row.comment, row.staff_id) for row in found] == [
        (two.id, 2, "=HYPERLINK(1)", builder.past.staff[1])
    ]
    assert found[0].customer == "Marta Lindqvist"
    assert found[0].answered_at == two.answered_at
    assert found[0].answered_at.tzinfo is not None


def test_a_question_counts_for_the_channel_that_it_was_asked_on_whatever_it_was_answered_by(store: Store) -> None:
    """A card in the chat that was mailed because nobody saw it is one question of the chat."""
    with store.transaction() as tx:
        builder = Builder(tx)
        widget = builder.past.inboxes[2]
        mailed = builder.ask(NOW - timedelta(days=2), 4, channel="chat", inbox_id=widget, answered_by="email")
        builder.ask(NOW - timedelta(days=2), 2, channel="chat", inbox_id=widget)
        builder.ask(NOW - timedelta(days=2), 5, channel="sms", inbox_id=builder.past.inboxes[1])
        builder.ask(NOW - timedelta(days=2), 5)
    with store.reading() as tx:
        filters = Filters(date(2026, 11, 1), date(2026, 11, 22), "UTC")
        split = feedback.breakdowns(tx, CSAT, filters, choices(tx))["channel"]
        found = rows.page(tx, CSAT, filters.but(channel="chat"), viewer=LEAD).rows
    assert {group.key: group.figure.n for group in split} == {"chat": 2, "sms": 1, "email": 1}
    assert {row.id: row.answered_by for row in found}[mailed.id] == "email"
    assert [row.channel for row in found] == ["chat", "chat"]


def test_withheld_questions_are_counted_by_day_and_inbox_with_their_reasons(store: Store) -> None:
    with store.transaction() as tx:
        past = random_past(tx, 9, 90)
    with store.reading() as tx:
        filters = Filters(date(2026, 9, 1), date(2026, 11, 22), "America/New_York")
        zone = ZoneInfo(filters.zone)
        expected = [w for w in past.withheld if filters.first <= w[0].astimezone(zone).date() <= filters.last]
        assert withholding.withheld(tx, CSAT, filters) == Withheld(len(expected), 0, _customers(expected), 0)
        assert expected
        assert withholding.by_reason(tx, CSAT, filters) == Counter(reason for _, _, reason in expected)
        assert len(list(rows.every(tx, CSAT, filters, "withheld", viewer=LEAD))) == len(expected)
        inbox = filters.but(inbox_id=past.inboxes[0])
        here = [w for w in expected if w[1] == past.inboxes[0]]
        assert withholding.withheld(tx, CSAT, inbox) == Withheld(len(here), 0, _customers(here), 0)
        assert withholding.withheld(tx, NPS, filters) == Withheld(0, 0, 0, 0)
        assert withholding.withheld(tx, CSAT, filters.but(staff_id=past.staff[0])) is None


def _customers(decisions: list[tuple[datetime, int, str]]) -> int:
    return sum(reason not in ("spam", "automatic", "internal") for _, _, reason in decisions)


def test_who_was_not_asked_is_held_against_who_was(store: Store) -> None:
    """20 of 40 who were not asked had ended frustrated, 8 of 50 who were; spam and our own people are neither."""
    with store.transaction() as tx:
        builder, at = Builder(tx), NOW - timedelta(days=3)
        for n in range(50):
            builder.ask(at, 5 if n % 2 else None, level="frustrated" if n < 8 else "calm")
        for n in range(40):
            builder.withhold(at, reason="cooldown", level="frustrated" if n < 20 else "strained")
        for reason in ("spam", "automatic", "internal"):
            builder.withhold(at, reason=reason, level="frustrated")
    with store.reading() as tx:
        filters = Filters(date(2026, 11, 1), date(2026, 11, 22), "UTC")
        head = feedback.headline(tx, CSAT, filters)
        assert head.withheld == Withheld(43, 23, 40, 20)
        assert head.bias is not None
        assert (head.bias.asked.unhappy, head.bias.asked.n) == (8, 50)
        assert (head.bias.withheld.unhappy, head.bias.withheld.n) == (20, 40)
        found = head.bias.difference
        assert found is not None and found.clear
        # By the formula of method 10 with Wilson's limits 0.0834 to 0.2851 and 0.3520 to 0.6480.
        assert (round(found.value, 3), round(found.interval.low, 3), round(found.interval.high, 3)) == (
            0.34,
            0.146,
            0.507,
        )
        only = filters.but(inbox_id=builder.past.inboxes[1])
        assert feedback.headline(tx, CSAT, only).bias == withholding.bias(Withheld(0, 0, 0, 0), 0, 0)
        assert feedback.headline(tx, CSAT, filters.but(channel="email")).bias is None


def test_few_are_not_compared() -> None:
    nine = withholding.bias(Withheld(9, 9, 9, 9), 500, 1)
    assert nine.difference is None
    assert withholding.bias(Withheld(10, 9, 10, 9), 500, 1).difference is not None


def test_a_score_stays_with_whoever_had_it_when_it_was_asked(store: Store) -> None:
    with store.transaction() as tx:
        builder = Builder(tx)
        asked = builder.ask(NOW - timedelta(days=3), 5)
        row = tx.get(Conversation, asked.conversation_id)
        assert row is not None
        row.assignee_id, row.team_id, row.status = builder.past.staff[2], builder.past.teams[1], "open"
    with store.reading() as tx:
        filters = Filters(date(2026, 11, 1), date(2026, 11, 22), "UTC")
        groups = feedback.breakdowns(tx, CSAT, filters, choices(tx))["agent"]
    assert [(group.name, group.figure.n) for group in groups] == [("Priya Raman", 1)]


def test_an_answer_belongs_to_the_day_of_its_question(store: Store) -> None:
    with store.transaction() as tx:
        builder = Builder(tx)
        builder.ask(datetime(2026, 10, 31, 23, 30, tzinfo=UTC), 5)
    with store.reading() as tx:
        october = Filters(date(2026, 10, 1), date(2026, 10, 31), "UTC")
        assert feedback.headline(tx, CSAT, october).figure.n == 1
        assert feedback.headline(tx, CSAT, october.but(first=date(2026, 11, 1), last=date(2026, 11, 30))).figure.n == 0
        # In Stockholm it was already November.
        here = Filters(date(2026, 10, 1), date(2026, 10, 31), "Europe/Stockholm")
        assert feedback.headline(tx, CSAT, here).figure.n == 0


def test_nothing_asked_is_no_data_and_never_zero(store: Store) -> None:
    with store.transaction() as tx:
        Builder(tx)
    with store.reading() as tx:
        found = feedback.headline(tx, CSAT, Filters(date(2026, 11, 1), date(2026, 11, 22), "UTC"))
    assert (found.figure.score, found.figure.interval, found.bounds) == (None, None, None)
    assert found.cohort.response_rate is None
    assert found.reading == "no data"


def test_a_stage_that_nobody_was_asked_in_is_listed_without_data(store: Store) -> None:
    with store.transaction() as tx:
        builder = Builder(tx)
        for day in range(12):
            builder.ask(NOW - timedelta(days=day), 5, stage="loyalty")
    with store.reading() as tx:
        filters = Filters(date(2026, 11, 1), date(2026, 11, 22), "UTC")
        groups = feedback.breakdowns(tx, CSAT, filters, choices(tx))["stage"]
    assert [(group.name, group.figure.score) for group in groups] == [
        ("Loyalty", 100.0),
        ("Conversion", None),
        ("Retention", None),
        ("Lapsed", None),
    ]


def test_a_stage_without_its_model_is_still_named_and_can_be_chosen(store: Store) -> None:
    with store.transaction() as tx:
        asked = Builder(tx).ask(NOW - timedelta(days=1), 5, stage="loyalty", stage_model=None)
    with store.reading() as tx:
        known = choices(tx)
        filters = Filters(date(2026, 11, 1), date(2026, 11, 22), "UTC")
        (group,) = feedback.breakdowns(tx, CSAT, filters, known)["stage"]
        assert (group.name, group.key) == ("Loyalty", ("", "loyalty"))
        again = parse(filters.but(stage=group.key).query(), now=NOW, zone="UTC", choices=known)
        assert [row.id for row in rows.page(tx, CSAT, again, viewer=LEAD).rows] == [asked.id]


def test_stages_are_named_in_the_readers_language(store: Store) -> None:
    with store.transaction() as tx:
        builder = Builder(tx)
        builder.ask(NOW - timedelta(days=1), 5, stage="loyalty")
        assert choices(tx, "de").stages[("commerce", "loyalty")] == "Treue"
        assert choices(tx, "de").stages[("commerce", "lapsed")] == "Lapsed"


def groups_of(*scores: tuple[str, int, int]) -> list[feedback.Group]:
    return [
        feedback.Group(name, name, feedback.Cohort(), CSAT.figure({5: good, 1: n - good})) for name, good, n in scores
    ]


def test_agents_are_not_ranked_while_their_intervals_overlap() -> None:
    found = feedback.ranking(groups_of(("Priya", 112, 124), ("Elif", 88, 101), ("Jonas", 96, 113), ("Bo", 7, 8)))
    assert not found.allowed
    assert found.compared == 3


def test_who_stands_apart_from_everybody_is_named() -> None:
    found = feedback.ranking(groups_of(("Conversion", 118, 131), ("Retention", 171, 201), ("Won back", 3, 11)))
    assert [group.name for group in found.apart] == ["Won back"]


def test_a_difference_of_two_does_not_rank_the_third() -> None:
    found = feedback.ranking(groups_of(("High", 95, 100), ("Middle", 26, 30), ("Low", 70, 100)))
    assert [(above.name, below.name) for above, below in found.pairs] == [("High", "Low")]
    assert found.apart == ()


def test_the_end_of_the_period_is_compared_with_what_came_before(store: Store) -> None:
    with store.transaction() as tx:
        builder = Builder(tx)
        for week in range(13):
            for number in range(12):
                at = datetime(2026, 8, 24, 9, tzinfo=UTC) + timedelta(weeks=week, hours=number)
                builder.ask(at, 1 if week >= 11 and number % 2 else 5)
    with store.reading() as tx:
        filters = Filters(date(2026, 8, 24), date(2026, 11, 22), "UTC")
        points = feedback.trend(tx, CSAT, filters)
    found = feedback.recent(CSAT, points)
    assert found is not None
    assert (found.figure.good, found.figure.n, found.reading) == (12, 24, "likely real")
    assert found.first.first == date(2026, 11, 9)
    assert feedback.recent(CSAT, points[:3]) is None


def test_last_words_stand_with_the_silent_and_unhappy(store: Store) -> None:

    with store.transaction() as tx:
        builder = Builder(tx)
        asked = builder.ask(NOW - timedelta(days=3), level="frustrated")
        builder.ask(NOW - timedelta(days=2), 2, level="frustrated")
        builder.ask(NOW - timedelta(days=2), level="calm")
        conversation = tx.get(Conversation, asked.conversation_id)
        for text, at in (("It never came", 80), ("forget it\nthen", 73), ("written after", 2)):
            factories.make_entry(tx, conversation, text, occurred_at=NOW - timedelta(hours=at))
    with store.reading() as tx:
        filters = Filters(date(2026, 11, 1), date(2026, 11, 22), "UTC")
        found = rows.unhappy(tx, CSAT, filters, viewer=LEAD)
        assert rows.count(tx, CSAT, filters, "unhappy") == 1
    assert [(silent.row.id, silent.words) for silent in found] == [(asked.id, "forget it then")]
