"""Forwarding on a live screen: from a message and from the palette, with a preview, and the third party's answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from desk import inbound, outbound
from desk.channels.email import safe_html
from desk.messages import Address, Attachment, InboundMessage, Sender
from tests.servers.browser import accessibility
from tests.web.test_console_browser import PNG, Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both
SUPPLIER = "supply@potter.example"


def kettle(scene: Scene) -> int:
    """A formatted mail with a picture and a file, a note about it, and an answer."""
    files = scene.app.extensions["loopdesk"].files
    picture = Attachment("crack.png", "image/png", len(PNG), files.put(PNG), content_id="crack@x", inline=True)
    sheet = Attachment("receipt.pdf", "application/pdf", 181_300, files.put(b"%PDF-1.4"))
    html = '<p>My kettle is <b>cracked</b>.</p><img src="cid:crack@x" alt="crack"><img src="https://spy.example/x.gif">'
    found = scene.mail(
        "Marta Lindqvist", "My kettle is cracked.", "Kettle", html=safe_html(html), attachments=(picture, sheet)
    )
    with scene.store.transaction() as tx:
        outbound.note(tx, found, scene.bea, "She has had two replacements already.")
        outbound.reply(tx, found, scene.bea, "I ask our potter and come back to you.")
    return found


def third_party_answers(scene: Scene, text: str) -> None:
    with scene.store.reading() as tx:
        sent = tx.scalars(select(outbound.Delivery).where(outbound.Delivery.purpose == "forward")).one()
    inbound.receive(
        scene.app.extensions["loopdesk"],
        InboundMessage(
            channel="email",
            inbox_id=scene.inbox_id,
            external_id="a1",
            message_id="a1@potter.example",
            sender=Sender(Address("email", SUPPLIER, "Pia Potter"), "inferred", "mail came from this address"),
            sent_at=scene.store.clock.now(),
            text=text,
            reply_refs=(sent.message_id,),
        ),
    )


def shot(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=folder / f"forward-{name}.png")


@pytest.mark.parametrize(("dark", "width"), [(False, "desktop"), (True, "desktop"), (False, "phone")])
def test_a_message_is_forwarded_and_its_answer_comes_aside(
    scene: Scene, tmp_path: Path, dark: bool, width: str
) -> None:
    found = kettle(scene)
    name = f"{'dark' if dark else 'light'}-{width}"
    page = scene.screen(path=f"/console/c/{found}", dark=dark, width=width, bypass_csp=True)
    line = page.locator(".entry", has_text="My kettle is cracked.").first
    line.hover()
    line.get_by_role("link", name="Forward").click()
    dialog = page.get_by_role("dialog", name="Forward")
    expect(dialog).to_contain_text("Only those named here get this mail.")
    expect(dialog.get_by_label("To", exact=True)).to_be_focused()
    expect(dialog.locator("input[name=line]:checked")).to_have_count(1)
    expect(dialog.locator("#forward-size")).to_contain_text("181 kB of files")

    to = dialog.get_by_label("To", exact=True)
    to.fill("support@kiln.example")
    to.press("Enter")
    expect(dialog.locator("#forward-wrong-to")).to_have_text(
        "support@kiln.example: That is an address of this desk: it would answer itself."
    )
    dialog.get_by_role("button", name="Forward").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Nothing was sent")
    shot(page, tmp_path, f"{name}-wrong")
    assert accessibility(page) == []
    to.press("Backspace")
    to.fill(SUPPLIER)
    to.press("Enter")
    expect(dialog.locator("#forward-reach")).to_have_text(f"Goes to {SUPPLIER}, and to nobody else.")
    dialog.get_by_label("Your note on top").fill("Can you make her another one?")
    dialog.get_by_role("button", name="Preview").click()
    preview = page.frame_locator("#forward-preview")
    expect(preview.locator("body")).to_contain_text("Fwd: Kettle")
    expect(preview.locator("b").first).to_have_text("cracked")
    expect(preview.locator("img")).to_have_count(1)
    shot(page, tmp_path, name)
    assert accessibility(page) == []
    dialog.get_by_role("button", name="Forward").click()
    expect(dialog).to_have_count(0)
    sent = page.locator(".entry.forward")
    expect(sent).to_contain_text(f"Forwarded to {SUPPLIER}, 1 message, 2 files")
    expect(sent).to_contain_text("Can you make her another one?")

    third_party_answers(scene, "Yes, by Friday.")
    answer = page.locator(".entry.aside")
    expect(answer).to_contain_text("Pia Potter")
    expect(answer).to_contain_text("the customer does not see this")
    expect(page.locator("#copies")).to_contain_text("Not to: Pia Potter")
    assert accessibility(page) == []
    shot(page, tmp_path, f"{name}-line")
    answer.hover()
    answer.get_by_role("link", name="Answer the third party").click()
    written = page.get_by_role("dialog", name="Answer the third party")
    expect(written.locator("#forward-reach")).to_have_text(f"Goes to {SUPPLIER}, and to nobody else.")
    expect(written.locator("input[name=line]:checked")).to_have_count(0)
    written.get_by_label("Your answer").fill("Thank you!")
    written.get_by_role("button", name="Send").click()
    expect(page.locator(".entry.forward").last).to_contain_text(f"Written to {SUPPLIER}")


def test_a_whole_conversation_by_key_leaves_notes_out_until_one_is_ticked(scene: Scene) -> None:
    page = scene.screen(path=f"/console/c/{kettle(scene)}")
    page.locator("#title").focus()
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="Forward")
    expect(dialog.locator("input[name=line]")).to_have_count(3)
    expect(dialog.locator("input[name=line]:checked")).to_have_count(2)
    expect(dialog.locator(".secret input")).not_to_be_checked()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.type("Forward this")
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
