"""The page of a confirmation link: who may look, what is recorded, and what each state says."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import merging, people, reactions, timeline
from desk.clock import SetClock
from desk.merging import Merge
from desk.people import Code
from desk.people.tables import Confirmation
from desk.store import Store
from tests.factories import make_brand, make_conversation, make_customer, make_entry, make_inbox
from tests.merging.lives import visitor
from tests.servers.browser import Chromium, accessibility
from tests.surveys.situations import asked as survey_asked

MAIL = "dana@whitfield.example"


@pytest.fixture
def store(store: Store) -> Store:
    store.react_with(reactions.react)
    return store


def ask(store: Store, *, locale: str | None = None, address: str = MAIL) -> Code:
    """Somebody in the chat typed an address, and a code went there."""
    with store.transaction() as tx:
        inbox = make_inbox(tx, brand_id=make_brand(tx, name="Kiln & Co.", locales=["en", "de", "es"]).id)
        browser = visitor(tx)
        if locale:
            people.set_locale(tx, browser.customer_id, locale)
        claim = people.claim(tx, browser.customer_id, "email", address, because="typed in the chat", at=tx.now())
        return merging.ask_code(tx, claim, inbox_id=inbox.id)


def path_of(code: Code) -> str:
    return "/v/" + code.url.rpartition("/")[2]


def headline(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.S)
    assert found, page
    return re.sub(r"<[^>]+>", "", found.group(1)).strip()


def evidence(store: Store, code: Code) -> str:
    with store.reading() as tx:
        return people.identity(tx, code.identity_id).evidence


def test_looking_records_nothing_however_often_and_whoever_looks(client: FlaskClient, store: Store) -> None:
    code = ask(store)
    with store.reading() as tx:
        before = [(r.outcome, r.tries, r.closed_at) for r in tx.scalars(select(Confirmation))]
    for _ in range(3):
        page = client.get(path_of(code), headers={"User-Agent": "MailScanner/1.0"})
        assert page.status_code == 200 and headline(page.text) == "Is this your address?"
        assert client.head(path_of(code)).status_code == 200
    assert MAIL in page.text and "Kiln &amp; Co." in page.text and code.digits not in page.text
    assert evidence(store, code) == "claimed"
    with store.reading() as tx:
        assert [(r.outcome, r.tries, r.closed_at) for r in tx.scalars(select(Confirmation))] == before
    assert "Set-Cookie" not in page.headers
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "script-src" not in page.headers["Content-Security-Policy"]


def test_posting_confirms_once_and_joins_who_is_one(client: FlaskClient, store: Store) -> None:
    with store.transaction() as tx:
        owner = make_customer(tx, MAIL, name="Dana Whitfield")
        make_entry(tx, make_conversation(tx, owner), "A private matter")
    code = ask(store)
    page = client.get(path_of(code))
    assert "Whitfield" not in page.text.replace(MAIL, "") and "private" not in page.text
    for _ in range(2):  # a button that is pressed twice
        sent = client.post(path_of(code), data={"mine": "yes"})
        assert sent.status_code == 303
    done = client.get(sent.headers["Location"])
    assert headline(done.text) == "Thank you, your address is confirmed."
    assert headline(client.get(path_of(code)).text) == "This address is confirmed already."
    assert "private" not in done.text
    with store.reading() as tx:
        (merge,) = tx.scalars(select(Merge))
        assert merge.keep_id == owner.id
        assert people.identity(tx, code.identity_id).customer_id == owner.id


def test_a_post_that_says_nothing_records_nothing(client: FlaskClient, store: Store) -> None:
    code = ask(store)
    for data in ({}, {"mine": ""}, {"mine": "maybe"}, {"List-Unsubscribe": "One-Click"}):
        assert headline(client.post(path_of(code), data=data).text) == "Is this your address?"
    assert evidence(store, code) == "claimed"
    assert client.post(path_of(code), data={"mine": "x" * 20_000}).status_code == 413


def test_it_was_not_me_ends_it_and_is_seen_by_the_team(client: FlaskClient, store: Store) -> None:
    with store.transaction() as tx:
        owner = make_customer(tx, MAIL)
    code = ask(store)
    said = client.post(path_of(code), data={"mine": "no"}, follow_redirects=True)
    assert headline(said.text) == "We noted that it was not you."
    late = client.post(path_of(code), data={"mine": "yes"}, follow_redirects=True)
    assert headline(late.text) == "We noted that it was not you."
    assert evidence(store, code) == "claimed"
    with store.reading() as tx:
        (offer,) = merging.suggestions(tx, owner.id)
        assert ("against", "not_me") in {(e.weight, e.key) for e in offer.evidence}
        assert timeline.page(tx, owner.id) == []


def test_an_old_link_and_a_newer_one_each_say_what_they_are(client: FlaskClient, store: Store, clock: SetClock) -> None:
    code = ask(store)
    clock.advance(timedelta(minutes=2))
    with store.transaction() as tx:
        newer = people.ask_code(tx, people.identity(tx, code.identity_id))
    old = client.get(path_of(code))
    assert (old.status_code, headline(old.text)) == (410, "There is a newer message.")
    assert client.post(path_of(code), data={"mine": "yes"}, follow_redirects=True).status_code == 410
    clock.advance(timedelta(minutes=16))
    late = client.get(path_of(newer))
    assert (late.status_code, headline(late.text)) == (410, "This link has ended.")
    client.post(path_of(newer), data={"mine": "yes"})
    assert evidence(store, code) == "claimed"


def test_a_link_of_another_purpose_is_no_confirmation(client: FlaskClient, store: Store) -> None:
    code = ask(store)
    with store.transaction() as tx:
        survey = survey_asked(tx).token
        row = tx.get_one(Confirmation, code.confirmation_id)
        number = path_of(code)[3:].partition(".")[0]
        other = f"{number}.{tx.keys.mac('survey', f'{row.id}.{row.secret}')}"
    cut, changed = path_of(code)[3:-1], path_of(code)[3:-1] + ("a" if path_of(code)[-1] != "a" else "b")
    for bad in (survey, other, cut, changed, "x.y", "%00", "ü" * 40):
        page = client.get(f"/v/{bad}")
        assert page.status_code in (400, 404), bad
        assert client.post(f"/v/{bad}", data={"mine": "yes"}).status_code in (400, 404)
    assert headline(client.get("/v/nonsense").text) == "This link doesn’t work."
    assert client.get(f"/s/{path_of(code)[3:]}").status_code == 404
    assert evidence(store, code) == "claimed"


@pytest.mark.parametrize(
    ("locale", "title"),
    [("de", "Ist das Ihre Adresse?"), ("es", "¿Es esta su dirección?"), ("en", "Is this your address?")],
)
def test_the_page_speaks_the_customers_language(client: FlaskClient, store: Store, locale: str, title: str) -> None:
    page = client.get(path_of(ask(store, locale=locale)))
    assert headline(page.text) == title
    assert page.headers["Content-Language"] == locale
    assert f'<html lang="{locale}"' in page.text


def test_strangers_who_post_too_often_are_told_to_wait(client: FlaskClient, store: Store) -> None:
    path = path_of(ask(store))
    answers = [client.post(path, data={"mine": "maybe"}).status_code for _ in range(31)]
    assert answers[0] == 200 and answers[-1] == 429


@pytest.mark.database("sqlite")
def test_the_whole_way_without_script_by_keyboard(chromium: Chromium, base_url: str, store: Store) -> None:
    code = ask(store)
    page = chromium.page(base_url, java_script_enabled=False, width="phone")
    page.goto(path_of(code))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you, your address is confirmed.").wait_for()
    page.reload()
    assert evidence(store, code) == "verified"


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("dark", [False, True])
def test_every_state_is_accessible_by_day_and_by_night(
    chromium: Chromium, base_url: str, store: Store, clock: SetClock, dark: bool
) -> None:
    seen = {}
    page = chromium.page(base_url, dark=dark, width="phone", bypass_csp=True)
    expired, replaced = ask(store, address="late@whitfield.example"), ask(store, address="old@whitfield.example")
    clock.advance(timedelta(minutes=16))
    with store.transaction() as tx:
        people.ask_code(tx, people.identity(tx, replaced.identity_id))
    for name, mine in {"ready": None, "confirmed": True, "refused": False}.items():
        code = ask(store, address=f"{name}@whitfield.example")
        if mine is not None:
            with store.transaction() as tx:
                people.follow_link(tx, path_of(code)[3:], mine=mine)
        seen[name] = path_of(code)
    seen |= {"expired": path_of(expired), "replaced": path_of(replaced), "invalid": "/v/nonsense"}
    said = set()
    for name, path in seen.items():
        page.goto(path)
        said.add(page.get_by_role("heading").inner_text())
        assert accessibility(page) == [], name
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{name} can be scrolled sideways"
    assert len(said) == len(seen), "each state says something of its own"
