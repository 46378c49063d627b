"""The console's pages: queues, timelines, customers, files; what is not yours is not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents, conversations, facts, lifecycle, outbound, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.conversations import Conversation
from desk.parts import Desk
from desk.store import Store
from desk.web.console.ribbon import UNHAPPY
from tests import factories
from tests.web.conftest import sign_in

PART = {"HX-Request": "true"}


@pytest.fixture
def ada(store: Store) -> Viewer:
    with store.transaction() as tx:
        staff = agents.create(tx, email="ada@kiln.example", name="Ada Ant", role="agent", zone="Europe/Berlin")
        found = agents.viewer(tx, staff.id)
    assert found is not None
    return found


@pytest.fixture
def hers(app: Flask, ada: Viewer) -> FlaskClient:
    return sign_in(app.test_client(), ada.id)


def made(store: Store, text: str = "Where is my order?", **fields: object) -> Conversation:
    with store.transaction() as tx:
        conversation = factories.make_conversation(tx, **fields)
        factories.make_entry(tx, conversation, text)
        return conversation


def rows(html: str) -> list[int]:
    return [int(n) for n in re.findall(r'<li id="c(\d+)"', html)]


def test_the_queue_shows_the_most_urgent_first(hers: FlaskClient, store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ids = []
        for hours, level in ((1, "calm"), (5, "calm"), (1, "frustrated")):
            since = clock.now() - timedelta(hours=hours)
            urgency = conversations.urgency(waiting_since=since, last_at=since, level=level, priority=0)
            made_ = factories.make_conversation(tx, level=level, waiting_since=since, last_at=since, urgency=urgency)
            ids.append(made_.id)
    page = hers.get("/console/all").text
    assert rows(page) == [ids[2], ids[1], ids[0]]
    assert page.count("<h1") == 1
    assert rows(hers.get("/console/frustrated").text) == [ids[2]]
    assert rows(hers.get("/console/longest").text)[0] == ids[1]
    assert rows(hers.get("/console/").text) == []  # nothing is hers


def test_pages_of_a_queue_join_without_gap_or_double(hers: FlaskClient, store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        customer = factories.make_customer(tx)
        for n in range(120):
            factories.make_conversation(tx, customer, urgency=float(n // 7))
    seen, url = [], "/console/all"
    for _ in range(3):
        html = hers.get(url, headers=PART).text
        seen += rows(html)
        more = re.search(r'hx-get="([^"]+)"', html)
        url = more.group(1).replace("&amp;", "&") if more else ""
    assert url == ""
    assert len(seen) == len(set(seen)) == 120
    assert hers.get("/console/all/rows?after=nonsense", headers=PART).status_code == 404


def test_each_empty_queue_says_whether_that_is_good(hers: FlaskClient, store: Store) -> None:
    assert "And every conversation has an owner." in hers.get("/console/").text
    made(store)
    page = hers.get("/console/").text
    assert "One conversation has no owner yet." in page
    assert "Take the next one" in page
    assert "Nobody is frustrated" in hers.get("/console/frustrated").text
    assert "Nothing is snoozed" in hers.get("/console/snoozed").text
    assert 'id="queue-empty" hidden' in hers.get("/console/unassigned").text


def test_a_conversation_is_a_page_and_a_part_of_one(hers: FlaskClient, store: Store) -> None:
    conversation = made(store, "My kettle <cracked>", subject="Kettle & base")
    page = hers.get(f"/console/c/{conversation.id}?view=all").text
    assert "My kettle &lt;cracked&gt;" in page
    assert "Kettle &amp; base" in page
    assert f'<li id="c{conversation.id}"' in page
    assert 'aria-current="true"' in page
    part = hers.get(f"/console/c/{conversation.id}", headers=PART).text
    assert part.lstrip().startswith('<div id="work"')
    assert "<html" not in part
    assert 'role="log"' in part


def test_what_another_team_has_is_not_there(hers: FlaskClient, store: Store, ada: Viewer) -> None:
    with store.transaction() as tx:
        team = factories.make_team(tx)
        customer = factories.make_customer(tx, name="Noor Amin")
        theirs = factories.make_conversation(tx, customer, team_id=team.id)
        secret = factories.make_entry(tx, theirs, "between us", content_html="<p>x</p>", content_attachments=[{}])
        mine = factories.make_conversation(tx, customer)
        factories.make_entry(tx, mine, "for everybody")
    assert rows(hers.get("/console/all").text) == [mine.id]
    for path in (
        f"/console/c/{theirs.id}",
        f"/console/c/{theirs.id}/head",
        f"/console/c/{theirs.id}/timeline",
        f"/console/c/{theirs.id}/customer",
        f"/console/c/{theirs.id}/menu/assign",
        f"/console/c/{theirs.id}/menu/snooze",
        f"/console/c/{theirs.id}/menu/label",
        f"/console/row/{theirs.id}",
        f"/console/e/{secret.id}/file/0",
        f"/console/e/{secret.id}/html",
    ):
        assert hers.get(path, headers=PART).status_code == 404, path
    page = hers.get(f"/console/c/{mine.id}").text
    assert "for everybody" in page
    assert "between us" not in page
    assert f"/console/c/{theirs.id}" not in hers.get(f"/console/c/{mine.id}/customer", headers=PART).text
    assert str(theirs.id) not in str(hers.get(f"/console/find?q=%23{theirs.id}").json)


def test_older_lines_come_page_by_page(hers: FlaskClient, store: Store, clock: SetClock) -> None:
    conversation = made(store, "line 0")
    with store.transaction() as tx:
        for n in range(1, 131):
            factories.make_entry(tx, conversation, f"line {n}", occurred_at=clock.now() + timedelta(minutes=n))
    html = hers.get(f"/console/c/{conversation.id}", headers=PART).text
    seen: list[int] = []
    for _ in range(3):
        seen = [int(n) for n in re.findall(r"<p>line (\d+)</p>", html)] + seen
        more = re.search(r'data-older hx-get="([^"]+)"', html)
        if more is None:
            break
        html = hers.get(more.group(1).replace("&amp;", "&"), headers=PART).text
    assert seen == list(range(131))
    assert hers.get(f"/console/c/{conversation.id}/timeline?before=x", headers=PART).status_code == 400


def test_a_screen_that_was_away_asks_for_what_it_missed(hers: FlaskClient, store: Store, clock: SetClock) -> None:
    conversation = made(store, "before")
    at = clock.now().isoformat().replace("+", "%2B")
    clock.advance(timedelta(minutes=1))
    with store.transaction() as tx:
        factories.make_entry(tx, conversation, "after")
    missed = hers.get(f"/console/c/{conversation.id}/timeline?after={at}~{2**62}", headers=PART).text
    assert "<p>after</p>" in missed
    assert "<p>before</p>" not in missed
    with store.transaction() as tx:
        for n in range(60):
            factories.make_entry(tx, conversation, str(n), occurred_at=clock.now() + timedelta(seconds=n + 1))
    too_many = hers.get(f"/console/c/{conversation.id}/timeline?after={at}~{2**62}", headers=PART).text
    assert "data-too-many" in too_many  # it begins anew rather than leave a hole


def test_every_kind_of_line_is_told_in_words(hers: FlaskClient, store: Store, ada: Viewer, clock: SetClock) -> None:
    conversation = made(store, "Honestly ridiculous")
    with store.transaction() as tx:
        common = {"customer_id": conversation.customer_id, "conversation_id": conversation.id, "author": "desk"}

        def add(kind: str, detail: dict[str, object], text: str = "") -> None:
            clock.advance(timedelta(minutes=1))
            words = timeline.Words(text) if text else None
            timeline.record(tx, kind=kind, occurred_at=clock.now(), detail=detail, words=words, **common)  # type: ignore[arg-type]

        message = timeline.of_conversation(tx, conversation.id)[0]
        spans = {"spans": [[9, 19, 0.9]], "message_entry_id": str(message.id)}
        add("sentiment", {"before": "calm", "after": "frustrated", "score": 0.87, **spans})
        add("survey_asked", {"kind": "csat", "open_until": "2026-03-16T09:00:00+00:00"})
        add(
            "survey_answered",
            {"kind": "csat", "score": 2, "reasons": ["speed"], "asked_at": "2026-03-02T09:00:00+00:00"},
            "So slow",
        )
        add("survey_withheld", {"kind": "csat", "reason": "opted_out"})
        add("survey_withheld", {"kind": "csat", "reason": "<of a later version>"})
        evidence = [{"shown": "CSAT 2 on 2 Mar", "entry_id": message.id}, {"shown": "3 contacts", "entry_id": None}]
        names = {
            "before_name": "Loyalty",
            "after_name": "Retention",
            "rule_name": "In trouble",
            "model_name": "Commerce",
        }
        add(
            "stage", {"before": "l", "after": "r", "version": 4, "direction": "backward", "evidence": evidence, **names}
        )
        add("something new", {})
        outbound.note(tx, conversation.id, ada, "Only for us")
        conversations.assign(tx, conversation.id, ada, ada.id)
        conversations.label(tx, conversation.id, ada, "vip", True)
        conversations.set_priority(tx, conversation.id, ada, 1)
        conversations.snooze(tx, conversation.id, ada, clock.now() + timedelta(days=1))
        conversations.reopen(tx, conversation.id, ada)
        conversations.resolve(tx, conversation.id, ada)
        conversations.reopen(tx, conversation.id, ada)
    html = hers.get(f"/console/c/{conversation.id}", headers=PART).text
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))
    for said in (
        "0.87", "ridiculous", "Not right?", "CSAT asked by email. The link closes on", "So slow",
        "Named: Speed of the answer.",
        "The customer asked not to be asked.", "&lt;of a later version&gt;", "back to Retention",
        "Rule “In trouble”, Commerce v4. Because: CSAT 2 on 2 Mar, 3 contacts.", "something new", "Private note",
        "Ada Ant took this.", "Ada Ant put on the label vip.", "set the priority to high",
        "snoozed this to", "Ada Ant woke this up.",
        "Ada Ant resolved episode 1.", "Ada Ant reopened this: episode 2.",
    ):  # fmt: skip
        assert said in text, said
    assert f'href="#e{message.id}" data-evidence' in html


def test_deliveries_say_how_they_stand(hers: FlaskClient, store: Store, ada: Viewer) -> None:
    conversation = made(store)
    with store.transaction() as tx:
        entry = outbound.reply(tx, conversation.id, ada, "It is on its way.")
    for state, uncertain, said in (
        ("queued", 0, "Waiting to be sent"),
        ("sending", 0, "Sending"),
        ("sent", 0, "Sent"),
        ("sent", 1, "Sent again; the outcome of the first try is unknown"),
        ("uncertain", 1, "Outcome unknown, sending again"),
        ("delivered", 0, "Delivered"),
        ("failed", 0, "Not delivered"),
    ):
        with store.transaction() as tx:
            delivery = tx.get_one(outbound.Delivery, outbound.delivery_of(tx, [entry.id])[entry.id].id)
            delivery.state, delivery.uncertain_times, delivery.detail = state, uncertain, "550 no such mailbox"
        html = hers.get(f"/console/c/{conversation.id}", headers=PART).text
        assert f"{said}</span>" in html, (state, uncertain)
    assert "550 no such mailbox</p>" in html


def test_the_panel_tells_who_they_are_and_by_what_evidence(hers: FlaskClient, store: Store, clock: SetClock) -> None:
    conversation = made(store)
    with store.transaction() as tx:
        customer_id = conversation.customer_id
        facts.record(tx, customer_id, "csat", UNHAPPY["csat"], occurred_at=clock.now() - timedelta(days=3))
        facts.record(tx, customer_id, "attribute.favourite_glaze", "celadon <3", occurred_at=clock.now())
        lifecycle.install_templates(tx)
        lifecycle.consider(tx, customer_id)
        conversations.label(tx, conversation.id, agents.viewer(tx, 1) or pytest.fail("nobody"), "vip", True)
    html = hers.get(f"/console/c/{conversation.id}/customer", headers=PART).text
    for said in (
        "Seen",
        "Mail came from this address",
        "Favourite glaze",
        "celadon &lt;3",
        "vip",
        "Loop open 3 days",
        "Feedback",
    ):
        assert said in html, said
    sentence = re.search(r'aria-label="(Loop ribbon[^"]+)"', html)
    assert sentence is not None
    assert "Last CSAT 2" in sentence.group(1)
    assert 'class="now"' in html  # the stage that the rules gave
    assert "<html" in hers.get(f"/console/c/{conversation.id}/customer").text  # without a script it is a page


def test_somebody_without_a_name_goes_by_their_address_and_a_name_without_end_is_cut_in_sentences(
    hers: FlaskClient, store: Store
) -> None:
    with store.transaction() as tx:
        nameless = factories.make_conversation(tx, factories.make_customer(tx, "noa@customer.example", name=""))
        long = factories.make_conversation(tx, factories.make_customer(tx, "max@customer.example", name="M" * 200))
        nameless_id, long_id = nameless.id, long.id
    panel = hers.get(f"/console/c/{nameless_id}/customer", headers=PART).text
    assert re.search(r'class="name-l"[^>]*>noa@customer.example<', panel)
    assert ">?</span>" not in panel
    page = hers.get(f"/console/c/{long_id}").text
    assert f'placeholder="Write to {"M" * 39}…"' in page


def test_files_are_handed_out_so_that_they_cannot_run(hers: FlaskClient, store: Store, desk: Desk) -> None:
    sha256 = desk.files.put(b"<script>alert(1)</script>")
    files = [
        {"filename": 'a"b\\\n.html', "content_type": "text/html", "size": 25, "sha256": sha256},
        {"filename": "foto ä.png", "content_type": "image/png", "size": 25, "sha256": sha256},
        {"filename": "gone.png", "content_type": "image/png", "size": 25, "sha256": "0" * 64},
        {"filename": "x.svg", "content_type": "image/svg+xml", "size": 25, "sha256": sha256},
    ]
    with store.transaction() as tx:
        entry = factories.make_entry(tx, content_attachments=files)
    url = f"/console/e/{entry.id}/file"
    for index in (0, 3):
        answer = hers.get(f"{url}/{index}?inline=1")
        assert answer.mimetype == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    picture = hers.get(f"{url}/1?inline=1")
    assert picture.mimetype == "image/png"
    assert "filename*=UTF-8''foto%20%C3%A4.png" in picture.headers["Content-Disposition"]
    assert hers.get(f"{url}/1").headers["Content-Disposition"].startswith("attachment;")
    assert hers.get(f"{url}/2").status_code == 404
    assert hers.get(f"{url}/9").status_code == 404


def test_formatted_mail_is_sealed_and_fetches_nothing_until_asked(hers: FlaskClient, store: Store) -> None:
    with store.transaction() as tx:
        entry = factories.make_entry(tx, content_html='<b>Hi</b><img src="https://tracker.example/x.png">')
        plain = factories.make_entry(tx)
    answer = hers.get(f"/console/e/{entry.id}/html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "img-src data:;" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "https:" in hers.get(f"/console/e/{entry.id}/html?images=1").headers["Content-Security-Policy"]
    assert hers.get(f"/console/e/{plain.id}/html").status_code == 404


def test_search_finds_by_the_beginning_of_a_name_an_address_or_a_number(hers: FlaskClient, store: Store) -> None:
    with store.transaction() as tx:
        customer = factories.make_customer(tx, "öhm@customer.example", name="Georg Öhm")
        conversation = factories.make_conversation(tx, customer)
    for asked in ("georg", "GEORG Ö", "öhm@cus", f"#{conversation.id}", str(conversation.id)):
        found = hers.get("/console/find", query_string={"q": asked}).json["results"]
        assert [f["url"] for f in found[:-1]] == [f"/console/c/{conversation.id}"], asked
        assert found[-1]["url"].startswith("/search/?q=")
    for asked in ("", "g", "nobody", "9" * 40, "%", "#"):
        assert hers.get("/console/find", query_string={"q": asked}).json["results"] == [], asked


def test_pages_read_in_few_statements(hers: FlaskClient, store: Store, ada: Viewer, clock: SetClock) -> None:
    from sqlalchemy import event

    with store.transaction() as tx:
        customer = factories.make_customer(tx)
        for _ in range(60):
            conversation = factories.make_conversation(tx, customer)
        for n in range(60):
            factories.make_entry(
                tx, conversation, str(n), kind="message" if n % 2 else "reply", staff_id=ada.id if n % 2 == 0 else None
            )
    said: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            said.append(statement)

    event.listen(store.engine, "before_cursor_execute", count)
    try:
        for path, most in (
            ("/console/all", 4),
            (f"/console/c/{conversation.id}?view=all", 10),
        ):  # the tenth: where one looked last
            said.clear()
            assert hers.get(path).status_code == 200
            assert len(said) <= most, said
    finally:
        event.remove(store.engine, "before_cursor_execute", count)


def test_ids_that_cannot_be_are_simply_not_there(as_role: Callable[[str], FlaskClient]) -> None:
    client = as_role("admin")
    for path in (
        "/console/c/0",
        "/console/c/99999999999999999999",
        "/console/nonsense",
        "/console/e/1/file/0",
        "/console/u/7",
    ):
        assert client.get(path).status_code == 404, path
