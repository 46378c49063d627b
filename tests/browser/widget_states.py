"""Every state of the widget by name: how the desk gets there, what the visitor does. The tests walk through them, and
`python -m tests.browser.widget_states FOLDER [NAME…]` takes pictures of them for people to look at."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.desk_double import KEY, DeskDouble, at, never, photo
from tests.servers.browser import AT_REST, Chromium, launched
from tests.servers.needs import wait_for

ARTICLE = {"title": "Which hobs can I use?", "url": "https://help.kiln.example/hobs"}
LABELS = [{"score": n, "label": label} for n, label in enumerate(["Very bad", "Bad", "Okay", "Good", "Great"], 1)]
CARD = {
    "conversation": "c1",
    "id": "s1",
    "kind": "csat",
    "question": "How was this conversation with Mara?",
    "labels": LABELS,
    "reasons": [{"key": "speed", "label": "How fast it was"}, {"key": "answer", "label": "The answer itself"}],
    "comment_label": "What made it so?",
    "comment_limit": 2000,
    "locale": "en",
    "name": "Mara",
    "answered": None,
}
# What a test types, in the order of the languages that the widget speaks.
LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"dark": True},
    "phone": {"width": "phone"},
    "arabic": {"language": "ar"},
}


def nothing(desk: DeskDouble) -> None:
    pass


def stay(page: Page, desk: DeskDouble) -> None:
    pass


@dataclass(frozen=True)
class State:
    prepare: Callable[[DeskDouble], None] = nothing
    act: Callable[[Page, DeskDouble], None] = stay
    shows: str = ""  # something that is on screen once the state is reached
    opened: bool = True
    known: bool = True  # a visitor who has been here before


def part(page: Page, selector: str) -> Locator:
    """Something inside the widget."""
    return page.locator("loopdesk-widget").locator(selector)


def field(page: Page) -> Locator:
    return part(page, ".write textarea")


def write(page: Page, text: str) -> None:
    field(page).fill(text)
    part(page, ".send").click()


def press(page: Page, selector: str, n: int = 0) -> None:
    part(page, selector).nth(n).click()


def visit(chromium: Chromium, desk: DeskDouble, *, known: bool = True, path: str = "/", **look: Any) -> Page:
    """A site's page with the widget on it, in a browser of its own; `known` has a conversation going."""
    language = look.pop("language", "en")
    desk.language = desk.boot["locale"] = language
    if language == "ar":
        look["locale"] = "ar-EG"
    # A panel that is still on its way up has no place yet.
    context: BrowserContext = chromium.context(desk.site, **{"reduced_motion": "reduce"} | look)
    if known:
        # An empty page, which comes first, has no storage.
        context.add_init_script(f"try {{ localStorage['loopdesk:{KEY}:going'] ||= 'true' }} catch {{}}")
    page = context.new_page()
    page.goto(path)
    return page


def opened(page: Page) -> Page:
    press(page, ".launcher")
    expect(part(page, ".panel")).to_be_visible()
    return page


# ---- how the desk gets there -------------------------------------------------------------------


def asked(desk: DeskDouble) -> None:
    desk.messages.clear()
    first = desk.message("me", "Can I use the casserole on an induction hob?", -9, client_id="a1b2c3d4e5")
    desk.seen = {"conversation": "c1", "place": first["place"], "by": "", "bot": True, "at": at(-9)}
    desk.message(
        "bot",
        "Not directly: stoneware has no iron for the hob to heat. With our steel disc under it, yes.",
        -8.9,
        bot={"article": ARTICLE, "ask_helped": True},
    )
    desk.state = desk.who("bot")


def unsure(desk: DeskDouble) -> None:
    asked(desk)
    desk.message("me", "And does the disc fit a 26 cm Aga plate?", -7, client_id="a1b2c3d4e6")
    choices = [{"id": "4", "title": "Which plates does it fit?"}, {"id": "5", "title": "Caring for the steel disc"}]
    desk.message("bot", "I’m not sure. Did you mean this?", -6.9, bot={"outcome": "did_you_mean", "choices": choices})


def queued(desk: DeskDouble) -> None:
    asked(desk)
    desk.message("event", event="handover", detail={"why": "customer"}, minutes=-5)
    desk.state = desk.who("queue", place=2, ahead_many=False, minutes=3, can_ask_bot=True)


