"""The loop ribbon: a customer's whole life on one strip, as plain geometry that the template only has to write down.

x is a share of the width in per cent, y a number of pixels in a strip of 56. The last days are stretched: what happened
this week takes 40 % of the width, however long the years before were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

NEAR = timedelta(days=6)
NEAR_SHARE = 42.0  # per cent of the width that the last days get
STRETCH_FROM = timedelta(days=18)  # shorter histories are drawn evenly
SHORTEST = timedelta(days=2)  # a customer of five minutes gets an axis of two days
ROOM_AT_END = 4.0  # per cent: the mood of this minute is drawn on to the edge, so that it is seen at all
KEEPS = timedelta(days=3)  # so long a mood counts as the customer's after they wrote; then nothing is known
BASE_Y, HEIGHT = 38.0, 56.0
UNHAPPY = {"csat": 2, "nps": 6, "ces": 2}  # at most this score opens a loop
HAPPY = {"csat": 4, "nps": 9, "ces": 4}  # at least this


@dataclass(frozen=True, slots=True)
class Move:
    """The customer came to stand in a stage. `step` is 1 (first) to 5 (loyalty), 0 for a stage outside the ramp."""

    at: datetime
    name: str
    step: int
    back: bool = False
    entry_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """What one message sounded like. `frustration` in [0, 1]; `level` calm, strained or frustrated."""

    at: datetime
    frustration: float
    level: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A survey answered (`score`), or withheld (no score)."""

    at: datetime
    kind: str
    score: int | None
    entry_id: int | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A message of the customer, by its channel."""

    at: datetime
    channel: str


@dataclass(frozen=True, slots=True)
class Life:
    """What the ribbon is drawn from. Every list is in the order of time."""

    since: datetime
    moves: Sequence[Move] = ()
    sounds: Sequence[Sound] = ()
    asks: Sequence[Ask] = ()
    contacts: Sequence[Contact] = ()


@dataclass(frozen=True, slots=True)
class Band:
    x: float
    width: float
    name: str
    step: int
    back: bool
    entry_id: int | None


@dataclass(frozen=True, slots=True)
class Stroke:
    """One piece of the wave in one level, as an SVG path over 1000 x 56; `quiet` is where nothing is known."""

    level: str
    path: str


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    kind: str
    score: int | None
    tone: str  # good, bad, plain, held
    entry_id: int | None


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    channel: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word under the axis: its place, the day it names, and whether it is one of the stretched days."""

    x: float
    at: datetime
    near: bool


@dataclass(frozen=True, slots=True)
class Loop:
    """An unhappy answer: open since then, or closed by a better one."""

    opened_at: datetime
    closed_at: datetime | None
    path: str

    def days(self, now: datetime) -> int:
        return max(0, (now - self.opened_at).days)


@dataclass(frozen=True, slots=True)
class Ribbon:
    bands: tuple[Band, ...]
    wave: tuple[Stroke, ...]
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    loop: Loop | None
    knots: tuple[tuple[datetime, float], ...]  # time -> x, straight in between: the page places its frame by them
    level: str  # the mood now; empty where nothing is known


class Axis:
    """From a time to its place, and back: two straight pieces where the history is long enough, else one."""

    def __init__(self, since: datetime, now: datetime) -> None:
        start = min(since, now - SHORTEST)
        end = 100.0 - ROOM_AT_END
        if now - start <= STRETCH_FROM:
            self.knots: tuple[tuple[datetime, float], ...] = ((start, 0.0), (now, end))
        else:
            self.knots = ((start, 0.0), (now - NEAR, 100.0 - NEAR_SHARE), (now, end))

    def x(self, at: datetime) -> float:
        """0 to 100; what lies outside is put on the edge."""
        if at <= self.knots[0][0]:
            return 0.0
        for (t0, x0), (t1, x1) in zip(self.knots, self.knots[1:], strict=False):
            if at <= t1:
                return round(x0 + (x1 - x0) * ((at - t0) / (t1 - t0)), 2)
        return self.knots[-1][1]


