"""Who is where: over one process and several, and gone with whoever goes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from desk.realtime.company import BELIEVED, Company, Here, OwnCompany, SharedCompany, at, faces
from desk.store import Store
from tests import factories
from tests.realtime.conftest import Screens

ADA = Here("a1", 1, "Ada Ant", 7)
BEA = Here("b1", 2, "Bea Bee", 7, writing=True)


@pytest.fixture(params=["one process", "several"])
def company(request: pytest.FixtureRequest) -> Company:
    return OwnCompany() if request.param == "one process" else SharedCompany(request.getfixturevalue("redis_url"))


def test_who_comes_is_there_and_who_goes_is_not(company: Company) -> None:
    for here in company.all():
        company.drop(here.sid)
    company.put(ADA)
    company.put(BEA)
    assert sorted(h.sid for h in at(company, 7)) == ["a1", "b1"]
    company.put(Here("a1", 1, "Ada Ant", 8))
    assert [h.name for h in at(company, 7)] == ["Bea Bee"]
    company.drop("b1")
    assert at(company, 7) == []
    company.drop("a1")
    assert company.all() == []


def test_two_processes_know_of_each_other_and_forget_one_that_died(redis_url: str) -> None:
    time = [1000.0]
    clock: Callable[[], float] = lambda: time[0]  # noqa: E731
    one, other = SharedCompany(redis_url, clock), SharedCompany(redis_url, clock)
    for here in one.all():
        one.drop(here.sid)
    one.put(ADA)
    assert other.all() == [ADA]
    time[0] += BELIEVED - 1
    one.put(ADA)  # a sign of life
    other.put(BEA)
    time[0] += BELIEVED - 1
    assert {h.sid for h in other.all()} == {"a1", "b1"}
    time[0] += 2
    assert other.all() == []


def test_without_redis_a_process_knows_its_own() -> None:
    company = SharedCompany("redis://127.0.0.1:1/0")
    company.put(ADA)
    assert company.all() == [ADA]
    company.drop("a1")
    assert company.all() == []


def test_one_person_is_one_face_whatever_they_have_open() -> None:
    note = Here("b2", 2, "Bea Bee", 7, writing=True, note=True)
    assert faces([ADA, Here("a2", 1, "Ada Ant", 7)]) == [{"id": 1, "name": "Ada Ant", "writing": False}]
    assert faces([note]) == [{"id": 2, "name": "Bea Bee", "writing": True, "note": True}]
    for screens in ([BEA, note], [note, BEA]):
        assert faces(screens) == [{"id": 2, "name": "Bea Bee", "writing": True}], "an answer goes before a note"


def test_rows_show_who_is_at_them_to_those_who_may_see_the_row(screens: Screens, store: Store) -> None:
    with store.transaction() as tx:
        team = factories.make_team(tx)
        open_to_all, closed = factories.make_conversation(tx), factories.make_conversation(tx, team_id=team.id)
    ada, lead = screens.staff("Ada Ant"), screens.staff("Lea Lead", "supervisor")
    hers, leads = screens.screen(ada), screens.screen(lead)
    hers.emit("open", None, callback=True)
    screens.told(hers)

    def at_rows(screen: object) -> list[tuple[str, list[str]]]:
        told = [what for name, what in screens.told(screen) if name == "faces"]  # type: ignore[arg-type]
        return [(one["conversation"], [face["name"] for face in one["faces"]]) for one in told]

    leads.emit("open", str(closed.id), callback=True)
    assert at_rows(hers) == [], "what she may not see she hears nothing of"
    leads.emit("open", str(open_to_all.id), callback=True)
    assert at_rows(hers) == [(str(open_to_all.id), ["Lea Lead"])]
    leads.disconnect()
    assert at_rows(hers) == [(str(open_to_all.id), [])], "a tab that is closed is gone at once"


def test_who_comes_later_hears_where_everybody_is(screens: Screens, store: Store) -> None:
    with store.transaction() as tx:
        team = factories.make_team(tx)
        open_to_all, closed = factories.make_conversation(tx), factories.make_conversation(tx, team_id=team.id)
    lead, other = screens.staff("Lea Lead", "supervisor"), screens.staff("Mo Lead", "supervisor")
    for viewer, conversation in ((lead, open_to_all), (other, closed)):
        screens.screen(viewer).emit("open", str(conversation.id), callback=True)
    hers = screens.screen(screens.staff("Ada Ant"))
    hers.emit("open", None, callback=True)
    told = [what for name, what in screens.told(hers) if name == "company"]
    assert told == [{str(open_to_all.id): [{"id": lead.id, "name": "Lea Lead", "writing": False}]}]


def test_a_note_is_said_to_be_one(screens: Screens, store: Store) -> None:
    with store.transaction() as tx:
        conversation = factories.make_conversation(tx)
    hers, theirs = screens.screen(screens.staff("Ada Ant")), screens.screen(screens.staff("Bea Bee"))
    for screen in (hers, theirs):
        screen.emit("open", str(conversation.id), callback=True)
    theirs.emit("here", {"writing": True, "note": True})
    last = [what for name, what in screens.told(hers) if name == "presence"][-1]
    assert last["others"][0]["note"] is True
    theirs.emit("here", {"writing": True})
    last = [what for name, what in screens.told(hers) if name == "presence"][-1]
    assert "note" not in last["others"][0]
