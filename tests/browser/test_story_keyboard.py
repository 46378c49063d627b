"""An agent's morning without a mouse: ten conversations of three channels, over a desk as people run it.

Each is opened, read and dealt with by the keyboard alone: an answer, a canned reply, a macro, a note that names a
colleague, an owner, a snooze, an end, many at once, what is taken back, the palette, a filter, the next one. The page
itself watches: no event of a pointer, and after each live change the focus stands where one can see it.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect
from twilio.request_validator import RequestValidator

from desk import automation, conversations, inbound
from desk.agents import Viewer
from tests.browser.test_story import _mail
from tests.browser.test_story_channels import OUR_NUMBER, Shop, shop
from tests.servers.browser import Chromium
from tests.servers.needs import wait_for
from tests.servers.twilio import ACCOUNT, TOKEN
from tests.servers.widget import Widget, chat_inbox

__all__ = ["shop"]  # pytest finds the fixture by its name
pytestmark = pytest.mark.database("sqlite")

# Counts what only a pointer does, and remembers where the focus got lost. A click that a key made has no place.
WATCH = """() => {
    window.pointed = [];
    for (const kind of ["pointerdown", "mousedown", "touchstart", "wheel"]) {
        addEventListener(kind, (event) => window.pointed.push(kind), { capture: true });
    }
    const clicked = (event) => { if (event.isTrusted && event.detail > 0) window.pointed.push("click"); };
    addEventListener("click", clicked, { capture: true });
}"""


class Keys:
    """A person with a keyboard, and a page that watches them."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *names: str) -> None:
        for name in names:
            self.page.keyboard.press(name)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def at(self, selector: str, text: str = "") -> None:
        """The focus is there."""
        expect(self.page.locator(selector, **({"has_text": text} if text else {})).first).to_be_focused()
        self.seen()

    def seen(self) -> None:
        """The focus is on something that is there, in sight, and shown to have it."""
        where = self.page.evaluate(
            """() => {
                const node = document.activeElement;
                if (!node || node === document.body) return "nowhere";
                const box = node.getBoundingClientRect(), html = node.outerHTML.slice(0, 90);
                if (!node.checkVisibility() || !box.width || !box.height) return `out of sight: ${html}`;
                if (box.bottom <= 0 || box.top >= innerHeight) return `outside of the window: ${html}`;
                return node.matches(":focus-visible") ? "" : `not shown: ${html}`;
            }"""
        )
        assert where == "", where

    def open(self, text: str) -> str:
        """Walks the queue to the row that says this, and opens it. Gives the conversation."""
        for _ in range(30):
            if text in self.page.evaluate("document.activeElement?.closest?.('#rows a.convo')?.innerText ?? ''"):
                break
            self.press("j" if text in self.below() else "k")
        self.at("#rows a.convo", text)
        number: str = self.page.evaluate("document.activeElement.closest('li').id.slice(1)")
        self.press("Enter")
        expect(self.page.locator("#head")).to_have_attribute("data-id", number)
        self.at("#title")
        expect(self.page.locator("#timeline")).to_contain_text(text)
        return number

    def sent(self, text: str) -> None:
        """It stands on the timeline as the desk has it."""
        line = self.page.locator("#timeline article:not(.waiting) .msg", has_text=text)
        expect(line.first).to_be_visible()
        self.seen()

    def below(self) -> str:
        """What stands below the row that has the focus, or all of it."""
        text: str = self.page.evaluate(
            """() => {
                const all = [...document.querySelectorAll("#rows a.convo")];
                return all.slice(all.indexOf(document.activeElement) + 1).map((one) => one.innerText).join(" | ");
            }"""
        )
        return text