def queued_with_address(desk: DeskDouble) -> None:
    queued(desk)
    desk.me = {"name": "Noor", "email": {"id": "7", "address": "noor@example.org", "state": "verified"}, "user": False}


def with_agent(desk: DeskDouble) -> None:
    queued(desk)
    desk.message("event", event="joined", detail={"name": "Mara"}, minutes=-4)
    desk.message("agent", "Hi Noor, I read your question to our assistant. The disc is 24 cm.", -3.5)
    desk.message("agent", "Shall I add one to your order? See https://kiln.example/disc.", -3.4)
    picture = {"name": "rim.png", "type": "image/png", "size": 70, "image": True, "url": f"{desk.url}/file/rim.png"}
    paper = {"name": "receipt.pdf", "type": "", "size": 1_300_000, "image": False, "url": f"{desk.url}/file/r"}
    last = desk.message("me", "The rim arrived chipped", -2, client_id="a1b2c3d4e7", files=[picture, paper])
    desk.seen = {"conversation": "c1", "place": last["place"], "by": "Mara", "bot": False, "at": at(-1)}
    desk.state = desk.who("agent")


def away(desk: DeskDouble) -> None:
    desk.message("me", "My casserole arrived with a chipped rim. Can I get a new lid?", -3, client_id="a1b2c3d4e8")
    desk.message("bot", "Nobody is here until Monday, so we’ll answer by email.", -2.9, bot={"outcome": "greeting"})
    desk.state = desk.who("offline")
    desk.boot["hours"] = {"open": False, "until": None, "opens": at(60 * 40)}


def by_email(desk: DeskDouble) -> None:
    with_agent(desk)
    desk.message("event", event="by_email", detail={"name": "Mara", "address": "noor@example.org"}, minutes=-1)
    desk.message("agent", "Hi Noor, a new lid left today. No need to send the old one back.", -0.5, channel="email")


def resolved(desk: DeskDouble) -> None:
    with_agent(desk)
    desk.message("agent", "Glad it’s sorted. Enjoy the first Sunday with it!", -0.9)
    desk.message("event", event="resolved", minutes=-0.5)
    desk.status, desk.state = "resolved", desk.who("agent", resolved=True)


def surveyed(desk: DeskDouble) -> None:
    resolved(desk)
    desk.survey = CARD


def thanked(desk: DeskDouble) -> None:
    resolved(desk)
    desk.survey = {**CARD, "answered": {"score": 4, "label": "Good", "reasons": [], "comment": ""}}


def unread(n: int) -> Callable[[DeskDouble], None]:
    def prepare(desk: DeskDouble) -> None:
        with_agent(desk)
        desk.message("agent", "Good news: I found a lid in the same glaze.", -0.2)
        desk.unread = n

    return prepare


def silent(desk: DeskDouble) -> None:
    desk.answers["hello"] = never(5)


def slow(desk: DeskDouble) -> None:
    with_agent(desk)
    desk.answers["send"] = lambda _: {"ok": False, "error": "slow_down", "text": "Too fast.", "retry_after": 18}


def refusing(desk: DeskDouble) -> None:
    with_agent(desk)
    desk.answers["send"] = lambda _: {"ok": False, "error": "text", "text": "Not sent: this is too long."}


def results(desk: DeskDouble) -> None:
    desk.found = [
        {"id": "1", "title": "Which hobs can I use?", "url": "#a", "snippet": "Gas, ceramic, induction with the disc…"},
        {"id": "2", "title": "Caring for the steel disc", "url": "#b", "snippet": "…before it goes on induction."},
    ]


def no_results(desk: DeskDouble) -> None:
    desk.found = None


# ---- what the visitor does ---------------------------------------------------------------------


def start(page: Page, _: DeskDouble) -> None:
    press(page, ".home .btn")


def look_up(page: Page, _: DeskDouble) -> None:
    part(page, ".home input[type=search]").fill("indu")


def typed_to(page: Page, desk: DeskDouble) -> None:
    desk.push("typing", {"conversation": "c1", "name": "Mara", "on": True})


def half_address(page: Page, _: DeskDouble) -> None:
    part(page, "#ld-mail").fill("noor@exam")
    press(page, ".log .btn")


