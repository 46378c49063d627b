"""The kinds of questions and their scales: the one place that says what a score may be and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import NullTranslations

COMMENT_LIMIT = 2000  # characters; the page's field has the same limit


@dataclass(frozen=True, slots=True)
class Scale:
    """One kind of question. `low_to` is the highest score of somebody who is unhappy: a detractor."""

    kind: str
    lowest: int
    highest: int
    low_to: int

    @property
    def scores(self) -> range:
        return range(self.lowest, self.highest + 1)

    def __contains__(self, score: object) -> bool:
        return isinstance(score, int) and not isinstance(score, bool) and self.lowest <= score <= self.highest

    def is_low(self, score: int) -> bool:
        return score <= self.low_to


SCALES = {
    "csat": Scale("csat", 1, 5, low_to=2),
    "nps": Scale("nps", 0, 10, low_to=6),
    "ces": Scale("ces", 1, 7, low_to=3),
}

# What may be named as having mattered, in the order of the page.
REASONS = ("speed", "solved", "manner", "clear", "product")


def labels(kind: str, words: NullTranslations) -> dict[int, str]:
    """What each score is called; for long scales only the two ends have a name."""
    _ = words.gettext
    if kind == "csat":
        return {1: _("Very bad"), 2: _("Bad"), 3: _("Okay"), 4: _("Good"), 5: _("Great")}
    if kind == "nps":
        return {0: _("not at all likely"), 10: _("extremely likely")}
    return {1: _("strongly disagree"), 7: _("strongly agree")}


def reason_labels(words: NullTranslations) -> dict[str, str]:
    """What each reason chip says."""
    _ = words.gettext
    return {
        "speed": _("Speed of the answer"),
        "solved": _("It got solved"),
        "manner": _("How I was treated"),
        "clear": _("Clear explanation"),
        "product": _("The product itself"),
    }
