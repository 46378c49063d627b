"""A real Chromium for tests: pages in light, dark and at phone width, and everything the console complains about."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.servers.needs import require

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"  # for people to look at; git ignores it
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 25_000  # of whoever waits for a page: machines are shared, and nothing waits that is there
WIDTHS = {"desktop": (1440, 900), "phone": (390, 844)}


class Chromium:
    """Opens pages, and keeps in `complaints` what went wrong in any of them: script errors, refused scripts or styles,
    failed requests and answers of 500 and up. The `chromium` fixture fails a test that leaves some behind."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def context(
        self, base_url: str = "", *, dark: bool = False, width: str = "desktop", **options: Any
    ) -> BrowserContext:
        """A browser of its own, with its own cookies; `width` is a name of WIDTHS."""
        across, down = WIDTHS[width]
        scheme: Literal["dark", "light"] = "dark" if dark else "light"
        defaults: dict[str, Any] = {"locale": "en-GB", "timezone_id": "UTC", "base_url": base_url or None}
        context = self._browser.new_context(
            color_scheme=scheme, viewport={"width": across, "height": down}, **(defaults | options)
        )
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"script error: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        self._contexts.append(context)
        return context

    def page(self, base_url: str = "", **options: Any) -> Page:
        """A page in a browser of its own; the options are those of `context`."""
        return self.context(base_url, **options).new_page()

    def _console(self, message: ConsoleMessage) -> None:
        # An answer like 404 or 422 also shows up here; whether it was right is for the test to say.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        # Leaving a page ends what it was still asking for.
        if request.failure not in (None, "net::ERR_ABORTED"):
            self.complaints.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.request.method} {response.url}: {response.status}")

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        self._contexts.clear()


# What fades in has every contrast on its way: what ends is waited for, what turns for ever is not.
AT_REST = """() => {
    const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
    const enough = new Promise((done) => setTimeout(done, 2000));
    return Promise.race([enough, Promise.allSettled(ending.map((one) => one.finished))]);
}"""


def accessibility(page: Page, *, without: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds wrong on a page (WCAG 2.2 A and AA): one line a finding; rules in `without` are left out."""
    require(AXE.exists(), "axe-core is not installed (make install)")
    page.evaluate(AXE.read_text("utf-8"))
    page.evaluate(AT_REST)
    found = page.evaluate(
        """(without) => axe.run(document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
            rules: Object.fromEntries(without.map((name) => [name, {enabled: false}])),
        })""",
        list(without),
    )
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:120]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium of the system where there is one, else the one that Playwright downloaded."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        path = shutil.which("chromium") or shutil.which("google-chrome") or (own if Path(own).exists() else None)
        require(path, "there is no Chromium (Debian: chromium, elsewhere: .venv/bin/playwright install chromium)")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        expect.set_options(timeout=PATIENCE_MS)
        yield browser
        browser.close()
