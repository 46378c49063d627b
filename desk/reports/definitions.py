"""What each number means, once: the pages show it beside the number, docs/metrics.md lists it, a test holds both to it.

A change of meaning raises `version` and `since`, so that a figure can say by which definition it was computed. The
texts are in the source language; whoever shows them translates them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from desk.i18n import N_


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric: `formula` in words, its unit, the name of its interval, what it leaves out, and where it is from."""

    key: str
    name: str
    formula: str
    unit: str
    interval: str
    counts: str
    excludes: str
    version: int
    since: date
    source: str


_FIRST, _LATER = date(2026, 11, 22), date(2026, 11, 23)
_COHORT = N_(
    "by the day of sending, in the reader's time zone; agent, team, inbox, channel and stage as they were then"
)
_ANSWERS = N_(
    "questions nobody answered, deliveries that failed; dismissals are no answers; the last version of an answer"
)

_DUE = N_(
    "by the day on which it was due, in the reader's time zone; target and calendar as they were when the clock began;"
    " inbox and team of the conversation now; the agent who replied first or resolved it, else whose it is now"
)
_NOT_DUE = N_(
    "what is not due yet, what stands still because we wait for the customer, and what ended without anybody waiting"
)

DEFINITIONS: dict[str, Definition] = {
    definition.key: definition
    for definition in (
        Definition(
            key="csat",
            name=N_("CSAT"),
            formula=N_("Answers of 4 or 5 on a scale of 1 to 5, over all answers."),
            unit=N_("per cent"),
            interval=N_("Wilson score, 95 %"),
            counts=_COHORT,
            excludes=_ANSWERS,
            version=1,
            since=_FIRST,
            source="Wilson, JASA 22 (1927) 209; Brown, Cai, DasGupta, Statistical Science 16 (2001) 101",
        ),
        Definition(
            key="nps",
            name=N_("NPS"),
            formula=N_("The share of 9 and 10 less the share of 0 to 6 on a scale of 0 to 10, times 100."),
            unit=N_("points from -100 to 100"),
            interval=N_(
                "adjusted Wald with three pseudo-answers, 95 %, clipped to -100 and 100; the plain margin beside it"
            ),
            counts=_COHORT,
            excludes=_ANSWERS,
            version=1,
            since=_FIRST,
            source="Reichheld, Harvard Business Review 81 (2003) 46; Rocks, The American Statistician 70 (2016) 365",
        ),
        Definition(
            key="ces",
            name=N_("CES"),
            formula=N_("The mean of the answers to “made it easy” on a scale of 1 to 7; 7 is best."),
            unit=N_("answers from 1 to 7"),
            interval=N_("t interval of the mean, 95 %, not cut at the ends of the scale"),
            counts=_COHORT,
            excludes=_ANSWERS,
            version=1,
            since=_FIRST,
            source="CES 2.0: Dixon, Toman, DeLisi, The Effortless Experience (2013); Student, Biometrika 6 (1908) 1",
        ),
        Definition(
            key="ces_easy",
            name=N_("Found it easy"),
            formula=N_("Answers of 5, 6 or 7 to “made it easy”, over all answers."),
            unit=N_("per cent"),
            interval=N_("Wilson score, 95 %"),
            counts=_COHORT,
            excludes=_ANSWERS,
            version=1,
            since=_FIRST,
            source="Dixon, Toman, DeLisi, The Effortless Experience (2013); Wilson, JASA 22 (1927) 209",
        ),
        Definition(
            key="delivered",
            name=N_("Delivered"),
            formula=N_(
                "Questions that reached the other side: a mail that its server took, a text that its provider took,"
                " both unless word came later that it did not arrive; in the chat a card that is in a visitor’s widget."
                " An answer proves that its question arrived."
            ),
            unit=N_("questions"),
            interval=N_("none: a full count"),
            counts=_COHORT,
            excludes=N_(
                "questions of which nothing is known yet. A card that nobody saw and that was mailed is one question,"
                " and stays one of the chat"
            ),
            version=1,
            since=_FIRST,
            source="AAPOR, Standard Definitions, 10th edition (2023), known and unknown eligibility",
        ),
        Definition(
            key="response_rate",
            name=N_("Response rate"),
            formula=N_(
                "Questions answered over questions delivered. An answer is counted with the day its question was sent,"
                " and both sides have the same filters."
            ),
            unit=N_("per cent"),
            interval=N_("Wilson score, 95 %"),
            counts=_COHORT,
            excludes=N_("deliveries that failed, and those of which nothing is known yet"),
            version=1,
            since=_FIRST,
            source="AAPOR, Standard Definitions, 10th edition (2023), response rate 1",
        ),
        Definition(
            key="nonresponse_bounds",
            name=N_("Bounds of silence"),
            formula=N_(
                "The score if everyone who was reached and did not answer had given the worst answer, and the best one."
            ),
            unit=N_("as the score"),
            interval=N_("none: these are bounds, nothing is assumed of those who were silent"),
            counts=_COHORT,
            excludes=N_("deliveries that failed, and those of which nothing is known yet"),
            version=1,
            since=_FIRST,
            source="Manski, Journal of Human Resources 24 (1989) 343",
        ),
        Definition(
            key="difference",
            name=N_("Difference between two periods"),
            formula=N_(
                "This period less the one of equal length before it. It may be chance where its interval holds 0, is"
                " likely real where it does not, and is not computed with fewer than 10 answers on either side."
            ),
            unit=N_("points of the score"),
            interval=N_("Newcombe's method 10 for CSAT, the same square-and-add for NPS and CES, 95 %"),
            counts=_COHORT,
            excludes=_ANSWERS,
            version=1,
            since=_FIRST,
            source="Newcombe, Statistics in Medicine 17 (1998) 873; Zou, Donner, Statistics in Medicine 27 (2008) 1693",
        ),
        Definition(
            key="withheld",
            name=N_("Withheld"),
            formula=N_("Resolved episodes after which the desk decided not to ask, each with its reason."),
            unit=N_("decisions"),
            interval=N_("none: a full count"),
            counts=N_("by the day of the decision, in the reader's time zone, and by inbox"),
            excludes=N_("episodes after which a question was sent"),
            version=1,
            since=_FIRST,
            source="Loopdesk",
        ),
        Definition(
            key="reminded",
            name=N_("Reminded"),
            formula=N_(
                "Questions of which somebody was reminded, once, and how many of these were answered after it. Nobody"
                " is reminded of what they answered. They are asked once: a reminder is no second question."
            ),
            unit=N_("questions"),
            interval=N_("none: a full count"),
            counts=_COHORT,
            excludes=N_("reminders that were withheld, which the timeline tells"),
            version=1,
            since=_FIRST,
            source="Loopdesk",
        ),
        Definition(
            key="asked_bias",
            name=N_("Asked and not asked"),
            formula=N_(
                "Of the conversations after which a question was sent, and of those after which the desk decided not to"
                " ask, the share that ended frustrated; and the second less the first. Where it is above 0, the score"
                " leaves out more of the unhappy than of the others."
            ),
            unit=N_("per cent, and points of it"),
            interval=N_("Wilson's for the shares, Newcombe's method 10 for their difference, 95 %"),
            counts=N_("by the day of the decision, in the reader's time zone, and by inbox"),
            excludes=N_("spam, what only machines wrote, our own people; nothing is compared under 10 of each"),
            version=1,
            since=_FIRST,
            source="Newcombe, Statistics in Medicine 17 (1998) 873",
        ),
        Definition(
            key="in_segment",
            name=N_("In a segment"),
            formula=N_(
                "Questions to customers who are in the segment now, at the moment of looking, whenever they were asked:"
                " who was in it at that time is not kept. So the figure of a past period changes as customers come and"
                " go, and a segment that asks for a score chooses its own answers."
            ),
            unit=N_("as the score"),
            interval=N_("as the score"),
            counts=N_("by the day of sending, in the reader's time zone; everything but the segment as it was then"),
            excludes=N_("customers of whom a count that is under way knows nothing yet"),
            version=1,
            since=_FIRST,
            source="Loopdesk",
        ),
        Definition(
            key="silent_unhappy",
            name=N_("Silent and unhappy"),
            formula=N_(
                "Questions delivered to customers whose conversation ended frustrated, and which nobody has answered."
                " They stand beside the score and are never mixed into it."
            ),
            unit=N_("questions"),
            interval=N_("none: a full count"),
            counts=_COHORT,
            excludes=N_("deliveries that failed"),
            version=1,
            since=_FIRST,
            source="Loopdesk",
        ),
        *(
            Definition(
                key=f"sla_{kind}",
                name=name,
                formula=formula,
                unit=N_("per cent"),
                interval=N_("Wilson score, 95 %"),
                counts=_DUE,
                excludes=_NOT_DUE,
                version=1,
                since=_FIRST,
                source="Loopdesk; Wilson, JASA 22 (1927) 209",
            )
            for kind, name, formula in (
                (
                    "first",
                    N_("First reply in time"),
                    N_("Episodes whose first reply of a person came by the time promised, over all such promises due."),
                ),
                (
                    "next",
                    N_("Later replies in time"),
                    N_("Waits of customers that a reply ended by the time promised, over all such promises due."),
                ),
                (
                    "resolution",
                    N_("Solved in time"),
                    N_("Episodes that were resolved by the time promised, over all such promises due."),
                ),
            )
        ),
        Definition(
            key="gap_questions",
            name=N_("Questions without a good answer"),
            formula=N_(
                "Episodes whose question the bot could not answer, asked back about and heard no more, answered without"
                " helping, or handed to a person; and those that a person answered where no bot was and no article"
                " fits."
            ),
            unit=N_("questions"),
            interval=N_("none: a full count"),
            counts=N_("one question an episode, by when it was asked, in the reader's time zone"),
            excludes=N_(
                "spam, automatic messages, episodes without a question, those that nobody answered, and those whose"
                " answer linked to an article"
            ),
            version=1,
            since=_FIRST,
            source="desk/questions/reading.py",
        ),
        Definition(
            key="gap_csat",
            name=N_("CSAT of a gap"),
            formula=N_(
                "Answers of 4 or 5 on a scale of 1 to 5, over all answers about the episodes of these questions."
            ),
            unit=N_("per cent"),
            interval=N_("Wilson score, 95 %"),
            counts=N_("by when the question was asked, whenever CSAT was answered"),
            excludes=N_("questions whose customers were not asked how it was, or did not answer"),
            version=1,
            since=_FIRST,
            source="Wilson, JASA 22 (1927) 209",
        ),
        Definition(
            key="gap_frustrated",
            name=N_("Frustrated over a gap"),
            formula=N_(
                "Episodes that were at the level frustrated at some point, over all episodes of these questions."
            ),
            unit=N_("per cent"),
            interval=N_("Wilson score, 95 %"),
            counts=N_("by when the question was asked, in the reader's time zone"),
            excludes=N_("nothing: a message that the model has yet to read counts as not frustrated"),
            version=1,
            since=_FIRST,
            source="Wilson, JASA 22 (1927) 209",
        ),
        Definition(
            key="reason_share",
            name=N_("Contacts of a reason"),
            formula=N_(
                "Episodes that have the reason, or a part of it, over all episodes of the period. A reason is what a"
                " person chose, else that of the group in which the question fell."
            ),
            unit=N_("per cent of all contacts"),
            interval=N_("Wilson score, 95 %; of the change Newcombe's method 10"),
            counts=N_("by when the episode began, in the reader's time zone; the reason as it is now"),
            excludes=N_("spam, and what a colleague began and nobody wrote back to"),
            version=1,
            since=_LATER,
            source="Wilson, JASA 22 (1927) 209; Newcombe, Statistics in Medicine 17 (1998) 873",
        ),
        Definition(
            key="reason_time",
            name=N_("Time to the solution"),
            formula=N_(
                "The median of the time from the beginning of an episode to its resolution, less the time that we"
                " waited for the customer; around the clock. Answers of people beside it, in all."
            ),
            unit=N_("hours and minutes"),
            interval=N_("between two of the ordered times, at least 95 %, whatever the distribution; from 6 times on"),
            counts=N_("by when the episode began, in the reader's time zone; the reason as it is now"),
            excludes=N_("episodes that are not resolved yet"),
            version=1,
            since=_LATER,
            source="David, Nagaraja, Order Statistics (2003), section 7.1",
        ),
        Definition(
            key="reason_csat",
            name=N_("CSAT of a reason"),
            formula=N_("Answers of 4 or 5 on a scale of 1 to 5, over all answers about these episodes."),
            unit=N_("per cent"),
            interval=N_("Wilson score, 95 %"),
            counts=N_("by when the episode began, whenever CSAT was answered"),
            excludes=N_("episodes whose customers were not asked how it was, or did not answer"),
            version=1,
            since=_LATER,
            source="Wilson, JASA 22 (1927) 209",
        ),
        Definition(
            key="reason_frustrated",
            name=N_("Frustrated over a reason"),
            formula=N_("Episodes that were at the level frustrated at some point, over all episodes of the reason."),
            unit=N_("per cent"),
            interval=N_("Wilson score, 95 %"),
            counts=N_("by when the episode began, in the reader's time zone"),
            excludes=N_("nothing: a message that the model has yet to read counts as not frustrated"),
            version=1,
            since=_LATER,
            source="Wilson, JASA 22 (1927) 209",
        ),
        Definition(
            key="reason_stage",
            name=N_("Contacts by stage"),
            formula=N_(
                "Episodes of a reason by the stage in which their customer was when they were resolved, or is now while"
                " they are open."
            ),
            unit=N_("episodes"),
            interval=N_("none: a full count"),
            counts=N_("by when the episode began, in the reader's time zone"),
            excludes=N_("nothing: customers in no stage have a column of their own"),
            version=1,
            since=_LATER,
            source="Loopdesk",
        ),
    )
}
