"""The desk goes away under three open pages and comes back after thirty changes: the console has each of them once, the
wall and a report go on, and the answer that was being written is there."""

from __future__ import annotations

from itertools import count

import pytest
from playwright.sync_api import Page, expect

from desk import conversations, inbound, outbound
from desk.messages import Address, InboundMessage, Sender
from tests import factories
from tests.servers.browser import Chromium
from tests.servers.live import LiveDesk

_numbers = count(1)


def mail(live: LiveDesk, inbox: int, name: str, text: str, answers: int | None = None) -> int:
    """A mail of a customer, taken in while nobody serves. Gives the conversation."""
    number, store = next(_numbers), live.desk.store
    external = f"{number}@customer.example"
    token = None if answers is None else conversations.reply_token(store.keys, inbox, answers)
    message = InboundMessage(
        channel="email",
        inbox_id=inbox,
        external_id=external,
        message_id=external,
        sender=Sender(Address("email", f"{name.split()[0].casefold()}@customer.example", name), "inferred", "it came"),
        sent_at=store.clock.now(),
        text=text,
        subject="Order",
        reply_token=token,
    )
    outcome = inbound.receive(live.desk, message)
    assert outcome.conversation_id is not None
    return outcome.conversation_id


def ids(page: Page) -> list[str]:
    found: list[str] = page.locator("#rows li[data-k]").evaluate_all("all => all.map((li) => li.id)")
    return found


@pytest.mark.database("sqlite")
@pytest.mark.timeout(240)
def test_thirty_changes_behind_ones_back_are_there_once(live_desk: LiveDesk, chromium: Chromium) -> None:
    with live_desk.desk.store.transaction() as tx:
        inbox = factories.make_inbox(tx).id
    ada, lead = live_desk.staff("agent", "Ada Ant"), live_desk.staff("supervisor", "Cid Lead")
    marta = mail(live_desk, inbox, "Marta Lindqvist", "Hello")
    going = [mail(live_desk, inbox, f"Guest{n} Going", "I shall be gone") for n in range(5)]
    page = chromium.page(live_desk.base_url)
    live_desk.log_in(page, ada)
    page.goto(f"/console/c/{marta}?view=all")
    expect(page.locator("#shell[data-live=yes]")).to_be_attached()
    page.locator("#answer").press_sequentially("Half a thought")
    wall, report = chromium.page(live_desk.base_url), chromium.page(live_desk.base_url)
    for other, path in ((wall, "/wall/"), (report, "/reports/csat")):
        live_desk.log_in(other, lead)
        other.goto(path)
    expect(wall.locator("#live-chip")).to_contain_text("Live")

    live_desk.stop()
    expect(page.locator("#connection")).to_contain_text("Reconnecting. What you write is kept.")
    expect(wall.locator("#live-chip")).not_to_contain_text("Live")
    page.locator("#answer").press("Control+Enter")  # into the gap: it waits
    expect(page.locator(".entry.waiting")).to_contain_text("Waiting for the connection")
    page.locator("#answer").press_sequentially("The next thought")
    for n in range(10):
        mail(live_desk, inbox, "Marta Lindqvist", f"Line {n} of hers", answers=marta)
    coming = [mail(live_desk, inbox, f"Guest{n} Coming", "I am new") for n in range(10)]
    with live_desk.desk.store.transaction() as tx:
        for number in going:
            conversations.resolve(tx, number, lead)
        for number in coming[:4]:
            conversations.assign(tx, number, lead, ada.id)
        outbound.note(tx, marta, lead, "@Ada Ant: look at this one, please.")

    live_desk.start()
    expect(page.locator("#connection")).to_be_hidden()
    for n in range(10):
        expect(page.locator("article.entry .msg", has_text=f"Line {n} of hers")).to_have_count(1)
    expect(page.locator("article.note .msg")).to_have_count(1)
    expect(page.locator("article.from-agent:not(.waiting) .msg", has_text="Half a thought")).to_have_count(1)
    expect(page.locator(".entry.waiting")).to_have_count(0)
    expect(page.locator("#answer")).to_have_value("The next thought")
    expect(page.locator("#answer")).to_be_focused()
    expect(page.locator("#rows li[data-k]")).to_have_count(11)
    assert sorted(ids(page)) == sorted(f"c{number}" for number in (marta, *coming))
    with live_desk.desk.store.reading() as tx:
        holds = conversations.counts(tx, ada)
    assert holds["mine"] >= 4
    for name in ("mine", "unassigned"):
        expect(page.locator(f".tab [data-count={name}]")).to_have_text(str(holds[name] or ""))
    expect(page.locator("[data-bell-count]")).not_to_have_text("")
    lines = page.locator("#timeline article.entry")
    found = lines.evaluate_all("all => all.map((one) => one.id)")
    assert len(found) == len(set(found))
    with live_desk.desk.store.reading() as tx:
        said = [e.text for e in inbound.timeline.of_conversation(tx, marta, 100) if e.kind == "reply"]
    assert said == ["Half a thought"]

    expect(wall.locator("#live-chip")).to_contain_text("Live")
    expect(wall.locator("#on")).to_contain_text("Ada Ant")
    report.reload()
    expect(report.locator("h1")).to_be_visible()
    trouble = [one for one in chromium.complaints if one.startswith("script error")]
    assert trouble == []
    chromium.close()
    chromium.complaints.clear()  # the desk was away, and the browsers said so
