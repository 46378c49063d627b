"""The pages of retention: a rule is previewed, saved, waits and can be cancelled; runs, holds and what they say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from desk import conversations, inbound, jobs, privacy, reactions, timeline
from desk.clock import SetClock
from desk.parts import Desk
from desk.worker import drain
from tests.factories import make_inbox
from tests.inbound.messages import message
from tests.web.conftest import post

RULE = {"what": "all", "number": "24", "unit": "months", "raw_days": "", "spam_days": "30", "aside_days": "90"}


@pytest.fixture
def said(desk: Desk, clock: SetClock) -> tuple[int, int, int]:
    """A resolved conversation of three years ago: inbox, number, customer."""
    desk.store.react_with(reactions.react)
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx, config={"transport": "outbox"}).id
    found = inbound.receive(desk, message(inbox_id, clock.now(), "My kettle leaks <b>", subject="A kettle"))
    number = found.conversation_id or 0
    with desk.store.transaction() as tx:
        conversations.resolve(tx, number, None)
    drain(desk)
    clock.advance(timedelta(days=1100))
    return inbox_id, number, found.customer_id or 0


def saved(client: FlaskClient, scope: object = "all", **more: Any) -> Any:
    """Previews a rule, and saves it as it was shown."""
    shown = post(client, f"/admin/retention/{scope}", **(RULE | more))
    assert shown.status_code == 200, shown.text
    mark = shown.text.partition('name="seen" value="')[2].partition('"')[0]
    return post(client, f"/admin/retention/{scope}", **(RULE | more), seen=mark, save="1")


def test_a_rule_is_shown_before_it_is_saved_and_waits_a_week(
    said: tuple[int, int, int], admin: FlaskClient, desk: Desk
) -> None:
    inbox_id, number, _ = said
    page = post(admin, "/admin/retention/all", **RULE)
    assert f'href="/console/c/{number}?view=all"' in page.text and "A kettle" in page.text
    unseen = post(admin, "/admin/retention/all", **RULE, save="1", seen="all|36|months||30|90|False")
    assert unseen.status_code == 200 and 'id="preview"' in unseen.text
    with desk.store.reading() as tx:
        assert privacy.governing(tx) == {}, "what was not shown is not saved"
    assert saved(admin).status_code == 303
    home = admin.get("/admin/retention").text
    assert "Words and files go after 24 months." in home and "Nothing goes before." in home
    assert "As all inboxes." in home
    with desk.store.reading() as tx:
        rule = privacy.governing(tx)[None]
        assert rule.begins_at == tx.now() + timedelta(days=7)
    assert post(admin, f"/admin/retention/rules/{rule.id}/cancel").status_code == 303
    assert "there is no rule" in admin.get("/admin/retention").text
    assert "words and files after 24 months" in admin.get("/admin/settings/changes").text
    assert saved(admin, inbox_id, what="nothing").status_code == 303
    assert "Everything is kept." in admin.get("/admin/retention").text


def test_what_went_stands_there_with_its_proof_and_the_line_says_why(
    said: tuple[int, int, int], as_role: Callable[[str], FlaskClient], desk: Desk, clock: SetClock
) -> None:
    _, number, _ = said
    admin = as_role("admin")
    saved(admin)
    panel = admin.get(f"/console/c/{number}/customer").text
    assert "What was said here goes on" in panel and f"/console/c/{number}/hold" in panel
    assert f"/console/c/{number}/hold" not in as_role("supervisor").get(f"/console/c/{number}/customer").text
    clock.advance(timedelta(days=7, minutes=1))
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "privacy.retain", {}, key="retain")
    drain(desk)
    admin = as_role("admin")  # the session of a week ago is over
    page = admin.get(f"/console/c/{number}?view=all").text
    assert "Removed after 24 months by the retention rule of support@kiln.example." in page
    assert "kettle" not in page and "words were removed" in admin.get(f"/console/c/{number}/customer").text
    home = admin.get("/admin/retention").text
    assert "unchanged" in home
    with desk.store.reading() as tx:
        (run,) = privacy.runs(tx)
    proof = admin.get(f"/admin/retention/runs/{run.id}/proof.json")
    assert proof.json is not None and proof.json["went"]["messages"] == 1 and proof.json["sha256"] == run.digest
    assert admin.get("/admin/retention/runs/99/proof.json").status_code == 404


def test_a_hold_is_put_and_lifted_by_an_admin(
    said: tuple[int, int, int], admin: FlaskClient, as_role: Callable[[str], FlaskClient], desk: Desk
) -> None:
    _, number, _ = said
    lead = as_role("supervisor")
    assert lead.get(f"/console/c/{number}/hold").status_code == 403
    assert post(lead, f"/console/c/{number}/hold", reason="Mine").status_code == 403
    assert post(admin, f"/console/c/{number}/hold", reason=" ").status_code == 422
    assert post(admin, f"/console/c/{number}/hold", reason="A <b>case</b>").status_code == 303
    page = admin.get(f"/console/c/{number}?view=all").text
    assert "put this conversation on hold: A &lt;b&gt;case&lt;/b&gt;" in page
    assert "On hold" in lead.get(f"/console/c/{number}/customer").text
    assert "A &lt;b&gt;case&lt;/b&gt;" in admin.get(f"/console/c/{number}/hold").text
    assert post(admin, f"/console/c/{number}/hold", on="0").status_code == 303
    assert post(admin, f"/console/c/{number}/hold", on="0").status_code == 422
    with desk.store.reading() as tx:
        kinds = [line.detail for line in timeline.of_conversation(tx, number, kinds=("hold",))]
    assert kinds == [{"on": True}, {"on": False}]
    assert f"Hold of conversation #{number}" in admin.get("/admin/settings/changes").text
    assert admin.get("/console/c/999/hold").status_code == 404


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"number": "x"}, "whole numbers"),
        ({"number": "10", "unit": "days"}, "30 days at least"),
        ({"number": ""}, "30 days at least"),
        ({"unit": "weeks"}, "days or in months"),
        ({"what": "follow"}, "Say what goes"),
        ({"what": "some"}, "Say what goes"),
        ({"raw_days": "2"}, "Raw messages"),
        ({"spam_days": "-1"}, "whole numbers"),
    ],
)
def test_what_is_no_rule_is_refused(admin: FlaskClient, typed: dict[str, str], why: str) -> None:
    page = post(admin, "/admin/retention/all", **(RULE | typed))
    assert page.status_code == 422 and why in page.text


def test_who_may_see_it(as_role: Callable[[str], FlaskClient]) -> None:
    for role in ("agent", "supervisor"):
        assert as_role(role).get("/admin/retention").status_code == 403
        assert post(as_role(role), "/admin/retention/all", **RULE).status_code == 403
    for scope in ("0", "99", "x", "1e3"):
        assert as_role("admin").get(f"/admin/retention/{scope}").status_code == 404
