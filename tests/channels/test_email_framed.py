"""HTML of strangers in its frame: nothing loads from elsewhere until asked, own pictures show, links say where to."""

from __future__ import annotations

import base64

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.channels.email import framed, safe_html, waiting
from desk.channels.email.framed import MAX_PICTURES

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


def shown(html: str, *, remote: bool = False, **pictures: bytes) -> str:
    return framed(safe_html(html), pictures.get, remote=remote)


def loads(html: str) -> list[str]:
    """Every address that showing it would ask for."""
    if not html.strip():
        return []
    root = lxml.html.fragment_fromstring(html, create_parent="div")
    found = [value for _, name, value, _ in root.iterlinks() if name not in ("href", "cite")]
    found += root.xpath("//@srcset|//@background|//@poster|//@ping|//link/@href|//base/@href")
    found += [style for style in root.xpath("//@style") if "url" in style.casefold() or "\\" in style]
    return [one for one in found if not str(one).startswith("data:image/")]


NASTY = [
    '<img src="https://t.example/x.png">',
    "<img src=//t.example/x.png>",
    '<IMG SRC="HTTP://t.example/x.png" alt="a">',
    '<img alt="a" src="https://t.example/x.png?a=1&b=2" width=1>',
    '<img srcset="https://t.example/x.png 2x" src=cid:none>',
    '<img data-remote-src="https://t.example/x.png">',
    '<img src="https://t.example/&quot;x.png" title="&quot; src=&quot;https://t.example/y.png">',
    '<p style="background:url(https://t.example/x.png)">x</p>',
    '<p style="background-color:red;background-image:u\\72l(https://t.example/x)">x</p>',
    '<style>@import "https://t.example/x.css"; p {background:url(https://t.example)}</style><p>x</p>',
    '<table background="https://t.example/x.png"><tr><td>x</td></tr></table>',
    '<link rel=stylesheet href="https://t.example/x.css">',
    '<iframe src="https://t.example/"></iframe><embed src="https://t.example"><object data="https://t.example">',
    '<video poster="https://t.example/x.png" src="https://t.example/x.mp4"></video>',
    '<svg><image href="https://t.example/x.png"/></svg><math><mi xlink:href="https://t.example"></mi></math>',
    '<meta http-equiv=refresh content="0;url=https://t.example"><base href="https://t.example/">',
    '<script src="https://t.example/x.js"></script><body onload="fetch(1)"><form action="https://t.example">',
    '<input type=image src="https://t.example/x.png">',
]


@pytest.mark.parametrize("html", NASTY)
def test_nothing_is_asked_for_by_showing_it(html: str) -> None:
    assert loads(shown(f"<div>{html}</div>")) == []


@given(st.lists(st.sampled_from(NASTY) | st.text("<>\"'=/ abimgsrc:", max_size=20), max_size=6).map("".join))
def test_nor_by_showing_any_mixture_of_it(html: str) -> None:
    assert loads(shown(html)) == []


def test_pictures_from_elsewhere_come_when_asked_for() -> None:
    html = (
        '<p>Hi <img alt="a" src="https://shop.example/a.png?x=1&amp;y=2" width="3"><img src="//shop.example/b.png"></p>'
    )
    assert waiting(safe_html(html)) == 2
    assert loads(shown(html, remote=True)) == ["https://shop.example/a.png?x=1&y=2", "https://shop.example/b.png"]
    assert waiting(safe_html("<p>none</p><img src=cid:a>")) == 0


def test_the_mails_own_pictures_are_in_the_page() -> None:
    html = '<img src="cid:logo%40x"><img src="cid:logo@x" alt="again"><img src="cid:gone">'
    page = shown(html, **{"logo@x": PNG})
    assert page.count(f'src="data:image/png;base64,{base64.b64encode(PNG).decode()}"') == 2
    assert "cid:" not in page


def test_only_pictures_that_run_nothing_are_put_in() -> None:
    assert "data:" not in shown('<img src="cid:a">', a=SVG)
    assert "data:" not in shown('<img src="cid:a">', a=b"<html>")


def test_a_picture_shown_a_thousand_times_is_no_page_of_gigabytes() -> None:
    big = PNG + b"\0" * (MAX_PICTURES // 3)
    assert len(shown('<img src="cid:a">' * 1000, a=big)) < 2 * MAX_PICTURES


@pytest.mark.parametrize(
    ("words", "href", "beside"),
    [
        ("your order", "https://evil.example/x", ""),
        ("shop.example", "https://www.shop.example/x", ""),
        ("https://shop.example/login", "https://mail.shop.example/login", ""),
        ("https://shop.example/login", "https://evil.example/login", "evil.example"),
        ("<b>www.shop</b>.example", "https://shop.example.evil.example/", "shop.example.evil.example"),
        ("shop.example", "https://shop.example@evil.example/", "evil.example"),
        ("mara@shop.example", "mailto:mara@shop.example", ""),
    ],
)
def test_a_link_says_where_it_leads(words: str, href: str, beside: str) -> None:
    page = shown(f'<a href="{href}" title="https://shop.example/">{words}</a>')
    (link,) = lxml.html.fragment_fromstring(page, create_parent="div").xpath("//a")
    assert link.get("title") == href  # ours, not the mail's
    assert link.get("target") == "_blank"
    assert {"noopener", "noreferrer"} <= set(link.get("rel").split())
    assert [e.text for e in link.getparent().xpath("//small")] == ([f"({beside})"] if beside else [])
