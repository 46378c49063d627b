"""/admin/statuses: names made, renamed, put in order, retired and brought back by an admin."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from desk import conversations
from desk.store import Store
from tests.web.conftest import post


def names(store: Store) -> list[str]:
    with store.reading() as tx:
        return [one.name for one in conversations.status_names(tx)]


def test_an_admin_keeps_the_names_of_statuses(store: Store, admin: FlaskClient) -> None:
    assert "Names of statuses" in admin.get("/admin/").text
    for name in ("Waiting for warehouse", "On hold"):
        assert post(admin, "/admin/statuses", status="pending", name=name).status_code == 303
    page = admin.get("/admin/statuses").text
    assert page.index("Waiting for warehouse") < page.index("On hold") and "Move On hold up" in page
    with store.reading() as tx:
        first, second = (one.id for one in conversations.status_names(tx))
    assert post(admin, f"/admin/statuses/{second}/place", up="1").status_code == 303
    assert names(store) == ["On hold", "Waiting for warehouse"]
    assert post(admin, f"/admin/statuses/{second}", name="On <hold>").status_code == 303
    assert post(admin, f"/admin/statuses/{second}/retire").status_code == 303
    assert names(store) == ["Waiting for warehouse"] and "On &lt;hold&gt;" in admin.get("/admin/statuses").text
    assert post(admin, f"/admin/statuses/{second}/retire", on="0").status_code == 303
    assert names(store) == ["Waiting for warehouse", "On <hold>"]
    for path, values, said in (
        ("", {"status": "open", "name": "on <HOLD>"}, "There is such a name already"),
        ("", {"status": "open", "name": "Resolved"}, "one of the five themselves"),
        ("", {"status": "x", "name": "Fine"}, "Choose one of the five"),
        (f"/{first}", {"name": ""}, "Type a name"),
    ):
        answer = post(admin, f"/admin/statuses{path}", **values)
        assert answer.status_code == 422 and said in answer.text
    assert post(admin, "/admin/statuses/999", name="x").status_code == 404


def test_nobody_else_does(as_role: Callable[[str], FlaskClient]) -> None:
    for role in ("agent", "supervisor"):
        assert as_role(role).get("/admin/statuses").status_code == 403
