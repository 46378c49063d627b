"""What the script tag costs a page before anybody opens the widget: requests, long tasks, layout, by Chromium."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.desk_double import KEY, DeskDouble
from tests.browser.widget_states import opened, part
from tests.servers.browser import Chromium

LONG = 50  # ms from which a browser calls a task long
OURS = ("/widget.js", "/widget/")
OBSERVE = """
    window.ldShifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) ldShifts.push(entry.value);
    }).observe({ type: "layout-shift", buffered: true });
"""


def traced(page: Page, go: Any) -> list[dict[str, Any]]:
    """Chromium's trace of what happens in `go`."""
    session = page.context.new_cdp_session(page)
    events: list[dict[str, Any]] = []
    session.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    done: list[bool] = []
    session.on("Tracing.tracingComplete", lambda _told: done.append(True))
    session.send("Tracing.start", {"categories": "devtools.timeline,toplevel", "transferMode": "ReportEvents"})
    go()
    session.send("Tracing.end")
    while not done:
        page.wait_for_timeout(20)
    return events


def of_ours(events: list[dict[str, Any]]) -> list[float]:
    """Milliseconds on the page's main thread of each piece of work that came from a script of the widget."""
    return [
        event["dur"] / 1000
        for event in events
        if event.get("ph") == "X"
        and event["name"] in ("EvaluateScript", "FunctionCall", "v8.compile", "v8.compileModule", "v8.evaluateModule")
        and any(part in str((event.get("args", {}).get("data") or {}).get("url", "")) for part in OURS)
    ]


def test_a_page_is_as_fast_as_without_it(chromium: Chromium, double: DeskDouble) -> None:
    double.page = "<h1>Casseroles</h1><p>" + "Stoneware, fired twice. " * 200 + "</p>"
    context = chromium.context(double.site)
    context.add_init_script(OBSERVE)
    page = context.new_page()

    def visit() -> None:
        page.goto("/")
        expect(part(page, ".launcher")).to_be_visible()
        page.wait_for_load_state("networkidle")

    work = of_ours(traced(page, visit))
    fetched = page.evaluate(
        "performance.getEntriesByType('resource').map(e => [new URL(e.name).pathname, e.encodedBodySize])"
    )
    assert sorted(path for path, _size in fetched) == ["/widget.js", f"/widget/{KEY}/boot"]
    assert work, "the trace knows our script"
    assert max(work) < LONG
    assert page.evaluate("ldShifts") == [], "nothing of the page moves"
    opening = of_ours(traced(page, lambda: expect(part(opened(page), ".home .btn")).to_be_visible() and None))
    assert opening
    assert max(opening) < LONG
    assert page.evaluate("ldShifts") == [], "nor when it is opened"
