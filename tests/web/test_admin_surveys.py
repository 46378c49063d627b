"""The page that says whom each inbox asks, and the parts of the desk that answer for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from desk import agents, segments, surveys
from desk.parts import Desk
from tests.factories import make_inbox, make_staff
from tests.web.conftest import post


@pytest.fixture
def inbox_id(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        lead = agents.viewer(tx, make_staff(tx, "supervisor").id)
        segments.save(tx, lead, name="VIP", condition="count(order.placed) >= 3", description="three orders and more")
        return make_inbox(tx, name="Post").id


def asks(desk: Desk, inbox_id: int) -> str | None:
    with desk.store.transaction() as tx:
        found = surveys.audiences(tx, surveys.install_defaults(tx)).get(inbox_id)
        return None if found is None else str(found.condition)


def test_an_inbox_is_narrowed_and_opened_again(admin: FlaskClient, desk: Desk, inbox_id: int) -> None:
    page = admin.get("/admin/surveys").text
    assert "everybody" in page
    assert "segment &#34;VIP&#34;" in page and "three orders and more" in page  # offered where one writes
    answer = post(admin, f"/admin/surveys/{inbox_id}", condition='segment "vip" and csat is known')
    assert answer.status_code == 303
    assert asks(desk, inbox_id) == 'segment "VIP" and csat is known'
    page = admin.get("/admin/surveys").text
    assert "segment &#34;VIP&#34; and csat is known</textarea>" in page
    assert "chooses by what somebody felt (csat)" in page
    post(admin, f"/admin/surveys/{inbox_id}", condition="  ")
    assert asks(desk, inbox_id) is None


def test_what_is_wrong_stands_at_the_field_and_nothing_typed_is_lost(
    admin: FlaskClient, desk: Desk, inbox_id: int
) -> None:
    answer = post(admin, f"/admin/surveys/{inbox_id}", condition='segment "VPI"')
    assert answer.status_code == 422
    assert "Did you mean “VIP”?" in answer.text
    assert "segment &#34;VPI&#34;</textarea>" in answer.text
    assert asks(desk, inbox_id) is None
    assert post(admin, "/admin/surveys/999", condition="csat <= 2").status_code == 404


def test_only_an_admin_says_whom_to_ask(as_role: Callable[[str], FlaskClient], inbox_id: int) -> None:
    assert as_role("supervisor").get("/admin/surveys").status_code == 403


def test_a_segment_that_is_used_says_by_what_and_stays(admin: FlaskClient, desk: Desk, inbox_id: int) -> None:
    post(admin, f"/admin/surveys/{inbox_id}", condition='segment "VIP"')
    with desk.store.reading() as tx:
        (segment,) = segments.every(tx)
    page = admin.get(f"/customers/segments/{segment.id}").text
    assert "the survey of the inbox “Post”" in page
    assert f"/customers/segments/{segment.id}/remove" not in page
    assert post(admin, f"/customers/segments/{segment.id}/remove").status_code == 303
    assert "is used by the survey of the inbox “Post”" in admin.get(f"/customers/segments/{segment.id}").text
    post(admin, f"/admin/surveys/{inbox_id}", condition="")
    post(admin, f"/customers/segments/{segment.id}/remove")
    with desk.store.reading() as tx:
        assert segments.every(tx) == []


def test_the_pages_show_names_where_numbers_are_kept(admin: FlaskClient, desk: Desk, inbox_id: int) -> None:
    post(admin, "/customers/segments/new", name="Best", condition='segment "VIP" and csat >= 4')
    listed = admin.get("/customers/segments").text
    assert "segment &#34;VIP&#34; and csat &gt;= 4" in listed
    with desk.store.reading() as tx:
        best = next(row for row in segments.every(tx) if row.name == "Best")
    page = admin.get(f"/customers/segments/{best.id}").text
    assert "segment &#34;VIP&#34; and csat &gt;= 4</textarea>" in page
    assert "<code>segment &#34;Best&#34;</code>" not in page  # nobody is in a circle
