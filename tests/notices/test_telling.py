"""Who is told what: each kind to whom it concerns, never of what is on screen, never of one's own doing."""

from __future__ import annotations

from datetime import timedelta
from gettext import NullTranslations

from desk import automation, conversations, notices, outbound, sla, surveys, timeline
from desk.clock import SetClock
from desk.signals import CustomerWrote, DeliverySettled
from desk.store import Tx
from desk.worker.schedule import forget_notices, watch_promises
from tests.factories import make_conversation, make_entry, sends_at_once
from tests.notices.conftest import Office


def writes(office: Office) -> int:
    with office.store.transaction() as tx:
        row = conversations.get(tx, office.number, None)
        entry = make_entry(tx, row)
        tx.announce(CustomerWrote(entry.id, row.customer_id, row.id))
        return entry.id


def line(tx: Tx, office: Office, kind: str, by: int | None = None, /, **detail: object) -> int:
    row = conversations.get(tx, office.number, None)
    return timeline.record(
        tx, customer_id=row.customer_id, kind=kind, author="staff" if by else "desk", occurred_at=tx.now(),
        conversation_id=row.id, episode_id=row.episode_id, staff_id=by, detail=dict(detail),
    ).id  # fmt: skip


def test_whoever_is_given_a_conversation_is_told_by_whom_and_not_whoever_takes_it(office: Office) -> None:
    office.assign(office.ada, office.carla)
    (told,) = office.told(office.ada)
    assert (told.kind, told.by, told.customer, told.read) == ("assigned", "Carla Cat", "Marta Lindqvist", False)
    assert told.entry_id is not None
    assert notices.sentence(told, english()) == "Carla Cat assigned Marta Lindqvist to you"
    assert office.told(office.carla) == []
    office.assign(office.bea, office.bea)
    assert office.told(office.bea) == []
    office.assign(office.ada, None)  # the desk itself, by a rule or a turn
    assert [one.by for one in office.told(office.ada)] == ["", "Carla Cat"]


def english() -> NullTranslations:
    return NullTranslations()


def test_what_customers_write_is_told_to_the_owner_as_one_notice_that_counts(office: Office) -> None:
    writes(office)
    assert office.told(office.ada) == []
    office.assign(office.ada, office.carla)
    writes(office)
    last = writes(office)
    answered = [one for one in office.told(office.ada) if one.kind == "answered"]
    assert [(one.times, one.entry_id) for one in answered] == [(2, last)]
    with office.store.transaction() as tx:
        assert notices.unread(tx, office.ada.id) == 2
        notices.read(tx, office.ada.id, notice_id=answered[0].id)
    writes(office)
    assert [one.times for one in office.told(office.ada) if one.kind == "answered"] == [1, 2]


def test_what_is_on_a_focused_screen_is_not_told_and_what_was_told_is_read_by_looking(
    office: Office, clock: SetClock
) -> None:
    office.assign(office.ada, office.carla)
    with office.store.transaction() as tx:
        assert notices.unread(tx, office.ada.id) == 1
        notices.looks(tx, "socket", office.ada.id, office.number)
        assert notices.unread(tx, office.ada.id) == 0
    writes(office)
    assert office.kinds(office.ada) == ["assigned"]
    clock.advance(timedelta(seconds=89))
    writes(office)
    assert office.kinds(office.ada) == ["assigned"]
    clock.advance(timedelta(seconds=2))  # a screen that went without a word
    writes(office)
    assert office.kinds(office.ada) == ["answered", "assigned"]
    with office.store.transaction() as tx:
        notices.looks(tx, "socket", office.ada.id, office.number)
        notices.looks_away(tx, "socket")
    writes(office)
    assert len(office.told(office.ada)) == 3


def test_another_conversation_on_screen_hides_nothing(office: Office) -> None:
    office.assign(office.ada, office.carla)
    with office.store.transaction() as tx:
        other = make_conversation(tx)
        notices.looks(tx, "socket", office.ada.id, other.id)
    writes(office)
    assert office.kinds(office.ada) == ["answered", "assigned"]


def test_whoever_does_something_in_a_conversation_has_seen_what_they_were_told_of_it(office: Office) -> None:
    office.assign(office.ada, office.carla)
    writes(office)
    with office.store.transaction() as tx:
        outbound.note(tx, office.number, office.ada, "I have it.")
    assert office.told(office.ada, unread=True) == []


def test_a_frustrated_customer_is_told_to_the_team_and_not_to_whoever_said_so(office: Office) -> None:
    with office.store.transaction() as tx:
        line(tx, office, "sentiment", office.bea.id, before="calm", after="frustrated")
        line(tx, office, "sentiment", before="frustrated", after="strained")
    assert office.kinds(office.ada) == ["frustrated"]
    assert office.told(office.bea) == office.told(office.dora) == office.told(office.carla) == []


