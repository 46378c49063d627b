"""Nobody is there: the visitor leaves an address and goes, the answer follows by mail, and the one conversation goes on
in the mailbox and in the widget. With real mail servers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from playwright.sync_api import expect

from desk import calendars, conversations, settings, timeline
from tests.browser.desk_double import DIST
from tests.browser.test_story import Scene, scene
from tests.browser.widget_states import opened, part, press, write
from tests.servers.browser import Chromium
from tests.servers.needs import require, wait_for
from tests.servers.widget import Console

__all__ = ["scene"]  # the fixture
pytestmark = pytest.mark.database("sqlite")  # the mails are the same on both; tests/visitors has both


def words(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return "" if body is None else str(body.get_content())


@pytest.mark.long  # the desk waits a minute for the visitor to look
@pytest.mark.timeout(300)
def test_a_conversation_goes_on_by_mail_and_in_the_widget(scene: Scene, chromium: Chromium) -> None:
    require((DIST / "widget.js").exists(), "the widget is not built (make install)")
    live, noor = scene.live, scene.noor
    closed = (datetime.now(UTC) + timedelta(days=3)).strftime("%A")[:2]
    with live.desk.store.transaction() as tx:
        hours = calendars.save(tx, None, name="Rarely", zone="UTC", hours=f"{closed} 9:00-10:00")
        key = settings.create_inbox(
            tx,
            channel="chat",
            name="Shop",
            address="kiln.example",
            brand_id=settings.brands(tx)[-1].id,
            config={"bot": False, "mail_minutes": 1},
            calendar_id=hours.id,
        ).key
    mara = live.staff(name="Mara Oliveira")
    console = Console(live, mara.email)
    context = chromium.context(live.base_url)
    page = context.new_page()
    page.goto(f"/demo?inbox={key}")
    opened(page)
    expect(part(page, ".home .card").first).to_contain_text("Back")
    press(page, ".home .btn")
    write(page, "My casserole arrived with a chipped rim.")
    part(page, "#ld-mail").fill(noor)
    part(page, "#ld-mail").press("Enter")
    expect(part(page, "#ld-code")).to_be_visible()
    page.close()  # the code is never typed: the answer to the mail will prove the address

    with live.desk.store.reading() as tx:
        (row,) = conversations.queue(tx, mara, "all").rows
    console.reply(str(row.id), "A new lid is on its way to you.")
    answer = wait_for(
        lambda: next((m for m in scene.dovecot.mails(noor) if "new lid" in words(m)), None), "the answer by mail", 120
    )
    assert "You were away from the chat" in words(answer)
    reply_to = str(answer["Reply-To"].addresses[0].addr_spec)

    back = EmailMessage()
    back["From"], back["To"], back["Subject"] = f"Noor Amin <{noor}>", reply_to, f"Re: {answer['Subject']}"
    back["Message-ID"], back["In-Reply-To"] = f"<back.{noor}>", answer["Message-ID"]
    back["Date"] = datetime.now(UTC)
    back.set_content("Thank you! Shall I send the old one back?\n")
    scene.by_imap(back)

    def both() -> list[tuple[str, str]]:
        with live.desk.store.reading() as tx:
            lines = timeline.of_conversation(tx, row.id, 50, ("message", "reply"))
        return [(e.channel or "", e.text) for e in lines] if len(lines) == 3 else []

    wait_for(both, "the mail in the same conversation", 60)
    page = context.new_page()
    page.goto(f"/demo?inbox={key}")
    if not part(page, ".panel").is_visible():
        opened(page)
    card = part(page, ".home button.card")
    expect(card.or_(part(page, ".turn.me")).first).to_be_visible()
    if card.count():
        card.first.click()
    mine = part(page, ".turn.me .bubble")
    expect(mine).to_have_text(
        ["My casserole arrived with a chipped rim.", re.compile(r"Thank you! Shall I send the old one back\?")]
    )
    expect(part(page, ".log")).to_contain_text("A new lid is on its way to you.")
    expect(part(page, "#ld-mail")).to_have_count(0)  # their answer has proved the address: nothing more is asked
    write(page, "I am here again, by the way.")
    expect(mine).to_have_count(3)
    console.reply(str(row.id), "Keep the old one.")
    expect(part(page, ".log")).to_contain_text("Keep the old one.")
    with live.desk.store.reading() as tx:
        (only,) = conversations.queue(tx, mara, "all").rows
        lines = timeline.of_conversation(tx, only.id, 50, ("message", "reply"))
    assert [(e.author, e.channel) for e in lines] == [
        ("customer", "chat"), ("staff", "chat"), ("customer", "email"), ("customer", "chat"), ("staff", "chat"),
    ]  # fmt: skip
    console.close()
