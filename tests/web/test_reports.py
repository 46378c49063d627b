"""The supervisors' report in the browser's eyes: its figures, its rows, its CSV, and who may see them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents, segments
from desk.clock import SetClock
from desk.parts import Desk
from desk.segments.service import settle
from desk.web import reports
from tests.factories import make_customer
from tests.reports.population import Builder, Past, random_past
from tests.web.conftest import sign_in

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(clock: SetClock) -> None:
    clock.set(NOW)


@pytest.fixture
def lead(app: Flask, desk: Desk) -> FlaskClient:
    """A supervisor in Stockholm."""
    if "reports" not in app.blueprints:
        app.register_blueprint(reports.blueprint)
    with desk.store.transaction() as tx:
        staff = agents.create(
            tx, email="helena@kiln.example", name="Helena Ström", role="supervisor", zone="Europe/Stockholm"
        )
    return sign_in(app.test_client(), staff.id)


@pytest.fixture
def past(desk: Desk) -> Past:
    with desk.store.transaction() as tx:
        return random_past(tx, 5, 260, days=90)


def text_of(page: str) -> str:
    """What a reader sees of a page, in one line."""
    page = re.sub(r"<(script|style|title)\b.*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).strip()


def section(page: str, name: str) -> str:
    found = re.search(rf'<section[^>]*aria-labelledby="h-{name}".*?</section>', page, re.S)
    assert found is not None, f"no section {name}"
    return found.group(0)


def table(client: FlaskClient, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/csv"
    text = answer.data.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def of_design(builder: Builder) -> None:
    """The figures of the design's page: 486 answers of 1,312."""
    start = datetime(2026, 8, 24, 9, tzinfo=UTC)
    scores = [1] * 21 + [2] * 22 + [3] * 26 + [4] * 148 + [5] * 269
    for number in range(1312):
        at = start + timedelta(hours=number * 88 * 24 // 1312)
        builder.ask(at, scores[number * 7 % 486] if number < 486 else None, expires_at=NOW - timedelta(days=1))


@pytest.mark.database("sqlite")
def test_the_page_of_the_design_has_its_figures(lead: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        of_design(Builder(tx))
    page = lead.get("/reports/csat?from=2026-08-24&to=2026-11-20").text
    head = text_of(section(page, "head"))
    assert "85.8 %" in head
    assert "82.4 to 88.6, the 95 % interval" in head
    assert "31.8 % if all who did not answer were unhappy, 94.7 % if all were happy" in head.replace("\u202f", " ")
    assert "Answers 486 Delivered ? 1,312" in head
    assert "37.0 %, 34.5 to 39.7" in head
    assert "Europe/Stockholm, weeks from Monday, definition v1" in text_of(page)
    assert "24 Aug to 20 Nov" in text_of(page)
    assert "Wilson score, 95 %" in text_of(page)


def test_without_a_question_it_says_no_data_and_shows_no_zero(lead: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        Builder(tx)
    page = lead.get("/reports/csat")
    assert page.status_code == 200
    head = text_of(section(page.text, "head"))
    assert "No data Nobody was asked from 24 Aug to 22 Nov. That is not a score of 0." in head
    assert "0 %" not in head
    assert "no data to compare" in head


def test_few_answers_are_counts_and_not_a_percentage(lead: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        builder = Builder(tx)
        for number in range(8):
            builder.ask(NOW - timedelta(days=2), 1 if number == 0 else 5)
        builder.ask(NOW - timedelta(days=1))
    page = lead.get("/reports/csat").text
    head, agent = text_of(section(page, "head")), section(page, "agent")
    assert "7 of 8 Fewer than 10 answers: counts, no percentage." in head
    assert "Can still answer 1" in head
    assert "%" not in head.partition("Version")[0].replace("100 %", "")
    assert "7 of 8" in text_of(agent)
    assert agent.count('<i class="no"></i>') == 1
    assert "Too few answers to compare" in text_of(agent)


def test_asked_and_still_silent_is_said_as_such(lead: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        Builder(tx).ask(NOW - timedelta(days=1))
    assert "No answers yet 1 person can still answer." in text_of(section(lead.get("/reports/csat").text, "head"))


def number_after(text: str, label: str) -> int:
    found = re.search(rf"{label} (?:\? )?([\d,]+)", text)
    assert found is not None, f"{label} is not in {text}"
    return int(found.group(1).replace(",", ""))


@pytest.mark.parametrize(
    "choice", ["period=13w", "period=30d&agent={agent}", "from=2026-10-20&to=2026-11-05&stage=commerce/loyalty"]
)
def test_headline_rows_and_csv_say_the_same(lead: FlaskClient, past: Past, choice: str) -> None:
    choice = choice.format(agent=past.staff[1])
    head = text_of(section(lead.get(f"/reports/csat?{choice}").text, "head"))
    (figures,) = table(lead, f"/reports/csat/headline.csv?{choice}")
    answers = table(lead, f"/reports/csat/answers.csv?{choice}")
    delivered = table(lead, f"/reports/csat/delivered.csv?{choice}")
    everything = table(lead, f"/reports/csat.csv?{choice}")
    assert number_after(head, "Answers") == len(answers) == int(figures["answers"]) > 0
    assert number_after(head, "Delivered") == len(delivered) == int(figures["delivered"])
    assert int(figures["sent"]) == len(everything)
    assert sum(row["state"] == "answered" for row in everything) == len(answers)
    good = sum(int(row["score"]) >= 4 for row in answers)
    assert int(figures["good"]) == good
    if len(answers) >= 10:
        assert float(figures["csat"]) == pytest.approx(100 * good / len(answers), abs=1e-3)
    for score in range(1, 6):
        assert int(figures[f"answers_{score}"]) == sum(row["score"] == str(score) for row in answers)
    for what in ("trend", "agent", "stage", "channel"):
        parts = table(lead, f"/reports/csat/{what}.csv?{choice}")
        assert sum(int(part["answers"]) for part in parts) == len(answers)
        assert sum(int(part["sent"]) for part in parts) == len(everything)
    listed = lead.get(f"/reports/csat/rows?{choice}").text
    assert f"{len(answers)} row" in text_of(listed)


def test_every_link_of_the_report_leads_somewhere(lead: FlaskClient, past: Past) -> None:
    page = lead.get("/reports/csat?period=30d").text
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/reports/[^"]*)"', page)}
    assert len(links) > 40
    for link in links:
        answer = lead.get(link, follow_redirects=True)
        assert answer.status_code == 200, link
        assert answer.data
    for link in set(re.findall(r'href="(/console/[^"]*)"', page)):
        assert re.fullmatch(r"/console/(c/\d+|tasks)?", link)


def test_a_click_on_n_shows_those_rows(lead: FlaskClient, past: Past) -> None:
    page = lead.get("/reports/csat?period=30d").text
    lines = re.findall(r'<th scope="row">.*?(?=<th scope="row">|</tbody>)', section(page, "agent"), re.S)
    checked = 0
    for line in lines:
        found = re.search(r'<a class="link" href="([^"]+)">([\d,]+)</a></td></tr>', line)
        if found:
            rows = text_of(lead.get(found.group(1).replace("&amp;", "&")).text)
            assert re.search(rf"\b{found.group(2)} rows?\b", rows)
            checked += 1
    assert checked >= 3


def test_the_report_is_split_and_filtered_by_channel(lead: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        builder = Builder(tx)
        places = dict(zip(("email", "sms", "chat"), builder.past.inboxes, strict=True))
        for number in range(36):
            channel = ("email", "sms", "chat")[number % 3]
            builder.ask(NOW - timedelta(hours=number + 1), 4 + number % 2, channel=channel, inbox_id=places[channel])
        builder.ask(NOW - timedelta(hours=2), 1, channel="chat", inbox_id=places["chat"], answered_by="email")
    page = lead.get("/reports/csat?period=30d").text
    split = text_of(section(page, "channel"))
    for name in ("Email", "SMS", "Chat"):
        assert name in split
    assert "100 %" in split
    parts = {part["channel"]: part for part in table(lead, "/reports/csat/channel.csv?period=30d")}
    assert {name: part["answers"] for name, part in parts.items()} == {"email": "12", "sms": "12", "chat": "13"}
    assert float(parts["chat"]["low"]) < float(parts["chat"]["csat"]) < float(parts["chat"]["high"])
    of_chat = lead.get("/reports/csat?period=30d&channel=chat").text
    assert "Answers 13 Delivered ? 13" in text_of(section(of_chat, "head"))
    listed = lead.get("/reports/csat/rows?period=30d&channel=chat").text
    assert "13 rows" in text_of(listed)
    assert text_of(listed).count("by Email") == 1
    answers = table(lead, "/reports/csat/answers.csv?period=30d&channel=chat")
    assert sorted(row["answered_by"] for row in answers) == ["chat"] * 12 + ["email"]


def test_rows_are_paged_and_lead_to_the_conversations(lead: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        builder = Builder(tx)
        asked = [builder.ask(NOW - timedelta(hours=hour), 5) for hour in range(1, 121)]
    address, seen = "/reports/csat/rows?period=30d", []
    for _page in range(3):
        page = lead.get(address).text
        assert "120 rows" in text_of(page)
        seen += [int(id_) for id_ in re.findall(r'href="/console/c/(\d+)"', page)]
        older = re.search(r'rel="next" href="([^"]+)"', page)
        address = older.group(1).replace("&amp;", "&") if older else ""
    assert address == ""
    assert seen == [one.conversation_id for one in asked]


def test_filters_stay_in_the_links_and_can_be_taken_off(lead: FlaskClient, past: Past) -> None:
    page = lead.get(f"/reports/csat?from=2026-10-01&to=2026-11-01&agent={past.staff[0]}&stage=none").text
    csv_link = re.search(r'href="([^"]*headline\.csv[^"]*)"', page)
    assert csv_link is not None
    query = parse_qs(urlsplit(csv_link.group(1).replace("&amp;", "&")).query)
    assert query == {"from": ["2026-10-01"], "to": ["2026-11-01"], "agent": [str(past.staff[0])], "stage": ["none"]}
    assert "Priya Raman" in text_of(re.search(r'<div class="filters".*?</details>\s*<', page, re.S).group(0) + page)
    assert 'href="/reports/csat">Reset</a>' in page
    form = re.search(r'<form method="get" class="days">.*?</form>', page, re.S)
    assert form is not None
    assert f'name="agent" value="{past.staff[0]}"' in form.group(0)
    assert 'name="from" value="2026-10-01"' in form.group(0)
    assert "by period, inbox and segment only" in section(page, "head")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("period=ever", "There is no period called “ever”."),
        ("from=2026-11-02&to=2026-11-01", "The period ends on 2026-11-01, before it begins on 2026-11-02."),
        ("agent=99999", "There is no agent 99999."),
        ("stage=%3Cscript%3E", "There is no stage “&lt;script&gt;”."),
        ("from=0", "“0” is not a day such as 2026-11-22."),
    ],
)
@pytest.mark.parametrize("path", ["csat", "csat/rows", "csat.csv", "csat/agent.csv"])
@pytest.mark.database("sqlite")
def test_a_bad_filter_is_one_clear_sentence(lead: FlaskClient, path: str, query: str, sentence: str) -> None:
    answer = lead.get(f"/reports/{path}?{query}")
    assert answer.status_code == 400
    assert sentence in answer.text
    assert "<script>" not in answer.text.partition('role="alert"')[2].partition("</section>")[0]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/reports/csat/rows?which=everything", 400),
        ("/reports/csat/rows?after=yesterday", 400),
        ("/reports/csat/rows?after=2026-11-01T00:00:00~1", 400),  # without a zone
        ("/reports/csat/rows?after=2026-11-01T00:00:00%2B00:00~99999999999999999999", 400),
        ("/reports/csat/rows?which=withheld&agent=none", 400),
        ("/reports/csat/withheld.csv?agent=none", 400),
        ("/reports/csat/weather.csv", 404),
        ("/reports/mood", 404),
        ("/reports/?endpoint=x&measure=nps&_external=1", 302),
    ],
)
@pytest.mark.database("sqlite")
def test_what_there_is_not_is_refused(lead: FlaskClient, path: str, code: int) -> None:
    assert lead.get(path).status_code == code


@pytest.mark.database("sqlite")
def test_an_agent_is_told_who_can_grant_it_and_a_stranger_signs_in(
    lead: FlaskClient, as_role: Callable[[str], FlaskClient]
) -> None:
    for path in ("/reports/", "/reports/csat", "/reports/csat/rows", "/reports/csat.csv", "/reports/csat/agent.csv"):
        refused = as_role("agent").get(path)
        assert refused.status_code == 403
        assert "An admin of this desk can change your role." in refused.text
        assert as_role("nobody").get(path).status_code == 303
    assert as_role("admin").get("/reports/csat").status_code == 200
    assert lead.get("/reports/").headers["Location"] == "/reports/csat"


def test_a_comment_is_shown_as_text_and_exported_without_its_formula(lead: FlaskClient, desk: Desk) -> None:
    nasty = [
        '=HYPERLINK("http://evil")',
        "+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "<b onclick=x>bold</b>",
        "fine\nreally, “yes”",
    ]
    with desk.store.transaction() as tx:
        builder = Builder(tx)
        for number, comment in enumerate(nasty):
            builder.ask(NOW - timedelta(days=1, minutes=number), 2, comment=comment)
    page = lead.get("/reports/csat").text
    assert "&lt;b onclick=x&gt;bold&lt;/b&gt;" in page
    assert "<b onclick" not in page + lead.get("/reports/csat/rows?which=comments").text
    exported = {row["comment"] for row in table(lead, "/reports/csat/comments.csv")}
    assert exported == {
        '\'=HYPERLINK("http://evil")',
        "'+1",
        "'-2+3",
        "'@SUM(A1)",
        "'\t=1",
        "<b onclick=x>bold</b>",
        "fine\nreally, “yes”",
    }


def test_a_long_export_is_whole(lead: FlaskClient, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.reports.rows.BATCH", 16)
    with desk.store.transaction() as tx:
        builder = Builder(tx)
        same = NOW - timedelta(days=3)  # many at one instant: the page must not lose one between them
        ids = {builder.ask(same, 4).conversation_id for _ in range(70)}
    found = table(lead, "/reports/csat.csv")
    assert len(found) == 70
    assert {int(row["conversation_id"]) for row in found} == ids
    assert found[0]["link"] == f"http://127.0.0.1:5000/console/c/{found[0]['conversation_id']}"


def test_the_silent_and_unhappy_stand_apart_from_the_score(lead: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        builder = Builder(tx)
        for day in range(12):
            builder.ask(NOW - timedelta(days=day), 5)
        builder.ask(NOW - timedelta(days=1), level="frustrated")
        for level in ("frustrated", "frustrated", "calm"):
            builder.withhold(NOW - timedelta(days=2), level=level)
    page = lead.get("/reports/csat").text
    assert "1 question went out to somebody frustrated" in text_of(section(page, "silent"))
    assert "2 more ended frustrated and were not asked." in text_of(section(page, "silent"))
    assert "100.0 %" in text_of(section(page, "head"))


def test_who_was_reminded_is_counted_with_those_who_then_answered(lead: FlaskClient, desk: Desk) -> None:
    at = NOW - timedelta(days=6)
    with desk.store.transaction() as tx:
        builder = Builder(tx)
        for n in range(12):
            reminded = {"reminded_at": at + timedelta(days=3)} if n < 5 else {}
            builder.ask(at, 4 if n < 2 or n > 8 else None, **reminded)
    page = lead.get("/reports/csat?period=30d").text
    assert "Reminded ? 5 2 answered after it" in text_of(section(page, "head"))
    assert "5 rows" in lead.get("/reports/csat/rows?period=30d&which=reminded").text
    lines = table(lead, "/reports/csat/reminded.csv?period=30d")
    assert [bool(line["reminded_at"]) for line in lines] == [True] * 5
    assert sum(bool(line["score"]) for line in lines) == 2
    (figures,) = table(lead, "/reports/csat/headline.csv?period=30d")
    assert (figures["reminded"], figures["reminded_answered"]) == ("5", "2")


def test_those_who_were_not_asked_stand_beside_those_who_were(lead: FlaskClient, desk: Desk) -> None:
    at = NOW - timedelta(days=3)
    with desk.store.transaction() as tx:
        builder = Builder(tx)
        for n in range(40):
            builder.ask(at, 5, level="frustrated" if n < 2 else "calm")
        for n in range(30):
            builder.withhold(at, reason="cooldown", level="frustrated" if n < 15 else "calm")
        builder.withhold(at, reason="spam", level="frustrated")
    card = text_of(section(lead.get("/reports/csat?period=30d").text, "bias"))
    assert "asked 5.0 % 1.4 to 16.5 40" in card
    assert "not asked 50.0 % 33.2 to 66.8 30" in card
    assert "the score looks better than it is. +45.0 points" in card
    assert "Of the rows, 1 was spam, a machine or one of ourselves" in card
    (figures,) = table(lead, "/reports/csat/headline.csv?period=30d")
    wanted = {"withheld": "31", "asked_frustrated": "2", "not_asked": "30", "not_asked_frustrated": "15"}
    assert {name: figures[name] for name in wanted} == wanted
    assert 'id="h-bias"' not in lead.get("/reports/csat?period=30d&channel=email").text, "no decision keeps its channel"


@pytest.mark.parametrize(
    ("kind", "scores", "shown"),
    [
        ("nps", [10] * 15 + [8] * 9 + [3] * 6, ["30.0", "±27.9", "promoters less detractors"]),
        ("ces", [7] * 10 + [5] * 5 + [2] * 5, ["5.25", "Found it easy", "75.0 %, 53.1 to 88.8"]),
    ],
)
def test_other_measures_have_their_own_page_once_asked(
    lead: FlaskClient, desk: Desk, kind: str, scores: list[int], shown: list[str]
) -> None:
    with desk.store.transaction() as tx:
        builder = Builder(tx)
    assert f"/reports/{kind}?" not in lead.get("/reports/csat").text
    with desk.store.transaction() as tx:
        builder.tx = tx
        for number, score in enumerate(scores):
            builder.ask(NOW - timedelta(hours=5 + number), score, kind=kind)
    assert f"/reports/{kind}?" in lead.get("/reports/csat").text
    page = lead.get(f"/reports/{kind}").text
    for text in shown:
        assert text in text_of(page)


def test_a_week_is_a_week_where_the_reader_is(lead: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        builder = Builder(tx)
        # Half an hour before and after midnight in Stockholm on Monday 26 October, the day after the clocks changed.
        builder.ask(datetime(2026, 10, 25, 22, 30, tzinfo=UTC), 5)
        builder.ask(datetime(2026, 10, 25, 23, 30, tzinfo=UTC), 1)
    weeks = table(lead, "/reports/csat/trend.csv?from=2026-10-12&to=2026-11-08")
    assert {week["first_day"]: (week["answers_5"], week["answers_1"]) for week in weeks} == {
        "2026-10-12": ("0", "0"),
        "2026-10-19": ("1", "0"),
        "2026-10-26": ("0", "1"),
        "2026-11-02": ("0", "0"),
    }


@pytest.mark.database("sqlite")
def test_the_chart_has_a_sentence_and_the_table_behind_it(lead: FlaskClient, past: Past) -> None:
    trend = section(lead.get("/reports/csat").text, "trend")
    assert 'role="img" aria-labelledby="trend-t"' in trend
    assert trend.count('<th scope="row">') == 13
    assert "the table below has every figure" in trend


@pytest.mark.database("sqlite")
def test_no_element_carries_a_style(lead: FlaskClient, past: Past) -> None:
    for path in ("/reports/csat", "/reports/csat/rows"):
        assert " style=" not in lead.get(path).text


def test_a_segment_is_said_to_be_as_of_now_beside_the_number_and_in_the_csv(lead: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        viewer = agents.viewer(tx, 1)
        builder = Builder(tx)
        segment_id = segments.save(tx, viewer, name="=VIP", condition="count(login) >= 1").id
        for number in range(12):
            builder.ask(NOW - timedelta(days=1 + number), 5 if number else 1)
        settle(tx, {segment_id: {builder.past.customer_id}}, {})
        builder.past.customer_id = make_customer(tx, name="Otto").id
        builder.ask(NOW - timedelta(days=2), 1)
    whole = lead.get("/reports/csat").text
    assert "of-segment" not in whole
    assert "as of now" in text_of(whole)
    by = text_of(section(whole, "segment"))
    assert "=VIP" in by and "91.7" not in by and "92" in by
    assert "Somebody can be in several of these, so they do not add up and are not ranked." in by
    page = lead.get(f"/reports/csat?segment={segment_id}").text
    said = text_of(page)
    assert "Of those who are in the segment “=VIP” now (22 Nov 2026, 11:00), whenever they were asked." in said
    assert "It is being counted: the figure is not whole yet." in said
    assert "who was in it at that time is not kept" in said
    assert number_after(text_of(section(page, "head")), "Answers") == 12
    for part in ("headline", "trend", "agent", "answers"):
        lines = table(lead, f"/reports/csat/{part}.csv?segment={segment_id}")
        assert {line["customers_in_segment"] for line in lines} == {"'=VIP"}
        assert {line["in_segment_as_of"] for line in lines} == {NOW.isoformat(timespec="seconds")}
        assert "in_segment_as_of" not in table(lead, f"/reports/csat/{part}.csv")[0]
    (line,) = table(lead, "/reports/csat/segment.csv")
    assert (line["segment"], line["as_of"], line["answers"]) == ("'=VIP", NOW.isoformat(timespec="seconds"), "12")
    rows = lead.get(f"/reports/csat/rows?segment={segment_id}").text
    assert "now in the segment “=VIP”" in text_of(rows)
    assert "There is no segment 77" in text_of(lead.get("/reports/csat?segment=77").text)
