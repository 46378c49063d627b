"""The whole loop as people live it: real mail servers, a real browser, the real server process.

Mails arrive by SMTP and by IMAP, the agent answers from the console, the answer is read from a real mailbox, the third
mail is angry, the conversation is resolved, the survey is answered with 1, the stage moves and says why, and the
supervisor finds the answer in the report and in its rows.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from desk import settings
from desk.store import Base
from tests.servers.browser import Chromium
from tests.servers.databases import Database
from tests.servers.live import LiveDesk
from tests.servers.mail import Dovecot, Postfix
from tests.servers.needs import free_port, wait_for

# A mailbox that an admin adds is watched within seconds, not at once, and machines that run tests are busy.
expect.set_options(timeout=25_000)


class Scene:
    """The desk with one inbox that is reached by SMTP and fetched by IMAP, and sends through Postfix."""

    def __init__(self, live: LiveDesk, dovecot: Dovecot, postfix: Postfix, smtp_port: int) -> None:
        self.live, self.dovecot, self.postfix, self.smtp_port = live, dovecot, postfix, smtp_port
        # The mail servers outlive a test, so that every test has people of its own.
        own = live.port
        self.support = f"support{own}@kiln.example"
        self.marta, self.noor = f"marta{own}@lindqvist.example", f"noor{own}@customer.example"
        with live.desk.store.transaction() as tx:
            brand = settings.create_brand(tx, key="kiln", name="Kiln & Co.")
            settings.create_inbox(
                tx,
                channel="email",
                name="Support",
                address=self.support,
                brand_id=brand.id,
                config={
                    "transport": "smtp",
                    "smtp_host": "127.0.0.1",
                    "smtp_port": postfix.port,
                    "smtp_security": "plain",
                    "imap_host": "127.0.0.1",
                    "imap_port": dovecot.imap_port,
                    "imap_security": "plain",
                    "imap_user": self.support,
                    "imap_password": dovecot.password,
                },
                secret_fields=frozenset({"imap_password"}),
            )

    def by_smtp(self, mail: EmailMessage) -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20) as smtp:
            smtp.send_message(mail, from_addr=str(mail["From"].addresses[0].addr_spec), to_addrs=[self.support])

    def by_imap(self, mail: EmailMessage) -> None:
        self.dovecot.deliver(self.support, mail)

    def counts(self) -> dict[str, int]:
        """Rows of every table that a customer's visit could write to. What runs by itself does not count: jobs, beats,
        and what a colleague's open screen tells of itself: that it is there, what it shows, and how far it was read."""
        with self.live.desk.store.reading() as tx:
            return {
                table.name: tx.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
                if table.name not in ("jobs", "beats", "timeline_looks", "presences", "notice_looks")
            }


@pytest.fixture
def scene(
    bare_database: Database, tmp_path: Path, dovecot: Dovecot, postfix: Postfix, leave_pages: Callable[[], None]
) -> Iterator[Scene]:
    port = free_port()
    live = LiveDesk(tmp_path, bare_database.url, SMTP_PORT=str(port)).start()
    try:
        yield Scene(live, dovecot, postfix, port)
    finally:
        leave_pages()
        live.close()


def _mail(sender: str, name: str, subject: str, text: str, n: int, answers: EmailMessage | None = None) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"{name} <{sender}>"
    mail["To"] = "support@kiln.example"
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{n}.{sender}>"
    mail["Date"] = "Mon, 02 Mar 2026 09:00:00 +0000"
    if answers is not None:
        mail["In-Reply-To"] = answers["Message-ID"]
        mail["References"] = f"{answers['References'] or ''} {answers['Message-ID']}".strip()
    mail.set_content(text)
    return mail


def _row(page: Page, name: str):  # type: ignore[no-untyped-def]
    return page.locator("a.convo", has_text=name)


def _names(page: Page) -> list[str]:
    return page.locator("a.convo .who").all_inner_texts()


