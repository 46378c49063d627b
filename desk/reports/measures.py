"""What each survey measure makes of counted answers: CSAT, NPS and CES behind one face."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from desk.reports import statistics
from desk.reports.statistics import Difference, Interval

Reading = Literal["likely real", "may be chance", "too few answers", "no data"]

SMALL = 10  # under this many answers a page shows counts, not a percentage


class AnswerError(ValueError):
    """An answer that the scale does not have, said in one sentence."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One score with all that belongs beside it.

    `score` and `interval` are in the measure's unit (per cent, points, or the scale's own); both are None without data.
    `counts` is {score: how many}. `good` and `bad` count the answers at the two ends of the scale.
    """

    measure: str
    n: int
    score: float | None
    interval: Interval | None
    good: int
    bad: int
    counts: Mapping[int, int]

    @property
    def small(self) -> bool:
        return self.n < SMALL

    @property
    def between(self) -> int:
        return self.n - self.good - self.bad


@dataclass(frozen=True, slots=True)
class Measure:
    """A survey kind and how its answers become one number.

    `first` to `last` are the answers there are; from `good_from` on an answer is good (CSAT 4, NPS 9, CES 5), up to
    `bad_to` it is bad. `axis` is the range of the score; `unit` stands behind it.
    """

    key: str
    name: str
    first: int
    last: int
    bad_to: int
    good_from: int
    axis: tuple[float, float]
    unit: str
    digits: int

    def count(self, answers: Iterable[int]) -> dict[int, int]:
        """{answer: how many}. Raises AnswerError for an answer that is off the scale."""
        counts = Counter(answers)
        for answer in sorted(counts):
            if not self.first <= answer <= self.last:
                raise AnswerError(
                    f"{answer} is not an answer of {self.name}: the scale goes from {self.first} to {self.last}"
                )
        return dict(counts)

    def good(self, counts: Mapping[int, int]) -> int:
        return sum(count for score, count in counts.items() if score >= self.good_from)

    def bad(self, counts: Mapping[int, int]) -> int:
        return sum(count for score, count in counts.items() if score <= self.bad_to)

    def figure(self, counts: Mapping[int, int]) -> Figure:
        """The score of counted answers with its 95 % interval, as desk.reports.definitions defines it."""
        n = sum(counts.values())
        good, bad = self.good(counts), self.bad(counts)
        score, interval = self._point(counts, n, good, bad) if n else (None, None)
        return Figure(self.key, n, score, interval, good, bad, dict(counts))

    def _point(self, counts: Mapping[int, int], n: int, good: int, bad: int) -> tuple[float, Interval | None]:
        if self.key == "nps":
            return statistics.nps(good, n - good - bad, bad), statistics.nps_interval(good, n - good - bad, bad)
        if self.key == "ces":
            found = statistics.mean(counts)
            return found.value, found.interval
        return 100.0 * good / n, statistics.wilson(good, n).scaled(100.0)

    def bounds(self, counts: Mapping[int, int], silent: int) -> Interval | None:
        """The score if everyone who was asked and said nothing had given the worst answer, and the best one.

        These are bounds, not an interval: nothing is assumed of those who did not answer (Manski 1989). None when
        nobody was asked.
        """
        if sum(counts.values()) + silent == 0:
            return None
        ends = []
        for answer in (self.first, self.last):
            score = self.figure({**counts, answer: counts.get(answer, 0) + silent}).score
            assert score is not None
            ends.append(score)
        return Interval(ends[0], ends[1])

    def compare(self, now: Figure, before: Figure) -> tuple[Difference | None, Reading]:
        """now - before with its interval (Newcombe's for CSAT, square-and-add for the others) and how to read it."""
        if now.n == 0 or before.n == 0:
            return None, "no data"
        if now.small or before.small or now.interval is None or before.interval is None:
            return None, "too few answers"
        assert now.score is not None
        assert before.score is not None
        found = statistics.difference(now.score, now.interval, before.score, before.interval)
        return found, "likely real" if found.clear else "may be chance"


CSAT = Measure("csat", "CSAT", 1, 5, bad_to=2, good_from=4, axis=(0.0, 100.0), unit="%", digits=1)
NPS = Measure("nps", "NPS", 0, 10, bad_to=6, good_from=9, axis=(-100.0, 100.0), unit="", digits=1)
CES = Measure("ces", "CES", 1, 7, bad_to=3, good_from=5, axis=(1.0, 7.0), unit="", digits=2)
MEASURES = {measure.key: measure for measure in (CSAT, NPS, CES)}


def statistics_json(measure: str, answers: Iterable[int]) -> dict[str, Any]:
    """{"measure", "score", "n", "low", "high"} of plain answers: per cent for CSAT, points for NPS, the mean for CES.

    `low` and `high` are the ends of the 95 % interval of the definition. Without answers `score`, `low` and `high` are
    None: no data is not 0; a single CES answer has a mean but no interval. Raises AnswerError with one sentence for an
    answer off the scale, and for a measure that there is not.
    """
    known = MEASURES.get(measure)
    if known is None:
        raise AnswerError(f"there is no measure {measure!r}: choose {', '.join(MEASURES)}")
    figure = known.figure(known.count(answers))
    return {
        "measure": known.key,
        "score": figure.score,
        "n": figure.n,
        "low": figure.interval.low if figure.interval else None,
        "high": figure.interval.high if figure.interval else None,
    }


def parse_answers(text: str) -> list[int]:
    """Answers as typed at a shell, "5,4, 3": whole numbers with commas or spaces between. Raises AnswerError."""
    answers = []
    for word in text.replace(",", " ").split():
        try:
            answers.append(int(word))
        except ValueError:
            raise AnswerError(f"{word!r} is not a whole number") from None
    return answers
