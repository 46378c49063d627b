"""The message that carries a code: a mail in the brand's face with code and link, or one short text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel.core import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from desk.i18n import texts
from desk.surveys import palette

FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class CodeLetter:
    """Subject (for mail), plain text, and HTML (for mail)."""

    subject: str
    text: str
    html: str = ""


@lru_cache(maxsize=16)
def _environment(locale: str) -> Environment:
    env = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    env.install_gettext_translations(texts(locale), newstyle=True)  # type: ignore[attr-defined]
    return env


def compose(*, locale: str, brand: str, colour: str, address: str, digits: str, url: str, minutes: int) -> CodeLetter:
    """The mail. The code does not stand in the subject: a locked screen shows that to whoever holds the phone."""
    said = texts(locale)
    subject = said.gettext("Confirm your address for %(brand)s") % {"brand": brand}
    colours = palette(colour)
    context = {
        "locale": locale,
        "direction": Locale.parse(locale).text_direction,
        "brand": brand,
        "address": address,
        "digits": digits,
        "apart": f"{digits[:3]} {digits[3:]}",
        "url": url,
        "minutes": minutes,
        "subject": subject,
        "light": colours.light,
        "dark": colours.dark,
    }
    env = _environment(locale)
    return CodeLetter(
        subject=" ".join(subject.split()),
        text=env.get_template("code.txt").render(context).strip() + "\n",
        html=env.get_template("code.html").render(context),
    )


def short(*, locale: str, brand: str, digits: str, url: str, minutes: int) -> CodeLetter:
    """The same for a phone, short enough for one or two parts."""
    said = texts(locale).gettext(
        "%(code)s is your code for %(brand)s, good for %(minutes)s minutes. Or confirm here: %(url)s "
        "Not you? Then do nothing."
    )
    text = said % {"code": digits, "brand": brand, "minutes": minutes, "url": url}
    return CodeLetter(subject="", text=text)
