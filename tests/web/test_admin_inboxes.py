"""Inboxes made, changed and tried out."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from desk import settings, visitors
from desk.parts import Desk
from desk.worker import drain
from tests.factories import make_brand, make_inbox
from tests.web.conftest import csrf_of, post


@pytest.fixture
def inbox_id(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        return make_inbox(tx, config={"transport": "outbox"}).id


def inbox_form(desk: Desk, **more: str) -> dict[str, str]:
    with desk.store.transaction() as tx:
        brand = (settings.brands(tx) or [make_brand(tx)])[0]
    return {
        "name": "Support", "address": "Help@Kiln.example", "brand": str(brand.id), "locale": "en", "active": "on",
        "config.transport": "smtp", "config.smtp_host": "smtp.kiln.example", "config.smtp_security": "starttls",
        "config.smtp_user": "help", "config.smtp_password": "a secret phrase", "config.imap_security": "tls",
    } | more  # fmt: skip


def test_an_inbox_is_made_with_its_secret_sealed_and_never_shown(admin: FlaskClient, desk: Desk) -> None:
    answer = post(admin, "/admin/inboxes/new/email", **inbox_form(desk))
    assert answer.status_code == 303
    with desk.store.reading() as tx:
        inbox = settings.inboxes(tx)[0]
        assert inbox.address == "help@kiln.example"
        assert "a secret phrase" not in str(inbox.config)
        assert settings.opened(tx, inbox)["smtp_password"] == "a secret phrase"
    page = admin.get(answer.headers["Location"]).text
    assert "a secret phrase" not in page
    assert inbox.config["smtp_password"]["sealed"] not in page


def test_a_secret_is_kept_when_its_field_stays_empty_replaced_when_not_and_forgotten_when_asked(
    admin: FlaskClient, desk: Desk
) -> None:
    address = post(admin, "/admin/inboxes/new/email", **inbox_form(desk)).headers["Location"]

    def secret(**more: str) -> object:
        assert post(admin, address, **inbox_form(desk, **more)).status_code == 303
        with desk.store.reading() as tx:
            return settings.opened(tx, settings.inboxes(tx)[0]).get("smtp_password")

    assert secret(**{"config.smtp_password": "", "name": "Renamed"}) == "a secret phrase"
    assert secret(**{"config.smtp_password": "another"}) == "another"
    assert not secret(**{"config.smtp_password": "", "clear.smtp_password": "on"})


def test_a_secret_of_signed_in_users_that_is_replaced_stays_good_until_it_is_forgotten(
    admin: FlaskClient, desk: Desk
) -> None:
    form = {"address": "shop.kiln.example", "config.user_secret": "the first secret"}
    address = post(admin, "/admin/inboxes/new/chat", **inbox_form(desk, **form)).headers["Location"]

    def secrets(**more: str) -> tuple[str, ...]:
        typed = inbox_form(desk, **{**form, "config.user_secret": "", **more})
        assert post(admin, address, **typed).status_code == 303
        with desk.store.reading() as tx:
            return visitors.user_secrets(settings.opened(tx, settings.inboxes(tx)[0]))

    assert secrets() == ("the first secret",)
    assert secrets(**{"config.user_secret": "the second secret"}) == ("the second secret", "the first secret")
    assert secrets(name="Renamed") == ("the second secret", "the first secret")
    assert secrets(**{"clear.user_secret_before": "on"}) == ("the second secret",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"address": "no address"}, "not a mail address"),
        ({"address": "help@kiln.example\r\nBcc: x"}, "not a mail address"),
        ({"name": ""}, "up to 120 characters"),
        ({"brand": "77"}, "one of the brands"),
        ({"team": "77"}, "one of the teams"),
        ({"config.smtp_port": "many"}, "whole number"),
        ({"config.smtp_port": "70000"}, "must lie between"),
        ({"config.smtp_security": "hope"}, "must be one of"),
        ({"config.smtp_host": "a\nb"}, "single line"),
    ],
)
def test_a_wrong_inbox_is_explained_beside_the_field(
    admin: FlaskClient, desk: Desk, change: dict[str, str], said: str
) -> None:
    answer = post(admin, "/admin/inboxes/new/email", **inbox_form(desk, **change))
    assert answer.status_code == 422
    assert said in answer.text
    assert "a secret phrase" not in answer.text
    with desk.store.reading() as tx:
        assert settings.inboxes(tx) == []


def test_two_inboxes_cannot_have_one_address(admin: FlaskClient, desk: Desk) -> None:
    first = post(admin, "/admin/inboxes/new/email", **inbox_form(desk)).headers["Location"]
    twin = post(admin, "/admin/inboxes/new/email", **inbox_form(desk, address="HELP@kiln.example"))
    assert twin.status_code == 422
    assert "Another inbox has this address" in twin.text
    post(admin, "/admin/inboxes/new/email", **inbox_form(desk, address="b@kiln.example"))
    assert post(admin, first, **inbox_form(desk, address="b@kiln.example")).status_code == 422
    assert admin.get("/admin/inboxes/new/pigeon").status_code == 404
    assert admin.get("/admin/inboxes/4711").status_code == 404


def test_trying_an_inbox_out_is_a_job_and_the_page_waits_for_its_steps(
    admin: FlaskClient, desk: Desk, inbox_id: int
) -> None:
    part = admin.post(
        f"/admin/inboxes/{inbox_id}/check",
        headers={"HX-Request": "true", "X-CSRFToken": csrf_of(admin, "/admin/")},
    )
    assert "hx-get" in part.text
    assert "Trying the servers" in part.text
    drain(desk)
    done = admin.get(f"/admin/inboxes/{inbox_id}/check?look=3")
    assert "hx-get" not in done.text
    assert "outbox of this desk" in done.text
    assert "Local outbox" in admin.get("/admin/inboxes").text


def test_a_test_that_nobody_takes_up_says_so_in_the_end(admin: FlaskClient, inbox_id: int) -> None:
    post(admin, f"/admin/inboxes/{inbox_id}/check")
    assert "hx-get" in admin.get(f"/admin/inboxes/{inbox_id}/check?look=44").text
    for look in ("45", "999999", "x", "-1"):
        page = admin.get(f"/admin/inboxes/{inbox_id}/check?look={look}")
        assert page.status_code == 200
    assert "Nobody has taken this up" in admin.get(f"/admin/inboxes/{inbox_id}/check?look=45").text


def test_a_server_that_cannot_be_reached_is_named_in_plain_words(admin: FlaskClient, desk: Desk) -> None:
    form = inbox_form(desk, **{"config.smtp_host": "127.0.0.1", "config.smtp_port": "1"})
    address = post(admin, "/admin/inboxes/new/email", **form).headers["Location"]
    post(admin, f"{address}/check")
    drain(desk)
    page = admin.get(address).text
    assert "nothing listens on port 1 of 127.0.0.1" in page
    assert "Needs you" in page
    assert "1 inbox needs you" in admin.get("/admin/").text


def sms_form(desk: Desk, **more: str) -> dict[str, str]:
    shared = {"address": "+46 70 555 01 00", "config.transport": "provider", "config.status_callbacks": "on"}
    return {k: v for k, v in inbox_form(desk).items() if not k.startswith("config.")} | shared | more


def test_the_fields_of_the_chosen_provider_are_judged_and_the_others_left_alone(admin: FlaskClient, desk: Desk) -> None:
    vonage = {"config.provider": "vonage", "config.vonage_api": "messages", "config.vonage_sig": "jwt"}
    answer = post(admin, "/admin/inboxes/new/sms", **sms_form(desk, **vonage))
    assert answer.status_code == 422
    assert "Vonage needs the API key" in answer.text
    assert answer.text.count("<details open>") == 1  # the fields of the chosen one can be seen without a script
    told = vonage | {
        "config.vonage_key": "abcd",
        "config.vonage_secret": "s3",
        "config.vonage_signature": "to sign with",
    }
    answer = post(admin, "/admin/inboxes/new/sms", **sms_form(desk, **told))
    assert answer.status_code == 303
    with desk.store.reading() as tx:
        (inbox,) = settings.inboxes(tx, "sms")
        assert settings.opened(tx, inbox)["vonage_signature"] == "to sign with"
        assert "to sign with" not in str(inbox.config)


def test_a_template_that_cannot_work_is_not_saved_and_says_why(admin: FlaskClient, desk: Desk) -> None:
    told = {
        "config.provider": "generic", "config.generic_method": "POST", "config.generic_format": "json",
        "config.generic_auth": "hmac", "config.generic_secret": "s", "config.generic_url": "https://x.example/",
        "config.generic_body": '{"to": "{to}",\r\n "text": {text}}', "config.generic_headers": "A: b\r\nC: {key}",
    }  # fmt: skip
    answer = post(admin, "/admin/inboxes/new/sms", **sms_form(desk, **told))
    assert answer.status_code == 422
    assert "This is not JSON." in answer.text
    assert "&#34;text&#34;: {text}}" in answer.text  # what was typed stands there still
    told["config.generic_body"] = '{"to": "{to}",\r\n "text": "{text}"}'
    assert post(admin, "/admin/inboxes/new/sms", **sms_form(desk, **told)).status_code == 303
    with desk.store.reading() as tx:
        (inbox,) = settings.inboxes(tx, "sms")
        assert inbox.config["generic_headers"] == "A: b\nC: {key}"
