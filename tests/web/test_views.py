"""Pages of saved views and of changes of many: who may, what they say, without a script as well."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from desk import agents, conversations, views
from desk.agents import Viewer
from desk.conversations import sieving
from desk.store import Store
from tests.factories import make_conversation, make_team
from tests.web.conftest import post


@pytest.fixture
def hers(as_role: Callable[[str], FlaskClient]) -> FlaskClient:
    return as_role("agent")


@pytest.fixture
def ada(hers: FlaskClient, store: Store) -> Viewer:
    with store.reading() as tx:
        found = agents.viewer(tx, 1)
    assert found is not None
    return found


FORM = {"name": "Refunds", "filters": "label:refund", "sort": "urgency", "shared": "everybody"}


def test_a_view_is_made_shown_and_removed_by_plain_forms(hers: FlaskClient, store: Store) -> None:
    with store.transaction() as tx:
        talk = make_conversation(tx, labels=("refund",), subject="Money back")
        make_conversation(tx, subject="Something else")
    made = post(hers, "/console/views", **FORM)
    assert made.status_code == 303
    page = hers.get(made.location)
    assert f'id="c{talk.id}"' in page.text and page.text.count('class="pick"') == 1
    assert "label:refund is:open" in page.text
    assert "Refunds" in hers.get("/console/views").text and "Refunds" in hers.get("/console/views/menu").text
    number = made.location.rpartition("-")[2]
    assert hers.get(f"/console/counts?saved={number},x,9").json["counts"][f"view-{number}"] == "1"
    keys = hers.get(f"/console/view-{number}/among?ids={talk.id},{talk.id + 1},x,").json["keys"]
    assert list(keys) == [str(talk.id)]
    assert post(hers, f"/console/views/{number}/remove").status_code == 303
    assert hers.get(made.location).status_code == 404


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        ("kettle", "is a word"),
        ("from:marta", "a view cannot go by it"),
        ("colour:red", "no filter “colour:”"),
        ("inbox:nowhere", "Nothing is called “nowhere”"),
        ("priority:urgent", "takes high, normal, low"),
    ],
)
def test_what_is_no_view_comes_back_with_the_reason(hers: FlaskClient, filters: str, says: str) -> None:
    answer = post(hers, "/console/views", **FORM | {"filters": filters})
    assert answer.status_code == 422 and says in answer.text and f'value="{filters}"' in answer.text


def test_a_look_that_was_cut_says_so_and_goes_on(
    hers: FlaskClient, store: Store, ada: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sieving, "LOOK", 3)
    with store.transaction() as tx:
        for n in range(8):
            make_conversation(tx, urgency=-n, channel="sms" if n == 7 else "email")
        view = views.create(tx, ada, **FORM | {"filters": "channel:sms"})
    text = hers.get(f"/console/view-{view.id}").text
    assert "Look further" in text and "may be more behind" in text and 'class="pick"' not in text
    seen, turns = text, 0
    while "Look further" in seen and turns < 5:
        place = seen.partition("/rows?after=")[2].partition('"')[0]
        seen, turns = hers.get(f"/console/view-{view.id}/rows?after={place}").text, turns + 1
    assert seen.count('class="pick"') == 1 and turns == 2
    assert hers.get(f"/console/counts?saved={view.id}").json["counts"][f"view-{view.id}"] == "0+"


def test_views_of_others_are_not_there(
    hers: FlaskClient, as_role: Callable[[str], FlaskClient], store: Store, ada: Viewer
) -> None:
    with store.transaction() as tx:
        private = views.create(tx, ada, **FORM | {"name": "Hers", "shared": "private"})
        shared = views.create(tx, ada, **FORM)
        team = make_team(tx)
    other = as_role("agent")
    for path in (
        f"/console/view-{private.id}",
        f"/console/view-{private.id}/among?ids=1",
        f"/console/views/{private.id}",
    ):
        assert hers.get(path).status_code == 200 and other.get(path).status_code == 404
    assert other.get(f"/console/view-{shared.id}").status_code == 200
    assert other.get(f"/console/views/{shared.id}").status_code == 404  # not theirs to change
    assert post(other, f"/console/views/{private.id}/remove").status_code == 404
    assert other.get(f"/console/team-{team.id}").status_code == 404
    assert other.get("/console/view-99").status_code == 404


def test_many_by_a_plain_form(hers: FlaskClient, store: Store, ada: Viewer) -> None:
    with store.transaction() as tx:
        ids = [make_conversation(tx).id for _ in range(3)]
        conversations.resolve(tx, ids[2], ada)
    listed = ",".join(map(str, [*ids, 4711]))
    answer = post(hers, "/console/several", action="snooze", until="reply", ids=listed, view="all")
    assert answer.location == "/console/all"
    shown = hers.get(answer.location).text
    assert "2 done, 2 refused" in shown and "cannot be snoozed" in shown and "no such conversation" in shown
    for form in ({"ids": ""}, {"ids": listed}, {"ids": ",".join(map(str, range(1, 300))), "action": "spam"}):
        assert post(hers, "/console/several", **{"view": "all", **form}).status_code == 303
    assert post(hers, "/console/several", action="spam", ids=listed, view="nowhere").status_code == 404
    assert post(hers, "/console/several/99/undo", view="all").status_code == 303
