"""What a replay came to: how many would be answered, what changes, and how much of it is right as far as people said.
Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desk.bot.tables import BotQuestion, BotReplayed
from desk.nlp.thresholds import wilson

OUTCOMES = ("answer", "did_you_mean", "hand_over")
CHANGES = ("new", "gone", "other", "asks")
SAMPLE = 50
TELLING = 20  # marked answers below which no share is given: its interval would hold nearly everything


@dataclass(frozen=True, slots=True)
class Share:
    """`good` of `n`, with the 95 % Wilson interval of the share."""

    good: int
    n: int
    low: float
    high: float

    @property
    def telling(self) -> bool:
        return self.n >= TELLING


def share(good: int, n: int) -> Share:
    return Share(good, n, *wilson(good, n))


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over `n` questions. `right_before` and `right_after` are right answers over answers, in the random sample
    as far as it is marked; `marked` of `sampled` are. `judged`: for each change, marked, right before, right after.
    `examples` questions became examples meanwhile and are left out of what is right."""

    n: int
    before: dict[str, int]
    after: dict[str, int]
    answered_before: Share
    answered_after: Share
    changes: dict[str, int]
    judged: dict[str, tuple[int, int, int]]
    sampled: int
    marked: int
    right_before: Share
    right_after: Share
    examples: int


def change(row: BotReplayed) -> str:
    """new (answered now), gone (answered no more), other (another article), asks (asks back or hands over instead), or
    empty where nothing changes for the customer."""
    was, is_ = row.before == "answer", row.after == "answer"
    if was and is_:
        return "other" if row.before_article != row.after_article else ""
    if was or is_:
        return "gone" if was else "new"
    return "asks" if row.before != row.after else ""


def right(mark: BotQuestion | None, article_id: int | None) -> bool | None:
    """Whether this article is right by what was marked; None where that does not tell."""
    if mark is None or (mark.verdict != "none" and mark.article_id is None):
        return None
    if mark.verdict == "not":
        return False if mark.article_id == article_id else None
    return mark.verdict == "article" and mark.article_id == article_id


def sample(rows: Sequence[BotReplayed], marks: Mapping[int, BotQuestion]) -> list[BotReplayed]:
    """Questions drawn at random, always the same ones; more of them once all of these are marked."""
    drawn = sorted(rows, key=lambda row: hashlib.blake2b(f"{row.replay_id}:{row.entry_id}".encode()).digest())
    size = SAMPLE
    while size < len(drawn) and all(row.entry_id in marks for row in drawn[:size]):
        size += SAMPLE
    return drawn[:size]


def summary(rows: Sequence[BotReplayed], marks: Mapping[int, BotQuestion]) -> Summary:
    """The figures of a replay."""
    n = len(rows)
    before, after = Counter(row.before for row in rows), Counter(row.after for row in rows)
    drawn = sample(rows, marks)
    telling = [row for row in drawn if not row.is_example]
    judged = {name: _judged([row for row in rows if change(row) == name], marks) for name in CHANGES}
    return Summary(
        n=n,
        before={name: before[name] for name in OUTCOMES},
        after={name: after[name] for name in OUTCOMES},
        answered_before=share(before["answer"], n),
        answered_after=share(after["answer"], n),
        changes={name: sum(change(row) == name for row in rows) for name in CHANGES},
        judged=judged,
        sampled=len(drawn),
        marked=sum(row.entry_id in marks for row in drawn),
        right_before=_right([(row.entry_id, row.before_article) for row in telling if row.before == "answer"], marks),
        right_after=_right([(row.entry_id, row.after_article) for row in telling if row.after == "answer"], marks),
        examples=sum(row.is_example for row in rows),
    )


def _right(answers: Sequence[tuple[int, int | None]], marks: Mapping[int, BotQuestion]) -> Share:
    known = [right(marks.get(entry_id), article_id) for entry_id, article_id in answers]
    said = [each for each in known if each is not None]
    return share(sum(said), len(said))


def _judged(rows: Sequence[BotReplayed], marks: Mapping[int, BotQuestion]) -> tuple[int, int, int]:
    known = [row for row in rows if row.entry_id in marks and not row.is_example]
    was = sum(row.before == "answer" and bool(right(marks[row.entry_id], row.before_article)) for row in known)
    now = sum(row.after == "answer" and bool(right(marks[row.entry_id], row.after_article)) for row in known)
    return len(known), was, now
