"""The browser of the tests is a real one, and what its console says is not lost."""

from __future__ import annotations

from tests.servers.browser import Chromium, accessibility


def test_a_page_in_the_dark_at_phone_width(chromium: Chromium) -> None:
    page = chromium.page(dark=True, width="phone")
    page.set_content("<html lang=en><title>Hello</title><main><h1>Hello</h1></main>")
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert page.evaluate("innerWidth") == 390
    assert accessibility(page) == []
    assert any("image-alt" in line for line in _without_words(chromium))


def _without_words(chromium: Chromium) -> list[str]:
    page = chromium.page()
    page.set_content(
        "<html lang=en><title>Hello</title><main><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='></main>"
    )
    return accessibility(page)


def test_a_script_that_fails_is_heard(chromium: Chromium) -> None:
    page = chromium.page()
    page.set_content("<script>nothing.at.all()</script>")
    page.evaluate("console.error('broken here')")
    assert any("nothing is not defined" in line for line in chromium.complaints)
    assert "console: broken here" in chromium.complaints
    chromium.complaints.clear()
