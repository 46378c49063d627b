"""The hidden true rates beside what the desk could see of them, written next to the database for checking reports."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FILE = "simulation-truth.json"
VERSION = 1
ASSISTANT = "assistant"


@dataclass(slots=True)
class EpisodeTruth:
    """One resolved episode: what its customer would have answered, and what became of the question."""

    conversation_id: int
    episode_id: int
    resolved_at: str
    week: str  # its Monday
    agent: str  # by name; ASSISTANT where no person answered
    topic: str
    theme: str
    stage: str | None  # as the invitation says; None where nobody was asked
    would_score: int
    asked: bool
    channel: str = "email"  # by which the customer wrote last
    score: int | None = None  # as answered

    @property
    def satisfied(self) -> bool:
        return self.would_score >= 4


@dataclass(slots=True)
class ConversationTruth:
    """How its customer truly felt, last: when they wrote, and when the history ended. `tension` is in [0, 1]."""

    topic: str
    locale: str
    mood_last_message: str = "calm"
    frustrated_last_message: bool = False
    frustrated_end: bool = False
    tension_end: float = 0.0


@dataclass(slots=True)
class QuestionTruth:
    """A question that a visitor put to the bot: what it was about, what they got, and what they did about it."""

    conversation_id: int
    locale: str
    article: str  # the key of the article that answers it; "" where none of this desk does
    answered: bool = False  # by an article
    right: bool = False  # by that one
    said: str = ""  # helped, no, person; "" where they said nothing
    handed_over: bool = False


@dataclass(slots=True)
class Truth:
    """All that is known of the simulated histories of one desk. `counts` agree with the database's rows."""

    runs: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    conversations: dict[int, ConversationTruth] = field(default_factory=dict)
    episodes: list[EpisodeTruth] = field(default_factory=list)
    questions: list[QuestionTruth] = field(default_factory=list)

    def count(self, name: str, by: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + by

    def as_json(self) -> dict[str, Any]:
        """What the file holds: docs/simulate.md describes it."""
        asked = [e for e in self.episodes if e.asked]
        ended = list(self.conversations.values())
        return {
            "version": VERSION,
            "runs": self.runs,
            "counts": self.counts
            | {
                "conversations": len(self.conversations),
                "episodes_resolved": len(self.episodes),
                "asked": len(asked),
                "answered": sum(e.score is not None for e in asked),
            },
            "satisfaction": {
                "overall": _rates(self.episodes),
                "by_agent": _by(self.episodes, lambda e: e.agent),
                "by_stage": _by(asked, lambda e: e.stage or "none"),
                "by_topic": _by(self.episodes, lambda e: e.topic),
                "by_theme": _by(self.episodes, lambda e: e.theme),
                "by_channel": _by(self.episodes, lambda e: e.channel),
                "by_week": _by(self.episodes, lambda e: e.week),
            },
            "nonresponse": _silence(asked)
            | {"by_score": {str(n): _silence([e for e in asked if e.would_score == n]) for n in range(1, 6)}},
            "frustrated": {
                "n": len(ended),
                "last_message": _share(c.frustrated_last_message for c in ended),
                "end": _share(c.frustrated_end for c in ended),
            },
            "questions": {
                "asked": len(self.questions),
                "with_article": sum(bool(q.article) for q in self.questions),
                "answered": sum(q.answered for q in self.questions),
                "right": sum(q.right for q in self.questions),
                "helped": sum(q.said == "helped" for q in self.questions),
                "handed_over": sum(q.handed_over for q in self.questions),
                "each": [asdict(q) for q in self.questions],
            },
            "conversations": {str(i): asdict(c) for i, c in self.conversations.items()},
            "episodes": [asdict(e) for e in self.episodes],
        }

    def save(self, folder: Path) -> Path:
        """Writes the file whole or not at all."""
        path = folder / FILE
        draft = path.with_name(f".{FILE}.{os.getpid()}")
        draft.write_text(json.dumps(self.as_json(), ensure_ascii=False, indent=1), "utf-8")
        os.replace(draft, path)
        return path


def load(folder: Path) -> Truth:
    """What earlier simulations of this desk wrote; empty where there is nothing, or nothing that can be read."""
    try:
        found = json.loads((folder / FILE).read_text("utf-8"))
        if found["version"] != VERSION:
            return Truth()
        derived = ("conversations", "episodes_resolved", "asked", "answered")
        return Truth(
            runs=found["runs"],
            counts={k: v for k, v in found["counts"].items() if k not in derived},
            conversations={int(i): ConversationTruth(**c) for i, c in found["conversations"].items()},
            episodes=[EpisodeTruth(**e) for e in found["episodes"]],
            questions=[QuestionTruth(**q) for q in found.get("questions", {}).get("each", [])],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Truth()


def _share(flags: Iterable[bool]) -> float | None:
    found = list(flags)
    return round(sum(found) / len(found), 4) if found else None


def _rate(episodes: list[EpisodeTruth]) -> dict[str, Any]:
    return {
        "n": len(episodes),
        "satisfied": sum(e.satisfied for e in episodes),
        "rate": _share(e.satisfied for e in episodes),
    }


def _rates(episodes: list[EpisodeTruth]) -> dict[str, Any]:
    """The truth of all, of those who were asked (what a report estimates), and of those who answered (what it sees)."""
    return {
        "all": _rate(episodes),
        "asked": _rate([e for e in episodes if e.asked]),
        "answered": _rate([e for e in episodes if e.score is not None]),
    }


def _by(episodes: list[EpisodeTruth], key: Callable[[EpisodeTruth], str]) -> dict[str, Any]:
    groups: dict[str, list[EpisodeTruth]] = defaultdict(list)
    for episode in episodes:
        groups[key(episode)].append(episode)
    return {name: _rates(groups[name]) for name in sorted(groups)}


def _silence(asked: list[EpisodeTruth]) -> dict[str, Any]:
    silent = sum(e.score is None for e in asked)
    return {"asked": len(asked), "silent": silent, "rate": _share(e.score is None for e in asked)}
