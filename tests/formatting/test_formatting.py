"""The small Markdown of answers: what is a mark and what is not, and that nothing else ever comes out."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from desk import formatting
from desk.formatting import html, plain, read, tree, verbatim

TAGS = {"p", "ul", "ol", "li", "blockquote", "pre", "code", "strong", "em", "a", "br"}
MARKS = "*_`[]()<>\\#!&\"'-+=~|:/ \n\t0123456789."
TEXT = st.text(
    st.one_of(st.sampled_from(MARKS), st.sampled_from("abcxyz"), st.characters(exclude_categories=["Cs", "Cc"]))
)
BITS = (
    *(
        "**",
        "*",
        "_",
        "`",
        "```\n",
        "\n",
        "\n\n",
        "- ",
        "1. ",
        "> ",
        "[a](",
        "](",
        ")",
        "[image: a*b.png]",
        "![i](",
        "\\",
    ),
    *("http://x.org/", "javascript:", "mailto:a@b.org", "tel:1", "data:text/html,", "word ", "  ", "{name}"),
    *("<b>", "<img src=x onerror=y>", '"', "'", "&lt;", "&#106;", '" onmouseover="x'),
)
PIECES = st.lists(st.sampled_from(BITS), max_size=25).map("".join)


def shown(text: str) -> str:
    found = read(text)
    return "plain" if found is None else html(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**bold** and __bold__", "<p><strong>bold</strong> and <strong>bold</strong></p>"),
        ("*so* and _so_", "<p><em>so</em> and <em>so</em></p>"),
        ("***both***", "<p><em><strong>both</strong></em></p>"),
        ("use `a < b`", "<p>use <code>a &lt; b</code></p>"),
        ("```py\na <b>\n```", "<pre><code>a &lt;b&gt;</code></pre>"),
        ("```\nnever closed", "<pre><code>never closed</code></pre>"),
        ("- a\n- b\nThanks", "<ul><li>a</li><li>b</li></ul><p>Thanks</p>"),
        ("1. a\n2) b", "<ol><li>a</li></ol><p>2) b</p>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("> you said\nI say", "<blockquote><p>you said</p></blockquote><p>I say</p>"),
        ("- a\n  - b", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("one\ntwo **x**", "<p>one<br>two <strong>x</strong></p>"),
        (
            "[the page](https://x.org/?a=1&b=2)",
            '<p><a href="https://x.org/?a=1&amp;b=2" title="https://x.org/?a=1&amp;b=2">the page</a></p>',
        ),
        ("**https://x.org/a_b_**.", '<p><strong><a href="https://x.org/a_b">https://x.org/a_b</a>_</strong>.</p>'),
        ("[](https://x.org)", '<p><a href="https://x.org">https://x.org</a></p>'),
        ("[mail](mailto:a@b.org)", '<p><a href="mailto:a@b.org" title="mailto:a@b.org">mail</a></p>'),
        ("重要**です**よ", "<p>重要<strong>です</strong>よ</p>"),  # no spaces between words there
        (r"\*not\* **b**", "<p>*not* <strong>b</strong></p>"),
    ],
)
def test_what_is_a_mark(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello Marta,\n\nit is on its way.",
        "see https://x.org/a_b_c/*d*.",
        "2*3*4 = 24",
        "a * b * c",
        "snake_case_name and a*b*c",
        "24. Mai",
        "+ 49 30 1234",
        "* * *",
        "---",
        "-- \nAda",
        "# not a heading",
        "A title\n=======",
        "    indented",
        "<b>bold</b> &amp; &lt;",
        "[a](javascript:alert(1)) [b](data:text/html,x) [c](/console) [d](//x.org)",
        "[a]: https://x.org",
        r"C:\Users\name",
        "*",
        "-",
        "1.",
        "{customer.first_name}, hello",
        "| a | b |\n|---|---|",
        "~~gone~~",
        "* " * 30,
    ],
)
def test_what_is_none(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**Hi** _you_, `x`", "Hi you, x"),
        ("Please:\n- *a*\n- b\nBye", "Please:\n- a\n- b\nBye"),
        ("Please:\n\n- a\n\n- b\n\nBye", "Please:\n\n- a\n\n- b\n\nBye"),
        ("1. a\n1. b", "1. a\n2. b"),
        ("- a\n  - b\n    more", "- a\n  - b\n    more"),
        ("> a\n> b\n\nc", "> a\n> b\n\nc"),
        ("```\na\n\n  b\n```\nc", "a\n\n  b\nc"),
        ("[page](https://x.org) [https://x.org](https://x.org)", "page (https://x.org) https://x.org"),
        ("[a@b.org](mailto:a@b.org) [call](tel:+491)", "a@b.org call (+491)"),
        (r"\*a\*", "*a*"),
    ],
)
def test_the_same_without_marks(text: str, expected: str) -> None:
    found = read(text)
    assert found is not None
    assert plain(found) == expected


def test_a_picture_is_one_piece_whatever_it_is_called() -> None:
    mark = "[image: a*b*c_.png]"
    found = read(f"**see** {mark}(http://x.org) *so*", (mark,))
    assert found is not None
    dress = formatting.Dress(picture=lambda one: f"<img:{one}>")
    assert f"<img:{mark}>(" in html(found, dress)
    assert mark in plain(found)
    assert mark not in json.dumps(tree(found))


def test_the_tree_of_a_widget() -> None:
    found = read("**a** [b](https://x.org)\n- c")
    assert found is not None
    assert tree(found) == [
        ["p", [["strong", ["a"]], " ", ["a", ["b"], "https://x.org"]]],
        ["ul", [["li", ["c"]]]],
    ]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.begun: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        names = [name for name, _ in attrs]
        assert set(names) <= ({"href", "title"} if tag == "a" else set()), attrs
        assert len(names) == len(set(names))
        for name, value in attrs:
            if name == "href":
                assert value is not None and value.lower().startswith(("http:", "https:", "mailto:", "tel:"))
        self.begun.append((tag, sorted(attrs)))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


@settings(max_examples=400)
@given(st.one_of(TEXT, PIECES))
@example("[x](http://a\"onmouseover='b)")
@example("<script>**x**</script>")
@example("[a](HTTPS://x.org) [b](JavaScript:x) [c](java\nscript:x) [d](&#106;avascript:x)")
@example(">" * 200 + "**a**")
@example("- " * 200 + "**a**")
def test_nothing_else_ever_comes_out(text: str) -> None:
    found = read(text)
    if found is None:
        return
    made = html(found)
    parser = Tags()
    parser.feed(made)
    parser.close()
    assert not parser.open
    # A second lock agrees: a sanitiser with the same list takes nothing away.
    cleaned = nh3.clean(made, tags=TAGS, attributes={"a": {"href", "title"}}, link_rel=None,
                        url_schemes={"http", "https", "mailto", "tel"})  # fmt: skip
    second = Tags()
    second.feed(cleaned)
    assert second.begun == parser.begun


@settings(max_examples=300)
@given(st.one_of(TEXT, PIECES))
def test_no_word_is_lost(text: str) -> None:
    """Whatever the marks do, every run of letters that was typed is still read, by screens and in plain texts."""
    found = read(text)
    if found is None:
        return
    title = re.search(r"\]\([^)\n]*[\"'(]", text)  # the title of a link is nothing that answers have
    typed = re.findall(r"[^\W\d_]{3,}", re.sub(r"(?m)^ {0,3}[`~>\- ]*[`~]{3,}\S*$", "", text))
    said = plain(found)
    if not title and "&" not in text and "%" not in text:
        missing = [word for word in typed if word not in said and word.isascii()]
        assert not missing or "http" in text or "javascript" in text or "data" in text, (missing, said)


@given(TEXT)
def test_somebody_elses_words_stay_as_they_are(text: str) -> None:
    """A customer's name with stars in it, put into a canned reply."""
    line = " ".join(text.split())
    kept = verbatim(line)
    found = read(kept)
    if found is not None and not re.match(r"(?:[-*]|\d+[.)])\s|>|```|~~~", line):
        assert plain(found) == line
        assert not set(re.findall(r"<(\w+)", html(found))) - {"p", "br", "a"} or "http" in line
