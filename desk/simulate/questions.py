"""What visitors ask the help centre in the chat, and what they do about its answers, drawn from a seed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any

import yaml

from desk.simulate import moods
from desk.simulate.cast import Buyer
from desk.simulate.hours import BY_WEEKDAY, ZONE, some_moment
from desk.simulate.script import agent_for
from desk.simulate.steps import Case, Question, Verdict
from desk.simulate.world import TEXTS, Topic, World

ASKS = 0.018  # questions for each day and customer who likes to chat
UNANSWERED = 0.15  # the share of questions that no article answers
# Of a hundred visitors: what they do about the right article, and about another one. "" is nothing at all.
RIGHT = {"helped": 50, "": 33, "no": 10, "person": 7}
WRONG = {"no": 45, "person": 30, "": 25}
EDGE = timedelta(minutes=30)  # of the history, in which nobody asks
TOPIC = Topic(
    key="question",
    theme="questions",
    label="",
    weight=0.0,
    hard=0.0,
    mood=0.05,
    asks=0.0,
    happy=2.0,
    order=False,
    age=(0, 0),
)


@dataclass(frozen=True, slots=True)
class Words:
    """One question as it is typed. `article` is the key of what answers it; "" where nothing does."""

    article: str
    text: str
    answer: str  # an agent's


@lru_cache(maxsize=1)
def questions() -> dict[str, tuple[Words, ...]]:
    """All questions by language, as texts/questions.yaml lays them out."""
    found: dict[str, Any] = yaml.safe_load((TEXTS / "questions.yaml").read_text("utf-8"))
    return {
        locale: (
            *(Words(key, text, one["answer"]) for key, one in own["articles"].items() for text in one["asks"]),
            *(Words("", text, one["answer"]) for one in own["others"] for text in one["asks"]),
        )
        for locale, own in found.items()
    }


def draw(
    rng: Random, world: World, everybody: Sequence[Buyer], start: datetime, end: datetime, first: int
) -> list[Question]:
    """The questions of one history, in order of time; their cases are numbered from `first`."""
    days = (end - start).total_seconds() / 86400
    asked: list[tuple[datetime, Buyer, Words]] = []
    decks: dict[tuple[str, bool], list[Words]] = {}
    for buyer in everybody:
        if buyer.channel != "chat":
            continue
        mean = ASKS * buyer.talks * days
        count = int(mean) + (rng.random() < mean % 1)
        asked += [(_moment(rng, start, end), buyer, _deal(rng, decks, buyer.locale)) for _ in range(count)]
    asked.sort(key=lambda a: (a[0], a[1].number))
    return [_question(rng, world, *one, first + number) for number, one in enumerate(asked)]


def _moment(rng: Random, start: datetime, end: datetime) -> datetime:
    for _ in range(200):
        day = (start + (end - start) * rng.random()).astimezone(ZONE).date()
        at = some_moment(rng, day)
        if start + EDGE < at < end - EDGE and rng.random() < BY_WEEKDAY[day.weekday()] / BY_WEEKDAY[0]:
            return at
    return (start + (end - start) * rng.uniform(0.1, 0.9)).replace(microsecond=0)


def _deal(rng: Random, decks: dict[tuple[str, bool], list[Words]], locale: str) -> Words:
    """Words that nobody has used in this history yet, as long as there are any."""
    open_one = rng.random() < UNANSWERED
    deck = decks.setdefault((locale, open_one), [])
    if not deck:
        deck += [w for w in questions()[locale] if (not w.article) == open_one]
        rng.shuffle(deck)
    return deck.pop()


def _question(rng: Random, world: World, at: datetime, buyer: Buyer, words: Words, number: int) -> Question:
    agent = agent_for(rng, world, TOPIC.inbox, buyer.locale)
    return Question(
        at=at,
        case=Case(number, buyer, TOPIC, carrier=False),
        article=words.article,
        text=words.text,
        tension=round(rng.uniform(0.02, 0.18), 3),
        reads=timedelta(seconds=rng.randint(20, 240)),
        right=rng.choices(list(RIGHT), list(RIGHT.values()))[0],
        wrong=rng.choices(list(WRONG), list(WRONG.values()))[0],
        agent=agent,
        answer=words.answer,
        works=rng.lognormvariate(2.2, 0.8) * agent.pace,
        closes=rng.uniform(3, 45),
        content=_verdict(rng, buyer, 0.96),
        served=_verdict(rng, buyer, moods.chance(TOPIC.happy + agent.skill + buyer.warmth)),
        let_down=_verdict(rng, buyer, 0.1),
    )


def _verdict(rng: Random, buyer: Buyer, satisfied: float) -> Verdict:
    score = moods.score(rng, rng.random() < satisfied, buyer.warmth, TOPIC.mood)
    return Verdict(
        score=score,
        tension=0.05 if score >= 4 else 0.3,
        answers=rng.random() < min(0.95, moods.ANSWERS[score] * buyer.answers),
        after=timedelta(seconds=rng.randint(20, 900)),
        reasons=moods.reasons(rng, score),
        comment="",
        may_contact=None,
    )