def ribbon(life: Life, now: datetime, zone: tzinfo) -> Ribbon:
    """The geometry of one life as seen at `now`; days begin in `zone`. What is dated after `now` is not drawn."""
    axis = Axis(life.since, now)
    sounds = [s for s in life.sounds if s.at <= now]
    asks = [a for a in life.asks if a.at <= now]
    dots = _dots(axis, asks)
    return Ribbon(
        bands=_bands(axis, [m for m in life.moves if m.at <= now]),
        wave=_wave(axis, sounds, now),
        dots=dots,
        ticks=tuple(Tick(axis.x(c.at), c.channel) for c in _thinned(axis, life.contacts, now)),
        marks=_marks(axis, now, zone),
        loop=_loop(axis, asks, now),
        knots=axis.knots,
        level=sounds[-1].level if sounds and now - sounds[-1].at <= KEEPS else "",
    )


def _named(band: Band) -> Band:
    """The band without its name where that would be cut: letters take about 0.85 % of the width each."""
    return band if band.width >= 2.4 + 0.85 * len(band.name) else replace(band, name="")


def _bands(axis: Axis, moves: Sequence[Move]) -> tuple[Band, ...]:
    edges = [axis.x(m.at) for m in moves] + [100.0]
    return tuple(
        _named(Band(edges[i], round(edges[i + 1] - edges[i], 2), m.name, m.step, m.back, m.entry_id))
        for i, m in enumerate(moves)
        if edges[i + 1] - edges[i] > 0.05  # two moves in the same second leave the later one
    )


def _thinned(axis: Axis, contacts: Sequence[Contact], now: datetime) -> list[Contact]:
    """At most one tick a channel and third of a per cent: thousands of contacts are still one strip."""
    seen: set[tuple[int, str]] = set()
    kept = []
    for contact in contacts:
        key = (int(axis.x(contact.at) * 3), contact.channel)
        if contact.at <= now and key not in seen:
            seen.add(key)
            kept.append(contact)
    return kept


def tone_of(kind: str, score: int | None) -> str:
    """good, plain or bad by the kind's own scale; held where nobody was asked."""
    if score is None:
        return "held"
    if score <= UNHAPPY.get(kind, 2):
        return "bad"
    return "good" if score >= HAPPY.get(kind, 4) else "plain"


def _dots(axis: Axis, asks: Sequence[Ask]) -> tuple[Dot, ...]:
    dots: list[Dot] = []
    for ask in asks:
        x, y = axis.x(ask.at), BASE_Y
        if dots and x - dots[-1].x < 1.8:  # side by side in time: one above the other
            y = BASE_Y - 17 if dots[-1].y >= BASE_Y else BASE_Y
        dots.append(Dot(x, y, ask.kind, ask.score, tone_of(ask.kind, ask.score), ask.entry_id))
    return tuple(dots)


def _loop(axis: Axis, asks: Sequence[Ask], now: datetime) -> Loop | None:
    """The last unhappy answer, with an arc to the better answer that closed it, or to now."""
    unhappy = [i for i, a in enumerate(asks) if tone_of(a.kind, a.score) == "bad"]
    if not unhappy:
        return None
    at = asks[unhappy[-1]].at
    better = [a.at for a in asks[unhappy[-1] + 1 :] if tone_of(a.kind, a.score) == "good"]
    closed = better[0] if better else None
    x0, x1 = axis.x(at) * 10, axis.x(closed or now) * 10
    dip, lean, y = min(8.0, 3.0 + (x1 - x0) / 60), (x1 - x0) * 0.2, BASE_Y + 8
    path = f"M{x0:g} {y:g} C{x0 + lean:g} {y + dip:g} {x1 - lean:g} {y + dip:g} {x1:g} {y - 1:g}"
    return Loop(at, closed, path)


