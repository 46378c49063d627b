"""The invented world as it was written down in texts/: what is sold, who buys, what they ask, who answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

TEXTS = Path(__file__).with_name("texts")
LOCALES = ("en", "de", "es")


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of request. `hard` in [0, 1]; `mood` is the tension it begins with, in [0, 1]; `asks` the share of cases
    in which the agent has to ask first; `happy` the log-odds of satisfaction when all goes as planned; `age` how many
    days the order lies back, at least and at most."""

    key: str
    theme: str
    label: str
    weight: float
    hard: float
    mood: float
    asks: float
    happy: float
    order: bool
    age: tuple[int, int]
    inbox: str = "support"


@dataclass(frozen=True, slots=True)
class Item:
    """Something the shop sells, with its name by language. All names are masculine where that matters."""

    price: int
    shelf: str  # kettles, cups or glazed
    names: dict[str, str]
    kettle: bool = False


@dataclass(frozen=True, slots=True)
class Trait:
    """The hidden truth of one agent: `skill` in log-odds of a satisfied customer, `pace` multiplies answer times."""

    key: str
    name: str
    email: str
    skill: float
    pace: float
    languages: tuple[str, ...]
    inboxes: frozenset[str]


@dataclass(frozen=True, slots=True)
class People:
    """Where a share of the customers comes from."""

    locale: str
    share: int
    given: tuple[str, ...]
    family: tuple[str, ...]
    places: tuple[tuple[str, str], ...]
    domains: tuple[str, ...]
    women: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tendency:
    """How customers of one kind live with the shop: `orders` a year, how many `before` the history, and whether that
    `grows` (log of the factor from the first day to the last)."""

    key: str
    share: int
    orders: float
    before: tuple[int, int]
    grows: float


@dataclass(frozen=True, slots=True)
class World:
    """All of it."""

    topics: dict[str, Topic]
    items: tuple[Item, ...]
    agents: tuple[Trait, ...]
    people: tuple[People, ...]
    tendencies: tuple[Tendency, ...]
    gifts: tuple[str, ...]


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((TEXTS / f"{name}.yaml").read_text("utf-8"))
    return found


@lru_cache(maxsize=1)
def world() -> World:
    """The world, read once a process."""
    found = _read("world")
    return World(
        topics={k: Topic(k, **{**v, "age": tuple(v["age"])}) for k, v in found["topics"].items()},
        items=tuple(
            Item(i["price"], i["shelf"], {x: i[x] for x in LOCALES}, i.get("kettle", False)) for i in found["items"]
        ),
        agents=tuple(
            Trait(**{**a, "languages": tuple(a["languages"]), "inboxes": frozenset(a["inboxes"])})
            for a in found["agents"]
        ),
        people=tuple(
            People(
                locale=p["locale"],
                share=p["share"],
                given=tuple(p["given"]),
                family=tuple(p["family"]),
                places=tuple((street, city) for street, city in p["places"]),
                domains=tuple(p["domains"]),
                women=frozenset(p.get("women", ())),
            )
            for p in found["people"]
        ),
        tendencies=tuple(Tendency(k, **{**v, "before": tuple(v["before"])}) for k, v in found["tendencies"].items()),
        gifts=tuple(found["gifts"]),
    )


@lru_cache(maxsize=8)
def texts(locale: str) -> dict[str, Any]:
    """The texts of one language, as en.yaml lays them out."""
    return _read(locale)
