"""The mail that asks: what it says, in both forms, and what it can be trusted not to do."""

from __future__ import annotations

import colorsys
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import i18n
from desk.surveys.mail import Ask, compose
from desk.surveys.palette import contrast, palette
from desk.surveys.texts import given_name

URL = "https://help.example.org/s/9f.abcdefghijklmnopqrstuvwxyz"
ASK = Ask(
    kind="csat",
    locale="en",
    brand="Kiln & Co.",
    colour="#0e6b70",
    zone="Europe/Lisbon",
    agent="Mara Oliveira",
    customer="Noor Haddad",
    subject="Chipped rim on order KC-2231",
    url=URL,
    closes_at=datetime(2026, 3, 26, 9, 0, tzinfo=UTC),
)


class Reader(HTMLParser):
    """What a mail program sees of the HTML: the text, the links, the tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.links, self.tags = "", [], set()
        self._quiet = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._quiet += tag in ("style", "title")
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "background")]

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.text += " " + data

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def test_the_plain_text_reads_as_the_design_has_it() -> None:
    letter = compose(ASK)
    assert letter.subject == "How did Mara do?"
    assert (
        letter.text
        == f"""\
Hi Noor, your conversation about “Chipped rim on order KC-2231” is resolved.

How did Mara do?

5 Great     {URL}?score=5
4 Good      {URL}?score=4
3 Okay      {URL}?score=3
2 Bad       {URL}?score=2
1 Very bad  {URL}?score=1

The link picks your answer; it counts once you press Send there.
Not resolved? Just answer this mail.
Open until March 26.
Don’t ask me again: {URL}/stop

--\x20
Kiln & Co.
"""
    )


@pytest.mark.parametrize("locale", ["en", "de", "es"])
@pytest.mark.parametrize(("kind", "scores"), [("csat", range(1, 6)), ("nps", range(11)), ("ces", range(1, 8))])
def test_both_forms_hold_every_score_and_the_way_out(locale: str, kind: str, scores: range) -> None:
    letter = compose(replace(ASK, locale=locale, kind=kind))
    read = Reader(letter.html)
    wanted = [f"{URL}?score={n}" for n in scores]
    assert [link for link in read.links if "score" in link] == wanted
    assert [word for word in letter.text.split() if "score=" in word] == wanted[::-1]
    assert f"{URL}/stop" in read.links
    assert letter.subject in read.words
    assert letter.subject in letter.text
    assert f'<html lang="{locale}" dir="ltr">' in letter.html
    assert "%(" not in letter.html + letter.text


@pytest.mark.parametrize(
    ("customer", "subject", "greeting"),
    [
        ("", "", "Hello, your conversation with us is resolved."),
        ("noor@example.org", "Lid", "Hello, your conversation about Lid is resolved."),
        ("Noor Haddad", "", "Hi Noor, your conversation with us is resolved."),
    ],
)
def test_it_greets_only_by_what_is_surely_a_name(customer: str, subject: str, greeting: str) -> None:
    letter = compose(replace(ASK, customer=customer, subject=subject))
    assert greeting in Reader(letter.html).words
    assert greeting.replace("Lid", "“Lid”") in letter.text


def test_nobody_is_named_where_nobody_is_known() -> None:
    letter = compose(replace(ASK, agent=""))
    assert letter.subject == "How did we do?"
    assert "Mara" not in letter.html + letter.text


def test_it_loads_nothing_and_runs_nothing() -> None:
    read = Reader(compose(ASK).html)
    assert not read.tags & {"script", "img", "link", "iframe", "form", "object", "video"}
    assert all(link.startswith(URL) for link in read.links)


@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=60), st.sampled_from(["en", "de", "es"]))
def test_what_others_wrote_cannot_get_out_of_its_place(subject: str, agent: str, brand: str, locale: str) -> None:
    evil = "<script>alert(1)</script>%(agent)s{{7*7}}"
    letter = compose(replace(ASK, subject=subject + evil, agent=agent + evil, brand=brand + evil, locale=locale))
    plain = Reader(compose(replace(ASK, locale=locale)).html)
    read = Reader(letter.html)
    assert read.tags == plain.tags
    assert read.links == plain.links
    assert "{{7*7}}" in letter.html  # taken as text, by gettext and by the template
    assert not any(c in letter.subject for c in "\r\n")


def test_a_long_subject_is_cut_where_it_can_be_recognised() -> None:
    letter = compose(replace(ASK, subject="Word " * 200))
    assert max(len(line) for line in letter.text.splitlines()) < 200
    assert "…" in letter.text


def test_an_admins_own_words_take_the_place_of_the_defaults() -> None:
    changed = {"en": {"question": "{agent} of {brand}: fine? {}%s", "question_unnamed": "Fine, {brand}?"}}
    assert compose(replace(ASK, changed=changed)).subject == "Mara of Kiln & Co.: fine? {}%s"
    assert compose(replace(ASK, changed=changed, agent="")).subject == "Fine, Kiln & Co.?"
    assert compose(replace(ASK, changed=changed, locale="de")).subject == "Wie hat Mara Ihnen geholfen?"


def test_the_colours_can_be_read_by_day_and_by_night() -> None:
    """Over 116 brands: white, black, yellow, greys, blues, and 24 hues at four lightnesses."""
    brands = [
        "#ffffff",
        "#000000",
        "#ffff00",
        "#f5c518",
        "#0e6b70",
        "#b3431f",
        "#808080",
        "#ff0000",
        "#00ff00",
        "#0000ff",
    ]
    brands += [_hsl(hue / 24, light) for hue in range(24) for light in (0.25, 0.4, 0.6, 0.8)]
    brands += [f"#{n * 25:02x}{n * 25:02x}{255 - n * 25:02x}" for n in range(10)]
    assert len(brands) == 116
    for brand in brands:
        for tokens in (palette(brand).light, palette(brand).dark):
            for ground in ("paper", "surface", "sunken", "wash"):
                for text in ("ink", "soft", "link", "good", "warn", "bad"):
                    assert contrast(tokens[text], tokens[ground]) >= 4.5, (brand, text, ground)
            assert contrast(tokens["on-fill"], tokens["fill"]) >= 4.5, brand
            for ground in ("paper", "surface"):
                assert contrast(tokens["edge"], tokens[ground]) >= 3, (brand, ground)


def _hsl(hue: float, light: float) -> str:
    return "#" + "".join(f"{round(c * 255):02x}" for c in colorsys.hls_to_rgb(hue, light, 0.9))


@given(st.text(max_size=20))
def test_any_text_gives_a_palette(text: str) -> None:
    chosen = palette(text)
    for value in (chosen.brand, *chosen.light.values(), *chosen.dark.values()):
        assert len(value) == 7
        assert value[0] == "#"
        assert int(value[1:], 16) >= 0


def test_a_short_hex_colour_is_one() -> None:
    assert palette(" #FA0 ").brand == "#ffaa00"


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Mara Oliveira", "Mara"),
        ("  Mara\n", "Mara"),
        ("mara@example.org", ""),
        ("Oliveira, Mara", ""),
        ("+351 912 000 111", ""),
        ("Dr. Kim", "Dr. Kim"),
        ("J Smith", "J Smith"),
        ("李雷", "李雷"),
        ("", ""),
    ],
)
def test_what_to_call_somebody(name: str, called: str) -> None:
    assert given_name(name) == called


def test_every_language_of_the_desk_can_ask() -> None:
    subjects = {compose(replace(ASK, locale=locale)).subject for locale in i18n.languages()}
    assert len(subjects) == len(i18n.languages()) >= 3
