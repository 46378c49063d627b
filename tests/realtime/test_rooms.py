"""Who hears of what: the rooms must say the same as `visible_to`, for every viewer and every conversation."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desk.agents import Viewer
from desk.conversations import may_see
from desk.realtime.rooms import (
    Look,
    Reach,
    customer_rooms,
    hears,
    left_behind,
    may_hear,
    queue_rooms,
    scopes,
    who_views,
)

TEAMS = st.frozensets(st.integers(1, 4), max_size=3)
REACHES = st.builds(Reach, st.none() | st.integers(1, 4), st.none() | st.integers(1, 5))
VIEWERS = st.builds(
    lambda id_, role, teams: Viewer(id_, role, teams, "Ada", "ada@kiln.example", "en", "UTC"),
    st.integers(1, 5),
    st.sampled_from(("agent", "supervisor", "admin")),
    TEAMS,
)


@given(viewer=VIEWERS, reach=REACHES)
def test_whoever_may_see_a_conversation_hears_of_it_and_nobody_else(viewer: Viewer, reach: Reach) -> None:
    heard = may_hear(reach, viewer.id, viewer.role, viewer.team_ids)
    assert heard == may_see(viewer, reach.team_id, reach.assignee_id)


@given(viewer=VIEWERS, before=REACHES, after=REACHES)
def test_whoever_loses_sight_of_a_conversation_is_told(viewer: Viewer, before: Reach, after: Reach) -> None:
    own = scopes(viewer.id, viewer.role, viewer.team_ids)
    could, can = (not set(own).isdisjoint(hears(reach)) for reach in (before, after))
    told = not set(own).isdisjoint(left_behind(before, after))
    if could and not can:
        assert told
    if told:  # some are told who still see it by another way; the screen knows by the row that came before
        assert could


def test_rooms_are_apart_by_language_and_zone() -> None:
    berlin, lima = Look("de", "Europe/Berlin"), Look("es", "America/Lima")
    assert set(queue_rooms(["leads"], berlin)).isdisjoint(queue_rooms(["leads"], lima))
    assert customer_rooms(7, ["team:3"], berlin) == ["customer:7@team:3#de|Europe/Berlin"]


def test_an_entry_of_another_team_stays_out_of_an_open_timeline() -> None:
    """Both have customer 7 open; only the one in team 3 hears of team 3's conversation."""
    look = Look("en", "UTC")
    told = set(customer_rooms(7, hears(Reach(3, None)), look))
    assert told & set(customer_rooms(7, scopes(1, "agent", {3}), look))
    assert not told & set(customer_rooms(7, scopes(2, "agent", {4}), look))
    assert told & set(customer_rooms(7, scopes(5, "admin", ()), look))


def test_two_tabs_of_one_person_are_no_company() -> None:
    assert who_views({"tab1": 1, "tab2": 1}, "tab1") == ()
    assert who_views({"tab1": 1, "tab2": 1, "other": 2}, "tab1") == (2,)