def whole_address(page: Page, _: DeskDouble) -> None:
    part(page, "#ld-mail").fill("noor@example.org")
    press(page, ".log .btn")


def say_something(page: Page, _: DeskDouble) -> None:
    write(page, "Could you send a new lid rather than a refund?")


def say_more(page: Page, _: DeskDouble) -> None:
    write(page, "It is about order 2231")
    field(page).fill("Thank you, one more thing")


def too_big(page: Page, _: DeskDouble) -> None:
    part(page, "input[type=file]").set_input_files([photo("poster.png", bytes(2_100_000))])


def lose_the_desk(page: Page, desk: DeskDouble) -> None:
    page.context.set_offline(True)
    field(page).fill("Written in a tunnel.")
    press(page, ".send")


def menu(page: Page, _: DeskDouble) -> None:
    press(page, "[aria-controls=ld-menu]")


STATES: dict[str, State] = {
    "closed": State(opened=False, known=False, shows=".launcher"),
    "unread": State(unread(2), opened=False, shows=".peek"),
    "many": State(unread(120), opened=False, shows=".count"),
    "home": State(known=False, shows=".home .links"),
    "home_going": State(unread(0), lambda page, _: press(page, ".bar .ico"), shows="button.card"),
    "search": State(results, look_up, known=False, shows="mark"),
    "search_none": State(act=look_up, known=False, shows=".results .note"),
    "search_failed": State(no_results, look_up, known=False, shows=".results .note"),
    "loading": State(silent, shows=".grey"),
    "empty": State(act=start, known=False, shows=".empty .chip"),
    "assistant": State(asked, shows=".ask .chip"),
    "did_you_mean": State(unsure, shows=".chips .chip"),
    "queue": State(queued, shows=".way"),
    "queue_address": State(queued_with_address, shows=".way bdi"),
    "agent": State(with_agent, typed_to, shows=".typing"),
    "menu": State(with_agent, menu, shows=".menu"),
    "failed": State(refusing, say_something, shows=".failed"),
    "too_big": State(with_agent, too_big, shows=".failed .file"),
    "reconnecting": State(with_agent, lose_the_desk, shows=".strip"),
    "slow": State(slow, say_more, shows="#ld-slow"),
    "offline": State(away, half_address, shows=".error"),
    "code": State(away, whole_address, shows="#ld-code"),
    "by_email": State(by_email, shows=".note"),
    "survey": State(surveyed, lambda page, _: part(page, ".pick label").nth(3).click(), shows=".csat"),
    "survey_missing": State(surveyed, lambda page, _: press(page, ".csat .btn"), shows=".csat .error"),
    "thanks": State(thanked, lambda page, _: press(page, "button.card"), shows=".done"),
    "resolved": State(resolved, lambda page, _: press(page, "button.card"), shows=".event"),
}


def reach(chromium: Chromium, desk: DeskDouble, name: str, **look: Any) -> Page:
    """A page that shows the state."""
    state = STATES[name]
    state.prepare(desk)
    page = visit(chromium, desk, known=state.known, **look)
    if state.opened:
        if state.known and name != "loading":
            wait_for(lambda: desk.sent("hello"), "the widget of a visitor who was here before says hello")
        opened(page)
    state.act(page, desk)
    if state.shows:
        expect(part(page, state.shows).first).to_be_visible()
    return page


def picture(page: Page, path: Path, look: str) -> None:
    """The corner of the page in which the widget stands."""
    page.evaluate(AT_REST)
    width = page.viewport_size["width"] if page.viewport_size else 0
    clip = {"x": 0 if look == "arabic" else max(0, width - 440), "y": 0, "width": 440, "height": 900}
    page.screenshot(path=path, clip=clip if width > 440 else None)  # type: ignore[arg-type]


def pictures(folder: Path, names: list[str]) -> None:
    """Each state in each look, as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    with launched() as browser:
        for name in names or STATES:
            for look, options in LOOKS.items():
                desk, chromium = DeskDouble(), Chromium(browser)
                with desk.serving():
                    picture(reach(chromium, desk, name, **options), folder / f"{name}-{look}.png", look)
                    chromium.close()


if __name__ == "__main__":
    pictures(Path(sys.argv[1]), [name for name in sys.argv[2:] if re.fullmatch(r"\w+", name)])
