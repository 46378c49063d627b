"""Whether an answer to a question of a flow holds good, and what is kept of it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal

from desk.flows.definition import LONGEST_ANSWER, Ask
from desk.flows.patterns import checked_pattern
from desk.flows.templates import plain

Wrong = Literal["empty", "long", "pattern", "number", "date", "past", "future", "email", "unproven", "choice", "yes_no"]

_EMAIL = re.compile(r"[^\s@<>\"',;:()\[\]\\]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?\.[a-z]{2,24}", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z")
_DAY_FIRST = re.compile(r"(\d{1,2})\s?([./-])\s?(\d{1,2})\s?[./-]\s?(\d{4})\Z")
_LEADS = re.compile(r"\A(?:nr|no|number|option|nummer|la|opcion|numero)?\s*([1-9])\Z")
_YES = frozenset(
    (
        "yes yeah yep sure ok okay correct right ja jap jo genau richtig stimmt gerne si claro correcto vale oui exact "
        "daccord dac sim certo isso " + "نعم اجل ايوه صحيح موافق"
    ).split()
)
_NO = frozenset(("no nope nah not nein ne nee nicht non pas nao " + "لا كلا").split())
_AROUND = frozenset(
    ("please bitte thanks thank you danke merci obrigado gracias por favor svp do it " + "من فضلك شكرا").split()
)
_LEAVE = frozenset(
    {
        "stop", "cancel", "quit", "exit", "never mind", "nevermind", "abbrechen", "abbruch", "cancelar", "salir",
        "annuler", "quitter", "sair", "parar", "الغاء", "توقف", "خروج",
    }
)  # fmt: skip
# Whoever asks for a person in a language in which the bot's own list has no words for it.
_PERSON = re.compile(
    r"\b(?:parler|discuter|echanger)\b.{0,30}\b(?:personne|humain|conseiller|conseillere|agent|quelquun)\b|"
    r"\A(?:un |une )?(?:personne|humain|conseiller|conseillere)\Z|"
    r"\b(?:falar|conversar)\b.{0,30}\b(?:pessoa|humano|humana|atendente|alguem|agente)\b|"
    r"\A(?:uma |um )?(?:pessoa|humano|atendente)\Z|(?:التحدث|اتحدث|اكلم|التكلم).{0,30}(?:شخص|موظف|انسان)|"
    r"\A(?:شخص|موظف|انسان)\Z"
)


@dataclass(frozen=True, slots=True)
class Checked:
    """`value` as it is kept, or in one word what is wrong."""

    value: str = ""
    wrong: Wrong | None = None


def folded(text: str) -> str:
    """Small letters without accents and signs, Arabic letters in their plain forms."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    bare = (
        "".join(c for c in decomposed if not unicodedata.combining(c))
        .replace("أ", "ا")
        .replace("إ", "ا")
        .replace("آ", "ا")
    )
    return " ".join(re.sub(r"[^\w\s]|_", " ", re.sub(r"[’'`´]", "", bare)).split())


def leaves(text: str) -> bool:
    """Whether somebody breaks the dialogue off, in one word."""
    return folded(text[:60]) in _LEAVE


def wants_person(text: str) -> bool:
    return bool(_PERSON.search(folded(text[:300])))


def yes_or_no(text: str) -> str:
    """yes, no, or nothing. "No, thanks" and "nein danke" are a no."""
    said = folded(text[:120]).split()
    if not said or len(said) > 6:
        return "yes" if "👍" in text[:10] else "no" if "👎" in text[:10] else ""
    if said[0] in _NO and set(said) <= _NO | _AROUND:
        return "no"
    return "yes" if said[0] in _YES and set(said) <= _YES | _AROUND else ""


def check(ask: Ask, text: str, locale: str, today: date, proven: Collection[str] = ()) -> Checked:
    """An answer against its question. `proven` are the addresses that the writer has proved to be theirs, folded."""
    said = plain(" ".join(text.split()))
    if not said:
        return Checked(wrong="empty")
    if len(said) > LONGEST_ANSWER:
        return Checked(wrong="long")
    match ask.kind:
        case "number":
            return _number(ask, said)
        case "date":
            return _date(ask, said, locale, today)
        case "email":
            found = _EMAIL.search(said)
            if found is None:
                return Checked(wrong="email")
            address = found[0].casefold()
            return Checked(wrong="unproven") if ask.proven and address not in proven else Checked(address)
        case "choice":
            return _choice(ask, said, locale)
        case "yes_no":
            kept = yes_or_no(text)
            return Checked(kept) if kept else Checked(wrong="yes_no")
        case _:
            if ask.pattern and checked_pattern(ask.pattern).fullmatch(said) is None:
                return Checked(wrong="pattern")
            return Checked(said)


def _number(ask: Ask, said: str) -> Checked:
    found = re.fullmatch(r"[+-]?\d{1,12}(?:[.,]\d{1,6})?", unicodedata.normalize("NFKC", said).replace(" ", ""))
    if found is None:
        return Checked(wrong="number")
    value = float(found[0].replace(",", "."))
    low, high = ask.least, ask.most
    if (low is not None and value < low) or (high is not None and value > high):
        return Checked(wrong="number")
    return Checked(f"{value:.6f}".rstrip("0").rstrip("."))


def _date(ask: Ask, said: str, locale: str, today: date) -> Checked:
    """ISO, or the day first; 03/04/2027 in English could be either, and is asked again."""
    said = "".join(str(unicodedata.digit(c, None)) if c.isdigit() else c for c in said)
    iso, day_first = _ISO.match(said), _DAY_FIRST.match(said)
    if iso:
        year, month, day = (int(part) for part in iso.groups())
    elif day_first:
        day, month, year = int(day_first[1]), int(day_first[3]), int(day_first[4])
        if day_first[2] == "/" and locale.startswith("en") and day <= 12 and month <= 12 and day != month:
            return Checked(wrong="date")
        if month > 12 >= day and locale.startswith("en"):
            day, month = month, day
    else:
        return Checked(wrong="date")
    try:
        found = date(year, month, day)
    except ValueError:
        return Checked(wrong="date")
    if ask.when == "past" and found > today:
        return Checked(wrong="past")
    if ask.when == "future" and found < today:
        return Checked(wrong="future")
    return Checked(found.isoformat())


def _choice(ask: Ask, said: str, locale: str) -> Checked:
    heard = folded(said)
    number = _LEADS.match(heard)
    if number and int(number[1]) <= len(ask.choices):
        return Checked(ask.choices[int(number[1]) - 1][0])
    for key, text in ask.choices:
        if heard == folded(key) or heard in {folded(one) for _, one in text.texts}:
            return Checked(key)
    return Checked(wrong="choice")
