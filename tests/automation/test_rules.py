"""Rules on both databases: they fire once, say why, keep their order, and what goes wrong stays with the rule."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk import agents, automation, conversations, facts, outbound, people, segments, sentiment, tasks, timeline
from desk import settings as desk_settings
from desk.automation import MOST_FAILURES, Event, RuleError
from desk.worker import drain
from tests.factories import make_staff, make_team

ANGRY = "This is the third time I ask. I am furious about this terrible service!"
RAISE = {"do": "priority", "value": 1}


def conversation(desk, number):
    with desk.store.reading() as tx:
        return conversations.get(tx, number, None)


def lines(desk, number, *kinds):
    with desk.store.reading() as tx:
        return timeline.of_conversation(tx, number, 100, kinds)


def test_a_mail_with_the_word_raises_the_priority_and_the_line_says_by_which_rule_and_why(desk, rule, walk, fired):
    made = rule("message", 'message.text contains "refund"', RAISE, name="Refunds first")
    number = walk("I want a REFUND now").conversation_id
    assert conversation(desk, number).priority == 1
    (line,) = lines(desk, number, "priority")
    (firing,) = fired()
    assert line.detail["by_rule"]["name"] == "Refunds first" and line.detail["by_rule"]["firing"] == firing.id
    assert [one["shown"] for one in line.detail["evidence"]] == ["Message says “refund”"]
    assert (line.author, line.staff_id) == ("desk", None)
    assert (firing.rule_id, firing.outcome, firing.conversation_id) == (made.id, "done", number)
    assert firing.results == [{"do": "priority", "how": "done", "said": ""}]
    assert firing.evidence[0]["value"] is None, "what the customer wrote is not repeated in the log"
    walk("And where is my kettle?", to=number)
    assert len(fired()) == 1, "without the word it does not fire"


def test_a_rule_that_is_off_does_nothing_and_costs_no_job(desk, rule, walk, fired):
    rule("message", "", RAISE, on=False)
    number = walk("Hello").conversation_id
    assert conversation(desk, number).priority == 0 and fired() == []


def test_rules_of_one_event_act_in_their_order_and_see_what_came_before(desk, rule, walk, helena, fired):
    rule("message", "", {"do": "label", "value": "first"}, name="One")
    second = rule("message", 'conversation.labels contains "first"', {"do": "label", "value": "second"}, name="Two")
    number = walk("Hello").conversation_id
    with desk.store.transaction() as tx:
        assert conversations.labels(tx, [number]) == {number: ["first", "second"]}
        automation.move(tx, helena, second.id, up=True)
        assert [row.name for row in automation.every(tx)] == ["Two", "One"]
    other = walk("Hello", sender="noor@other.example").conversation_id
    with desk.store.reading() as tx:
        assert conversations.labels(tx, [other]) == {other: ["first"]}


def test_an_event_that_is_asked_for_twice_fires_once(desk, rule, walk, fired):
    rule("message", "", {"do": "note", "value": "Looked at"})
    said = walk("Hello")
    again = Event("message", said.conversation_id, desk.store.clock.now(), f"message:{said.entry_id}", said.entry_id)
    with desk.store.transaction() as tx:
        assert automation.consider(tx, again) == []
    assert len(fired()) == 1 and len(lines(desk, said.conversation_id, "note")) == 1


def test_every_action_does_what_it_says(desk, rule, walk, jonas, fired):
    with desk.store.transaction() as tx:
        team = make_team(tx, name="Leads").id
        make_staff(tx, name="Other")
    rule(
        "opened",
        "",
        {"do": "team", "value": team},
        {"do": "assign", "value": jonas.id},
        RAISE,
        {"do": "label", "value": "new"},
        {"do": "note", "value": "#{conversation.number} of {customer.name}, for {agent.name}"},
        {"do": "notify", "value": "assignee"},
        {"do": "snooze", "value": 2},
    )
    number = walk("Hello").conversation_id
    found = conversation(desk, number)
    assert (found.team_id, found.assignee_id, found.priority, found.status) == (team, jonas.id, 1, "snoozed")
    assert found.snoozed_until == desk.store.clock.now() + timedelta(hours=2)
    (note,) = lines(desk, number, "note")
    assert note.text == f"#{number} of Marta Lindqvist, for Jonas Weber" and note.author == "desk"
    assert {one["how"] for one in fired()[0].results} == {"done"}
    with desk.store.reading() as tx:
        (mail,) = [m for m in outbound.outbox(tx, notices=True) if m.recipient == jonas.email]
    assert mail.subject == f"On opened: conversation #{number}"


def test_an_answer_of_a_rule_goes_out_and_leaves_the_customer_waiting(desk, rule, walk, fired):
    rule("opened", "", {"do": "reply", "value": "Hello {customer.first_name}, we have it."})
    number = walk("Hello").conversation_id
    drain(desk)
    (line,) = lines(desk, number, "reply")
    assert (line.text, line.staff_id, line.author) == ("Hello Marta, we have it.", None, "desk")
    assert conversation(desk, number).waiting_since is not None
    with desk.store.reading() as tx:
        (mail,) = outbound.outbox(tx)
        assert mail.recipient == "marta@lindqvist.example"
        assert conversations.current_episode(tx, conversations.get(tx, number, None)).first_reply_at is None


def test_no_machine_is_answered_and_nobody_who_said_stop(desk, rule, walk, fired):
    rule("opened", "", {"do": "reply", "value": "We have it."})
    rule("message", "", {"do": "reply", "value": "We have it."})
    number = walk("I am away", automatic="out-of-office").conversation_id
    assert lines(desk, number, "reply") == []
    assert [(one.outcome, one.results[0]["said"]) for one in fired()] == [
        ("refused", "A machine wrote last: it gets no answer from a machine.")
    ]
    with desk.store.transaction() as tx:
        identity = people.identities(tx, conversation(desk, number).customer_id)[0]
        people.stop(tx, identity, tx.now())
    walk("Hello", to=number)
    assert fired()[-1].outcome == "refused" and lines(desk, number, "reply") == []


def test_who_is_frustrated_is_answered_by_people_unless_the_desk_says_otherwise(desk, rule, walk, fired):
    rule("message", "", {"do": "reply", "value": "Great to hear from you!"})
    number = walk("Hello").conversation_id
    with desk.store.transaction() as tx:
        desk_settings.set(tx, "frustration.strained_at", 0.05, None)
        desk_settings.set(tx, "frustration.frustrated_at", 0.05, None)
    walk(ANGRY, to=number)
    assert len(lines(desk, number, "reply")) == 1
    assert fired()[-1].outcome == "refused" and "frustrated" in fired()[-1].results[0]["said"]
    with desk.store.transaction() as tx:
        desk_settings.set(tx, "frustration.rules_answer", True, None)
    walk(ANGRY, to=number)
    assert len(lines(desk, number, "reply")) == 2


def test_two_machines_that_answer_each_other_stop_at_the_cap(desk, rule, walk, fired):
    rule("message", "", {"do": "reply", "value": "We have it."}, per_day=3)
    number = walk("We have it, too").conversation_id
    for _ in range(5):
        walk("We have it, too", to=number)
    assert len(lines(desk, number, "reply")) == 3
    assert [one.outcome for one in fired()] == ["done"] * 3 + ["held"] * 3
    assert fired()[-1].why == "It acted 3 times in this conversation within a day."


def test_a_cap_for_the_hour_holds_back_and_lets_go_again(desk, rule, walk, clock, fired):
    made = rule("opened", "", RAISE, per_hour=2)
    for n in range(4):
        walk("Hello", sender=f"somebody{n}@other.example")
    assert [one.outcome for one in fired()] == ["done", "done", "held", "held"]
    with desk.store.reading() as tx:
        assert automation.is_held_back(tx, made.id).why == "It acted 2 times within an hour."
        assert automation.lately(tx, [made.id]) == {made.id: (2, 2)}
    clock.advance(timedelta(hours=2))
    walk("Hello", sender="later@other.example")
    assert fired()[-1].outcome == "done"


def test_rules_that_set_each_other_off_end(desk, rule, walk, fired):
    rule("priority", 'conversation.priority is "high"', {"do": "priority", "value": 0}, name="Down", per_day=100)
    rule("priority", 'conversation.priority is "normal"', RAISE, name="Up", per_day=100)
    rule("opened", "", RAISE, name="Start")
    walk("Hello")
    found = fired()
    acted = [one for one in found if one.outcome == "done"]
    assert len(found) < 12 and {one.rule_id for one in acted} == {one.rule_id for one in found}
    assert not any(one.rule_id in one.chain for one in acted), "no rule acts twice in a chain"
    assert found[-1].outcome == "held" and found[-1].why == "It led to this itself: a rule acts once in a chain."


def test_a_rule_that_fails_twenty_times_switches_itself_off_and_says_so(desk, rule, walk, jonas, helena, fired):
    from_the_start = rule("message", "", {"do": "assign", "value": jonas.id}, per_day=100)
    with desk.store.transaction() as tx:
        agents.deactivate(tx, jonas.id)
    for _ in range(MOST_FAILURES + 2):
        walk("Hello")
    assert [one.outcome for one in fired()] == ["failed"] * MOST_FAILURES
    with desk.store.reading() as tx:
        row = automation.get(tx, from_the_start.id)
        assert not row.enabled
        assert row.stopped == "It failed 20 times in a row. The last time: This colleague works here no more."
        change = automation.changes(tx, row.id)[0]
        assert (change.what, change.staff_id, change.before["enabled"], change.after["enabled"]) == (
            "stopped", None, True, False,
        )  # fmt: skip


def test_an_action_that_stumbles_takes_back_only_itself(desk, rule, walk, monkeypatch, fired):
    def stumbles(*args, **more):
        conversations.label(args[0], args[1], None, "half done", True)
        raise RuntimeError("no")

    monkeypatch.setattr("desk.conversations.set_priority", stumbles)
    rule("message", "", RAISE, {"do": "label", "value": "whole"})
    number = walk("Hello").conversation_id
    with desk.store.reading() as tx:
        assert conversations.labels(tx, [number]) == {number: ["whole"]}
    assert [line.detail["label"] for line in lines(desk, number, "label")] == ["whole"]
    assert fired()[0].outcome == "partly"


def test_unanswered_for_a_day_goes_back_to_the_queue_once(desk, rule, walk, jonas, clock, fired):
    with desk.store.transaction() as tx:
        automation.install(tx)
        waiting = next(row for row in automation.every(tx) if row.key == "waiting")
        automation.switch(tx, None, waiting.id, True)
    number = walk("Hello").conversation_id
    with desk.store.transaction() as tx:
        conversations.assign(tx, number, None, jonas.id)
    for hours in (23, 1, 1, 30):
        clock.advance(timedelta(hours=hours))
        with desk.store.transaction() as tx:
            automation.look(tx)
        drain(desk)
    assert conversation(desk, number).assignee_id is None
    (firing,) = fired()
    assert firing.outcome == "done" and firing.happened_at - conversation(desk, number).waiting_since >= timedelta(
        days=1
    )
    assert "It was with Jonas Weber." in lines(desk, number, "note")[0].text


def test_whoever_waited_before_the_rule_was_on_is_left_alone_and_a_late_mail_is_not(desk, rule, walk, clock, fired):
    walk("Early")
    clock.advance(timedelta(hours=10))
    rule("unanswered", "", RAISE, wait_minutes=240)
    clock.advance(timedelta(hours=10))
    with desk.store.transaction() as tx:
        assert automation.look(tx) == 0
    late = walk("Under way for long", sender="late@other.example", at=clock.now() - timedelta(hours=6))
    assert [one.conversation_id for one in fired()] == [late.conversation_id]


def test_an_answer_in_time_stops_the_clock(desk, rule, walk, jonas, clock, fired):
    rule("unanswered", "", RAISE, wait_minutes=60)
    number = walk("Hello").conversation_id
    clock.advance(timedelta(minutes=30))
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "Here it is")
    clock.advance(timedelta(hours=3))
    with desk.store.transaction() as tx:
        automation.look(tx)
    drain(desk)
    assert fired() == []


def test_a_thank_you_after_the_end_reopens_nothing(desk, walk, jonas, fired, rule):
    with desk.store.transaction() as tx:
        automation.install(tx)
        thanks = next(row for row in automation.every(tx) if row.key == "thanks")
        automation.switch(tx, None, thanks.id, True)
    number = walk("Where is my kettle?").conversation_id
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "There", then="resolve")
    walk("Thank you so much!", to=number)
    assert conversation(desk, number).status == "resolved"
    walk("Thanks, but it is broken", to=number)
    assert conversation(desk, number).status == "open"
    assert [one.outcome for one in fired()] == ["done"]


def test_frustration_stages_and_surveys_set_rules_off(desk, rule, walk, helena, fired):
    rule("frustration", 'conversation.mood is "frustrated"', RAISE)
    rule("stage", "stage is known", {"do": "label", "value": "moved"})
    number = walk("Hello").conversation_id
    with desk.store.transaction() as tx:
        found = conversations.get(tx, number, None)
        entry = timeline.record(
            tx, customer_id=found.customer_id, kind="stage", author="desk", occurred_at=tx.now(), detail={}
        )
        facts.record(tx, found.customer_id, "stage", "loyalty", occurred_at=tx.now(), entry_id=entry.id)
        shift = timeline.record(
            tx, customer_id=found.customer_id, kind="sentiment", author="desk", occurred_at=tx.now(),
            conversation_id=number, episode_id=found.episode_id,
            detail={"before": "calm", "after": "strained", "score": 0.5},
        )  # fmt: skip
    drain(desk)
    with desk.store.transaction() as tx:
        sentiment.correct(tx, shift.id, helena, "frustrated")
    drain(desk)
    assert [one.trigger for one in fired()] == ["stage", "frustration"]
    assert conversation(desk, number).priority == 1


def test_a_rule_keeps_every_version_with_who_changed_it(desk, rule, helena):
    made = rule("message", "", RAISE, name="First name")
    with desk.store.transaction() as tx:
        other = {"name": "Second name", "trigger": "message", "condition": "", "actions": [RAISE]}
        automation.save(tx, helena, other, made.id)
        automation.save(tx, helena, other, made.id)  # the same again is no change
        automation.remove(tx, helena, made.id)
        kept = automation.changes(tx, made.id)
        assert [(one.what, one.version, one.staff_id) for one in kept] == [
            ("removed", 2, helena.id), ("changed", 2, helena.id), ("on", 1, helena.id), ("made", 1, helena.id),
        ]  # fmt: skip
        assert kept[1].before["name"] == "First name" and kept[1].after["name"] == "Second name"
        assert automation.every(tx) == []
        with pytest.raises(LookupError):
            automation.get(tx, made.id)


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"name": " "}, "name", "needs a name"),
        ({"trigger": "moon"}, "trigger", "sets the rule off"),
        ({"trigger": "unanswered"}, "wait", "how long"),
        ({"condition": 'conversation.chan is "email"'}, "condition", "Did you mean “conversation.channel”?"),
        ({"condition": 'conversation.status is "closed"'}, "condition", "open, pending, snoozed, resolved or spam"),
        ({"condition": "message.words > many"}, "condition", ""),
        ({"actions": []}, "actions", "at least one"),
        ({"actions": [{"do": "fly"}]}, "actions.0", "Choose what to do"),
        ({"actions": [RAISE, {"do": "assign", "value": 999}]}, "actions.1", "works here no more"),
        ({"actions": [{"do": "team", "value": 999}]}, "actions.0", "not there"),
        ({"actions": [{"do": "reply", "value": "Hi {customer.title}"}]}, "actions.0", "no variable {customer.title}"),
        ({"per_hour": 0}, "per_hour", "from 1"),
        ({"per_day": "many"}, "per_day", "from 1"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_a_sentence(desk, helena, typed, field, says):
    whole = {"name": "A rule", "trigger": "message", "condition": "", "actions": [RAISE]} | typed
    with desk.store.transaction() as tx, pytest.raises(RuleError) as wrong:
        automation.save(tx, helena, whole)
    assert says in wrong.value.problems[field]


def test_the_shipped_rules_are_off_can_be_read_and_come_once(desk):
    with desk.store.transaction() as tx:
        assert len(automation.install(tx)) >= 5
        assert automation.install(tx) == []
        assert not any(row.enabled for row in automation.every(tx))


def test_a_segment_cannot_ask_for_a_conversation():
    with pytest.raises(facts.ConditionError, match="only rules of conversations"):
        facts.Condition.parse('csat <= 2 and conversation.channel is "email"')


# -- before it is switched on


def test_a_dry_run_says_what_would_have_fired_and_why_and_changes_nothing(desk, rule, walk, jonas, clock, helena):
    first = walk("I want a refund").conversation_id
    walk("Hello", sender="noor@other.example")
    with desk.store.transaction() as tx:
        conversations.set_priority(tx, first, None, 1)
    walk("A refund, please", to=first)
    made = rule(
        "message", 'message.text contains "refund" and conversation.priority is "normal"', RAISE, on=False
    )  # fmt: skip
    with desk.store.transaction() as tx:
        automation.begin(tx, helena, made.id)
    drain(desk)
    with desk.store.reading() as tx:
        trial = automation.newest(tx, made.id)
        assert (trial.state, trial.looked, trial.found["fired"], trial.found["conversations"]) == ("done", 2, 1, 1)
        (row,) = trial.found["rows"]
        assert row["conversation_id"] == first
        assert row["because"] == ["Message says “refund”", "Priority: normal"], "as it stood then, not as it stands now"
        assert automation.firings(tx) == []


def test_a_dry_run_reads_the_clock_of_the_past(desk, rule, walk, jonas, clock, helena):
    number = walk("Where is it?").conversation_id
    clock.advance(timedelta(hours=5))
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "There")
    walk("Thanks. And the lid?", to=number)
    clock.advance(timedelta(hours=2))
    made = rule("unanswered", 'conversation.channel is "email"', RAISE, on=False, wait_minutes=240)
    with desk.store.transaction() as tx:
        automation.begin(tx, helena, made.id)
    drain(desk)
    with desk.store.reading() as tx:
        assert automation.newest(tx, made.id).found["fired"] == 1


def test_a_dry_run_of_a_condition_that_cannot_be_read_says_so(desk, rule, walk, helena):
    made = rule("message", "message.words > 1", RAISE, on=False)
    walk("Hello there")
    with desk.store.transaction() as tx:
        automation.get(tx, made.id).condition = "message.gone > 1"
        automation.begin(tx, helena, made.id)
    drain(desk)
    with desk.store.reading() as tx:
        trial = automation.newest(tx, made.id)
        assert trial.state == "done" and "no fact called “message.gone”" in trial.found["wrong"]


def test_erasing_takes_the_reasons_and_leaves_that_it_fired(desk, rule, walk, helena):
    made = rule("message", "locale is known or message.words > 0", RAISE)
    number = walk("Hello").conversation_id
    with desk.store.transaction() as tx:
        automation.begin(tx, helena, made.id)
    drain(desk)
    with desk.store.transaction() as tx:
        automation.erase(tx, [number])
        (firing,) = automation.firings(tx)
        assert firing.outcome == "done" and [set(one) for one in firing.evidence] == [
            {"fact", "entry_id", "occurred_at"}
        ]
        assert [one["because"] for one in automation.newest(tx, made.id).found["rows"]] == [[]]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=12))
def test_however_rules_are_moved_each_keeps_one_place(desk, helena, moves):
    with desk.store.transaction() as tx:
        for row in automation.every(tx):
            automation.remove(tx, helena, row.id)
        same = {"trigger": "message", "condition": "", "actions": [RAISE]}
        rules = [automation.save(tx, helena, same | {"name": f"Rule {n}"}).id for n in range(4)]
        expected = list(rules)
        for n, up in moves:
            automation.move(tx, helena, rules[n], up=up)
            place = expected.index(rules[n])
            other = place - 1 if up else place + 1
            if 0 <= other < 4:
                expected[place], expected[other] = expected[other], expected[place]
        assert [row.id for row in automation.every(tx)] == expected


def test_what_a_rule_did_and_a_stage_brought_back_stays_in_its_chain(desk, rule, walk, fired):
    rule("opened", "", {"do": "label", "value": "new"}, name="First")
    rule("stage", "", {"do": "label", "value": "moved"}, name="On a move")
    found = conversation(desk, walk("Hello").conversation_id)
    (line,) = lines(desk, found.id, "label")
    with desk.store.transaction() as tx:  # as the lifecycle writes a move that rests on that line
        because = [{"shown": "a line", "entry_id": line.id, "occurred_at": line.occurred_at.isoformat()}]
        timeline.record(
            tx, customer_id=found.customer_id, kind="stage", author="desk", occurred_at=tx.now(),
            detail={"evidence": because},
        )  # fmt: skip
    drain(desk)
    first, moved = fired()
    assert (moved.trigger, moved.outcome, moved.chain) == ("stage", "done", [first.rule_id])


def test_a_rule_can_name_a_segment_which_then_cannot_be_removed(desk, rule, walk, helena, fired):
    with desk.store.transaction() as tx:
        named = segments.save(tx, helena, name="New here", condition="count(message.received) <= 1").id
    made = rule("message", 'segment "New here" and conversation.channel is "email"', RAISE)
    assert made.condition == f'segment #{named} and conversation.channel is "email"'
    with desk.store.transaction() as tx:
        segments.save(tx, helena, name="Beginners", condition="count(message.received) <= 1", segment_id=named)
        shown = automation.condition_of(tx, automation.get(tx, made.id))
        assert shown == 'segment "Beginners" and conversation.channel is "email"'
        with pytest.raises(segments.SegmentError, match="the rule “On message”"):
            segments.remove(tx, named)
    number = walk("Hello").conversation_id
    assert conversation(desk, number).priority == 1
    walk("Hello again", to=number)
    assert len(fired()) == 1, "after the second message they are no beginner"
    with desk.store.transaction() as tx:
        automation.remove(tx, helena, made.id)
        segments.remove(tx, named)


def test_a_rule_adds_a_task_once_by_asking_how_many_are_open(desk, rule, walk, helena):
    task = {"do": "task", "value": "Call {customer.first_name} back", "staff": str(helena.id), "hours": "24"}
    rule("message", "conversation.open_tasks = 0", task, name="Call back")
    number = walk("Please call me").conversation_id
    walk("Please do", to=number)
    with desk.store.reading() as tx:
        (made,) = tasks.of_conversation(tx, number)
        assert (made.assignee_id, made.made_by) == (helena.id, None)
        assert made.text.startswith("Call ") and "{" not in made.text
        assert made.due_at == made.made_at + timedelta(hours=24)
    (line,) = lines(desk, number, "task")
    assert line.detail["by_rule"]["name"] == "Call back" and line.author == "desk"
    with desk.store.transaction() as tx:
        tasks.tick_all(tx, number, helena)
    walk("Thank you, one more thing", to=number)
    with desk.store.reading() as tx:
        assert [one.done_at is None for one in tasks.of_conversation(tx, number)] == [True, False]


@pytest.mark.parametrize(
    "more", [{"value": ""}, {"staff": "nobody here"}, {"staff": "999999"}, {"hours": "0"}, {"value": "x" * 301}]
)
def test_a_task_that_makes_no_sense_is_no_action(desk, rule, more):
    with pytest.raises(RuleError) as wrong:
        rule("message", "", {"do": "task", "value": "Call back", "staff": "assignee", "hours": ""} | more)
    assert list(wrong.value.problems) == ["actions.0"]