class Ten:
    """Ten customers: four mails, three texts, three chats."""

    MAILS = ("Ann Arbor", "Ben Birch", "Cleo Cedar", "Dan Dale")
    TEXTS = (("+14155550101", "Order 1"), ("+14155550102", "Order 2"), ("+14155550103", "Order 3"))
    CHATS = ("Hello one", "Hello two", "Hello three")

    def __init__(self, shop: Shop) -> None:
        self.shop, self.live = shop, shop.live
        self.key = chat_inbox(shop.live.desk)
        self.widgets: list[Widget] = []

    def mail(self, n: int, text: str) -> None:
        name = self.MAILS[n]
        address = f"{name.split()[0].casefold()}{self.live.port}@customer.example"
        self.shop.by_smtp(_mail(address, name, f"About {name.split()[1]}", text, n + 1))

    def text(self, number: str, text: str, n: int) -> None:
        url = f"{self.live.base_url}/hooks/sms/{self.shop.sms}"
        form = {
            "MessageSid": f"SM{n:032}", "AccountSid": ACCOUNT, "From": number, "To": OUR_NUMBER, "Body": text,
            "NumMedia": "0",
        }  # fmt: skip
        headers = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, form)}
        with urlopen(Request(url, urlencode(form).encode(), headers), timeout=20) as answer:
            assert answer.status == 200

    def chat(self, text: str) -> Widget:
        widget = Widget(self.live.base_url, self.key)
        assert widget.connect()["ok"]
        assert widget.send(text)["ok"]
        self.widgets.append(widget)
        return widget

    def come(self) -> None:
        for n in range(len(self.MAILS)):
            self.mail(n, f"Number {n}: where is my kettle?")
        for n, (number, text) in enumerate(self.TEXTS):
            self.text(number, f"{text} has not come", n)
        for text in self.CHATS:
            self.chat(text)

    def close(self) -> None:
        for widget in self.widgets:
            widget.close()


@pytest.fixture
def ten(shop: Shop) -> Iterator[Ten]:
    made = Ten(shop)
    yield made
    made.close()


def _prepare(ten: Ten) -> tuple[Viewer, Viewer]:
    live = ten.live
    ada, bea = live.staff("agent", "Ada Ant"), live.staff("supervisor", "Bea Bee")
    everybody = {"whose": "everybody"}
    with live.desk.store.transaction() as tx:
        texts = [{"locale": "en", "text": "Hello {customer.first_name}, it left our workshop today."}]
        automation.save_canned(tx, bea, {"name": "It has left", "shortcut": "left", "texts": texts} | everybody)
        said = [{"locale": "en", "text": "I have asked the carrier."}]
        actions = [{"do": "label", "value": "carrier"}, {"do": "pending", "value": None}]
        macro = {"name": "Ask the carrier", "shortcut": "carrier", "texts": said, "actions": actions}
        automation.save_canned(tx, bea, macro | everybody)
    return ada, bea


def _state(ten: Ten, number: str) -> conversations.Row:
    with ten.live.desk.store.reading() as tx:
        found = conversations.row_of(tx, int(number))
    assert found is not None
    return found


