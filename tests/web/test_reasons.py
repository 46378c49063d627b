"""The page of contact reasons: who edits them, what is suggested with its words and volume, and what a press does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from desk import reactions, reasons, timeline
from desk.clock import SetClock
from desk.parts import Desk
from desk.questions.tables import Question
from tests.reasons.conftest import World
from tests.web.conftest import csrf_of

As = Callable[[str], FlaskClient]
HOME = "/knowledge/reasons"
TEXTS = ("Where is my parcel?", "My parcel is late", "When does the parcel come?", "No parcel yet", "Parcel, please?")


@pytest.fixture
def world(desk: Desk, clock: SetClock) -> World:
    desk.store.react_with(reactions.react)
    return World(desk, clock)


def heap(world: World, name: str = "", n: int = 5) -> int:
    with world.desk.store.transaction() as tx:
        group = world.group(tx, name)
        for text in TEXTS[:n]:
            world.ask(tx, group, text)
    return group


def paths(world: World) -> list[str]:
    with world.desk.store.reading() as tx:
        return [one.path for one in reasons.known(tx)]


def number(world: World, path: str) -> int:
    with world.desk.store.reading() as tx:
        return next(one.id for one in reasons.known(tx, archived=True) if one.path == path)


def press(client: FlaskClient, path: str, status: int = 200, **fields: object) -> str:
    sent = client.post(path, data={"csrf_token": csrf_of(client, HOME), **fields}, follow_redirects=True)
    assert sent.status_code == status, sent.text
    return sent.text


def test_leads_edit_reasons_and_agents_do_not(as_role: As, world: World) -> None:
    lead, agent = as_role("supervisor"), as_role("agent")
    page = lead.get(HOME).text
    assert "Nothing to suggest" in page and "No reason yet" in page
    assert agent.get(HOME).status_code == 403 and HOME not in agent.get("/knowledge/").text
    assert HOME in lead.get("/knowledge/").text
    sent = agent.post(HOME, data={"csrf_token": csrf_of(agent, "/knowledge/"), "name": "Delivery"})
    assert sent.status_code == 403 and paths(world) == []


def test_a_group_asked_about_often_is_offered_with_its_words_and_becomes_a_reason(as_role: As, world: World) -> None:
    few, many = heap(world, "Kiln hire", 4), heap(world, "Late parcels")
    client = as_role("supervisor")
    page = client.get(HOME).text
    assert "Late parcels" in page and "Kiln hire" not in page, "four are too few"
    assert sum(text in page for text in TEXTS) == 3 and "asked 5 times in 90 days" in page
    page = press(client, f"{HOME}/groups/{many}", do="make", name="Late parcel")
    assert "Late parcel is a reason now" in page and "Nothing to suggest" in page
    with world.desk.store.reading() as tx:
        row = tx.query(Question).filter_by(group_id=many).first()
        assert row is not None and reasons.given(tx, row.episode_id).path == "Late parcel"
    assert "Late parcels" in client.get(f"{HOME}/{number(world, 'Late parcel')}").text
    press(client, f"{HOME}/groups/{few}", do="belongs", reason=number(world, "Late parcel"))
    assert "Kiln hire" in client.get(f"{HOME}/{number(world, 'Late parcel')}").text
    back = number(world, "Late parcel")
    assert "Kiln hire" not in press(client, f"{HOME}/groups/{few}", do="offer", back=back)


def test_what_is_no_reason_is_put_aside_and_comes_back(as_role: As, world: World) -> None:
    group, client = heap(world, "Thanks"), as_role("supervisor")
    page = press(client, f"{HOME}/groups/{group}", do="aside")
    assert "Nothing to suggest" in page and "Groups put aside" in page
    page = press(client, f"{HOME}/groups/{group}", do="offer")
    assert "Nothing to suggest" not in page and "Groups put aside" not in page


def test_what_was_asked_long_ago_is_not_offered(as_role: As, world: World, clock: SetClock) -> None:
    heap(world, "Late parcels")
    clock.advance(timedelta(days=100))
    assert "Late parcels" not in as_role("supervisor").get(HOME).text


def test_the_tree_is_edited_in_place(as_role: As, world: World) -> None:
    client = as_role("supervisor")
    for name in ("Delivery", "Money"):
        press(client, HOME, name=name)
    delivery, money = number(world, "Delivery"), number(world, "Money")
    press(client, HOME, name="Late", parent=delivery, description="It has not come")
    assert "It has not come" in client.get(HOME).text
    press(client, f"{HOME}/{money}", do="up")
    assert paths(world) == ["Money", "Delivery", "Delivery › Late"]
    late = number(world, "Delivery › Late")
    press(client, f"{HOME}/{late}", do="move", parent=money)
    press(client, f"{HOME}/{late}", do="save", name="Refund", description="")
    assert paths(world) == ["Money", "Money › Refund", "Delivery"]
    press(client, f"{HOME}/{late}", do="move", parent="")
    assert "They are one now: Money." in press(client, f"{HOME}/{late}", do="merge", into=money)
    assert client.get(f"{HOME}/{late}").headers["Location"] == f"{HOME}/{money}"
    assert "Money is offered no more." in press(client, f"{HOME}/{money}", do="archive")
    assert paths(world) == ["Delivery"] and "Money" in client.get(HOME).text
    press(client, f"{HOME}/{money}", do="restore")
    assert paths(world) == ["Delivery", "Money"]


def test_what_does_not_work_is_said_where_it_was_typed(as_role: As, world: World) -> None:
    group, client = heap(world, "Late parcels"), as_role("supervisor")
    press(client, HOME, name="Delivery")
    delivery = number(world, "Delivery")
    assert "There is one called so in the same place already." in press(client, HOME, 422, name="delivery")
    page = press(client, f"{HOME}/groups/{group}", 422, do="make", name="Delivery")
    assert f'id="problem-{group}"' in page and 'value="Delivery"' in page
    assert "Choose another reason." in press(client, f"{HOME}/{delivery}", 422, do="merge", into=delivery)
    assert "Type a name" in press(client, f"{HOME}/{delivery}", 422, do="save", name=" ")
    press(client, f"{HOME}/{delivery}", 400, do="burn")
    press(client, f"{HOME}/groups/{group}", 400, do="burn")
    press(client, f"{HOME}/999999", 404, do="up")
    press(client, f"{HOME}/groups/999999", 404, do="aside")
    press(client, HOME, 404, name="Part", parent="999999")
    assert client.get(f"{HOME}/999999").status_code == 404
    press(client, f"{HOME}/groups/{group}", 422, do="belongs", reason="")


def test_erased_words_are_on_no_page(as_role: As, world: World) -> None:
    group, client = heap(world), as_role("supervisor")
    with world.desk.store.transaction() as tx:
        lines = [row.entry_id for row in tx.query(Question).filter_by(group_id=group)]
        timeline.erase_lines(tx, [one for one in lines if one is not None])
    page = client.get(HOME).text
    assert "Questions whose words were erased" in page and not any(text in page for text in TEXTS)


def test_who_changed_the_tree_stands_in_the_desks_log(as_role: As, world: World) -> None:
    press(as_role("supervisor"), HOME, name="Delivery")
    delivery = number(world, "Delivery")
    press(as_role("supervisor"), HOME, name="Late", parent=delivery)
    page = as_role("admin").get("/admin/audit").text
    assert "Contact reason" in page and "part of" in page and "Late" in page
