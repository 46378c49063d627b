"""Signing in and out, links that set a password, and one's own profile, as somebody at a browser does them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents, outbound, settings
from desk.clock import SetClock
from desk.parts import Desk
from desk.worker import drain
from tests.factories import make_conversation, make_entry
from tests.web.conftest import PASSWORD, csrf_of, sign_in

NEW = "a wholly new password"


@pytest.fixture
def lea(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        return agents.create(
            tx, email="lea@kiln.example", name="Léa Marti", role="agent", password=PASSWORD, locale="en"
        ).id


def log_in(client: FlaskClient, password: str = PASSWORD, email: str = "lea@kiln.example", back: str = "") -> int:
    return client.post(
        "/login", data={"email": email, "password": password, "next": back, "csrf_token": csrf_of(client)}
    ).status_code


def reset_mail(desk: Desk) -> str:
    """The text of the newest mail in the outbox."""
    drain(desk)
    with desk.store.reading() as tx:
        mails = outbound.outbox(tx, notices=True)
    return desk.files.get(mails[0].raw_sha256).decode() if mails else ""


def link_in(mail: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:5000(/reset/[\w-]{40,})", mail.replace("=\r\n", "").replace("=\n", ""))
    assert found is not None, mail
    return found.group(1)


def test_the_right_password_opens_the_page_that_was_asked_for(client: FlaskClient, lea: int, desk: Desk) -> None:
    page = client.get("/profile", follow_redirects=True)
    assert 'value="/profile"' in page.text
    answer = client.post(
        "/login",
        data={
            "email": "LEA@kiln.example", "password": PASSWORD, "next": "/profile",
            "csrf_token": csrf_of(client),
        },
    )  # fmt: skip
    assert (answer.status_code, answer.headers["Location"]) == (303, "/profile")
    assert "Léa Marti" in client.get("/profile").text
    with desk.store.reading() as tx:
        staff = agents.get(tx, lea)
        assert staff is not None
        assert staff.seen_at == tx.now()


def test_a_wrong_password_and_a_wrong_address_get_the_same_answer(client: FlaskClient, lea: int) -> None:
    def said(email: str, password: str) -> tuple[int, str]:
        answer = client.post("/login", data={"email": email, "password": password, "csrf_token": csrf_of(client)})
        page = re.sub(r'nonce="[^"]*"|content="[^"]*"|value="[^"]*"|IF|request \w+', "", answer.text)
        return answer.status_code, page

    assert said("lea@kiln.example", "wrong") == said("nobody@kiln.example", "wrong")
    assert "do not go together" in said("lea@kiln.example", "wrong")[1]
    assert client.get("/profile").status_code == 303


def test_fields_can_be_filled_by_a_password_manager_and_keep_what_was_typed(client: FlaskClient) -> None:
    page = client.post(
        "/login", data={"email": '"><script>x</script>', "password": "y", "csrf_token": csrf_of(client)}
    ).text
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "&#34;&gt;&lt;script&gt;x" in page
    assert 'role="alert"' in page


def test_a_reset_by_mail_sets_the_password_once_and_signs_everybody_else_out(
    app: Flask, client: FlaskClient, lea: int, desk: Desk
) -> None:
    elsewhere = sign_in(app.test_client(), lea)
    assert elsewhere.get("/profile").status_code == 200
    answer = client.post("/reset", data={"email": "Lea@kiln.example", "csrf_token": csrf_of(client, "/reset")})
    assert "If somebody here signs in with" in answer.text
    mail = reset_mail(desk)
    assert "Subject: Set a new password for Loopdesk" in mail
    address = link_in(mail)
    for _ in range(2):  # a scanner opens it first: that uses nothing up
        assert client.get(address).status_code == 200
    token = csrf_of(client, address)
    short = client.post(address, data={"password": "short", "again": "short", "csrf_token": token})
    assert short.status_code == 422
    assert "at least 10 characters" in short.text
    unlike = client.post(address, data={"password": NEW, "again": NEW + "x", "csrf_token": token})
    assert "not the same" in unlike.text
    done = client.post(address, data={"password": NEW, "again": NEW, "csrf_token": token})
    assert done.status_code == 303
    assert client.get("/profile").status_code == 200  # signed in with the new one
    assert elsewhere.get("/profile").status_code == 303  # and out elsewhere
    third = app.test_client()
    assert third.get(address).status_code == 410
    assert third.post(
        address, data={"password": NEW, "again": NEW, "csrf_token": csrf_of(third)}
    ).status_code == 410  # fmt: skip
    assert log_in(third) == 422
    assert log_in(third, NEW) == 303


def test_asking_for_a_stranger_looks_the_same_and_sends_nothing(client: FlaskClient, lea: int, desk: Desk) -> None:
    def said(email: str) -> str:
        answer = client.post("/reset", data={"email": email, "csrf_token": csrf_of(client, "/reset")})
        assert answer.status_code == 200
        return re.sub(r'nonce="[^"]*"|content="[^"]*"', "", answer.text).replace(email, "THEM")

    stranger = said("nobody@kiln.example")
    assert reset_mail(desk) == ""
    assert said("lea@kiln.example") == stranger
    assert "lea@kiln.example" in reset_mail(desk)


def test_a_link_that_is_late_forged_or_followed_by_another_has_ended(
    client: FlaskClient, lea: int, desk: Desk, clock: SetClock
) -> None:
    def ask() -> str:
        client.post("/reset", data={"email": "lea@kiln.example", "csrf_token": csrf_of(client, "/reset")})
        return link_in(reset_mail(desk))

    first, second = ask(), ask()
    assert client.get(first).status_code == 410
    assert client.get(second[:-1] + ("A" if second[-1] != "A" else "B")).status_code == 410
    assert client.get(second).status_code == 200
    clock.advance(timedelta(hours=1))
    assert client.get(second).status_code == 410
    assert "This link has ended" in client.get(second).text


def test_one_person_cannot_be_flooded_with_links(app: Flask, lea: int) -> None:
    client = app.test_client()
    token = csrf_of(client, "/reset")
    codes = [
        client.post(
            "/reset",
            data={"email": "lea@kiln.example", "csrf_token": token},
            environ_base={"REMOTE_ADDR": f"198.51.100.{n}"},
        ).status_code
        for n in range(6)
    ]
    assert codes == [200] * 5 + [429]


def test_changing_ones_password_needs_the_present_one_and_ends_other_sessions(
    app: Flask, client: FlaskClient, lea: int
) -> None:
    log_in(client)
    elsewhere = sign_in(app.test_client(), lea)
    token = csrf_of(client, "/profile")

    def change(now: str) -> int:
        data = {"now": now, "password": NEW, "again": NEW, "csrf_token": token}
        return client.post("/profile/password", data=data).status_code

    assert change("not it at all") == 422
    assert elsewhere.get("/profile").status_code == 200
    assert change(PASSWORD) == 303
    assert client.get("/profile").status_code == 200
    assert elsewhere.get("/profile").status_code == 303


def test_the_profile_sets_language_zone_theme_and_keys_at_once(
    app: Flask, as_role: Callable[[str], FlaskClient]
) -> None:
    agent = as_role("agent")
    data = {"name": "  Lea  M ", "locale": "de", "zone": "Europe/Stockholm", "theme": "dark"}
    answer = agent.post("/profile", data=data | {"csrf_token": csrf_of(agent, "/profile")})
    assert answer.status_code == 303
    page = agent.get("/profile").text
    assert '<html lang="de"' in page
    assert 'data-theme="dark"' in page
    assert 'value="Europe/Stockholm"' in page
    assert 'value="Lea M"' in page
    wrong = agent.post("/profile", data=data | {"zone": "Mars", "csrf_token": csrf_of(agent, "/profile")})
    assert wrong.status_code == 422


@pytest.mark.parametrize(("locale", "shown"), [("en", "2:05 PM"), ("en-GB", "14:05"), ("de", "14:05")])
def test_the_clock_is_the_readers_on_every_page(
    desk: Desk, clock: SetClock, as_role: Callable[[str], FlaskClient], locale: str, shown: str
) -> None:
    """Console and settings write the same moment alike: by 12 hours or by 24, as the reader's country does."""
    clock.set(datetime(2026, 3, 2, 14, 5, tzinfo=UTC))
    admin = as_role("admin")
    data = {"name": "Ada", "locale": locale, "zone": "UTC", "theme": ""}
    admin.post("/profile", data=data | {"csrf_token": csrf_of(admin, "/profile")})
    with desk.store.transaction() as tx:
        make_entry(tx, conversation := make_conversation(tx))
        settings.set(tx, "mail.undo_seconds", 3, None)
    for page in (f"/console/c/{conversation.id}", "/admin/settings/changes"):
        assert re.search(rf">\s*{shown}\s*<", admin.get(page).text), page
    assert f'<html lang="{locale}"' in admin.get("/profile").text


def test_whoever_is_switched_off_is_out_at_the_next_click(
    app: Flask, as_role: Callable[[str], FlaskClient], lea: int
) -> None:
    agent, admin = sign_in(app.test_client(), lea), as_role("admin")
    assert agent.get("/profile").status_code == 200
    admin.post(f"/admin/people/{lea}/active", data={"active": "0", "csrf_token": csrf_of(admin, "/admin/")})
    assert agent.get("/profile").status_code == 303
    assert log_in(agent) == 422