@pytest.mark.timeout(420)
def test_ten_conversations_of_three_channels_by_the_keyboard_alone(ten: Ten, chromium: Chromium) -> None:
    ada, bea = _prepare(ten)
    page = chromium.page(ten.live.base_url)
    ten.live.log_in(page, ada)
    page.goto("/console/unassigned")
    expect(page.locator("#shell[data-live=yes]")).to_be_attached()
    page.evaluate(WATCH)
    keys = Keys(page)
    ten.come()  # all ten appear by themselves
    expect(page.locator("#rows li[data-k]")).to_have_count(10)
    keys.press("j")
    keys.at("#rows a.convo")

    # A mail: read, answered, resolved, taken back, resolved again.
    first = keys.open("Number 0:")
    keys.press("r")
    keys.at("#answer")
    keys.type("It leaves today. e r s a")  # single keys rest while one writes
    keys.press("Control+Enter")
    keys.sent("It leaves today. e r s a")
    keys.at("#answer")
    keys.press("Escape")
    keys.at("#title")
    keys.press("e")
    expect(page.locator("#head")).to_have_attribute("data-status", "resolved")
    keys.seen()
    keys.press("z")
    expect(page.locator("#head")).to_have_attribute("data-status", "open")
    keys.seen()
    keys.press("e")
    expect(page.locator("#head")).to_have_attribute("data-status", "resolved")

    # A mail: by a canned reply, sent and resolved in one.
    keys.press("Escape")
    second = keys.open("Number 1:")
    keys.press("r")
    keys.type("/left")
    expect(page.locator("#offer [role=option]").first).to_contain_text("It has left")
    keys.press("Enter")
    expect(page.locator("#answer")).to_have_value("Hello Ben, it left our workshop today.")
    keys.press("Control+Shift+Enter")
    keys.sent("Hello Ben, it left our workshop today.")
    expect(page.locator("#head")).to_have_attribute("data-status", "resolved")
    keys.press("Escape", "Escape")

    # A mail: by a macro, which is looked at before it runs.
    third = keys.open("Number 2:")
    keys.press("r")
    keys.type("/carrier")
    expect(page.locator("#offer [role=option]").first).to_contain_text("Ask the carrier")
    keys.press("Enter")
    expect(page.locator("#macro-dialog")).to_be_visible()
    keys.at("#macro-dialog button[value=run]")
    keys.press("Enter")
    expect(page.locator("#answer")).to_have_value("I have asked the carrier.")
    keys.at("#answer")
    keys.press("Control+Enter")
    keys.sent("I have asked the carrier.")
    expect(page.locator("#panel")).to_contain_text("carrier")
    keys.press("Escape", "Escape")

    # A mail: a note that names a colleague, who gets it.
    fourth = keys.open("Number 3:")
    keys.press("n")
    keys.type("@Bea")
    expect(page.locator("#offer [role=option]").first).to_contain_text("Bea Bee")
    keys.press("Enter")
    keys.type("could you look at this one?")
    keys.press("Control+Enter")
    keys.sent("could you look at this one?")
    keys.press("Escape")
    keys.press("a")
    expect(page.locator("#assign-menu")).to_contain_text("Bea Bee")
    for _ in range(12):
        if "Bea Bee" in page.evaluate("document.activeElement.innerText ?? ''"):
            break
        keys.press("ArrowDown")
    keys.at("#assign-menu button", "Bea Bee")
    keys.press("Enter")
    expect(page.locator("#head")).to_have_attribute("data-assignee", str(bea.id))
    keys.seen()

    # A text: answered, and away until tomorrow.
    keys.press("Escape")
    fifth = keys.open("Order 1 has not come")
    keys.press("r")
    keys.type("It comes tomorrow.")
    keys.press("Alt+Shift+Enter")
    keys.sent("It comes tomorrow.")
    expect(page.locator("#head")).to_have_attribute("data-status", "snoozed")
    wait_for(lambda: [p for p in ten.shop.provider.posts() if p["Body"] == "It comes tomorrow."], "the text to go", 30)

    # A text: snoozed from the menu, taken back, and given to oneself.
    keys.press("Escape", "Escape")
    sixth = keys.open("Order 2 has not come")
    keys.press("s")
    expect(page.locator("#snooze-menu button").first).to_be_visible()
    keys.press("ArrowDown", "Enter")
    expect(page.locator("#head")).to_have_attribute("data-status", "snoozed")
    keys.seen()
    keys.press("z")
    expect(page.locator("#head")).to_have_attribute("data-status", "open")
    keys.press("Control+k")
    keys.type("assign to me")
    expect(page.locator("#palette [role=option]").first).to_contain_text("Assign to me")
    keys.press("Enter")
    expect(page.locator("#head")).to_have_attribute("data-assignee", str(ada.id))
    keys.seen()

    # A text and a chat at once: selected, labelled, resolved together, and taken back together.
    keys.press("Escape")
    for text in ("Order 3 has not come", "Hello three"):
        for _ in range(20):
            if text in page.evaluate("document.activeElement?.innerText ?? ''"):
                break
            keys.press("j" if text in keys.below() else "k")
        keys.at("#rows a.convo", text)
        keys.press("x")
    expect(page.locator("#several-count")).to_have_text("2 selected")
    keys.press("l")
    keys.at("#several-label input[name=label]")
    keys.type("ask again")
    keys.press("Enter")
    expect(page.locator("#toasts")).not_to_be_empty()
    keys.seen()
    for text in ("Order 3 has not come", "Hello three"):
        for _ in range(20):
            if text in page.evaluate("document.activeElement?.innerText ?? ''"):
                break
            keys.press("j" if text in keys.below() else "k")
        keys.press("x")
    expect(page.locator("#several-count")).to_have_text("2 selected")
    with page.expect_response("**/console/several"):  # the row may go before the answer is there
        keys.press("e")
    expect(page.locator("#rows a.convo", has_text="Hello three")).to_have_count(0)
    expect(page.locator("#toasts")).to_contain_text("2 done")
    keys.seen()
    keys.press("z")
    expect(page.locator("#rows a.convo", has_text="Hello three")).to_have_count(1)
    keys.seen()

    # A chat, while more comes in: the focus stays in the field, and the visitor reads the answer.
    keys.open("Hello one")
    keys.press("r")
    keys.type("One moment")
    ten.widgets[0].send("Are you still there?")
    expect(page.locator("#timeline article", has_text="Are you still there?")).to_be_visible()
    keys.at("#answer")
    keys.type(", I look it up.")
    keys.press("Control+Enter")
    keys.sent("One moment, I look it up.")
    ten.widgets[0].wait("message", lambda what: what.get("text") == "One moment, I look it up.")

    # Filters of the timeline, a search in it, and back; then the view of all by the palette.
    keys.press("Escape")
    keys.press("w")
    keys.at("#within-q")
    keys.type("still there")
    keys.press("Enter")
    expect(page.locator("#within output")).to_contain_text("1 of 1")
    keys.press("Escape")
    chip = page.locator("#sieve .chips a[data-name]").first
    keys.seen()
    for _ in range(20):
        if chip.evaluate("node => node === document.activeElement"):
            break
        keys.press("Shift+Tab")
    keys.press("Enter")
    expect(page.locator("#sieve .chips a[data-name][aria-current]")).to_have_count(1)
    keys.at("#sieve .chips a[aria-current]")
    keys.press("Shift+Tab", "Enter")
    expect(page.locator("#sieve .chips a[data-name][aria-current]")).to_have_count(0)
    keys.at("#sieve .chips a[aria-current]", "All")

    # The last one is the next that nobody has.
    keys.press("Control+k")
    keys.type("frustra")
    expect(page.locator("#palette [role=option]").first).to_have_text("Frustrated")
    keys.press("Enter")
    expect(page.locator("#list")).to_have_attribute("data-view", "frustrated")
    keys.seen()
    keys.press("q")
    expect(page.locator("#head")).to_have_attribute("data-assignee", str(ada.id))
    keys.at("#title")
    last = page.locator("#head").get_attribute("data-id") or ""
    keys.press("r")
    keys.type("Here I am.")
    keys.press("Control+Enter")
    keys.sent("Here I am.")
    with ten.live.desk.store.reading() as tx:
        said = [e.text for e in inbound.timeline.of_conversation(tx, int(last)) if e.kind == "reply"]
    assert said == ["Here I am."]

    assert page.evaluate("window.pointed") == []
    assert {_state(ten, one).status for one in (first, second)} == {"resolved"}
    assert _state(ten, third).status == "pending"
    assert _state(ten, fourth).assignee_id == bea.id
    assert _state(ten, fifth).status == "snoozed"
    assert _state(ten, sixth).assignee_id == ada.id
    with ten.live.desk.store.reading() as tx:
        assert conversations.counts(tx, bea)["mentions"] == 1
