"""The first run: four steps that keep what the settings keep, can be left and found again, and end for good."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from desk import agents, settings
from desk.parts import Desk
from desk.settings import FirstRun
from tests.factories import make_brand, make_inbox
from tests.web.conftest import post

AsRole = Callable[[str], FlaskClient]
COMPANY = {"name": "Kiln & Co.", "colour": "#aa3300", "locale": "de", "zone": "Europe/Stockholm"}


@pytest.fixture(autouse=True)
def _fresh(desk: Desk) -> None:
    """A desk as it is made without sample data."""
    with desk.store.transaction() as tx:
        brand = make_brand(tx, name="Loopdesk", locales=["en"])
        make_inbox(tx, address="support@desk.example", brand_id=brand.id, config={"transport": "outbox"})


def run_of(desk: Desk) -> FirstRun:
    with desk.store.reading() as tx:
        return settings.first_run(tx)


def test_an_admin_of_a_fresh_desk_begins_with_it_and_is_led_through(admin: FlaskClient, desk: Desk) -> None:
    assert admin.get("/").headers["Location"] == "/admin/first"
    assert "Begin" in admin.get("/admin/").text
    page = admin.get("/admin/first").text
    assert 'value="Loopdesk"' in page and 'aria-current="step"' in page
    assert post(admin, "/admin/first/company", **COMPANY).status_code == 303
    assert admin.get("/").headers["Location"] == "/console/", "who has begun is not led there again"
    with desk.store.reading() as tx:
        (brand,) = settings.brands(tx)
        assert (brand.name, brand.colour, brand.locale, brand.locales) == ("Kiln & Co.", "#aa3300", "de", ["de", "en"])
        assert (settings.get(tx, "desk.name"), settings.get(tx, "desk.zone")) == ("Kiln & Co.", "Europe/Stockholm")
    assert "Address customers write to" in admin.get("/admin/first").text
    mailbox = {"address": "Help@kiln.example", "smtp_host": "smtp.kiln.example", "imap_host": "imap.kiln.example"}
    assert post(admin, "/admin/first/inbox", **mailbox, user="", password="warm clay").status_code == 303
    with desk.store.reading() as tx:
        (inbox,) = settings.inboxes(tx)
        config = settings.opened(tx, inbox)
        assert (inbox.address, config["transport"]) == ("help@kiln.example", "smtp")
        for kind in ("smtp", "imap"):
            assert (config[f"{kind}_host"], config[f"{kind}_user"]) == (f"{kind}.kiln.example", "help@kiln.example")
            assert config[f"{kind}_password"] == "warm clay" and "warm clay" not in str(inbox.config)
    people = {"addresses": "jo@kiln.example, may.lee@kiln.example\njo@kiln.example", "role": "supervisor"}
    assert post(admin, "/admin/first/invite", **people).status_code == 303
    with desk.store.reading() as tx:
        assert {row.name: row.role for row in agents.page(tx, limit=9).rows} == {
            "Admin 0": "admin",
            "Jo": "supervisor",
            "May Lee": "supervisor",
        }
        assert len(agents.waiting(tx)) == 2
    page = admin.get("/admin/first").text
    assert "Send a test" in page and "help@kiln.example" in page
    answer = post(admin, "/admin/first/test")
    assert answer.headers["Location"].endswith("/admin/")
    assert not run_of(desk).is_open
    home = admin.get("/admin/").text
    assert "First run" not in home.partition("h-audit")[0] and "The desk is ready" in home
    assert admin.get("/admin/first?step=company").status_code == 303, "it is never shown again"


def test_each_step_can_be_left_and_found_again(admin: FlaskClient, desk: Desk) -> None:
    for step in settings.STEPS[:3]:
        assert f'name="step" value="{step}"' in admin.get("/admin/first").text
        assert post(admin, "/admin/first/skip", step=step).status_code == 303
    assert run_of(desk).steps == dict.fromkeys(settings.STEPS[:3], "skipped") and run_of(desk).is_open
    assert "Go on" in admin.get("/admin/").text
    assert 'value="Loopdesk"' in admin.get("/admin/first?step=company").text
    post(admin, "/admin/first/company", **COMPANY)
    assert post(admin, "/admin/first/skip", step="company").status_code == 303
    assert run_of(desk).steps["company"] == "done", "what is done stays done"
    assert post(admin, "/admin/first/skip", step="nothing").status_code == 400
    assert admin.get("/admin/first?step=nonsense").status_code == 200


def test_it_is_closed_for_good(admin: FlaskClient, desk: Desk) -> None:
    assert post(admin, "/admin/first/close").status_code == 303
    assert not run_of(desk).is_open and not run_of(desk).untouched
    assert "h-first" not in admin.get("/admin/").text
    assert admin.get("/").headers["Location"] == "/console/"
    assert admin.get("/admin/first").status_code == 303


@pytest.mark.parametrize(
    ("step", "form", "said"),
    [
        ("company", COMPANY | {"name": " "}, "Type a name of up to 120 characters."),
        ("company", COMPANY | {"locale": "tlh"}, "Choose at least one language."),
        ("company", COMPANY | {"zone": "Nowhere/Else"}, "Choose one of the time zones."),
        ("company", COMPANY | {"colour": "red"}, "Write a colour as #0e6b70."),
        ("inbox", {"address": "nobody"}, "That is not a mail address."),
        ("inbox", {"address": "a@b.example", "smtp_host": "smtp.b.example:587"}, "name of the server alone"),
        ("invite", {"addresses": " , ", "role": "agent"}, "Name at least one address"),
        ("invite", {"addresses": "a@b.example", "role": "king"}, "Name at least one address"),
        ("invite", {"addresses": "not-an-address", "role": "agent"}, "not-an-address: That is not a mail address."),
    ],
)
@pytest.mark.database("sqlite")
def test_what_is_wrong_is_said_beside_it_and_nothing_is_kept(
    step: str, form: dict[str, str], said: str, admin: FlaskClient, desk: Desk
) -> None:
    answer = post(admin, f"/admin/first/{step}", **form)
    assert answer.status_code == 422 and said in answer.text and 'aria-invalid="true"' in answer.text
    assert run_of(desk).steps == {}
    with desk.store.reading() as tx:
        assert settings.brands(tx)[0].name == "Loopdesk" and settings.inboxes(tx)[0].address == "support@desk.example"


def test_who_cannot_be_invited_is_named_and_the_others_have_their_link(admin: FlaskClient, desk: Desk) -> None:
    people = {"addresses": "jo@kiln.example; admin0@kiln.example", "role": "agent"}
    answer = post(admin, "/admin/first/invite", **people)
    assert answer.status_code == 422 and "admin0@kiln.example: Somebody has this address already." in answer.text
    assert ">admin0@kiln.example</textarea>" in answer.text
    with desk.store.reading() as tx:
        assert len(agents.waiting(tx)) == 1


def test_an_address_of_another_inbox_is_refused(admin: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        make_inbox(tx, address="other@kiln.example")
    answer = post(admin, "/admin/first/inbox", address="other@kiln.example")
    assert answer.status_code == 422 and "Another inbox has this address." in answer.text


def test_it_is_for_admins(as_role: AsRole) -> None:
    for role in ("agent", "supervisor"):
        client = as_role(role)
        assert client.get("/").headers["Location"] == "/console/"
        assert client.get("/admin/first").status_code == 403
    assert "h-first" not in as_role("supervisor").get("/admin/").text
