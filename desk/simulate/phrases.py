"""Putting sentences together: what a customer or an agent writes, with the names and numbers of the case filled in."""

from __future__ import annotations

import re
from datetime import datetime
from random import Random
from typing import Any

from babel.dates import format_datetime

from desk.simulate.cast import Buyer, Order
from desk.simulate.hours import ZONE
from desk.simulate.world import World, texts

_OF_MAIL = re.compile(r"e-?mail|mail\b|mails\b|correo", re.IGNORECASE)
_NEARER = {
    "calm": ("calm", "strained", "frustrated"),
    "strained": ("strained", "calm", "frustrated"),
    "frustrated": ("frustrated", "strained", "calm"),
}


def money(locale: str, amount: int) -> str:
    """An amount as people of that language write it."""
    return f"€ {amount}" if locale == "en" else f"{amount} €"


def slots(rng: Random, world: World, buyer: Buyer, order: Order, days: int) -> dict[str, str]:
    """What the braces of this case's texts stand for."""
    others = [i for i in world.items if i is not order.item]
    return {
        "order": order.number,
        "item": order.item.names[buyer.locale],
        "other": rng.choice(others).names[buyer.locale],
        "tracking": f"PN {rng.randint(1000, 9999)} {rng.randint(1000, 9999)}",
        "amount": money(buyer.locale, order.value),
        "days": str(max(2, days)),
        "late": str(max(2, min(days - 3, 9))),
        "weeks": str(max(2, days // 7)),
        "street": buyer.street,
        "city": buyer.city,
        "first": buyer.given,
        "family": buyer.family,
        "batch": f"H{rng.randint(1, 9)}{rng.randint(1000, 9999)}",
        "last4": f"{rng.randint(1000, 9999)}",
        "gift": rng.choice(world.gifts),
        "o": "a" if buyer.woman else "o",
    }


def fill(template: str, values: dict[str, str]) -> str:
    """The template with its braces filled. Raises KeyError for a slot that nobody knows."""
    return template.format_map(values)


def _shelf(found: Any, mood: str) -> list[str]:
    """The sentences for a mood, or those of the nearest mood that has any."""
    shelves: list[list[str]] = [found[m] for m in _NEARER[mood] if found.get(m)]
    return shelves[0]


def _upper(text: str) -> str:
    """With a capital at the beginning, which stands after the signs that Spanish begins a question with."""
    at = next((i for i, c in enumerate(text) if c.isalpha() or c.isdigit()), 0)
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]


def subject(rng: Random, buyer: Buyer, topic: str, values: dict[str, str]) -> str:
    text = fill(rng.choice(texts(buyer.locale)["topics"][topic]["subjects"]), values)
    return text.lower() if rng.random() < 0.08 else _upper(text)


def first_message(
    rng: Random, buyer: Buyer, topic: str, mood: str, values: dict[str, str], *, brief: bool = False
) -> str:
    """How a customer begins: greeting, what it is about, perhaps a detail, what they want, and their name; in a chat or
    a text without the forms of a letter."""
    words = texts(buyer.locale)
    own = words["topics"][topic]
    greeting = rng.choice(words["greetings"][mood])
    said = rng.choice(_shelf(own["opens"], mood))
    sentences = [said]
    if rng.random() < 0.45:
        sentences.append(rng.choice(own["details"]))
    if mood == "strained" and rng.random() < 0.6:
        sentences.append(rng.choice(words["murmurs"]))
    if not said.endswith("?") or rng.random() < 0.2:
        sentences.append(rng.choice(own["asks"]))
    body = fill(" ".join(sentences), values)
    # German goes on in small letters after the comma of the greeting; the others begin a new sentence.
    if buyer.locale != "de" or not greeting.endswith(","):
        body = _upper(body)
    name = buyer.name if mood != "calm" or rng.random() < 0.6 else buyer.given
    body, closing = mistype(rng, body, 0.16), rng.choice(words["closings"][mood])
    return _upper(body) if brief else _letter(greeting, body, closing, name)


def _letter(*parts: str) -> str:
    *head, name = parts
    blocks = [p for p in head[:-1] if p]
    ending = "\n".join(p for p in (head[-1], name) if p)
    return "\n\n".join([*blocks, ending] if ending else blocks)


def _pick(rng: Random, shelf: list[str], brief: bool) -> str:
    """One of the sentences; where nobody writes a mail, one that speaks of none, if there is any."""
    able = [s for s in shelf if not _OF_MAIL.search(s)] if brief else shelf
    return rng.choice(able or shelf)


def chaser(rng: Random, buyer: Buyer, mood: str, values: dict[str, str], *, brief: bool = False) -> str:
    """A customer who has heard nothing writes again."""
    words = texts(buyer.locale)
    said = fill(_pick(rng, words["chasers"][mood], brief), values)
    if rng.random() < 0.4 and mood != "calm":
        said = f"{values['order']}: {said}"
    closing = rng.choice(words["closings"][mood]) if rng.random() < 0.5 else ""
    said = mistype(rng, said, 0.12)
    return said if brief else _letter(said, closing, buyer.given)


def follow_up(
    rng: Random, buyer: Buyer, topic: str, kind: str, mood: str, values: dict[str, str], *, brief: bool = False
) -> str:
    """A customer's later message: `info` (what was asked for), `still` (not solved), `back` (after it was closed)."""
    words = texts(buyer.locale)
    said = fill(_pick(rng, words["topics"][topic][kind], brief), values)
    if mood == "frustrated" and kind != "info":
        said = f"{said} {fill(rng.choice(words['outbursts']), values)}"
    elif mood == "strained" and kind != "info":
        said = f"{said} {fill(rng.choice(words['murmurs']), values)}"
    closing = rng.choice(words["closings"][mood]) if rng.random() < 0.4 else ""
    said, name = mistype(rng, said, 0.12), buyer.given if rng.random() < 0.7 else ""
    return said if brief else _letter(said, closing, name)


def thanks(rng: Random, buyer: Buyer, grudging: bool, values: dict[str, str], *, brief: bool = False) -> str:
    shelf = "thanks_grudging" if grudging else "thanks"
    said, named = fill(rng.choice(texts(buyer.locale)[shelf]), values), rng.random() < 0.5
    return said if brief else _letter(said, "", buyer.given if named else "")


def answer(
    rng: Random,
    buyer: Buyer,
    topic: str,
    kind: str,
    values: dict[str, str],
    *,
    waited: bool,
    upset: bool,
    brief: bool = False,
) -> str:
    """What an agent writes: `ask`, `solve` or `again`."""
    words = texts(buyer.locale)
    manner = words["agent"]
    body = [_pick(rng, words["topics"][topic][kind], brief)]
    if upset:
        body.insert(0, rng.choice(manner["sorry"]))
    elif waited:
        body.insert(0, rng.choice(manner["late"]))
    greeting = fill(rng.choice(manner["greetings"]), values)
    if brief:
        return fill(" ".join(body), values)
    return "\n\n".join((greeting, fill(" ".join(body), values), rng.choice(manner["closings"])))


def note(rng: Random, buyer: Buyer, taken_over: bool) -> str:
    """Words among colleagues."""
    shelf: list[str] = texts(buyer.locale)["agent"]["takeover" if taken_over else "notes"]
    return rng.choice(shelf)


def comment(rng: Random, locale: str, theme: str, shelf: str, values: dict[str, str]) -> str:
    """What somebody writes beside their score."""
    words = texts(locale)["comments"]
    own = rng.random() < (0.75 if theme == "delivery" else 0.5)
    return fill(rng.choice(words[theme][shelf] if own else words[shelf]), values)


def mobile_signature(rng: Random, locale: str) -> str:
    found: list[str] = texts(locale)["mobile"]
    return rng.choice(found)


def absence(locale: str) -> tuple[str, str]:
    """Subject and text of an absence note."""
    words = texts(locale)
    return words["absence_subject"], words["absence"]


def quoted(locale: str, who: str, at: datetime, text: str) -> str:
    """Somebody's words below an answer, as mail programs put them."""
    when = format_datetime(at.astimezone(ZONE), "medium", locale=locale)
    intro = fill(texts(locale)["quote_intro"], {"when": when, "who": who})
    return "\n".join((intro, *(f"> {line}".rstrip() for line in text.strip().splitlines())))


def mistype(rng: Random, text: str, probability: float) -> str:
    """Now and then two letters change places, or one is left out."""
    if rng.random() >= probability:
        return text
    words = text.split(" ")
    long = [i for i, w in enumerate(words) if len(w) > 5 and w.isalpha() and w.islower()]
    if not long:
        return text
    at = rng.choice(long)
    word, place = words[at], rng.randint(1, len(words[at]) - 3)
    if rng.random() < 0.6:
        words[at] = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    else:
        words[at] = word[:place] + word[place + 1 :]
    return " ".join(words)
