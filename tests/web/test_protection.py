"""What every answer carries, what is refused, and how errors look."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from desk import agents
from desk.parts import Desk
from desk.web import base
from tests.web.conftest import csrf_of, make_app, sign_in

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
pytestmark = pytest.mark.database("sqlite")
ADDRESSES = ["/login", "/reset", "/reset/none", "/healthz", "/nothing-here", "/admin/", "/profile", "/static/icon.svg"]


class Tags(HTMLParser):
    """Collects what a policy is about."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.styles: list[dict[str, str | None]] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and dict(attrs).get("type") != "application/json":  # data, which nothing runs
            self.scripts.append(dict(attrs))
        if tag == "style":
            self.styles.append(dict(attrs))
        self.handlers += [f"<{tag} {name}>" for name, _value in attrs if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("role", ["nobody", "admin"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_the_headers(
    app: Flask, as_role: Callable[[str], FlaskClient], role: str, address: str
) -> None:
    headers = as_role(role).get(address, buffered=True).headers
    policy = dict(p.strip().partition(" ")[::2] for p in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert re.fullmatch(r"'self' 'nonce-[\w-]{20,}'", policy["script-src"])
    assert policy["style-src"] == "'self'"
    for name in ("frame-ancestors", "object-src", "base-uri"):
        assert policy[name] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers  # this desk is served without TLS


def test_the_nonce_is_new_each_time_and_is_the_pages_own(app: Flask, client: FlaskClient) -> None:
    nonces = set()
    for _ in range(3):
        answer = client.get("/login")
        nonce = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
        assert nonce is not None
        tags = Tags()
        tags.feed(answer.text)
        assert tags.scripts
        assert {script.get("nonce") for script in tags.scripts} == {nonce.group(1)}
        nonces.add(nonce.group(1))
    assert len(nonces) == 3


def test_no_template_has_what_the_policy_refuses() -> None:
    wrong = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        tags = Tags()
        source = re.sub(r"{#.*?#}", "", path.read_text(), flags=re.DOTALL)
        tags.feed(re.sub(r"{%.*?%}", "", source, flags=re.DOTALL))
        name = str(path.relative_to(TEMPLATES))
        for found in tags.scripts + tags.styles:
            wrong += [f"{name}: no nonce on {found}"] * ("csp_nonce()" not in (found.get("nonce") or ""))
        wrong += [f"{name}: {handler}" for handler in tags.handlers]
        wrong += [f"{name}: javascript:"] * ("javascript:" in source)
    assert wrong == []


def test_pages_of_people_who_are_signed_in_are_kept_nowhere(app: Flask, as_role: Callable[[str], FlaskClient]) -> None:
    admin = as_role("admin")
    assert admin.get("/admin/").headers["Cache-Control"] == "no-store"
    assert admin.get("/profile").headers["Cache-Control"] == "no-store"
    assert "no-store" not in admin.get("/static/icon.svg", buffered=True).headers["Cache-Control"]


def test_static_files_with_their_version_are_kept_for_good(app: Flask, client: FlaskClient) -> None:
    found = re.search(r'href="(/static/css/desk\.css\?v=[0-9a-f]{10})"', client.get("/login").text)
    assert found is not None
    assert "immutable" in client.get(found.group(1), buffered=True).headers["Cache-Control"]
    assert "immutable" not in client.get("/static/css/desk.css", buffered=True).headers["Cache-Control"]


def test_a_desk_behind_tls_says_so(desk: Desk) -> None:
    client = make_app(desk, PUBLIC_URL="https://desk.kiln.example").test_client()
    answer = client.get("/login", base_url="https://desk.kiln.example")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "wss://desk.kiln.example" in answer.headers["Content-Security-Policy"]
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_only_as_many_proxies_are_believed_as_there_are(desk: Desk) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Proto": "https"}

    def seen(proxies: int) -> str:
        app = make_app(desk, TRUSTED_PROXIES=proxies)
        app.add_url_rule("/who", "who", base.allow("public")(lambda: str(base.limits.get_remote_address())))
        return app.test_client().get("/who", headers=forwarded).text

    assert seen(0) == "127.0.0.1"
    assert seen(1) == "198.51.100.7"
    assert seen(2) == "203.0.113.9"


def test_numbers_about_the_desk_are_not_for_strangers(desk: Desk) -> None:
    app = make_app(desk)
    client = app.test_client()
    text_ = client.get("/metrics").text
    assert 'loopdesk_jobs{state="ready"} 0.0' in text_
    assert 'loopdesk_requests_total{endpoint="health.metrics"' not in text_  # counted once it is answered
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    with desk.store.transaction() as tx:
        staff = agents.create(tx, email="a@kiln.example", name="A", role="admin")
    far = {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}}
    assert sign_in(client, staff.id).get("/metrics", **far).status_code == 200


def test_ready_is_said_only_while_the_database_answers(app: Flask, client: FlaskClient, desk: Desk) -> None:
    assert client.get("/readyz").status_code == 200
    with desk.store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE staff RENAME TO gone"))
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_a_form_without_its_token_is_refused_and_changes_nothing(
    app: Flask, as_role: Callable[[str], FlaskClient], desk: Desk
) -> None:
    admin = as_role("admin")
    answer = admin.post("/admin/teams", data={"name": "Forged"})
    assert answer.status_code == 400
    assert "This page has grown old" in answer.text
    forged = admin.post("/admin/teams", data={"name": "Forged", "csrf_token": csrf_of(as_role("admin"), "/admin/")})
    assert forged.status_code == 400
    with desk.store.reading() as tx:
        assert agents.teams(tx) == []
    token = csrf_of(admin, "/admin/teams")
    assert admin.post("/admin/teams", data={"name": "Ours", "csrf_token": token}).status_code == 303
    by_header = admin.post("/admin/teams", data={"name": "By header"}, headers={"X-CSRFToken": token})
    assert by_header.status_code == 303


def test_a_session_that_was_planted_before_the_login_is_worth_nothing_after(
    app: Flask, client: FlaskClient, desk: Desk
) -> None:
    with desk.store.transaction() as tx:
        agents.create(tx, email="lea@kiln.example", name="Lea", role="agent", password="warm kiln, cold clay")
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    before = csrf_of(client)
    client.post("/login", data={"email": "lea@kiln.example", "password": "warm kiln, cold clay", "csrf_token": before})
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session["staff_id"]
    assert client.post("/logout", data={"csrf_token": before}).status_code == 400
    assert client.post("/logout", data={"csrf_token": csrf_of(client, "/profile")}).status_code == 303


def test_pages_opened_together_after_signing_in_do_not_refuse_each_other(client: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        agents.create(tx, email="lea@kiln.example", name="Léa", role="agent", password="warm kiln, cold clay")
    data = {"email": "lea@kiln.example", "password": "warm kiln, cold clay", "csrf_token": csrf_of(client)}
    assert client.post("/login", data=data).status_code == 303
    name = client.application.config["SESSION_COOKIE_NAME"]
    fresh = client.get_cookie(name)
    assert fresh is not None
    tokens = []
    for _ in range(2):  # both asked for with the cookie that signing in gave, as two tabs do
        client.set_cookie(name, fresh.value)
        tokens.append(csrf_of(client, "/profile"))
    assert client.post("/logout", data={"csrf_token": tokens[0]}).status_code == 303
    assert client.get("/profile").status_code == 303


@pytest.mark.parametrize(
    "session",
    [
        {"staff_id": "1", "epoch": 0, "since": 0}, {"staff_id": 1}, {"staff_id": 10**30, "epoch": 0, "since": 10**30},
        {"staff_id": None, "epoch": None, "since": None}, {"staff_id": -1, "epoch": -1, "since": -1},
    ],
)  # fmt: skip
def test_a_strange_session_is_nobodys(app: Flask, client: FlaskClient, session: dict[str, object]) -> None:
    with client.session_transaction() as found:
        found.update(session)
    assert client.get("/profile").status_code == 303


def test_a_session_ends_after_thirty_days_however_often_it_is_used(
    app: Flask, as_role: Callable[[str], FlaskClient], desk: Desk
) -> None:
    agent = as_role("agent")
    assert agent.get("/profile").status_code == 200
    desk.store.clock.advance(timedelta(days=30, minutes=1))  # type: ignore[attr-defined]
    assert agent.get("/profile").status_code == 303


# -- errors ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def broken(desk: Desk) -> Flask:
    """An application with a page that fails, as it is in production: nothing is let through to the server."""
    app = make_app(desk, TESTING=False, PROPAGATE_EXCEPTIONS=False)

    @base.allow("public")
    def breaks() -> str:
        raise RuntimeError("the secret is in this traceback")

    app.add_url_rule("/breaks", "breaks", breaks)
    app.add_url_rule("/api/v1/breaks", "api.breaks", breaks)
    app.logger.disabled = True
    return app


def test_what_breaks_is_said_in_one_sentence_with_its_number(broken: Flask) -> None:
    answer = broken.test_client().get("/breaks")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert answer.headers["X-Request-ID"] in answer.text
    for leak in ("Traceback", "RuntimeError", "secret", ".py"):
        assert leak not in answer.text
    assert answer.headers["Content-Security-Policy"]


def test_programs_and_parts_get_errors_they_can_read(broken: Flask) -> None:
    client = broken.test_client()
    error = client.get("/api/v1/breaks").get_json()["error"]
    assert error["code"] == 500
    assert error["request_id"]
    assert "secret" not in str(error)
    part = client.get("/breaks", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert 'role="alert"' in part.text
    assert part.headers["X-Message"].startswith("Something broke on our side.")


def test_an_error_page_needs_no_database(broken: Flask, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        staff = agents.create(tx, email="a@kiln.example", name="A", role="admin")
    client = sign_in(broken.test_client(), staff.id)
    with desk.store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE staff RENAME TO gone"))
    answer = client.get("/profile")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text


@pytest.mark.parametrize(
    ("address", "method", "code"),
    [
        ("/nothing-here", "GET", 404), ("/login", "DELETE", 405), ("/reset?x=%00", "GET", 400),
        ("/admin/inboxes/99999999999999999999999", "GET", 404), ("/%ff%fe", "GET", 404),
        ("/reset/" + "x" * 5000, "GET", 410),
    ],
)  # fmt: skip
def test_strange_addresses_get_a_plain_answer(
    app: Flask, client: FlaskClient, address: str, method: str, code: int
) -> None:
    answer = client.open(address, method=method)
    assert answer.status_code == code
    assert "Traceback" not in answer.text
    if code != 410:
        assert f"Error {code}" in answer.text
    if code == 405:
        assert "POST" in answer.headers["Allow"]


def test_what_is_too_large_is_said_to_be(desk: Desk) -> None:
    app = make_app(desk, MAX_CONTENT_LENGTH=1000)
    answer = app.test_client().post("/login", data={"email": "x" * 5000})
    assert answer.status_code == 413
    assert "That is too large" in answer.text


def test_nobody_can_put_a_nul_into_a_form(app: Flask, client: FlaskClient) -> None:
    answer = client.post("/login", data={"email": "a\x00b", "password": "x", "csrf_token": csrf_of(client)})
    assert answer.status_code == 400


def test_errors_speak_the_readers_language_direction_included(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/nothing-here", headers={"Accept-Language": "de-AT,de;q=0.9"})
    assert '<html lang="de" dir="ltr"' in answer.text


def test_whoever_lacks_a_permission_is_told_who_can_give_it(app: Flask, as_role: Callable[[str], FlaskClient]) -> None:
    answer = as_role("agent").get("/admin/settings")
    assert answer.status_code == 403
    assert "Only admins may do this." in answer.text
    assert 'class="rail"' in answer.text  # the way on is where it always is


# -- limits ---------------------------------------------------------------------------------------------------------


def test_guessing_passwords_is_slowed_down_with_a_friendly_page(desk: Desk) -> None:
    client = make_app(desk).test_client()
    token = csrf_of(client)
    codes = []
    for n in range(11):
        answer = client.post("/login", data={"email": f"x{n}@kiln.example", "password": "y", "csrf_token": token})
        codes.append(answer.status_code)
    assert codes == [422] * 10 + [429]
    assert "That was a little fast" in answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/login").status_code == 200
    assert "Retry-After" not in client.get("/login").headers


def test_guesses_at_one_address_from_many_machines_are_counted_together(desk: Desk) -> None:
    client = make_app(desk).test_client()
    token = csrf_of(client)
    codes = [
        client.post(
            "/login",
            data={"email": " Lea@kiln.example" if n % 2 else "lea@kiln.example", "password": "y", "csrf_token": token},
            environ_base={"REMOTE_ADDR": f"198.51.100.{n}"},
        ).status_code
        for n in range(32)
    ]
    assert codes[:30] == [422] * 30
    assert codes[30:] == [429, 429]


def test_every_post_of_a_stranger_is_limited_even_where_its_route_says_nothing(desk: Desk) -> None:
    app = make_app(desk)

    @base.csrf.exempt
    @base.allow("public")
    def door() -> str:
        return "taken"

    app.add_url_rule("/door", "door", door, methods=["GET", "POST"])
    client = app.test_client()
    codes = [client.post("/door").status_code for _ in range(31)]
    assert codes == [200] * 30 + [429]
    assert [client.get("/door").status_code for _ in range(40)] == [200] * 40
    assert client.post("/door", environ_base={"REMOTE_ADDR": "198.51.100.1"}).status_code == 200
