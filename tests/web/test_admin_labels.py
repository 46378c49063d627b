"""/admin/labels and /admin/brands: kept by an admin, seen by agents and by customers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from desk import conversations, settings
from desk.outbound import queueing
from desk.parts import Desk
from tests.factories import make_conversation, make_entry, make_inbox
from tests.web.conftest import post

BRAND = {"name": "Clay & Sons", "sender_name": "Clay help", "colour": "#aa3300", "locale": "de", "zone": "UTC"}


def test_an_admin_keeps_the_labels_and_agents_see_them(admin: FlaskClient, desk: Desk) -> None:
    assert "No label yet" in admin.get("/admin/labels").text and "Labels" in admin.get("/admin/").text
    with desk.store.transaction() as tx:
        conversation = make_conversation(tx)
        make_entry(tx, conversation)
        conversations.label(tx, conversation.id, None, "Refund", True)
    assert post(admin, "/admin/labels", name="Money <back>", tone="3").status_code == 303
    page = admin.get("/admin/labels").text
    assert "Money &lt;back&gt;" in page and "1 conversation" in page
    with desk.store.reading() as tx:
        ids = {row.name: row.id for row in conversations.known_labels(tx)}
    refused = post(admin, f"/admin/labels/{ids['Refund']}", name="money <BACK>", tone="")
    assert refused.status_code == 422 and "Merge one into the other" in refused.text
    assert post(admin, f"/admin/labels/{ids['Refund']}/merge", into=str(ids["Money <back>"])).status_code == 303
    console = admin.get(f"/console/c/{conversation.id}/customer").text
    assert "Money &lt;back&gt;" in console and "tone-3" in console
    menu = admin.get(f"/console/c/{conversation.id}/menu/label").text
    assert "Money &lt;back&gt;" in menu
    assert post(admin, f"/admin/labels/{ids['Money <back>']}/archive").status_code == 303
    assert "archived" in admin.get("/admin/labels").text
    assert "also known as Refund" in admin.get("/admin/labels").text
    for path in (f"/admin/labels/{ids['Refund']}", "/admin/labels/999"):
        assert admin.get(path).status_code == 404 and post(admin, path, name="x").status_code == 404
    assert post(admin, f"/admin/labels/{ids['Money <back>']}/merge", into="x").status_code == 422


def test_a_brand_is_made_and_changed_and_what_customers_see_follows(admin: FlaskClient, desk: Desk) -> None:
    assert post(admin, "/admin/brands/new", **BRAND, locales=["de", "en"]).status_code == 303
    with desk.store.transaction() as tx:
        brand = settings.brands(tx)[-1]
        assert (brand.key, brand.locales) == ("clay-sons", ["de", "en"])
        inbox = make_inbox(tx, channel="chat", brand_id=brand.id, config={})
        mail = make_inbox(tx, brand_id=brand.id, config={})
        assert queueing.name_of(mail, brand) == "Clay help"
    boot = admin.get(f"/widget/{inbox.key}/boot").json
    assert boot is not None and boot["brand"] == {"name": "Clay & Sons", "colour": "#aa3300"}
    page = admin.get("/admin/brands").text
    assert "Clay &amp; Sons" in page and 'fill="#aa3300"' in page and "Support" in page
    changed = BRAND | {"name": "Clay", "colour": "#00FF00"}
    assert post(admin, f"/admin/brands/{brand.id}", **changed, locales=["de"]).status_code == 303
    with desk.store.reading() as tx:
        row = settings.brand(tx, brand.id)
        assert (row.key, row.name, row.colour, row.locales) == ("clay-sons", "Clay", "#00ff00", ["de"])
    assert "could not be read" in admin.get(f"/admin/brands/{brand.id}").text
    help_page = admin.get("/help/?brand=clay-sons").text
    assert "Clay" in help_page and "#00ff00" in help_page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": " "}, "Type a name of up to 120 characters."),
        ({"sender_name": "Eve <eve@elsewhere.example>"}, "without quotation marks and angle brackets"),
        ({"colour": "red;}"}, "Write a colour as #0e6b70."),
        ({"locales": []}, "Choose at least one language."),
        ({"locale": "fr"}, "one of those that the brand speaks"),
        ({"zone": "Mars"}, "Choose one of the time zones."),
    ],
)
def test_what_no_brand_can_be_is_refused_in_one_sentence(
    admin: FlaskClient, desk: Desk, wrong: dict[str, Any], said: str
) -> None:
    answer = post(admin, "/admin/brands/new", **(BRAND | {"locales": ["de", "en"]} | wrong))
    assert answer.status_code == 422 and said in answer.text
    with desk.store.reading() as tx:
        assert settings.brands(tx) == []


@pytest.mark.parametrize("page", ["labels", "brands"])
def test_only_admins_open_them(as_role: Callable[[str], FlaskClient], page: str) -> None:
    assert as_role("supervisor").get(f"/admin/{page}").status_code == 403
