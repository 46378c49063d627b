"""The mail that asks: HTML and plain text with links that only propose an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_skeleton

from desk.i18n import templates, texts
from desk.settings import Logo
from desk.surveys.palette import palette
from desk.surveys.scales import SCALES
from desk.surveys.texts import SurveyTexts, given_name, survey_texts

FOLDER = Path(__file__).parent / "templates"
SUBJECT_LIMIT = 120  # characters of a conversation's subject that are repeated; a mail needs no more to be recognised


@dataclass(frozen=True, slots=True)
class Ask:
    """Everything that one asking mail says."""

    kind: str
    locale: str
    brand: str
    colour: str
    zone: str
    agent: str  # full name, or "" where nobody is named
    customer: str
    subject: str
    url: str  # of the survey, without a score
    closes_at: datetime
    logo: Logo | None = None  # goes along inside the mail
    changed: Mapping[str, Any] = field(default_factory=dict)  # Survey.texts: locale -> what an admin changed
    again: bool = False  # it was mailed before, and this is the one reminder


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes into the mail."""

    subject: str
    text: str
    html: str


def day(at: datetime, locale: str, zone: str, *, today: datetime | None = None) -> str:
    """A date as a sentence has it ("26 March"), in the brand's zone; with the year where it is not that of `today`."""
    local = at.astimezone(ZoneInfo(zone))
    if today is not None and today.astimezone(ZoneInfo(zone)).year != local.year:
        return format_date(local, "long", locale=locale)
    return format_skeleton("MMMMd", local, locale=locale)


def texts_for(ask: Ask) -> SurveyTexts:
    return survey_texts(
        ask.kind,
        texts(ask.locale),
        agent=given_name(ask.agent),
        brand=ask.brand,
        changed=ask.changed.get(ask.locale),
    )


def compose(ask: Ask) -> Letter:
    """The mail of one invitation, in its language."""
    said = texts_for(ask)
    subject = " ".join(ask.subject.split())
    if len(subject) > SUBJECT_LIMIT:
        subject = subject[: SUBJECT_LIMIT - 1].rstrip() + "…"
    scale = SCALES[ask.kind]
    colours = palette(ask.colour)
    lines = [f"{score} {said.labels.get(score, '')}".rstrip() for score in scale.scores]
    context = {
        "locale": ask.locale,
        "brand": ask.brand,
        "logo": ask.logo,
        "title": said.question,
        "ask": ask,
        "said": said,
        "subject": subject,
        "agent": given_name(ask.agent),
        "customer": given_name(ask.customer),
        "scores": list(scale.scores),
        "closes": day(ask.closes_at, ask.locale, ask.zone),
        "light": colours.light,
        "dark": colours.dark,
        "direction": Locale.parse(ask.locale).text_direction,
        "lines": [(label.ljust(max(map(len, lines))), s) for label, s in zip(lines, scale.scores, strict=True)],
    }
    env = templates(FOLDER, ask.locale)
    question = " ".join(said.question.split())
    if ask.again:
        question = texts(ask.locale).gettext("Reminder: %(question)s") % {"question": question}
    return Letter(
        subject=question,
        text=env.get_template("survey.txt").render(context).strip() + "\n",
        html=env.get_template("survey.html").render(context),
    )
