"""Whom a survey asks after a conversation of an inbox: a condition over what is known of the customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from desk import facts, segments
from desk.agents import Viewer
from desk.facts import Condition, ConditionError
from desk.store import Tx
from desk.surveys.tables import Survey, SurveyAudience

LONGEST = 2000
MOST_EVIDENCE = 5
SURVEY = "survey"  # by which segments know who uses them
# Who is asked because of what they felt makes the figures prettier (or uglier) than the truth.
FEELINGS = frozenset(("frustration", "csat", "nps", "ces"))


class AudienceError(ValueError):
    """A condition that cannot be used, in a sentence."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom the survey of an inbox asks. `tilts` are the facts in it that say how somebody felt."""

    condition: Condition
    changed_at: datetime
    staff_id: int | None

    @property
    def tilts(self) -> tuple[str, ...]:
        return tuple(sorted(self.condition.names & FEELINGS))


def audiences(tx: Tx, survey: Survey) -> dict[int, Audience]:
    """The inboxes of which not everybody is asked."""
    rows = tx.scalars(select(SurveyAudience).where(SurveyAudience.survey_id == survey.id))
    return {row.inbox_id: Audience(segments.read_kept(tx, row.condition), row.changed_at, row.staff_id) for row in rows}


def read_audience(tx: Tx, text: str) -> Condition:
    """A condition as somebody types it. Raises AudienceError."""
    text = " ".join(text.split())
    if len(text) > LONGEST:
        raise AudienceError(f"That is {len(text):,} characters; {LONGEST:,} is the most.")
    try:
        return Condition.parse(text, segments.shelf(tx, lenient=False))
    except ConditionError as error:
        raise AudienceError(str(error)) from error


def ask_only(tx: Tx, viewer: Viewer, survey: Survey, inbox_id: int, text: str) -> Condition | None:
    """From now on the survey asks only those of this inbox for whom the condition holds; with an empty text, everybody.
    Raises AudienceError."""
    condition = read_audience(tx, text) if text.strip() else None
    row = tx.get(SurveyAudience, (survey.id, inbox_id), with_for_update=True)
    if condition is None:
        if row is not None:
            tx.delete(row)
    elif row is None:
        tx.add(
            SurveyAudience(
                survey_id=survey.id,
                inbox_id=inbox_id,
                condition=condition.kept,
                changed_at=tx.now(),
                staff_id=viewer.id,
            )
        )
    elif row.condition != condition.kept:
        row.condition, row.changed_at, row.staff_id = condition.kept, tx.now(), viewer.id
    tx.flush()
    try:
        segments.note_uses(
            tx, SURVEY, str(inbox_id), "the survey of an inbox", condition.segments if condition is not None else ()
        )
    except LookupError as gone:
        raise AudienceError("A segment that is named here has been removed in the meantime.") from gone
    return condition


def left_out(tx: Tx, survey: Survey, inbox_id: int, customer_id: int) -> Mapping[str, Any] | None:
    """Why a customer is not asked, as a decision keeps it; None where they are. It is asked anew each time, of what is
    known at this moment: no list of who was in when it was counted last."""
    row = tx.get(SurveyAudience, (survey.id, inbox_id))
    if row is None:
        return None
    condition = segments.read_kept(tx, row.condition)
    verdict = condition.evaluate(facts.view(tx, customer_id, names=condition.names), tx.now())
    if verdict.holds:
        return None
    number, name = next(iter(condition.segments.items()), (0, ""))
    alone = {"segment": name} if condition.kept == f"segment #{number}" else {}
    return alone | {
        "condition": str(condition),
        "evidence": [one.as_json() for one in verdict.evidence[:MOST_EVIDENCE]],
    }
