"""Lists brought in on both databases: who is found, made, left alone or refused, and that nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from desk import agents, facts, imports, jobs, people, segments
from desk.agents import Viewer
from desk.clock import SetClock
from desk.facts import FactError
from desk.imports import Column, Import, Kept, NotNow, Plan, working
from desk.parts import Desk
from desk.store import Store
from desk.worker.tasks import TASKS
from tests.factories import make_customer, make_identity, make_staff

EMAIL = Column("email")
NAME = Column("name")
PLAN = Column("attribute", "plan", "Plan", "choice", ("Free", "Gold"), True)
SEATS = Column("attribute", "seats", "Seats", "number", (), True)
FIVE = Plan((NAME, EMAIL, Column("phone"), PLAN, SEATS), region="SE")
LIST = """Name,Email,Phone,Plan,Seats
Maya Lind,maya@kund.example,,Gold,3
Otto Berg,otto@kund.example,070-555 01 32,free,
Nobody,,,Gold,1
Ida,ida-at-kund,,Gold,1
Eva,eva@kund.example,,Platinum,1
Otto Berg,OTTO@kund.example,,Gold,12
"""


@pytest.fixture
def lead(store: Store) -> Viewer:
    with store.transaction() as tx:
        return agents.viewer(tx, make_staff(tx, "supervisor", name="Ada").id)


@pytest.fixture
def work(desk: Desk) -> Callable[..., int]:
    """Does what waits, or `most` jobs of it."""

    def run(most: int = 1000) -> int:
        for n in range(most):
            with desk.store.transaction() as tx:
                leased = jobs.lease(tx, "w", tasks=["imports.work", "customers.consider"])
            if not leased:
                return n
            TASKS[leased[0].task](desk, leased[0])
        return most

    return run


@pytest.fixture
def bring(desk: Desk, lead: Viewer) -> Callable[..., int]:
    def bring(text: str, plan: Plan = FIVE) -> int:
        content = text.encode()
        how = imports.layout(content)
        kept = Kept("C:\\lists\\kund.csv", desk.files.put(content), len(content), how, imports.count(content, how))
        with desk.store.transaction() as tx:
            import_id = imports.begin(tx, desk.files, lead, kept).id
        with desk.store.transaction() as tx:
            imports.try_out(tx, import_id, plan)
        return import_id

    return bring


@pytest.fixture
def take(desk: Desk, lead: Viewer, work: Any, bring: Any) -> Callable[..., Import]:
    """Brings a list in, to the end."""

    def take(text: str, plan: Plan = FIVE) -> Import:
        import_id = bring(text, plan)
        work()
        start(desk, lead, import_id)
        work()
        return row_of(desk, import_id)

    return take


def start(desk: Desk, lead: Viewer, import_id: int) -> None:
    with desk.store.transaction() as tx:
        imports.run(tx, import_id, lead)


def row_of(desk: Desk, import_id: int) -> Import:
    with desk.store.reading() as tx:
        return imports.get(tx, import_id)


def counts(row: Import) -> tuple[int, int, int, int]:
    return row.made, row.changed, row.unchanged, row.refused


def known(desk: Desk, email: str) -> tuple[int, dict[str, Any]]:
    """(customer, their attributes) of an address."""
    with desk.store.reading() as tx:
        identity = people.speaks_for(tx, "email", email)
        assert identity is not None
        return identity.customer_id, {name: facts.view(tx, identity.customer_id).value(name) for name in
                                      facts.view(tx, identity.customer_id).names()}  # fmt: skip


def test_a_dry_run_says_what_the_run_then_does_and_writes_nothing(
    desk: Desk, lead: Viewer, work: Any, bring: Any
) -> None:
    import_id = bring(LIST)
    work()
    tried = row_of(desk, import_id)
    assert (tried.state, counts(tried)) == ("tried", (2, 1, 0, 3))
    with desk.store.reading() as tx:
        assert people.count(tx) == 0 and facts.declared(tx) == []
    start(desk, lead, import_id)
    work()
    done = row_of(desk, import_id)
    assert (done.state, counts(done), done.line) == ("done", (2, 1, 0, 3), 7)
    assert known(desk, "otto@kund.example")[1] == {"attribute.plan": "Gold"} | {"attribute.seats": 12.0}
    with desk.store.reading() as tx:
        maya = people.speaks_for(tx, "email", "maya@kund.example")
        phone = people.speaks_for(tx, "phone", "+46705550132")
        assert maya is not None and phone is not None
        assert (maya.evidence, maya.because) == ("inferred", "imported from kund.csv by Ada")
        assert phone.customer_id == known(desk, "otto@kund.example")[0]
        assert [(a.key, a.kind) for a in facts.declared(tx)] == [("plan", "choice"), ("seats", "number")]
        assert imports.refusals(tx, import_id) == {
            4: "This row has no email address, phone number or login id.",
            5: "Email: “ida-at-kund” is no email address.",
            6: "Plan: “Platinum” is none of Free, Gold.",
        }


def test_the_same_list_again_changes_nothing(desk: Desk, take: Any) -> None:
    take("Name,Email,Phone,Plan,Seats\nMaya,maya@kund.example,+46705550132,Gold,3\n")
    again = take("Name,Email,Phone,Plan,Seats\nMaya,MAYA@kund.example,0705550132,gold,3\n")
    assert counts(again) == (0, 0, 1, 0)
    with desk.store.reading() as tx:
        assert people.count(tx) == 1
        assert len(facts.view(tx, known(desk, "maya@kund.example")[0]).series("attribute.seats").facts) == 1


def test_two_columns_of_two_customers_are_refused_and_nobody_is_joined(desk: Desk, store: Store, take: Any) -> None:
    with store.transaction() as tx:
        maya = make_customer(tx, "maya@kund.example").id
        otto = make_customer(tx, "otto@kund.example")
        make_identity(tx, otto, "+46705550132", kind="phone")
        otto_id = otto.id
    row = take("Name,Email,Phone,Plan,Seats\nMaya,maya@kund.example,+46705550132,Gold,1\n")
    assert counts(row) == (0, 0, 0, 1)
    with store.reading() as tx:
        why = imports.refusals(tx, row.id)[2]
        assert people.count(tx) == 2
    assert f"customer {maya}" in why and f"customer {otto_id}" in why and "nobody is joined by a list" in why


def test_a_claimed_address_never_leads_to_its_claimer(desk: Desk, store: Store, take: Any) -> None:
    with store.transaction() as tx:
        stranger = make_customer(tx, "stranger@kund.example")
        make_identity(tx, stranger, "maya@kund.example", evidence="claimed")
        stranger_id = stranger.id
    row = take("Name,Email,Phone,Plan,Seats\nMaya,maya@kund.example,,Gold,1\n")
    assert counts(row) == (1, 0, 0, 0)
    assert known(desk, "maya@kund.example")[0] != stranger_id
    with store.reading() as tx:
        assert facts.view(tx, stranger_id).names() == []


def test_what_is_not_matched_by_refuses_instead_of_taking_an_address_away(store: Store, take: Any) -> None:
    with store.transaction() as tx:
        make_customer(tx, "maya@kund.example")
    plan = Plan((Column("email"), Column("phone")), match=("phone",), region="SE")
    row = take("Email,Phone\nmaya@kund.example,+46705550132\n", plan)
    with store.reading() as tx:
        assert "does not find customers by email address" in imports.refusals(tx, row.id)[2]


def test_verified_only_on_somebody_s_word_which_is_kept(desk: Desk, store: Store, take: Any) -> None:
    with store.transaction() as tx:
        make_customer(tx, "maya@kund.example")
    row = take("Email\nmaya@kund.example\nnew@kund.example\n", Plan((EMAIL,), confirmed=True))
    assert counts(row) == (1, 1, 0, 0)
    with store.reading() as tx:
        for address in ("maya@kund.example", "new@kund.example"):
            identity = people.speaks_for(tx, "email", address)
            assert identity is not None and identity.evidence == "verified" and identity.verified_at is not None
            assert identity.because == "confirmed by the shop: imported from kund.csv by Ada"


def test_gaps_alone_are_filled_where_that_is_asked(desk: Desk, store: Store, take: Any) -> None:
    with store.transaction() as tx:
        make_customer(tx, "maya@kund.example", name="Maya Lind")
    columns = (EMAIL, NAME, Column("locale"), Column("zone"), Column("surveys"))
    text = "Email,Name,Language,Zone,Surveys\nmaya@kund.example,M. L.,SV,europe/stockholm,no\n"
    take(text, Plan(columns, gaps=True))
    with store.reading() as tx:
        row = people.customer(tx, known(desk, "maya@kund.example")[0])
        assert (row.name, row.locale, row.zone) == ("Maya Lind", "sv", "Europe/Stockholm")
        stopped = row.surveys_stopped_at
        assert stopped == tx.now()
    take(text.replace(",no", ",yes"), Plan(columns))
    with store.reading() as tx:
        row = people.customer(tx, row.id)
        assert row.name == "M. L." and row.surveys_stopped_at == stopped  # only they themselves take that back


def test_after_a_crash_it_goes_on_behind_what_is_written(
    desk: Desk, lead: Viewer, work: Any, bring: Any, monkeypatch: pytest.MonkeyPatch, clock: SetClock
) -> None:
    monkeypatch.setattr(working, "SLICE", 2)
    import_id = bring("Email\n" + "".join(f"c{n}@kund.example\n" for n in range(7)), Plan((EMAIL,)))
    work()
    start(desk, lead, import_id)
    whole = working._write
    slices: list[int] = []

    def dies(tx: Any, row: Import, *rest: Any) -> None:
        slices.append(row.line)
        if len(slices) == 3:
            raise KeyboardInterrupt  # the process ends in the middle of a transaction
        whole(tx, row, *rest)

    monkeypatch.setattr(working, "_write", dies)
    with pytest.raises(KeyboardInterrupt):
        work()
    assert (row_of(desk, import_id).line, row_of(desk, import_id).made) == (5, 4)
    clock.advance(2 * jobs.LEASE)
    work()
    done = row_of(desk, import_id)
    assert (done.state, counts(done)) == ("done", (7, 0, 0, 0))
    with desk.store.reading() as tx:
        assert people.count(tx) == 7


def test_stopped_and_gone_on_with(
    desk: Desk, lead: Viewer, work: Any, bring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "SLICE", 2)
    monkeypatch.setattr(working, "A_JOB", 2)
    import_id = bring("Email\n" + "".join(f"c{n}@kund.example\n" for n in range(6)), Plan((EMAIL,)))
    work()
    start(desk, lead, import_id)
    work(1)
    with desk.store.transaction() as tx:
        imports.stop(tx, import_id)
        with pytest.raises(NotNow):
            imports.stop(tx, import_id)
    work()
    assert (row_of(desk, import_id).state, row_of(desk, import_id).made) == ("stopped", 2)
    start(desk, lead, import_id)
    work()
    assert (row_of(desk, import_id).state, counts(row_of(desk, import_id))) == ("done", (6, 0, 0, 0))


def test_segments_follow_what_a_list_says(desk: Desk, lead: Viewer, take: Any) -> None:
    with desk.store.transaction() as tx:
        segment_id = segments.save(tx, lead, name="Gold", condition='attribute.plan is "gold"').id
    take(LIST)
    with desk.store.reading() as tx:
        inside = {customer_id for customer_id, _ in segments.members(tx, segment_id)}
    assert inside == {known(desk, "maya@kund.example")[0], known(desk, "otto@kund.example")[0]}


def test_an_attribute_that_changed_meanwhile_stops_the_run_with_a_sentence(
    desk: Desk, lead: Viewer, work: Any, bring: Any
) -> None:
    import_id = bring(LIST)
    work()
    start(desk, lead, import_id)
    with desk.store.transaction() as tx:
        facts.declare_attribute(tx, key="plan", label="Plan", kind="choice", choices=["Silver"])
    work()
    row = row_of(desk, import_id)
    assert row.state == "failed" and "Plan is one of Silver" in row.problem


def test_a_list_is_let_go_with_its_refusals(desk: Desk, lead: Viewer, take: Any, clock: SetClock) -> None:
    row = take(LIST)
    clock.advance(timedelta(days=31))
    with desk.store.transaction() as tx:
        assert imports.old(tx) == [row.id]
        imports.let_go(tx, desk.files, row.id)
    with desk.store.reading() as tx:
        assert imports.old(tx) == [] and imports.refusals(tx, row.id) == {}
        assert imports.get(tx, row.id).refused == 3


def test_formulas_are_given_back_as_words() -> None:
    cells = ["=1+1", "@sum", "-1", "+46 70-555", "-cmd|x", "\tx", "Maya"]
    assert imports.guarded(cells) == ["'=1+1", "'@sum", "-1", "+46 70-555", "'-cmd|x", "'\tx", "Maya"]


def test_declared_attributes_have_their_type_and_others_anything(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        customer = make_customer(tx).id
        facts.declare_attribute(tx, key="seats", label="Seats", kind="number")
        facts.record(tx, customer, "attribute.seats", 3, occurred_at=tx.now())
        facts.record(tx, customer, "attribute.anything", "goes", occurred_at=tx.now())
        with pytest.raises(FactError, match="Seats is a number"):
            facts.record(tx, customer, "attribute.seats", "three", occurred_at=tx.now())
        with pytest.raises(facts.AttributeProblem, match="would not fit"):
            facts.declare_attribute(tx, key="seats", label="Seats", kind="text")
        facts.retire_attribute(tx, "seats")
        assert facts.declared(tx) == [] and len(facts.declared(tx, retired=True)) == 1
    assert facts.key_of("Årets Plan (2)") == "arets_plan_2" and facts.key_of("3D") == "a_3d" and facts.key_of("–") == ""
