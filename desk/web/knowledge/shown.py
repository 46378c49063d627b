"""The rows of the list of articles: state, languages, whether they help, as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from babel.core import Locale, UnknownLocaleError

from desk import agents, bot, conversations, knowledge, questions, timeline
from desk.agents import Viewer
from desk.knowledge import Article
from desk.reports.statistics import wilson
from desk.store import Tx

FEW = 10  # under it, counts and no percentage
AXIS = 0.4  # where the axis of the drawing begins


@dataclass(frozen=True, slots=True)
class Share:
    """Whether an article helps: `yes` of `n`, and from ten answers on the share with its 95 % interval in per cent.

    `at`, `low` and `high` are places on the drawing, in per cent of its width.
    """

    yes: int
    n: int
    share: int | None = None
    low_share: int = 0
    high_share: int = 0
    at: float = 0.0
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a draft and the line that it is from; without a conversation it is not this colleague's to read."""

    text: str
    kind: str
    entry_id: int
    conversation_id: int | None


@dataclass(frozen=True, slots=True)
class Drafted:
    """What an article was drafted from: the group of questions, and its pieces in their order."""

    group_id: int
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Row:
    article: Article
    who: str
    languages: list[tuple[str, int, bool]]
    helped: Share | None
    used: int
    suggested: tuple[int, int]


def own_name(code: str) -> str:
    """A language as those who speak it call it."""
    try:
        return (Locale.parse(code).get_display_name(code) or code).capitalize()
    except (ValueError, UnknownLocaleError):
        return code


def share_of(found: knowledge.Helped | None) -> Share | None:
    if found is None or not found.n:
        return None
    if found.n < FEW:
        return Share(found.yes, found.n)
    interval = wilson(found.yes, found.n)
    share, low, high = found.yes / found.n, interval.low, interval.high
    at, start, end = (round(max(0.0, (x - AXIS) / (1 - AXIS)) * 100, 1) for x in (share, low, high))
    return Share(
        found.yes, found.n, round(100 * share), round(100 * low), round(100 * high), at=at, low=start, high=end
    )


def helped_of(tx: Tx, article_id: int) -> Share | None:
    return share_of(knowledge.helped(tx, [article_id]).get(article_id))


def drafted(tx: Tx, article_id: int, viewer: Viewer) -> Drafted | None:
    """Where the pieces of an article are from that the desk drafted; None for what people wrote from the start."""
    group = questions.group_of(tx, article_id)
    if group is None:
        return None
    sources = questions.sources(tx, article_id)
    homes = timeline.homes(tx, [one.entry_id for one in sources])
    seen = conversations.visible_among(tx, set(homes.values()), viewer)
    pieces = [
        Piece(one.text, one.kind, one.entry_id, home if (home := homes.get(one.entry_id)) in seen else None)
        for one in sources
    ]
    return Drafted(group.id, pieces)


def rows(tx: Tx, found: Sequence[Article]) -> list[Row]:
    ids = [row.id for row in found]
    helped, used, taken = knowledge.helped(tx, ids), bot.used(tx, ids), bot.taken_up(tx, ids)
    families = knowledge.families(tx, [row.family_id for row in found if row.family_id is not None])
    names = agents.names(tx)
    return [
        Row(
            article=row,
            who=names.get(row.updated_by or 0, "").split(" ")[0],
            languages=families.get(row.family_id or 0, []),
            helped=share_of(helped.get(row.id)),
            used=used.get(row.id, 0),
            suggested=taken.get(row.id, (0, 0)),
        )
        for row in found
    ]
