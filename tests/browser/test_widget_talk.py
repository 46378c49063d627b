"""What a visitor does in the widget, on a desk that says what a test wants: nothing is lost, nothing is sent twice."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import Any

from playwright.sync_api import FilePayload, Page, Route, expect

from tests.browser.desk_double import KEY, Answer, DeskDouble, at, never, photo
from tests.browser.widget_states import (
    CARD,
    asked,
    away,
    field,
    opened,
    part,
    press,
    queued,
    resolved,
    results,
    surveyed,
    unsure,
    visit,
    with_agent,
    write,
)
from tests.servers.browser import Chromium
from tests.servers.needs import wait_for


def talking(chromium: Chromium, desk: DeskDouble, **look: Any) -> Page:
    """A visitor with the conversation open before them."""
    page = visit(chromium, desk, known=bool(desk.messages), **look)
    if desk.messages:
        wait_for(lambda: desk.sent("hello"), "a connection")
    opened(page)
    if not desk.messages:
        press(page, ".home .btn")
    expect(field(page)).to_be_visible()
    wait_for(lambda: desk.sent("hello"), "a connection")
    return page


def bubbles(page: Page) -> list[str]:
    return part(page, ".turn.me .bubble").all_inner_texts()


# ---- words -------------------------------------------------------------------------------------


def test_a_line_is_sent_delivered_and_seen(chromium: Chromium, double: DeskDouble) -> None:
    answering = threading.Event()

    def later(data: Answer) -> Answer:
        answering.wait(10)
        return double._on_send(data)

    with_agent(double)
    double.answers["send"] = later
    page = talking(chromium, double)
    field(page).fill("First line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    expect(part(page, ".state.sending")).to_have_text("Sending")
    answering.set()
    expect(part(page, ".state.delivered")).to_have_text("Delivered")
    assert double.texts()[-1] == "First line\nsecond line"
    place = double.messages[-1]["place"]
    double.push("seen", {"conversation": "c1", "place": place, "by": "Mara", "bot": False, "at": at()})
    expect(part(page, ".state.seen")).to_have_text(re.compile(r"Seen by Mara \d\d:\d\d"))
    expect(part(page, ".state")).to_have_count(1)
    expect(field(page)).to_be_focused()


def test_what_a_person_formatted_is_elements_of_a_short_list(chromium: Chromium, double: DeskDouble) -> None:
    with_agent(double)
    page = talking(chromium, double)
    tree = [
        ["p", ["It is ", ["strong", ["here"]], ["br", []], ["a", ["the page"], "https://kiln.example/a"]]],
        ["ul", [["li", ["one ", ["code", ["<b>"]]]]]],
        ["pre", ["a <script>\n  b"]],
        ["blockquote", [["p", [["a", ["no way"], "javascript:alert(1)"]]]]],
        ["img", ["a picture"], "https://elsewhere.example/x.png"],
    ]
    double.say("agent", "It is here", rich=tree)
    bubble = part(page, ".bubble.rich")
    expect(bubble.locator("strong")).to_have_text("here")
    expect(bubble.locator("ul li code")).to_have_text("<b>")
    expect(bubble.locator("pre code")).to_have_text("a <script>\n  b")
    expect(bubble.locator("a")).to_have_count(1)
    expect(bubble.locator("a")).to_have_attribute("href", "https://kiln.example/a")
    expect(bubble.locator("img, script, b")).to_have_count(0)
    expect(bubble).to_contain_text("no way")
    double.say("agent", "Plain **stars**")
    expect(part(page, ".bubble").last).to_have_text("Plain **stars**")
    if folder := os.environ.get("LOOPDESK_SHOTS"):
        page.screenshot(path=str(Path(folder) / "formatting-widget.png"))


def test_an_answer_comes_in_live_and_typing_goes_both_ways(chromium: Chromium, double: DeskDouble) -> None:
    with_agent(double)
    page = talking(chromium, double)
    field(page).press_sequentially("Well")
    wait_for(lambda: double.sent("typing"), "word that somebody types")
    assert double.sent("typing") == [{"conversation": "c1", "on": True}]
    field(page).fill("")
    wait_for(lambda: double.sent("typing")[-1]["on"] is False, "word that nobody types")
    double.push("typing", {"conversation": "c1", "name": "Mara", "on": True})
    expect(part(page, ".typing")).to_contain_text("Mara is typing")
    double.say("agent", "See https://kiln.example/a?b=1&c=2.")
    expect(part(page, ".typing")).to_have_count(0)
    link = part(page, ".bubble a").last
    expect(link).to_have_attribute("href", "https://kiln.example/a?b=1&c=2")
    expect(link).to_have_attribute("rel", "noopener")
    wait_for(lambda: double.sent("seen"), "word that it was read")


def test_what_people_write_is_text(chromium: Chromium, double: DeskDouble) -> None:
    page = talking(chromium, double)
    write(page, "<img src=x onerror=alert(1)> & <b>")
    expect(part(page, ".turn.me .bubble")).to_have_text("<img src=x onerror=alert(1)> & <b>")
    expect(part(page, ".bubble img")).to_have_count(0)


def test_who_reads_further_up_is_told_and_not_pulled_down(chromium: Chromium, double: DeskDouble) -> None:
    for n in range(30):
        double.message("agent", f"Line {n}", -60 + n)
    double.more, double.earlier = True, [double.message("agent", "The very first", -90)]
    double.messages.pop()
    page = talking(chromium, double)
    log = part(page, ".log")
    assert log.evaluate("node => node.scrollHeight - node.scrollTop - node.clientHeight") < 3
    log.evaluate("node => { node.scrollTop = 400; }")
    double.say("agent", "New down here")
    expect(part(page, ".new")).to_have_text("New messages")
    assert log.evaluate("node => node.scrollTop") == 400
    press(page, ".new")
    expect(part(page, ".bubble").last).to_be_in_viewport()
    expect(part(page, ".new")).to_have_count(0)
    log.evaluate("node => { node.scrollTop = 0; }")
    expect(log).to_contain_text("The very first")
    assert log.evaluate("node => node.scrollTop") > 20  # what was on screen stays there


# ---- connections that break --------------------------------------------------------------------


def test_what_is_written_in_a_tunnel_is_sent_once_and_in_order(chromium: Chromium, double: DeskDouble) -> None:
    with_agent(double)
    page = talking(chromium, double)
    page.context.set_offline(True)
    expect(part(page, ".strip")).to_contain_text("Reconnecting.")
    for text in ("One", "Two", "Three"):
        write(page, text)
    field(page).fill("A draft")
    expect(part(page, ".state.waiting")).to_have_text("Waiting to be sent")
    double.message("agent", "Meanwhile", 0.1)
    page.context.set_offline(False)
    expect(part(page, ".state.waiting")).to_have_count(0)
    expect(part(page, ".strip")).to_have_count(0)
    expect(part(page, ".log")).to_contain_text("Meanwhile")
    wait_for(lambda: double.texts()[-3:] == ["One", "Two", "Three"], "all of them, in order")
    expect(part(page, ".state.delivered")).to_be_visible()
    assert bubbles(page)[-3:] == ["One", "Two", "Three"]
    expect(field(page)).to_have_value("A draft")
    assert double.sent("hello")[-1]["since"]  # asked for what it missed, not for everything
    chromium.complaints.clear()


def test_a_lost_acknowledgement_sends_it_again_under_the_same_id(chromium: Chromium, double: DeskDouble) -> None:
    stuck = threading.Event()

    def commits_and_dies(data: Answer) -> Answer | None:
        answer = double._on_send(data)
        if len(double.sent("send")) == 1:
            double.messages[-1]["client_id"] = data["client_id"]
            double.break_off()
            stuck.wait(1)
        return answer

    page = talking(chromium, double)
    double.answers["send"] = commits_and_dies
    write(page, "Only once, please")
    wait_for(lambda: len(double.sent("hello")) > 1, "another connection")
    expect(part(page, ".state.delivered")).to_be_visible()
    assert double.texts() == ["Only once, please"]
    assert bubbles(page) == ["Only once, please"]
    assert len({data["client_id"] for data in double.sent("send")}) == 1


def test_an_unsent_line_outlives_the_page(chromium: Chromium, double: DeskDouble) -> None:
    with_agent(double)
    page = talking(chromium, double)
    double.answers["send"] = never(8)
    write(page, "Written just before the lid closed")
    field(page).fill("And a draft")
    double.answers.pop("send")
    page.reload()
    expect(part(page, ".state.delivered")).to_be_visible()
    assert double.texts()[-1] == "Written just before the lid closed"
    expect(field(page)).to_have_value("And a draft")


def test_a_refused_line_stays_and_can_be_sent_again_or_thrown_away(chromium: Chromium, double: DeskDouble) -> None:
    page = talking(chromium, double)
    double.answers["send"] = lambda _: {"ok": False, "error": "text", "text": "Not sent: the desk does not like it."}
    write(page, "Hello")
    expect(part(page, "[role=alert]")).to_contain_text("Not sent: the desk does not like it.")
    page.reload()
    expect(part(page, ".failed")).to_contain_text("Hello")  # also after another page
    double.answers.clear()
    part(page, ".failed").get_by_role("button", name="Try again").click()
    expect(part(page, ".state.delivered")).to_be_visible()
    assert double.texts() == ["Hello"]
    double.answers["send"] = lambda _: {"ok": False, "error": "text", "text": "No."}
    write(page, "Never mind")
    part(page, ".failed").get_by_role("button", name="Delete").click()
    expect(part(page, ".failed")).to_have_count(0)
    assert page.evaluate(f"localStorage['loopdesk:{KEY}:out']") is None


def test_it_comes_back_when_the_desk_stops(chromium: Chromium, double: DeskDouble) -> None:
    page = talking(chromium, double)
    double.break_off()
    wait_for(lambda: len(double.sent("hello")) > 1, "another connection")
    write(page, "Still there?")
    expect(part(page, ".state.delivered")).to_be_visible()


def test_long_polling_where_no_web_socket_gets_through(chromium: Chromium, double: DeskDouble) -> None:
    context = chromium.context(double.site)
    context.route_web_socket(re.compile("socket.io"), lambda socket: socket.close())
    page = context.new_page()
    page.goto("/")
    opened(page)
    press(page, ".home .btn")
    write(page, "By another way")
    expect(part(page, ".state.delivered")).to_be_visible()
    double.say("agent", "Heard you")
    expect(part(page, ".log")).to_contain_text("Heard you")
    chromium.complaints.clear()


def test_a_token_that_is_refused_is_forgotten(chromium: Chromium, double: DeskDouble) -> None:
    page = visit(chromium, double, known=False)
    page.evaluate(f"localStorage['loopdesk:{KEY}:visitor'] = '\"forged\"'")
    double.refuse = {"error": "visitor", "text": "Not one of ours."}
    opened(page)
    wait_for(lambda: len(double.auths) > 1, "another try")
    double.refuse = None
    wait_for(lambda: double.sent("hello"), "a connection")
    assert [auth["visitor"] for auth in double.auths][:2] == ["forged", None]


def test_another_visitor_sees_nothing_of_the_one_before(chromium: Chromium, double: DeskDouble) -> None:
    with_agent(double)
    page = talking(chromium, double)
    field(page).fill("A secret draft")
    expect(part(page, ".log")).to_contain_text("Shall I add one")
    double.messages.clear()
    double.state = double.who("bot")
    double.answers["hello"] = lambda data: double._on_hello({}) | {"fresh": True}
    double.break_off()
    expect(part(page, ".empty")).to_be_visible()
    expect(field(page)).to_have_value("")
    assert "secret" not in page.evaluate("JSON.stringify(localStorage)")


# ---- several tabs ------------------------------------------------------------------------------


def test_two_tabs_keep_in_step(chromium: Chromium, double: DeskDouble) -> None:
    with_agent(double)
    one = talking(chromium, double)
    two = one.context.new_page()
    two.goto(f"{double.site}/other")
    opened(two)
    expect(part(two, ".log")).to_contain_text("Shall I add one")
    write(one, "From the first tab")
    expect(part(two, ".turn.me").last).to_contain_text("From the first tab")
    expect(part(two, ".turn.me .bubble").filter(has_text="From the first tab")).to_have_count(1)
    press(two, ".bar .ico", 2)
    double.say("agent", "For both")
    expect(part(one, ".log")).to_contain_text("For both")
    expect(part(two, ".count")).to_have_count(0)  # it was read in the first one
    field(one).fill("Begun here")
    opened(two)
    expect(field(two)).to_have_value("Begun here")
    assert len([text for text in double.texts() if text == "From the first tab"]) == 1


# ---- limits ------------------------------------------------------------------------------------


def test_who_writes_too_fast_waits_and_loses_nothing(chromium: Chromium, double: DeskDouble) -> None:
    page = talking(chromium, double)
    double.answers["send"] = lambda _: {"ok": False, "error": "slow_down", "text": "Too fast.", "retry_after": 3}
    write(page, "Hello?")
    expect(part(page, "#ld-slow")).to_contain_text(re.compile("send again in [123] seconds?; your draft is kept"))
    double.answers.clear()
    field(page).fill("One more thing")
    page.keyboard.press("Enter")
    expect(field(page)).to_have_value("One more thing")
    expect(part(page, ".state.delivered")).to_be_visible()  # by itself, when the time is over
    expect(part(page, "#ld-slow")).to_have_count(0)
    assert double.texts() == ["Hello?"]
    page.keyboard.press("Enter")
    wait_for(lambda: double.texts() == ["Hello?", "One more thing"], "the second line")


def test_a_text_that_is_too_long_stays_in_the_field(chromium: Chromium, double: DeskDouble) -> None:
    double.boot["limits"]["characters"] = 10
    page = talking(chromium, double)
    write(page, "x" * 11)
    expect(part(page, "[role=alert]")).to_have_text("That is 1 character too long. Send it in parts, or as a file.")
    expect(field(page)).to_have_value("x" * 11)
    assert double.sent("send") == []


# ---- files -------------------------------------------------------------------------------------


def test_files_by_button_paste_and_drop(chromium: Chromium, double: DeskDouble) -> None:
    page = talking(chromium, double)
    part(page, "input[type=file]").set_input_files([photo("one.png"), photo("two.png")])
    expect(part(page, ".pic img")).to_have_count(2)
    assert double.sent("send")[0]["files"] == ["one.png", "two.png"]
    give = """(node, [kind, name]) => {
        const data = new DataTransfer();
        data.items.add(new File(["x"], name, { type: "application/pdf" }));
        const init = { bubbles: true, cancelable: true, composed: true };
        const send = (event) => node.dispatchEvent(event);
        if (kind === "paste") send(new ClipboardEvent("paste", { ...init, clipboardData: data }));
        else for (const type of ["dragover", "drop"]) send(new DragEvent(type, { ...init, dataTransfer: data }));
    }"""
    field(page).evaluate(give, ["paste", "pasted.pdf"])
    expect(part(page, "a.file")).to_have_count(1)
    part(page, ".log").evaluate(give, ["drop", "dropped.pdf"])
    expect(part(page, "a.file")).to_have_count(2)
    expect(part(page, ".drop")).to_have_count(0)
    assert double.uploads == ["one.png", "two.png", "pasted.pdf", "dropped.pdf"]
    expect(part(page, ".pic img").first).to_have_attribute("alt", "one.png")


def test_a_file_shows_how_far_it_is_and_can_be_stopped(chromium: Chromium, double: DeskDouble) -> None:
    page = talking(chromium, double)
    held: list[Route] = []
    page.route("**/files", lambda route: held.append(route))
    part(page, "input[type=file]").set_input_files([photo("slow.png")])
    expect(part(page, "progress")).to_have_attribute("aria-label", "Sending slow.png")
    expect(part(page, ".file")).to_contain_text(re.compile(r"of \d+ KB"))
    part(page, ".file").get_by_role("button", name="Cancel sending slow.png").click()
    expect(part(page, ".file")).to_have_count(0)
    assert double.sent("send") == []
    chromium.complaints.clear()


def test_files_that_cannot_be_sent_say_why(chromium: Chromium, double: DeskDouble) -> None:
    page = talking(chromium, double)
    odd = photo("tool.exe", b"MZ", "application/x-msdownload")
    empty: FilePayload = {"name": "empty.png", "mimeType": "image/png", "buffer": b""}
    big = photo("big.png", bytes(2_000_001))
    part(page, "input[type=file]").set_input_files([odd, empty, big, photo("virus.png")])
    alerts = part(page, ".failed [role=alert] > span")
    expect(alerts).to_have_text(
        [
            "Files of this kind can’t be sent. Try a picture or a PDF.",
            "This file is empty.",
            "This file is too big. It may have up to 2 MB.",
            "Files of this kind are not taken.",
        ]
    )
    assert double.uploads == ["virus.png"]  # only the desk could know that one
    expect(part(page, ".failed").get_by_role("button", name="Try again")).to_have_count(1)
    while part(page, ".failed").count():
        part(page, ".failed").get_by_role("button", name="Delete").first.click()
    assert double.sent("send") == []


# ---- the assistant and people ------------------------------------------------------------------


def test_a_person_is_one_press_away(chromium: Chromium, double: DeskDouble) -> None:
    page = visit(chromium, double, known=False)
    opened(page)
    press(page, ".home .btn")
    expect(part(page, ".person")).to_contain_text("You’re talking to an assistant")
    press(page, ".person button")
    expect(part(page, ".way")).to_contain_text("You’re number 2 in line. It takes about 3 minutes.")
    expect(part(page, ".event")).to_have_text("You asked for a person")
    expect(part(page, ".person")).to_have_count(0)
    part(page, ".way").get_by_role("button", name="Keep asking the assistant").click()
    expect(field(page)).to_be_focused()
    part(page, ".way").get_by_role("button", name="Get the answer by email").click()
    part(page, "#ld-mail").fill("noor@example.org")
    part(page, "#ld-mail").press("Enter")
    expect(part(page, ".way")).to_contain_text("We’ll email noor@example.org if you’re gone.")
    double.message("event", event="joined", detail={"name": "Mara"})
    double.push("message", double.messages[-1])
    double.change(who="agent")
    expect(part(page, ".bar h2")).to_have_text("Mara Oliveira")
    expect(part(page, ".way")).to_have_count(0)
    expect(part(page, ".log")).to_contain_text("Mara joined")
    expect(field(page)).to_have_attribute("placeholder", "Reply to Mara")


def test_a_person_asked_for_in_a_tunnel_comes_after_it(chromium: Chromium, double: DeskDouble) -> None:
    asked(double)
    page = talking(chromium, double)
    page.context.set_offline(True)
    press(page, ".person button")
    expect(part(page, ".person")).to_have_text("Asking for a person…")
    page.context.set_offline(False)
    expect(part(page, ".way")).to_be_visible()
    assert len(double.sent("person")) == 1
    chromium.complaints.clear()


def test_the_assistant_cites_and_asks_whether_that_helped(chromium: Chromium, double: DeskDouble) -> None:
    asked(double)
    page = talking(chromium, double)
    expect(part(page, ".cite")).to_have_attribute("href", "https://help.kiln.example/hobs")
    part(page, ".ask").get_by_role("button", name="Yes").click()
    expect(part(page, ".ask")).to_have_text("You said this helped. Thank you.")
    assert double.sent("helped") == [{"turn": double.messages[-1]["id"], "yes": True}]
    expect(field(page)).to_be_focused()


def test_a_choice_of_the_assistant_is_sent_as_words(chromium: Chromium, double: DeskDouble) -> None:
    unsure(double)
    page = talking(chromium, double)
    part(page, ".chips").get_by_role("button", name="Caring for the steel disc").click()
    wait_for(lambda: double.texts()[-1] == "Caring for the steel disc", "the choice as a message")
    expect(part(page, ".chips")).to_have_count(0)  # it was about what was said last


# ---- an address --------------------------------------------------------------------------------


def test_an_address_is_asked_for_only_when_nobody_is_there_and_proved_by_a_code(
    chromium: Chromium, double: DeskDouble
) -> None:
    double.change(who="offline")
    page = talking(chromium, double)
    expect(part(page, "#ld-mail")).to_have_count(0)
    double.messages.clear()
    away(double)
    double.break_off()  # the next hello brings the conversation
    press(page, ".bar .ico")
    press(page, "button.card")
    part(page, "#ld-mail").fill("noor@exam")
    part(page, "#ld-mail").press("Enter")
    expect(part(page, "#ld-mail-bad")).to_have_text("That address looks unfinished. Like noor@example.org")
    expect(part(page, "#ld-mail")).to_have_attribute("aria-invalid", "true")
    expect(part(page, "#ld-mail")).to_be_focused()
    part(page, "#ld-mail").fill("noor@example.org")
    part(page, "#ld-mail").press("Enter")
    expect(part(page, "#ld-code")).to_be_focused()
    page.keyboard.type("111111")
    page.keyboard.press("Enter")
    expect(part(page, "#ld-code-bad")).to_have_text("That is not the code. Four tries are left.")
    part(page, ".card").get_by_role("button", name="Send another code").click()
    expect(part(page, ".card")).to_contain_text("Another code is on its way")
    part(page, "#ld-code").fill("246 810")
    part(page, "#ld-code").press("Enter")
    expect(part(page, "#ld-code")).to_have_count(0)
    expect(part(page, ".note")).to_have_text("If you’re away, answers go to noor@example.org.")
    assert double.sent("code")[-1] == {"id": "7", "code": "246810"}


# ---- the end of it -----------------------------------------------------------------------------


def test_a_survey_by_keyboard_with_a_change_of_mind(chromium: Chromium, double: DeskDouble) -> None:
    surveyed(double)
    page = talking(chromium, double)
    form = part(page, ".csat")
    form.get_by_role("button", name="Send").click()
    expect(part(page, "#ld-pick-bad")).to_have_text("Pick one first.")
    for key in ("ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(form.get_by_role("radio", name="Good")).to_be_checked()
    assert double.sent("rate") == []  # arrows choose, Send sends
    form.get_by_text("How fast it was").click()
    part(page, "#ld-why").fill("Quick and kind")
    form.get_by_role("button", name="Send").click()
    expect(part(page, ".done")).to_contain_text("Thank you. You said “Good”.")
    given = {"score": 4, "reasons": ["speed"], "comment": "Quick and kind"}
    assert double.sent("rate") == [{"invitation": "s1", "conversation": "c1"} | given]
    part(page, ".done").get_by_role("button", name="Change my answer").click()
    expect(form.get_by_role("radio", name="Good")).to_be_checked()
    expect(part(page, "#ld-why")).to_have_value("Quick and kind")
    part(page, ".pick label").nth(0).click()
    form.get_by_role("button", name="Send").click()
    expect(part(page, ".done")).to_contain_text("You said “Very bad”.")


def test_a_survey_comes_and_goes_by_itself_and_not_now_lasts(chromium: Chromium, double: DeskDouble) -> None:
    resolved(double)
    double.status = "open"
    page = talking(chromium, double)
    double.push("survey", CARD)
    expect(part(page, ".csat")).to_be_visible()
    # That it is here, and on the screen: else the desk would mail the question.
    wait_for(lambda: {"conversation": "c1", "survey": CARD["id"]} in double.sent("got"), "word that it is here")
    wait_for(lambda: {"conversation": "c1", "survey": CARD["id"]} in double.sent("seen"), "word that it was seen")
    answered = {"score": 5, "label": "Great", "reasons": [], "comment": ""}
    double.push("survey", CARD | {"answered": answered})  # by the mail, or in another tab
    expect(part(page, ".done")).to_contain_text("You said “Great”.")
    double.push("survey", CARD | {"answered": answered, "closes": at(-1)})
    expect(part(page, ".done button")).to_have_count(0)
    double.survey = CARD | {"id": "s2", "hint": "One press is enough."}
    double.push("survey", double.survey)
    expect(part(page, ".csat")).to_contain_text("One press is enough.")
    part(page, ".csat").get_by_role("button", name="Not now").click()
    expect(part(page, ".csat")).to_have_count(0)
    page.reload()
    expect(field(page)).to_have_attribute("placeholder", "Write to open it again")
    expect(part(page, ".csat")).to_have_count(0)


def test_the_end_and_another_beginning(chromium: Chromium, double: DeskDouble) -> None:
    queued(double)
    page = talking(chromium, double)
    press(page, "[aria-controls=ld-menu]")
    expect(part(page, ".menu a")).to_have_attribute("href", f"{double.url}/transcript")
    part(page, ".menu").get_by_role("button", name="End this conversation").click()
    expect(part(page, ".bar p")).to_have_text("Conversation ended")
    press(page, "[aria-controls=ld-menu]")
    part(page, ".menu").get_by_role("button", name="Start another conversation").click()
    expect(part(page, ".empty")).to_be_visible()
    wait_for(lambda: double.sent("new"), "word of a new conversation")
    write(page, "Something else")
    wait_for(lambda: double.sent("send"), "the first line of it")
    assert "conversation" not in double.sent("send")[0]


# ---- help --------------------------------------------------------------------------------------


def test_who_types_already_when_the_line_is_up_goes_on_typing(chromium: Chromium, double: DeskDouble) -> None:
    answering = threading.Event()

    def later(data: Answer) -> Answer:
        answering.wait(10)
        return double._on_hello(data)

    double.me = {"name": "Ada Lovelace"}
    double.answers["hello"] = later
    page = visit(chromium, double, known=False)
    opened(page)
    part(page, ".home input").focus()
    answering.set()
    expect(part(page, ".hello h2")).to_contain_text("Ada")  # the desk's answer is on the screen
    expect(part(page, ".home input")).to_be_focused()


def test_searching_the_help_centre_from_home(chromium: Chromium, double: DeskDouble) -> None:
    results(double)
    page = visit(chromium, double, known=False)
    opened(page)
    part(page, ".home input").press_sequentially("induction")
    expect(part(page, ".results mark").first).to_have_text("induction")
    expect(part(page, ".bar input")).to_have_value("induction")
    expect(part(page, ".results [role=status]")).to_have_text("2 articles")
    double.found = []
    part(page, ".bar input").fill("raku kiln hire")
    expect(part(page, ".results")).to_contain_text("Nothing about “raku kiln hire”.")
    part(page, ".results").get_by_role("button", name="Start a conversation").click()
    expect(field(page)).to_have_value("raku kiln hire")


def test_who_waits_in_line_goes_on_asking_the_assistant(chromium: Chromium, double: DeskDouble) -> None:
    queued(double)
    page = opened(visit(chromium, double))
    part(page, ".way").get_by_role("button", name="Keep asking the assistant").click()
    expect(field(page)).to_be_focused()
    expect(part(page, ".person")).to_contain_text("You’re talking to an assistant")
    write(page, "Does it fit a 26 cm plate?")
    expect(part(page, ".turn.me .bubble").last).to_have_text("Does it fit a 26 cm plate?")
    wait_for(lambda: double.sent("send"), "the question")
    assert double.sent("send")[-1]["bot"] is True
    expect(part(page, ".way")).to_be_visible()  # still in line
    press(page, ".person .text")
    expect(part(page, ".person")).to_have_count(0)
    write(page, "And one for the person")
    wait_for(lambda: len(double.sent("send")) == 2, "the other line")
    assert "bot" not in double.sent("send")[-1]
    assert double.sent("person") == []  # a person is on the way already


def test_a_conversation_is_mailed_once_the_address_is_proved(chromium: Chromium, double: DeskDouble) -> None:
    with_agent(double)
    page = opened(visit(chromium, double))

    def ask() -> None:
        press(page, "[aria-controls=ld-menu]")
        part(page, ".menu").get_by_role("button", name="Email me this conversation").click()

    ask()
    expect(part(page, "#ld-mail")).to_be_focused()
    part(page, "#ld-mail").fill("noor@example.org")
    part(page, "form.card .btn").click()
    part(page, "#ld-code").fill("246810")
    part(page, "form.card .btn").click()
    expect(part(page, ".foot .note")).to_have_text("The conversation is on its way to noor@example.org.")
    assert double.sent("transcript") == [{"conversation": "c1"}]
    ask()
    wait_for(lambda: len(double.sent("transcript")) == 2, "the second time, without any question")
