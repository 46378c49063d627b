"""Markdown of articles: safe whatever is typed, and plain text where the bot reads it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import knowledge

BODY = """# Where is my parcel?

Open the *link* in the mail. See [refunds](/help/refunds "how").

## No scan for two days?

We need:

1. your **order number**
2. the postcode
   - of the address

| Hob | Works |
|---|---:|
| Gas | yes |

![A parcel](https://elsewhere.example/pixel.png)
"""


def test_headings_stand_below_the_title_of_the_page() -> None:
    page = knowledge.page(BODY)
    assert [(h.text, h.depth) for h in page.headings] == [("Where is my parcel?", 1), ("No scan for two days?", 2)]
    assert '<h2 id="s-where-is-my-parcel">' in page.html and "<h1" not in page.html
    assert '<h4 id="s-no-scan-for-two-days">' in knowledge.page(BODY, top=3).html
    assert '<a href="/help/refunds" title="how" rel="noopener noreferrer">refunds</a>' in page.html
    assert '<th scope="col">' in page.html


def test_no_picture_of_another_server_is_asked_for() -> None:
    html = knowledge.page(BODY).html
    assert "<img" not in html and "elsewhere.example" not in html and "A parcel" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<img src=x onerror=alert(1)>",
        '[x](https://a.example "onmouseover=alert(1)")',
        "<a href='javascript:alert(1)'>x</a>",
        "```html\n<script>alert(1)</script>\n```",
        "<style>*{display:none}</style>",
        "# <svg onload=alert(1)>",
        "[x]: javascript:alert(1)\n[x]",
        '<https://a.example/"onclick=alert(1)>',
    ],
)
def test_nothing_that_is_written_runs(text: str) -> None:
    html = knowledge.page(text).html
    tags = re.findall(r"<[^>]*>", html)
    assert not any(re.search(r"(?i)<(script|style|img|svg|iframe)|\son\w+=|javascript:|data:", tag) for tag in tags), (
        html
    )


@given(st.text(alphabet=st.sampled_from(list("<>\"'&#=-*_`[]()|:/!\n ax1;onclick")), max_size=120))
def test_no_text_makes_a_tag_that_is_not_allowed(text: str) -> None:
    for tag in re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)", knowledge.page(text).html):
        assert tag in {
            "a", "blockquote", "br", "code", "div", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
            "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
        }  # fmt: skip


def test_the_bot_reads_blocks_with_their_headings() -> None:
    found = [(b.heading, b.text, b.leads) for b in knowledge.blocks(BODY)]
    assert found == [
        ("Where is my parcel?", "Open the link in the mail. See refunds.", False),
        ("No scan for two days?", "We need:", True),
        ("No scan for two days?", "1. your order number\n2. the postcode\n- of the address", False),
        ("No scan for two days?", "Gas: yes", False),
        ("No scan for two days?", "A parcel", False),
    ]
    assert knowledge.plain(BODY).startswith("Where is my parcel?\nOpen the link")


def test_a_deep_nest_and_a_long_text_take_no_long_time() -> None:
    for text in ("> " * 3000 + "x", "- " * 3000 + "x", "*a " * 20_000, "[" * 20_000, "|" * 20_000 + "\n|-|\n"):
        assert knowledge.page(text).html is not None
