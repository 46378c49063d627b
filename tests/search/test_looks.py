"""Looking through an index piece by piece: whatever the pieces are, the same is found, and nothing twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import search
from desk.agents import Viewer
from desk.clock import SetClock
from desk.search import beginnings, finding, matching
from desk.store import Store, Tx
from tests import factories as make
from tests.search.test_finding import everything, viewer_of


@pytest.fixture(params=["walks", "gathers"])
def short_looks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks of a few rows each, so that thirty lines are many."""
    for name, value in {
        "FIRST": 3, "BOUND": 4, "PORTION": 2, "WALKED_FIRST": 4, "WALK": 5, "FEW": 0,
        "SPARSE": 0.0 if request.param == "walks" else 1.0,
    }.items():  # fmt: skip
        monkeypatch.setattr(matching, name, value)


def _paged(tx: Tx, viewer: Viewer, text: str, limit: int) -> list[int]:
    """The lines of all pages of a search, in their order."""
    prepared, found, place = search.prepare(tx, viewer, text), list[int](), None
    assert prepared.problem is None
    while True:
        page = search.lines(tx, prepared, before=place, limit=limit)
        found += [hit.entry_id for hit in page.hits]
        if page.next is None:
            return found
        assert place is None or page.next < place, "a page goes on"
        place = page.next


@pytest.mark.usefixtures("short_looks")
def test_pages_hold_all_that_a_colleague_may_see_once_and_in_order(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        team = make.make_team(tx, name="Kilns")
        agent = make.make_staff(tx, "agent", name="Ines")
        houses = [make.make_conversation(tx, team_id=team.id if n % 3 else None) for n in range(6)]
        lines = []
        for n in range(40):
            house = houses[n % 6]
            entry = make.make_entry(tx, house, f"kiln number{n}" if n % 5 else "nothing of it")
            lines.append((entry.id, n, house.team_id))
            clock.advance(timedelta(minutes=1))
        everything(tx)
        viewer = viewer_of(tx, agent)
    mine = [entry for entry, n, team_id in reversed(lines) if team_id is None]
    with_word = [entry for entry, n, team_id in reversed(lines) if team_id is None and n % 5]
    with store.reading() as tx:
        for limit in (1, 2, 5, 50):
            assert _paged(tx, viewer, "kiln ", limit) == with_word
            assert _paged(tx, viewer, "kil", limit) == with_word
            assert _paged(tx, viewer, "after:2026-01-01", limit) == mine
        assert _paged(tx, viewer, '"kiln number33" ', 3) == [entry for entry, n, _ in lines if n == 33]


@pytest.mark.usefixtures("short_looks")
@pytest.mark.parametrize("few", [1000, 1])
def test_what_filters_leave_is_found_however_far_back(
    store: Store, clock: SetClock, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Looked through conversation by conversation where they are few; page after page where they are not."""
    monkeypatch.setattr(finding, "FEW", few)
    with store.transaction() as tx:
        viewer = viewer_of(tx, make.make_staff(tx, "supervisor"))
        old = [make.make_conversation(tx, labels=("late",), subject=f"kiln {n}") for n in range(2)]
        wanted = [make.make_entry(tx, house, "kiln cracked, well-known") for house in old]
        make.make_entry(tx, old[0], "kiln glazed")
        clock.advance(timedelta(days=2))
        new = make.make_conversation(tx, subject="kiln new")
        for n in range(60):
            make.make_entry(tx, new, f"kiln cracked well known {n}")
            clock.advance(timedelta(minutes=1))
        everything(tx)
    expected = [entry.id for entry in reversed(wanted)]
    with store.reading() as tx:
        for typed in ('kiln "well-known"', "crac* kiln", "kiln -glazed"):
            assert _paged(tx, viewer, f"{typed} label:late", 3) == expected, typed
        assert _paged(tx, viewer, "kiln label:late crac", 3) == expected
        prepared = search.prepare(tx, viewer, "kiln cracked label:late ")
        page = search.lines(tx, prepared, limit=3)
        if few > 1:
            assert [hit.entry_id for hit in page.hits] == expected and page.next is None
        else:
            assert page.hits == [] and page.back_to is not None, "it says how far it has looked"
        assert [hit.row.id for hit in search.threads(tx, search.prepare(tx, viewer, "kiln label:late")).hits] == [
            house.id for house in reversed(old)
        ]


@pytest.mark.parametrize("most", [40, 2])
def test_beginnings_find_every_word_that_begins_so(
    store: Store, clock: SetClock, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(beginnings, "MOST", most)
    texts = ("glaze", "blue glazes", "blue glazed pot", "blue glass", "Glazur, blau", "blue glut", "blue, glazing it")
    with store.transaction() as tx:
        viewer = viewer_of(tx, make.make_staff(tx, "supervisor"))
        talk = make.make_conversation(tx)
        by_text = {}
        for text in texts:
            by_text[make.make_entry(tx, talk, text).id] = text
            clock.advance(timedelta(minutes=1))
        everything(tx)
    with store.reading() as tx:

        def found(typed: str) -> set[str]:
            return {by_text[entry] for entry in _paged(tx, viewer, typed, 2)}

        assert found("glaz") == {text for text in texts if "glaz" in text.lower()}
        assert found("glazi") == {"blue, glazing it"}
        assert found("glazx") == set()
        assert found("blue glaz") == {"blue glazes", "blue glazed pot", "blue, glazing it"}
        assert found('glaz* "blue glazes"') == {"blue glazes"}
        assert found("blue-glaze") == {"blue glazes", "blue glazed pot"}
        assert found("blue -glaz* ") == {"blue glass", "blue glut"}
        assert found("glazed* -glaze ") == {"blue glazed pot"}
