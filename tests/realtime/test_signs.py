"""Signs of life: what open screens say of a colleague, written rarely, from several tabs and processes at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from desk import assigning
from desk.clock import SetClock
from desk.parts import Desk
from desk.realtime.signs import Signs
from tests.factories import make_staff
from tests.realtime.conftest import Screens


@pytest.fixture
def mira(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        return make_staff(tx, name="Mira").id


def state(desk: Desk, staff_id: int) -> str:
    with desk.store.reading() as tx:
        return assigning.standing_of(tx, staff_id, tx.now()).state


def test_a_screen_makes_its_colleague_online_until_it_is_silent(screens: Screens, desk: Desk, clock: SetClock) -> None:
    ada = screens.staff("Ada Ant")
    screen = screens.screen(ada)
    screen.emit("here", {"active": True, "drafts": [3, "x", True, -1], "device": "desk"})
    assert state(desk, ada.id) == "online"
    with desk.store.reading() as tx:
        assert assigning.drafting(tx, ada.id) == {3}
    screen.disconnect()
    assert state(desk, ada.id) == "online"  # a page that is left for another is no going away
    clock.advance(timedelta(seconds=150))
    assert state(desk, ada.id) == "offline"


def test_a_screen_is_answered_how_its_colleague_stands_when_it_comes_and_when_that_was_written(
    screens: Screens, desk: Desk, clock: SetClock
) -> None:
    ada = screens.staff("Ada Ant")
    one = screens.screen(ada)
    assert one.emit("here", {"active": True}, callback=True) == {"state": "online"}
    assert one.emit("here", {"active": True}, callback=True) == {}, "nothing new"
    with desk.store.transaction() as tx:
        assigning.choose_state(tx, ada.id, True)
    other = screens.screen(ada)
    assert other.emit("here", {"active": True}, callback=True) == {"state": "away"}, "it has just come"
    clock.advance(timedelta(minutes=1))
    assert one.emit("here", {"active": True}, callback=True) == {"state": "away"}


@pytest.mark.database("sqlite")
def test_a_second_screen_is_not_answered_before_the_first_has_been_written(
    desk: Desk, mira: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    signs, begun, go_on = Signs(desk), threading.Event(), threading.Event()
    found: list[str] = []
    write = assigning.sign

    def slowly(*args: Any, **options: Any) -> None:
        begun.set()
        go_on.wait(20)
        write(*args, **options)

    def comes() -> None:
        signs.alive(mira, {"active": True})
        found.append(state(desk, mira))

    monkeypatch.setattr(assigning, "sign", slowly)
    first, second = threading.Thread(target=comes), threading.Thread(target=comes)
    first.start()
    assert begun.wait(20)
    second.start()
    second.join(0.2)
    go_on.set()
    for thread in (first, second):
        thread.join(20)
    assert found == ["online", "online"]


def test_two_tabs_are_one_and_write_once_a_minute(desk: Desk, clock: SetClock, mira: int) -> None:
    signs = Signs(desk)
    written: list[str] = []
    event.listen(desk.store.engine, "before_cursor_execute", lambda *a: written.append(a[2]))
    for second in range(0, 180, 5):
        for _tab in range(2):
            signs.alive(mira, {"active": second % 10 == 0, "drafts": [], "device": "desk"})
        clock.advance(timedelta(seconds=5))
    updates = [s for s in written if s.startswith("UPDATE presences")]
    assert 1 <= len(updates) <= 4
    assert state(desk, mira) == "online"


def test_several_processes_agree_and_idle_in_one_is_not_idle_in_all(desk: Desk, clock: SetClock, mira: int) -> None:
    one, other = Signs(desk), Signs(desk)
    for _minute in range(15):
        one.alive(mira, {"active": False})
        other.alive(mira, {"active": True})
        clock.advance(timedelta(minutes=1))
    assert state(desk, mira) == "online"
    for _minute in range(10):
        one.alive(mira, {"active": False})
        clock.advance(timedelta(minutes=1))
    assert state(desk, mira) == "away"
    one.alive(mira, {"active": True})  # at once, not with the next minute
    assert state(desk, mira) == "online"


def test_what_a_screen_says_in_a_wrong_shape_changes_no_drafts(desk: Desk, mira: int) -> None:
    signs = Signs(desk)
    signs.alive(mira, {"active": True, "drafts": [5], "device": "desk"})
    signs.alive(mira, {"active": True, "drafts": "all of them", "device": ["desk"]})
    with desk.store.reading() as tx:
        assert assigning.drafting(tx, mira) == {5}
