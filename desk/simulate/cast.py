"""The invented customers with their hidden natures and their orders, drawn from a seed. Pure."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from desk.simulate.hours import ZONE, some_moment
from desk.simulate.world import Item, People, Tendency, World

LIKES = {"email": 58, "chat": 27, "sms": 15}  # of a hundred customers
_LETTERS = str.maketrans({"ø": "o", "å": "a", "ı": "i", "ß": "ss", "ł": "l", "æ": "ae", " ": "."})


@dataclass(slots=True)
class Order:
    """One order in the shop. The number is given once all orders are known, in order of time."""

    at: datetime
    item: Item
    count: int
    number: str = ""
    bought: bool = True  # else only asked about

    @property
    def value(self) -> int:
        """What it came to, in euros."""
        return self.item.price * self.count


@dataclass(slots=True)
class Buyer:
    """One invented customer. `patience` in [0, 1]; `warmth` in log-odds of satisfaction; `talks` multiplies how often
    they write; `answers` multiplies how likely they answer a survey."""

    number: int
    given: str
    family: str
    email: str
    locale: str
    woman: bool
    street: str
    city: str
    tendency: Tendency
    patience: float
    warmth: float
    talks: float
    answers: float
    mobile: float  # share of mails written on a telephone
    raw: bool  # their mail program shows through: quoted history, headers
    favourite: str  # the shelf that they mostly buy from
    phone: str = ""
    channel: str = "email"  # by which they like to write: email, chat, sms
    orders: list[Order] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"


def plain(text: str) -> str:
    """A name as the local part of an address holds it."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(c for c in folded if c.isascii() and (c.isalnum() or c == "."))


def phone(number: int) -> str:
    """A number that no telephone has: those that Ofcom keeps for drama, then the 555 01xx of American areas."""
    if number < 1000:
        return f"+447700900{number:03}"
    area, line = divmod(number - 1000, 100)
    return f"+1{201 + area % 789}55501{line:02}"


def buyers(
    rng: Random,
    world: World,
    count: int,
    start: datetime,
    end: datetime,
    mark: int,
    channels: Collection[str] = ("email",),
) -> list[Buyer]:
    """The customers of one history. `mark` keeps their addresses apart from those of earlier histories; `channels` are
    those that the desk has."""
    taken: set[str] = set()
    used: set[tuple[str, str]] = set()
    made = []
    for number in range(count):
        own = Random(f"{rng.random()}:{number}")
        people = own.choices(world.people, [p.share for p in world.people])[0]
        given, family = _name(own, people, used)
        local, domain = f"{plain(given)}.{plain(family)}", own.choice(people.domains)
        if mark:
            local = f"{local}{mark}"
        email, again = f"{local}@{domain}", 1
        while email in taken:
            again += 1
            email = f"{local}.{again}@{domain}"
        taken.add(email)
        street, city = own.choice(people.places)
        buyer = Buyer(
            number=number,
            given=given,
            family=family,
            email=email,
            locale=people.locale,
            woman=given in people.women,
            street=street,
            city=city,
            tendency=own.choices(world.tendencies, [t.share for t in world.tendencies])[0],
            patience=own.betavariate(2.4, 1.8),
            warmth=own.gauss(0.0, 0.55),
            talks=own.gammavariate(2.2, 1 / 2.2),
            answers=math.exp(own.gauss(-0.03, 0.25)),
            mobile=0.85 if own.random() < 0.3 else 0.05,
            raw=own.random() < 0.2,
            favourite=own.choice(world.items).shelf,
        )
        buyer.orders = _orders(own, buyer, world, start, end)
        buyer.phone = phone(mark + number + 1)  # the first one is the shop's
        likes = own.choices(list(LIKES), list(LIKES.values()))[0]
        buyer.channel = likes if likes in channels else "email"
        made.append(buyer)
    return made


def _name(rng: Random, people: People, used: set[tuple[str, str]]) -> tuple[str, str]:
    """A name that nobody has yet, as long as there are any left."""
    for _ in range(40):
        name = rng.choice(people.given), rng.choice(people.family)
        if name not in used:
            break
    used.add(name)
    return name


def order(rng: Random, world: World, at: datetime, favourite: str, *, kettle: bool = False) -> Order:
    """One order of something, mostly of the customer's `favourite` shelf; with `kettle`, of one."""
    items = [i for i in world.items if i.kettle or not kettle]
    item = rng.choices(items, [6 if i.shelf == favourite else 1 for i in items])[0]
    return Order(at, item, 1 if item.price > 50 else rng.choice((1, 2, 2, 4)))


def _orders(rng: Random, buyer: Buyer, world: World, start: datetime, end: datetime) -> list[Order]:
    """What lies before the history, as the shop remembers it, and what is bought in it."""
    tendency = buyer.tendency
    made = []
    fresh = 380 if tendency.key == "returning" else 20  # who returns had been away for a year
    for _ in range(rng.randint(*tendency.before)):
        day = (start - timedelta(days=rng.uniform(fresh, fresh + 420))).astimezone(ZONE).date()
        made.append(order(rng, world, some_moment(rng, day), buyer.favourite))
    days = (end - start).total_seconds() / 86400
    at = start
    while True:
        progress = (at - start).total_seconds() / 86400 / days
        pace = tendency.orders / 365 * math.exp(tendency.grows * (progress - 0.5))
        at += timedelta(days=max(0.5, rng.expovariate(pace)))
        if at >= end:
            break
        moment = some_moment(rng, at.astimezone(ZONE).date())
        if start < moment < end:
            made.append(order(rng, world, moment, buyer.favourite))
    return sorted(made, key=lambda o: o.at)


def number_orders(orders: Iterable[Order]) -> None:
    """Gives every order its number, in order of time, with the gaps that other customers' orders leave."""
    every = sorted(orders, key=lambda o: (o.at, o.item.price, o.count))
    last = 18000
    for index, one in enumerate(every):
        last += 3 + (index * 7919) % 23
        one.number = f"KK-{last}"
