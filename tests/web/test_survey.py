"""The pages of a survey link, by HTTP: every state, and what strangers and machines try."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import facts, people, settings, surveys
from desk.clock import SetClock
from desk.store import Store
from desk.surveys.tables import Response, ResponseVersion
from desk.web import survey
from tests import factories
from tests.surveys.situations import Asked, asked, everything


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    if "survey" not in app.blueprints:
        app.register_blueprint(survey.blueprint)
    return app.test_client(use_cookies=True)


@pytest.fixture
def ask(store: Store) -> Asked:
    with store.transaction() as tx:
        return asked(tx)


def responses(store: Store) -> list[tuple[Any, ...]]:
    with store.reading() as tx:
        return [(r.score, r.reasons, r.comment, r.may_contact, r.version) for r in tx.scalars(select(Response))]


def picked(page: str) -> list[str]:
    """What the form has picked: scores and reasons."""
    return re.findall(r'<input type="(?:radio|checkbox)" name="(?:score|why)" value="(\w+)"[^>]* checked', page)


def headline(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.S)
    assert found, page
    return re.sub(r"<[^>]+>", "", found.group(1)).strip()


def test_the_link_of_the_mail_shows_the_question_with_the_answer_picked(client: FlaskClient, ask: Asked) -> None:
    answer = client.get(f"/s/{ask.token}?score=4")
    assert answer.status_code == 200
    assert headline(answer.text) == "How did Mara do?"
    assert picked(answer.text) == ["4"]
    assert "You picked <b>Good</b> in the email. It counts once you press Send." in answer.text
    assert "Replacement lid" in answer.text
    assert "Monday, March 2, 2026" in answer.text


def test_nothing_is_picked_by_a_link_without_a_score_of_the_scale(client: FlaskClient, ask: Asked) -> None:
    for query in ("", "?score=9", "?score=0", "?score=", "?score=4x", "?score=<script>"):
        page = client.get(f"/s/{ask.token}{query}")
        assert page.status_code == 200
        assert picked(page.text) == []
        assert "You picked" not in page.text
        assert "<script" not in page.text


def test_looking_records_nothing_whoever_looks(client: FlaskClient, ask: Asked, store: Store) -> None:
    """Mail scanners open every link, some with HEAD, some with a browser that says it only fetches ahead."""
    with store.reading() as tx:
        before = everything(tx)
    for score in (1, 2, 3, 4, 5):
        for path in (
            f"/s/{ask.token}?score={score}",
            f"/s/{ask.token}/stop",
            f"/s/{ask.token}?sent=1&change=1&saved=1",
        ):
            for extra in ({}, {"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"X-Moz": "prefetch"}):
                assert client.get(path, headers=extra).status_code == 200
                assert client.head(path, headers=extra).status_code == 200
            client.options(path)
    with store.reading() as tx:
        assert everything(tx) == before


def test_sending_records_and_reloading_does_not_send_again(client: FlaskClient, ask: Asked, store: Store) -> None:
    sent = client.post(
        f"/s/{ask.token}?score=4", data={"score": "4", "why": ["solved", "speed"], "comment": "Quick & kind."}
    )
    assert (sent.status_code, sent.location) == (303, f"/s/{ask.token}?sent=1")
    thanks = client.get(sent.location)
    assert headline(thanks.text) == "Thank you, Noor."
    assert "<b>Good</b>" in thanks.text
    assert "Quick &amp; kind." in thanks.text
    assert "Speed of the answer and It got solved" in thanks.text
    assert "You can change this until March 16." in thanks.text
    assert responses(store) == [(4, ["speed", "solved"], "Quick & kind.", None, 1)]
    client.get(sent.location)
    assert len(responses(store)) == 1


def test_sending_twice_is_one_answer(client: FlaskClient, ask: Asked, store: Store) -> None:
    for _ in range(2):
        assert client.post(f"/s/{ask.token}", data={"score": "5", "comment": "Lovely"}).status_code == 303
    assert responses(store) == [(5, [], "Lovely", None, 1)]


def test_sending_without_a_pick_says_so_and_keeps_the_text(client: FlaskClient, ask: Asked, store: Store) -> None:
    answer = client.post(f"/s/{ask.token}", data={"why": "clear", "comment": "I had to explain it twice."})
    assert answer.status_code == 422
    assert "Pick one of the five, then press Send." in answer.text
    assert 'role="alert"' in answer.text
    assert "I had to explain it twice.</textarea>" in answer.text
    assert picked(answer.text) == ["clear"]
    assert responses(store) == []


@pytest.mark.parametrize("score", ["9", "0", "-1", "4.5", "four", "", "4 ", "٤", "1" * 500])
def test_a_score_that_is_none_is_refused(client: FlaskClient, ask: Asked, store: Store, score: str) -> None:
    assert client.post(f"/s/{ask.token}", data={"score": score}).status_code == 422
    assert responses(store) == []


def test_fifty_thousand_characters_are_too_many_and_not_lost(client: FlaskClient, ask: Asked, store: Store) -> None:
    text = "word " * 10_000
    answer = client.post(f"/s/{ask.token}", data={"score": "2", "comment": text})
    assert answer.status_code == 422
    assert "longer than the 2,000 characters that fit" in answer.text
    assert text.strip() in answer.text
    assert picked(answer.text) == ["2"]
    assert responses(store) == []


def test_a_reason_that_is_not_on_offer_is_refused(client: FlaskClient, ask: Asked, store: Store) -> None:
    answer = client.post(f"/s/{ask.token}", data={"score": "4", "why": ["speed", "bribe"]})
    assert answer.status_code == 422
    assert picked(answer.text) == ["4", "speed"]
    assert responses(store) == []


def test_what_somebody_types_is_text_and_never_markup(client: FlaskClient, store: Store) -> None:
    evil = '</textarea><script>alert(1)</script><img src=x onerror="alert(2)">'
    with store.transaction() as tx:
        customer = factories.make_customer(tx, name="<b>Noor</b>")
        staff = factories.make_staff(tx, name="Mara <i>Oliveira")
        ask = asked(tx, subject=evil, customer=customer, staff=staff)
    pages = [client.get(f"/s/{ask.token}").text, client.post(f"/s/{ask.token}", data={"comment": evil}).text]
    client.post(f"/s/{ask.token}", data={"score": "1", "comment": evil})
    pages += [client.get(f"/s/{ask.token}{query}").text for query in ("", "?sent=1", "?change=1", "/stop")]
    for page in pages:
        assert "<script" not in page
        assert "<img" not in page
        assert "<b>Noor" not in page
        assert "<i>" not in page
    assert "&lt;script&gt;" in pages[0]
    assert responses(store)[0][2] == evil


def test_after_a_low_score_nobody_writes_unless_the_customer_ticks_it(
    client: FlaskClient, ask: Asked, store: Store
) -> None:
    sent = client.post(f"/s/{ask.token}", data={"score": "1"})
    page = client.get(sent.location).text
    assert headline(page) == "Thank you for telling us."
    assert "maya" in page
    assert 'name="contact" value="yes">' in page  # not ticked by itself
    assert responses(store)[0][3] is None
    saved = client.post(f"/s/{ask.token}", data={"contact_choice": "1", "contact": "yes"})
    page = client.get(saved.location).text
    assert "Saved. Somebody may write to you" in page
    assert 'value="yes" checked' in page
    assert responses(store)[0][3] is True
    saved = client.post(f"/s/{ask.token}", data={"contact_choice": "1"})
    assert "Nobody will write to you about it" in client.get(saved.location).text
    assert responses(store) == [(1, [], "", False, 1)]


def test_an_answered_link_shows_the_answer_and_lets_it_be_changed(
    client: FlaskClient, ask: Asked, store: Store, clock: SetClock
) -> None:
    client.post(f"/s/{ask.token}", data={"score": "2", "why": "clear", "comment": "Hm."})
    clock.advance(timedelta(days=1))
    page = client.get(f"/s/{ask.token}").text
    assert headline(page) == "You’ve already answered this one."
    assert "Hm." in page
    assert re.search(r"On March 2 at 9:00.AM\. You can still change it until March 16\.", page)
    assert f'href="/s/{ask.token}?change=1"' in page
    form = client.get(f"/s/{ask.token}?change=1").text
    assert picked(form) == ["2", "clear"]
    assert "Hm.</textarea>" in form
    assert "You answered" not in form
    client.post(f"/s/{ask.token}", data={"score": "5", "comment": "Made good."})
    assert responses(store) == [(5, [], "Made good.", None, 2)]
    with store.reading() as tx:
        assert [v.score for v in tx.scalars(select(ResponseVersion).order_by(ResponseVersion.version))] == [2, 5]
        assert facts.view(tx, ask.customer_id).value("csat") == 5


def test_another_link_of_the_same_mail_proposes_the_change(client: FlaskClient, ask: Asked, store: Store) -> None:
    client.post(f"/s/{ask.token}", data={"score": "2", "comment": "Hm."})
    page = client.get(f"/s/{ask.token}?score=4").text
    assert picked(page) == ["4"]
    assert "Hm.</textarea>" in page
    assert "You answered <b>Bad</b> before. It changes to <b>Good</b> once you press Send." in page
    assert "already answered" in client.get(f"/s/{ask.token}?score=2").text
    assert responses(store)[0][0] == 2


def test_an_expired_link_says_when_it_closed_and_how_to_write(
    client: FlaskClient, ask: Asked, store: Store, clock: SetClock
) -> None:
    clock.advance(timedelta(days=14))
    page = client.get(f"/s/{ask.token}?score=4")
    assert page.status_code == 410
    assert headline(page.text) == "This survey closed on March 16."
    assert 'href="mailto:support@kiln.example?subject=Replacement%20lid"' in page.text
    late = client.post(f"/s/{ask.token}", data={"score": "4", "comment": "Too late & long"})
    assert late.status_code == 410
    assert "Too late &amp; long" in late.text
    assert responses(store) == []
    assert client.get(f"/s/{ask.token}/stop").status_code == 200  # not to be asked again can be said for ever


def test_a_page_left_open_until_it_expired_cannot_change_the_answer(
    client: FlaskClient, ask: Asked, store: Store, clock: SetClock
) -> None:
    client.post(f"/s/{ask.token}", data={"score": "1"})
    clock.advance(timedelta(days=14))
    assert client.post(f"/s/{ask.token}", data={"score": "5"}).status_code == 410
    assert client.post(f"/s/{ask.token}", data={"contact_choice": "1", "contact": "yes"}).status_code == 410
    assert responses(store) == [(1, [], "", None, 1)]


def test_forged_and_cut_links_all_look_the_same(client: FlaskClient, ask: Asked, store: Store) -> None:
    with store.transaction() as tx:
        other = asked(tx)
    number, _, mac = ask.token.partition(".")
    mixed = f"{other.token.partition('.')[0]}.{mac}"
    pages = set()
    for token in (ask.token[:-3], number, "x", mixed, f"{number}.{'a' * 26}", "%E2%82%AC", "a" * 3000, "..%2e"):
        for path in (f"/s/{token}", f"/s/{token}/stop"):
            for answer in (client.get(path), client.post(path, data={"score": "1"})):
                assert answer.status_code == 404, path
                pages.add(re.sub(r'nonce="[^"]+"', "", answer.text))
    assert len(pages) == 1
    [page] = pages
    assert headline(page) == "This link doesn’t work."
    assert "Noor" not in page
    assert "Mara" not in page
    assert 'href="mailto:support@kiln.example' in page
    assert responses(store) == []
    with store.reading() as tx:
        assert people.customer(tx, ask.customer_id).surveys_stopped_at is None


def test_an_invalid_link_on_a_desk_without_a_mailbox(client: FlaskClient) -> None:
    page = client.get("/s/nothing")
    assert page.status_code == 404
    assert "mailto:" not in page.text


def test_stopping_asks_first_and_can_be_undone(client: FlaskClient, ask: Asked, store: Store) -> None:
    def stopped() -> bool:
        with store.reading() as tx:
            return people.customer(tx, ask.customer_id).surveys_stopped_at is not None

    assert headline(client.get(f"/s/{ask.token}/stop").text) == "Shall we stop asking you?"
    assert not stopped()
    sent = client.post(f"/s/{ask.token}/stop")
    assert (sent.status_code, sent.location) == (303, f"/s/{ask.token}/stop")
    assert stopped()
    page = client.get(sent.location).text
    assert headline(page) == "We won’t ask you again."
    assert "Undo" in page
    # The link itself now says the same, and yet lets somebody answer who wants to.
    assert headline(client.get(f"/s/{ask.token}").text) == "We won’t ask you again."
    assert picked(client.get(f"/s/{ask.token}?score=3").text) == ["3"]
    assert headline(client.get(f"/s/{ask.token}?answer=1").text) == "How did Mara do?"
    undone = client.post(f"/s/{ask.token}/stop", data={"undo": "1"})
    assert headline(client.get(undone.location).text) == "Undone: we may ask you again."
    assert not stopped()


def test_one_click_of_a_mail_program(client: FlaskClient, ask: Asked, store: Store) -> None:
    """RFC 8058: a POST without cookies, a token of ours in the form, or a redirect."""
    answer = client.post(
        f"/s/{ask.token}/stop",
        data="List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
        headers={"Origin": "null"},
    )
    assert answer.status_code == 200
    assert headline(answer.text) == "We won’t ask you again."
    with store.reading() as tx:
        assert people.customer(tx, ask.customer_id).surveys_stopped_at is not None


def test_pages_keep_to_themselves(client: FlaskClient, ask: Asked, clock: SetClock) -> None:
    """No cookie, no script, no address of anybody else, no cache, no search engine; the key leaves with no click."""
    client.post(f"/s/{ask.token}", data={"score": "1"})
    answers = [
        client.get(f"/s/{ask.token}{rest}") for rest in ("", "?sent=1", "?change=1", "?score=4", "/stop", "x", "x/stop")
    ]
    clock.advance(timedelta(days=20))
    answers.append(client.get(f"/s/{ask.token}"))
    for answer in answers:
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert "<script" not in answer.text
        assert not re.search(r"<[^>]+ (?:on\w+|style)=", answer.text)
        assert '<meta name="robots" content="noindex' in answer.text
        for link in re.findall(r'(?:href|src|action)="([^"]*)"', answer.text):
            assert re.match(r"/(?!/)|#|mailto:|data:,", link), link


def test_languages(client: FlaskClient, store: Store) -> None:
    with store.transaction() as tx:
        ask = asked(tx, customer=factories.make_customer(tx, name="Jonas Weber", locale="de"))
    english = {"Accept-Language": "en-GB,en"}
    page = client.get(f"/s/{ask.token}?score=4", headers=english)
    assert page.headers["Content-Language"] == "de"
    assert '<html lang="de" dir="ltr">' in page.text
    assert headline(page.text) == "Wie hat Mara Ihnen geholfen?"
    assert "<b>Gut</b>" in page.text
    assert "Montag, 2. März 2026" in page.text
    page = client.get(f"/s/{ask.token}?lang=es").text
    assert headline(page) == "¿Qué tal le ha atendido Mara?"
    assert f'action="/s/{ask.token}?lang=es"' in page
    assert f"/s/{ask.token}/stop?lang=es" in page
    sent = client.post(f"/s/{ask.token}?lang=es", data={"score": "5"})
    assert headline(client.get(sent.location).text) == "Gracias, Jonas."
    for nonsense in ("xx", "../../etc", "e" * 5000, "zz_ZZ"):
        assert client.get(f"/s/{ask.token}?lang={nonsense}").headers["Content-Language"] == "de"
    # Where there is no mail to go by, the browser's wish is all there is.
    assert client.get("/s/x", headers={"Accept-Language": "ja,es;q=0.8,en;q=0.5"}).headers["Content-Language"] == "es"
    assert client.get("/s/x", headers={"Accept-Language": "*;;;q=x"}).headers["Content-Language"] == "en"


def test_the_brand_colours_the_page(client: FlaskClient, store: Store) -> None:
    with store.transaction() as tx:
        brand = factories.make_brand(tx, name="Sonne", colour="#F5C518")
        ask = asked(tx, inbox=factories.make_inbox(tx, brand_id=brand.id))
    page = client.get(f"/s/{ask.token}").text
    assert "--brand:#f5c518" in page
    assert "--on-fill:#000000" in page
    assert "Sonne" in page
    with store.transaction() as tx:
        settings.brand(tx, brand.id).colour = "red;}x{"
    assert "--brand:#0e6b70" in client.get(f"/s/{ask.token}").text


def test_the_brands_zone_says_which_day_it_was(client: FlaskClient, store: Store, clock: SetClock) -> None:
    clock.advance(timedelta(hours=14))  # 23:00 in London, the next day in Stockholm
    with store.transaction() as tx:
        brand = factories.make_brand(tx, zone="Europe/Stockholm")
        ask = asked(tx, inbox=factories.make_inbox(tx, brand_id=brand.id))
    assert "Tuesday, March 3, 2026" in client.get(f"/s/{ask.token}").text


@pytest.mark.parametrize(("kind", "scores"), [("nps", range(11)), ("ces", range(1, 8))])
def test_the_other_scales(client: FlaskClient, store: Store, kind: str, scores: range) -> None:
    with store.transaction() as tx:
        ask = asked(tx, kind)
    page = client.get(f"/s/{ask.token}?score={scores[-1]}").text
    assert re.findall(r'name="score" value="(\d+)"', page) == [str(n) for n in scores]
    assert picked(page) == [str(scores[-1])]
    assert 'name="why"' not in page
    problem = client.post(f"/s/{ask.token}", data={"score": "11", "comment": "Kept"})
    assert problem.status_code == 422
    assert f"Pick a number from {scores[0]} to {scores[-1]}" in problem.text
    client.post(f"/s/{ask.token}", data={"score": str(scores[0]), "contact": "yes"})
    assert responses(store) == [(scores[0], [], "", True if kind == "nps" else None, 1)]


def test_a_colleague_who_left_is_not_named(client: FlaskClient, store: Store, ask: Asked) -> None:
    with store.transaction() as tx:
        tx.get_one(surveys.Invitation, ask.invitation_id).staff_id = None
    assert headline(client.get(f"/s/{ask.token}").text) == "How did we do?"


def test_somebody_who_guesses_is_slowed_down(client: FlaskClient, ask: Asked) -> None:
    codes = [client.post("/s/guess.aaaaaaaaaaaaaaaaaaaaaaaaaa", data={"score": "1"}).status_code for _ in range(40)]
    assert codes[0] == 404
    assert codes[-1] == 429


def test_a_flood_in_one_post_is_refused(client: FlaskClient, ask: Asked, store: Store) -> None:
    answer = client.post(f"/s/{ask.token}", data={"score": "1", "comment": "x" * 3_000_000})
    assert answer.status_code == 413
    assert responses(store) == []
