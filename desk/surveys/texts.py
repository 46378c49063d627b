"""What a survey says: its question and reasons, in the reader's language, with or without a name to ask about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from gettext import NullTranslations
from typing import Any

from desk.surveys.scales import SCALES, labels, reason_labels


@dataclass(frozen=True, slots=True)
class SurveyTexts:
    """The words of one survey for one invitation."""

    question: str
    hint: str  # a line under the question; empty where it needs none
    more: str  # the label of the free text
    labels: Mapping[int, str]
    reasons: Mapping[str, str]  # empty where the kind has no chips

    def label(self, score: int) -> str:
        """The score in words, or its number where only the ends of the scale have a name."""
        return self.labels.get(score, str(score)) if len(self.labels) > 2 else str(score)


def given_name(name: str) -> str:
    """What to call somebody in a friendly sentence: the first word of a name, or "" where it does not look like one.

    An address, a number or "Surname, Name" gives "", because a wrong first name is worse than none. A title at the
    front ("Dr. Kim") keeps the whole name.
    """
    words = " ".join(name.split())
    if not words or "@" in words or "," in words or any(c.isdigit() for c in words):
        return ""
    first = words.split(" ", 1)[0]
    if first.endswith(".") or len(first) < 2:
        return words
    return first


def survey_texts(
    kind: str, words: NullTranslations, *, agent: str, brand: str, changed: Mapping[str, Any] | None = None
) -> SurveyTexts:
    """The texts of a survey. `agent` is "" where nobody is named; `changed` is Survey.texts of this locale:
    {"question", "question_unnamed", "reasons": {key: text}}, each optional, with {agent} and {brand} in the questions.
    """
    _ = words.gettext
    changed = changed or {}
    if kind == "csat":
        question = _("How did %(agent)s do?") if agent else _("How did we do?")
        hint, more = "", _("In your own words")
    elif kind == "nps":
        question, hint = _("How likely are you to recommend %(brand)s to a friend?"), ""
        more = _("What is the main reason for your score?")
    else:
        question, hint = _("“%(brand)s made it easy to get my problem solved.”"), _("How much do you agree?")
        more = _("What would have made it easier?")
    question = question % {"agent": agent, "brand": brand} if "%(" in question else question
    own = changed.get("question") if agent else changed.get("question_unnamed")
    if isinstance(own, str) and own.strip():
        # Not str.format: what an admin typed may hold any other braces.
        question = own.replace("{agent}", agent).replace("{brand}", brand)
    reasons = reason_labels(words) if kind == "csat" else {}
    for key, text in (changed.get("reasons") or {}).items():
        if key in reasons and isinstance(text, str) and text.strip():
            reasons[key] = text
    return SurveyTexts(question, hint, more, labels(kind, words), reasons)


def text_message(kind: str, words: NullTranslations, said: SurveyTexts, *, brand: str, url: str = "") -> str:
    """The question as a text message: answered by a number, or at `url` where there is one."""
    _ = words.gettext
    question = f"{said.question} {said.hint}".strip()
    if url:
        return f"{brand}: {question} {url}"
    scale = SCALES[kind]
    return _("%(brand)s: %(question)s Answer with %(lowest)s (%(worst)s) to %(highest)s (%(best)s).") % {
        "brand": brand,
        "question": question,
        "lowest": scale.lowest,
        "worst": _small(said.labels[scale.lowest]),
        "highest": scale.highest,
        "best": _small(said.labels[scale.highest]),
    }


def _small(label: str) -> str:
    """A label inside a sentence: all of them are adjectives, which no language here writes large."""
    return label[:1].lower() + label[1:]
