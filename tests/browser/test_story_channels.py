"""The loop on three channels as people live it: the widget on a shop's page, real mail servers, and a provider of SMS.

A visitor gets a cited answer, asks something unknown and gets a person, grows angry and is flagged on the agent's
screen; proves the address that they wrote a mail from and is one customer; a text comes in; the agent answers by each
channel and each arrives; the survey is answered in the chat with 1, the stage moves and says why; the report has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect
from twilio.request_validator import RequestValidator

from desk import knowledge, settings
from tests.browser.desk_double import DIST
from tests.browser.test_story import Scene, _mail, _row
from tests.browser.widget_states import field, opened, part, press, write
from tests.servers.browser import Chromium
from tests.servers.databases import Database
from tests.servers.live import LiveDesk
from tests.servers.mail import Dovecot, Postfix
from tests.servers.needs import free_port, require, wait_for
from tests.servers.twilio import ACCOUNT, TOKEN, Provider, serving

OUR_NUMBER, THEIR_NUMBER = "+15005550006", "+14155550123"
HOBS = "Which hobs can I use?"


class Shop(Scene):
    """The scene of the loop by email, with a widget, a number and articles beside it."""

    def __init__(self, live: LiveDesk, dovecot: Dovecot, postfix: Postfix, port: int, provider: Provider) -> None:
        super().__init__(live, dovecot, postfix, port)
        self.provider = provider
        with live.desk.store.transaction() as tx:
            brand = settings.brands(tx)[-1]
            self.widget = settings.create_inbox(
                tx, channel="chat", name="Shop widget", address="kiln.example", brand_id=brand.id, config={"bot": True}
            ).key
            self.sms = settings.create_inbox(
                tx,
                channel="sms",
                name="Texts",
                address=OUR_NUMBER,
                brand_id=brand.id,
                config={
                    "transport": "provider",
                    "account_sid": ACCOUNT,
                    "auth_token": TOKEN,
                    "api_base": provider.url,
                    "status_callbacks": True,
                },
                secret_fields=frozenset({"auth_token"}),
            ).key
            for title, body, examples in _ARTICLES:
                article = knowledge.create(tx, None, title=title, body=body, locale="en", examples=list(examples))
                knowledge.publish(tx, article.id, None)

    def hook(self, path: str, form: dict[str, str]) -> int:
        """A call of the provider, signed by the official client."""
        url = f"{self.live.base_url}/hooks/sms/{self.sms}{path}"
        headers = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, form)}
        with urlopen(Request(url, urlencode(form).encode(), headers), timeout=20) as answer:
            return int(answer.status)

    def text(self, body: str, sid: str) -> int:
        return self.hook(
            "",
            {
                "MessageSid": sid,
                "AccountSid": ACCOUNT,
                "From": THEIR_NUMBER,
                "To": OUR_NUMBER,
                "Body": body,
                "NumMedia": "0",
            },
        )


_ARTICLES = (
    (
        HOBS,
        "Gas and ceramic hobs work as they are. On an induction hob, put our steel disc under the casserole: stoneware "
        "has no iron that the hob could heat. With the disc, cook up to medium heat.",
        (
            "Can I use the casserole on an induction hob?",
            "Does the pot work on induction?",
            "Is it safe on a gas stove?",
            "Which stoves are suitable?",
            "Can I put the casserole on a ceramic hob?",
        ),
    ),
    (
        "When will my order arrive?",
        "Orders leave our workshop within two working days. Within the EU a parcel takes three to five days. The mail "
        "that says it has left carries a link to follow it.",
        (
            "Where is my order?",
            "How long does delivery take?",
            "When does my parcel arrive?",
            "How can I track my package?",
            "How long does shipping take to Germany?",
        ),
    ),
    (
        "How do I return something?",
        "You have thirty days. Ask us for a label, pack the piece as it came, and hand it in at any post office. We "
        "refund within five days of its arrival.",
        (
            "How can I return a piece?",
            "I want to send it back",
            "What is your return policy?",
            "Can I get a refund?",
            "How do I get a return label?",
        ),
    ),
)


@pytest.fixture
def shop(
    bare_database: Database, tmp_path: Path, dovecot: Dovecot, postfix: Postfix, leave_pages: Callable[[], None]
) -> Iterator[Shop]:
    require((DIST / "widget.js").exists(), "the widget is not built (make install)")
    port = free_port()
    live = LiveDesk(tmp_path, bare_database.url, SMTP_PORT=str(port), ALLOW_PRIVATE="1").start()
    with serving() as provider:
        try:
            yield Shop(live, dovecot, postfix, port, provider)
        finally:
            leave_pages()
            live.close()


def _by(agent: Page, channel: str, text: str) -> None:
    """The agent answers by a channel."""
    agent.locator(f"#ways label:has(input[value={channel}])").click()
    expect(agent.locator(f"#ways input[value={channel}]")).to_be_checked()
    agent.locator("#answer").fill(text)
    agent.keyboard.press("Control+Enter")
    expect(agent.locator("article.from-agent .msg", has_text=text)).to_be_visible()


@pytest.mark.timeout(420)
def test_the_loop_on_three_channels(shop: Shop, chromium: Chromium) -> None:
    live, noor = shop.live, shop.noor
    jonas, helena = live.staff("agent", "Jonas Weber"), live.staff("supervisor", "Helena Ström")
    agent = chromium.page(live.base_url)
    live.log_in(agent, jonas)
    agent.goto(f"{live.base_url}/console/all")

    # Somebody wrote a mail: a customer whose address is known to be theirs.
    shop.by_smtp(_mail(noor, "Noor Amin", "A lid", "Do you sell the lid of the small casserole alone?", 1))
    expect(_row(agent, "Noor Amin")).to_have_count(1)

    # The same person asks in the widget, and gets an answer with its source.
    visitor = chromium.page(live.base_url)
    visitor.goto(f"{live.base_url}/demo?inbox={shop.widget}")
    opened(visitor)
    press(visitor, ".home .btn")
    write(visitor, "Can I use the casserole on an induction hob?")
    expect(part(visitor, ".cite")).to_contain_text(HOBS)
    expect(part(visitor, ".turn .bubble").last).to_contain_text("steel disc")
    expect(part(visitor, ".ask .chip")).to_have_count(2)

    # What nobody wrote about: the desk does not guess, a person comes.
    write(visitor, "Do you rent out a raku kiln for birthday parties?")
    expect(part(visitor, ".way")).to_contain_text("A person is on the way")
    expect(part(visitor, ".cite")).to_have_count(1)

    # The agent sees it without a reload: what was asked, what was tried.
    row = agent.locator("a.convo:has(.ch-chat)")
    expect(row).to_have_count(1)
    row.click()
    expect(agent.locator("[data-kind=bot]").first).to_contain_text(HOBS)
    expect(agent.locator("[data-kind=handover]")).to_be_visible()

    # Anger is flagged live.
    write(visitor, "Hello?? This is the third time I am asking and nobody answers. This is absolutely ridiculous!")
    expect(agent.locator(".entry .fact.frustrated")).to_be_visible()
    expect(agent.locator("a.convo:has(.ch-chat) .chip.frustrated")).to_be_visible()
    expect(agent.locator("a.convo").first.locator(".ch-chat")).to_have_count(1)  # before the mail that came first

    # The visitor leaves an address: it proves nothing until its code comes back.
    press(visitor, ".way button.text")
    part(visitor, "#ld-mail").fill(noor)
    part(visitor, "form.card .btn").first.click()
    code = wait_for(lambda: _code(shop, noor), "the code in the mailbox", 30)
    expect(_row(agent, "Noor Amin")).to_have_count(1)
    enter = part(visitor, "#ld-code")
    if enter.count() == 0:
        part(visitor, ".note button.text").first.click()
    enter.fill(code)
    part(visitor, "form.card:has(#ld-code) .btn").click()
    expect(part(visitor, "#ld-code")).to_have_count(0)
    agent.reload()
    timeline = agent.locator("#timeline, .timeline").first
    expect(timeline).to_contain_text("lid of the small casserole")  # by mail
    expect(timeline).to_contain_text("raku kiln")  # in the chat
    expect(agent.locator("[data-kind=merge]")).to_be_visible()

    # A text comes in, signed by the provider.
    assert shop.text("Is my parcel on its way?", "SM" + "1" * 32) == 200
    expect(agent.locator("a.convo:has(.ch-sms)")).to_have_count(1)

    # The agent answers by each channel, and each arrives.
    agent.locator("a.convo:has(.ch-chat)").click()
    expect(agent.locator("article.entry .msg", has_text="raku kiln")).to_be_visible()
    _by(agent, "chat", "I am sorry. We do not rent kilns, but I know who does.")
    expect(part(visitor, ".turn .bubble").filter(has_text="I know who does")).to_be_visible()
    expect(part(visitor, ".turn .by").last).to_contain_text("Jonas Weber")
    _by(agent, "email", "And the lid is on our site since today.")
    answer = wait_for(
        lambda: next((m for m in shop.dovecot.mails(noor) if "lid is on our site" in _words(m)), None), "the mail", 30
    )
    assert str(answer["Reply-To"].addresses[0].addr_spec).startswith(f"support{live.port}+r-")
    agent.locator("a.convo:has(.ch-sms)").click()
    expect(agent.locator("article.entry .msg", has_text="Is my parcel")).to_be_visible()
    _by(agent, "sms", "It left this morning.")
    sent = wait_for(lambda: [p for p in shop.provider.posts() if "left this morning" in p["Body"]], "the text", 30)
    assert (sent[0]["To"], sent[0]["From"]) == (THEIR_NUMBER, OUR_NUMBER)
    sid = next(m["sid"] for m in shop.provider.messages if "left this morning" in m["body"])
    assert shop.hook("/status", {"MessageSid": sid, "MessageStatus": "delivered", "AccountSid": ACCOUNT}) == 200
    expect(agent.locator("article.from-agent .delivery[data-state=delivered]")).to_be_visible()

    # Resolved: the question stands in the chat, and is answered with 1.
    agent.locator("a.convo:has(.ch-chat)").click()
    expect(agent.locator("article.entry .msg", has_text="raku kiln")).to_be_visible()
    agent.locator("#title").focus()
    agent.keyboard.press("e")
    expect(agent.locator("#head")).to_have_attribute("data-status", "resolved")
    expect(part(visitor, "form.csat legend").first).to_be_visible()
    part(visitor, "form.csat .pick label").first.click()
    part(visitor, "#ld-why").fill("Asked three times.")
    part(visitor, "form.csat .btn").click()
    expect(part(visitor, ".done")).to_contain_text("Thank you")

    # The stage moves because of it, and says so; the report shows it and its row.
    expect(agent.locator("[data-kind=survey_answered]")).to_contain_text("Asked three times.")
    moved = agent.locator("[data-kind=stage]", has_text="CSAT").last
    expect(moved).to_contain_text("Because")
    target = moved.locator("[data-evidence]").first.get_attribute("href")
    assert target is not None
    expect(agent.locator(target)).to_have_attribute("data-kind", "survey_answered")
    lead = chromium.page(live.base_url)
    live.log_in(lead, helena)
    lead.goto(f"{live.base_url}/reports/csat")
    expect(lead.locator("body")).to_contain_text("0 of 1")
    expect(lead.locator(".quote")).to_contain_text("Asked three times.")
    lead.goto(f"{live.base_url}/reports/csat/rows")
    expect(lead.locator("tbody tr")).to_have_count(1)

    # Whoever writes again in the chat finds the conversation, and nothing was sent twice.
    write(visitor, "Thank you anyway.")
    expect(field(visitor)).to_have_value("")
    assert len([p for p in shop.provider.posts() if "left this morning" in p["Body"]]) == 1


def _words(mail) -> str:  # type: ignore[no-untyped-def]
    body = mail.get_body(("plain",))
    return "" if body is None else str(body.get_content())


def _code(shop: Shop, address: str) -> str | None:
    for mail in shop.dovecot.mails(address):
        found = re.search(r"\b(\d{3})[ \u00a0]?(\d{3})\b", f"{mail['Subject']}\n{_words(mail)}")
        if found and ("code" in _words(mail).lower() or "code" in str(mail["Subject"]).lower()):
            return found[1] + found[2]
    return None