@pytest.mark.timeout(300)
def test_the_loop_by_email(scene: Scene, chromium: Chromium) -> None:
    live, marta, noor = scene.live, scene.marta, scene.noor
    jonas, helena = live.staff("agent", "Jonas Weber"), live.staff("supervisor", "Helena Ström")
    agent = chromium.page(live.base_url)
    live.log_in(agent, jonas)
    agent.goto(f"{live.base_url}/console/unassigned")

    # Somebody else waits longer, so that the order has something to say.
    scene.by_smtp(_mail(noor, "Noor Amin", "Lid", "Do you sell the lid of the small casserole alone?", 1))
    expect(_row(agent, "Noor Amin")).to_be_visible()
    scene.by_smtp(_mail(marta, "Marta Lindqvist", "Kettle base cracked", "The base plate of my kettle is cracked.", 1))
    expect(_row(agent, "Marta Lindqvist")).to_be_visible()  # without a reload
    assert _names(agent)[:2] == ["Noor Amin", "Marta Lindqvist"]

    # The agent answers; the answer is read from a real mailbox.
    _row(agent, "Marta Lindqvist").click()
    expect(agent.locator("article.entry .msg")).to_contain_text("base plate of my kettle")
    agent.locator("#answer").fill("I am sorry. A new kettle leaves today.")
    agent.keyboard.press("Control+Enter")
    expect(agent.locator("article.from-agent .msg")).to_contain_text("A new kettle leaves today")
    (answer,) = scene.dovecot.wait(marta)
    assert answer["In-Reply-To"] == f"<1.{marta}>"
    assert f"<1.{marta}>" in answer["References"]
    assert answer["Subject"] == "Re: Kettle base cracked"
    assert str(answer["Reply-To"].addresses[0].addr_spec).startswith(f"support{live.port}+r-")
    plain = answer.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().startswith("I am sorry. A new kettle leaves today.")
    expect(agent.locator("article.from-agent .delivery")).to_have_attribute("data-state", "sent")

    # The reply comes by IMAP, threads, and is on the screen without a reload; the angry third one lifts her.
    scene.by_imap(_mail(marta, "Marta Lindqvist", "Re: Kettle base cracked", "It has not arrived yet.", 2, answer))
    expect(agent.locator("article.entry .msg", has_text="has not arrived yet")).to_be_visible()
    agent.goto(f"{live.base_url}/console/all")
    assert _names(agent)[:2] == ["Noor Amin", "Marta Lindqvist"]
    _row(agent, "Marta Lindqvist").click()
    scene.by_imap(
        _mail(
            marta,
            "Marta Lindqvist",
            "Re: Kettle base cracked",
            "This is the third time I am asking. Still no kettle, nobody answers. Honestly ridiculous!",
            3,
            answer,
        )
    )
    shift = agent.locator(".entry .fact.frustrated")
    expect(shift).to_be_visible()
    expect(shift.locator(".words")).to_contain_text("third time")
    expect(_row(agent, "Marta Lindqvist").locator(".chip.frustrated")).to_be_visible()
    expect(agent.locator("a.convo .who").first).to_have_text("Marta Lindqvist")
    assert agent.locator("a.convo", has_text="Marta Lindqvist").count() == 1

    # Resolved by key; the question arrives by mail.
    agent.locator("#title").focus()
    agent.keyboard.press("e")
    expect(agent.locator("#head")).to_have_attribute("data-status", "resolved")
    invitation = wait_for(
        lambda: next((m for m in scene.dovecot.mails(marta) if "How did" in str(m["Subject"])), None),
        "the survey in Marta's mailbox",
        30,
    )
    assert invitation["Auto-Submitted"] == "auto-generated"
    assert invitation["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    body = invitation.get_body(("plain",))
    assert body is not None
    link = next(u for u in re.findall(r"https?://\S+", body.get_content()) if "score=1" in u)
    assert urlsplit(link).netloc == urlsplit(live.base_url).netloc

    # Opening records nothing, however often and however; Send records once.
    expect(agent.locator(".entry.happened", has_text="asked")).to_be_visible()
    wait_for(lambda: scene.counts()["search_queue"] == 0, "the index to take in what was written before")
    before = scene.counts()
    customer = chromium.page(width="phone")
    for _ in range(3):
        customer.goto(link)
    expect(customer.locator("input[name=score][value='1']")).to_be_checked()
    assert scene.counts() == before
    customer.locator("textarea[name=comment]").fill("Three mails for one kettle.")
    customer.locator("button", has_text="Send").first.click()
    expect(customer.locator("h1")).to_contain_text("Thank you")
    after = scene.counts()
    assert after["responses"] == before["responses"] + 1

    # The answer is on the timeline, and the stage moved because of it and says so.
    expect(agent.locator("[data-kind=survey_answered]")).to_contain_text("Three mails for one kettle.")
    moved = agent.locator("[data-kind=stage]", has_text="CSAT").last
    expect(moved).to_contain_text("Commerce v1")
    expect(moved).to_contain_text("Because")
    evidence = moved.locator("[data-evidence]").first
    expect(evidence).to_be_visible()
    target = evidence.get_attribute("href")
    assert target is not None
    expect(agent.locator(target)).to_have_attribute("data-kind", "survey_answered")

    # The supervisor's page and the row behind it.
    lead = chromium.page(live.base_url)
    live.log_in(lead, helena)
    lead.goto(f"{live.base_url}/reports/csat")
    expect(lead.locator("body")).to_contain_text("0 of 1")
    expect(lead.locator(".quote")).to_contain_text("Three mails for one kettle.")
    lead.goto(f"{live.base_url}/reports/csat/rows")
    row = lead.locator("tbody tr", has_text="Marta Lindqvist")
    expect(row).to_contain_text("Jonas Weber")
    row.locator("a[href*='/console/c/']").first.click()
    expect(lead.locator("#title")).to_have_text("Kettle base cracked")
    csv = lead.request.get(f"{live.base_url}/reports/csat.csv").text()
    assert "Three mails for one kettle." in csv


@pytest.mark.timeout(120)
def test_a_stop_is_quick_with_open_sockets(live_desk: LiveDesk, chromium: Chromium) -> None:
    """Three open consoles once held a stop for 30 seconds."""
    who = live_desk.staff("admin")
    pages = [chromium.page(live_desk.base_url) for _ in range(3)]
    for page in pages:
        live_desk.log_in(page, who)
        with page.expect_websocket():
            page.goto(f"{live_desk.base_url}/console/")
    assert live_desk.stop(8) == 0
    for page in pages:
        page.close()
    chromium.complaints.clear()  # the pages rightly complained that the desk was gone
