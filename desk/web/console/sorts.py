"""The sorts of lines that a timeline can be narrowed to, as the address writes them and the chips show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from desk.timeline import MOST, SORTS, Sieve, sieve_of
from desk.web.console.look import Look

CHANNELS = ("chat", "email", "sms")
ICONS = {
    "messages": "email", "notes": "lock", "bot": "bot", "feedback": "loop", "stages": "journey", "events": "bolt",
    "decisions": "users", "status": "check",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Which sorts, in the order of the chips, and by which channel; nothing means everything."""

    sorts: tuple[str, ...] = ()
    channel: str = ""

    @classmethod
    def read(cls, show: str, by: str) -> Asked:
        """From an address; what nobody has written there means nothing."""
        given = show.split(",")
        sorts = tuple(name for name in SORTS if name in given)
        return cls(() if len(sorts) == len(SORTS) else sorts, by if by in CHANNELS else "")

    def __bool__(self) -> bool:
        return bool(self.sorts or self.channel)

    @property
    def sieve(self) -> Sieve:
        return sieve_of(self.sorts, self.channel)

    @property
    def query(self) -> str:
        """As it stands in an address, with nothing before it; empty where nothing is left out."""
        given = {"show": ",".join(self.sorts), "by": self.channel}
        return urlencode({name: value for name, value in given.items() if value}, safe=",")

    @property
    def more(self) -> str:
        """To be written behind what an address asks for already."""
        return f"&{self.query}" if self else ""

    @property
    def kinds(self) -> str:
        """The kinds of lines that it lets through, for a screen that follows along."""
        return " ".join(self.sieve.kinds)

    def turned(self, name: str) -> Asked:
        """With one sort more, or without it."""
        kept = {*self.sorts} ^ {name}
        return Asked(tuple(one for one in SORTS if one in kept), self.channel)

    def by(self, channel: str) -> Asked:
        return Asked(self.sorts, "" if channel == self.channel else channel)


def names(reader: Look) -> dict[str, str]:
    _ = reader.gettext
    return {
        "messages": _("Messages"),
        "notes": _("Notes"),
        "bot": _("Bot"),
        "feedback": _("Feedback"),
        "stages": _("Stages"),
        "events": _("Events"),
        "decisions": _("Decisions"),
        "status": _("Changes"),
    }


def sorts_word(wanted: Asked, reader: Look) -> str:
    """What is shown, in words: "Messages, Notes, SMS"."""
    called = names(reader)
    return ", ".join(
        [*(called[name] for name in wanted.sorts), *([reader.words[wanted.channel]] if wanted.channel else [])]
    )


@dataclass(frozen=True, slots=True)
class Chip:
    """One of the bar: a link that turns it on or off."""

    name: str
    text: str
    icon: str
    url: str
    on: bool
    count: str


def chips(
    wanted: Asked, counted: tuple[dict[str, int], dict[str, int], bool], reader: Look, path: str, view: str
) -> dict[str, Any]:
    """What templates/console/sieve.html reads. A chip of which there is nothing is left out, if that is certain."""
    sorts, channels, whole = counted
    called = names(reader)

    def address(asked: Asked) -> str:
        given = "&".join(filter(None, [f"view={view}" if view.isalpha() else "", asked.query]))
        return f"{path}?{given}" if given else path

    def made(name: str, text: str, icon: str, asked: Asked, number: int, *, on: bool) -> Chip | None:
        if not on and not number and whole:
            return None
        count = "" if not number else f"{MOST}+" if number > MOST else str(number) if whole else ""
        return Chip(name, text, icon, address(asked), on, count)

    every = [made(n, called[n], ICONS[n], wanted.turned(n), sorts[n], on=n in wanted.sorts) for n in SORTS]
    ways = [
        made(n, reader.words[n], n, wanted.by(n), channels.get(n, 0), on=n == wanted.channel)
        for n in CHANNELS
        if len([c for c in channels if c in CHANNELS]) > 1 or wanted.channel
    ]
    return {"chips": [c for c in every if c], "ways": [c for c in ways if c], "all": address(Asked()), "look": reader}