# Amplitude in pixels and half a wave in per mille of the width.
_SHAPES = {"quiet": (0.0, 40.0), "calm": (1.8, 24.0), "strained": (6.0, 13.0), "frustrated": (9.0, 9.0)}


def _wave(axis: Axis, sounds: Sequence[Sound], now: datetime) -> tuple[Stroke, ...]:
    """The mood as a line that grows rougher; after KEEPS without a word it runs flat."""
    pieces: list[tuple[float, float, str, float]] = []  # from x, to x, level, frustration
    for i, sound in enumerate(sounds):
        until = sounds[i + 1].at if i + 1 < len(sounds) else now
        heard = min(until, sound.at + KEEPS)
        last = i + 1 == len(sounds)
        pieces.append(
            (
                axis.x(sound.at) * 10,
                1000.0 if last and heard == now else axis.x(heard) * 10,
                sound.level,
                sound.frustration,
            )
        )
        if heard < until:
            pieces.append((axis.x(heard) * 10, 1000.0 if last else axis.x(until) * 10, "quiet", 0.0))
    merged: list[tuple[float, float, str, float]] = []
    for x0, x1, level, frustration in pieces:
        if x1 - x0 < 0.5 and merged:
            continue
        if merged and merged[-1][2] == level:
            merged[-1] = (merged[-1][0], x1, level, max(merged[-1][3], frustration))
        else:
            merged.append((merged[-1][1] if merged else x0, x1, level, frustration))
    strokes, y = [], BASE_Y
    for x0, x1, level, frustration in merged:
        path, y = _draw(x0, x1, y, level, frustration)
        strokes.append(Stroke(level, path))
    return tuple(strokes)


def _draw(x0: float, x1: float, y: float, level: str, frustration: float) -> tuple[str, float]:
    """One piece of the wave, from where the last one ended; gives the path and its last y."""
    height, half = _SHAPES[level]
    height *= 0.7 + 0.5 * frustration
    path = [f"M{x0:g} {y:g}"]
    count = max(1, round((x1 - x0) / half))
    step = (x1 - x0) / count
    for i in range(count):
        left, right = x0 + i * step, x0 + (i + 1) * step
        up = height if i % 2 == 0 else -height
        last = i == count - 1
        if level == "frustrated":
            up *= (1.0, 0.8, 1.25, 0.9)[i % 4]  # a steady zigzag would look like a machine's
            y = BASE_Y if last else BASE_Y - up
            path.append(f"L{right:.4g} {y:.4g}")
        elif level == "quiet":
            y = BASE_Y
            path.append(f"L{right:.4g} {y:g}")
        else:
            y = BASE_Y
            path.append(f"Q{(left + right) / 2:.4g} {BASE_Y - 2 * up:.4g} {right:.4g} {y:g}")
    return " ".join(path), y


def _marks(axis: Axis, now: datetime, zone: tzinfo) -> tuple[Mark, ...]:
    """Months where it is long ago, days where it is near; never two words on one place."""
    marks: list[Mark] = []
    start = axis.knots[0][0]
    near_from = axis.knots[-2][0] if len(axis.knots) == 3 else start
    if len(axis.knots) == 3:
        marks.append(Mark(0.0, start, False))
        month = start.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        while True:
            month = (month + timedelta(days=32)).replace(day=1)
            if month >= near_from:
                break
            x = axis.x(month)
            if x - marks[-1].x >= 11 and 100 - NEAR_SHARE - x >= 9:
                marks.append(Mark(x, month, False))
    day = near_from.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    while day <= now:
        x = axis.x(day)
        if day >= near_from and (not marks or x - marks[-1].x >= 5) and x <= 96:
            marks.append(Mark(x, day, True))
        day = (day + timedelta(hours=30)).replace(hour=0)  # 30 hours on is the next day, whatever the clocks do
    if not marks:
        marks.append(Mark(0.0, start, True))
    return tuple(marks)
