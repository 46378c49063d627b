"""The message that carries a code: a mail in the brand's face with code and link, or one short text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from babel.core import Locale

from desk.i18n import templates, texts
from desk.settings import Logo
from desk.surveys import palette

FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class CodeLetter:
    """Subject (for mail), plain text, and HTML (for mail)."""

    subject: str
    text: str
    html: str = ""


def compose(
    *,
    locale: str,
    brand: str,
    colour: str,
    address: str,
    digits: str,
    url: str,
    minutes: int,
    logo: Logo | None = None,
) -> CodeLetter:
    """The mail. The code does not stand in the subject: a locked screen shows that to whoever holds the phone."""
    said = texts(locale)
    subject = said.gettext("Confirm your address for %(brand)s") % {"brand": brand}
    colours = palette(colour)
    context = {
        "locale": locale,
        "direction": Locale.parse(locale).text_direction,
        "brand": brand,
        "logo": logo,
        "address": address,
        "digits": digits,
        "apart": f"{digits[:3]} {digits[3:]}",
        "url": url,
        "minutes": minutes,
        "title": subject,
        "light": colours.light,
        "dark": colours.dark,
    }
    env = templates(FOLDER, locale)
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