def test_promises_nearly_due_and_missed_are_told_to_the_owner(office: Office, clock: SetClock) -> None:
    with office.store.transaction() as tx:
        sla.save(tx, None, sla.Wanted(name="Gold", first_minutes=60, hours="always", warn_minutes=20))
    clock.advance(timedelta(minutes=1))
    with office.store.transaction() as tx:
        row = conversations.get(tx, office.number, None)
        row.waiting_since = tx.now()
        conversations.set_level(tx, row, "calm", 0.0)
    office.assign(office.ada, office.carla)
    clock.advance(timedelta(minutes=45))
    watch_promises(office.desk)
    assert office.told(office.ada)[0].detail["what"] == "warning"
    clock.advance(timedelta(minutes=20))
    watch_promises(office.desk)
    (told,) = [one for one in office.told(office.ada) if one.kind == "promise"]
    assert (told.detail["what"], told.times) == ("breach", 2)
    assert office.told(office.bea) == []


def test_a_bad_score_is_told_once_and_a_good_one_is_not(office: Office) -> None:
    office.assign(office.ada, office.carla)
    with office.store.transaction() as tx:
        line(tx, office, "survey_answered", kind="csat", score=4)
        line(tx, office, "survey_answered", kind="csat", score=2, before={"score": 4})
        line(tx, office, "survey_answered", kind="csat", score=1, before={"score": 2})
    (told,) = [one for one in office.told(office.ada) if one.kind == "survey"]
    assert told.detail == {"score": 2, "of": surveys.SCALES["csat"].highest}


def test_a_bad_score_of_what_has_no_owner_is_told_to_whoever_resolved_it(office: Office) -> None:
    with office.store.transaction() as tx:
        conversations.resolve(tx, office.number, office.bea)
    with office.store.transaction() as tx:
        line(tx, office, "survey_answered", kind="csat", score=1)
    assert office.kinds(office.bea) == ["survey"]


def test_an_answer_that_did_not_arrive_is_told_to_its_writer(office: Office) -> None:
    with office.store.transaction() as tx:
        sends_at_once(tx)
        entry = outbound.reply(tx, office.number, office.bea, "Here it is.")
        delivery = outbound.delivery_of(tx, [entry.id])[entry.id]
    with office.store.transaction() as tx:
        tx.announce(DeliverySettled(delivery.id, "reply", ok=True))
    assert office.told(office.bea) == []
    with office.store.transaction() as tx:
        tx.announce(DeliverySettled(delivery.id, "reply", ok=False))
    assert [(one.kind, one.entry_id) for one in office.told(office.bea)] == [("failed", entry.id)]


def test_admins_hear_of_a_rule_that_stops_itself(office: Office) -> None:
    with office.store.transaction() as tx:
        wanted = {"name": "Loud", "trigger": "opened", "condition": "", "actions": [{"do": "priority", "value": 1}]}
        rule = automation.save(tx, office.carla, wanted)
        automation.switch(tx, office.carla, rule.id, True)
        automation.switch(tx, office.carla, rule.id, False)
    assert office.told(office.carla) == []
    with office.store.transaction() as tx:
        automation.switch(tx, None, rule.id, True)
        automation.switch(tx, None, rule.id, False, "It failed five times.")
    (told,) = office.told(office.carla)
    assert (told.kind, told.detail["rule_id"]) == ("rule", rule.id)
    assert office.told(office.ada) == []


def test_a_mention_is_told_to_those_who_may_see_it(office: Office) -> None:
    with office.store.transaction() as tx:
        entry_id = line(tx, office, "note", office.ada.id)
        notices.mentioned(
            tx, [office.ada.id, office.bea.id, office.dora.id], office.number, entry_id, by_id=office.ada.id
        )
    assert office.kinds(office.bea) == ["mention"]
    assert office.told(office.ada) == office.told(office.dora) == []


def test_nobody_is_told_what_they_chose_not_to_be_told(office: Office) -> None:
    office.chooses(office.ada, "assigned", in_app=False, sound=False, browser=False, push=False)
    office.assign(office.ada, office.carla)
    assert office.told(office.ada) == []


def test_what_somebody_may_no_longer_see_has_no_names(office: Office) -> None:
    office.assign(office.dora, office.carla)
    assert office.told(office.dora)[0].customer == "Marta Lindqvist"
    office.assign(office.ada, office.carla)
    (told,) = office.told(office.dora)
    assert (told.customer, told.subject, told.hidden) == ("", "", True)


def test_the_list_is_read_page_by_page_and_counted_no_further_than_it_shows(office: Office) -> None:
    with office.store.transaction() as tx:
        for number in range(130):
            notices.tell(tx, "rule", [office.carla.id], detail={"rule_id": number, "name": "x"})
    with office.store.reading() as tx:
        assert notices.unread(tx, office.carla.id) == notices.CAP + 1
        page = notices.page(tx, office.carla)
        seen = [one.detail["rule_id"] for one in page.rows]
        while page.next is not None:
            page = notices.page(tx, office.carla, before=page.next)
            seen += [one.detail["rule_id"] for one in page.rows]
    assert seen == list(range(129, -1, -1))
    with office.store.transaction() as tx:
        assert notices.read(tx, office.carla.id) == 130
        assert notices.unread(tx, office.carla.id) == 0


def test_what_is_old_is_let_go(office: Office, clock: SetClock) -> None:
    office.assign(office.ada, office.carla)
    clock.advance(timedelta(days=91))
    writes(office)
    forget_notices(office.desk)
    assert office.kinds(office.ada) == ["answered"]
