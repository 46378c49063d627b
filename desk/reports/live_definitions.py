"""What each number on the wall means: the page shows it beside the number, docs/metrics.md lists it."""

from __future__ import annotations

from datetime import date

from desk.i18n import N_
from desk.reports.definitions import Definition

_SINCE = date(2026, 11, 22)
_NOW = N_("as of this moment, of every team")
_TODAY = N_("since midnight in the reader's time zone, by when it was recorded")


def _definition(key: str, name: str, formula: str, counts: str, excludes: str) -> Definition:
    return Definition(
        key, name, formula, N_("conversations"), N_("none: everything is counted"), counts, excludes, 1, _SINCE,
        "desk/reports/live.py",
    )  # fmt: skip


DEFINITIONS: dict[str, Definition] = {
    one.key: one
    for one in (
        _definition(
            "waiting",
            N_("Waiting for us"),
            N_("Open conversations with a customer's message that nobody has answered."),
            _NOW,
            N_("what is snoozed, pending, resolved or spam; by inbox and team: all but the 1,000 that wait longest"),
        ),
        _definition(
            "longest",
            N_("Waits longest"),
            N_("The time since the oldest message that nobody has answered."),
            _NOW,
            N_("what is snoozed, pending, resolved or spam"),
        ),
        _definition(
            "late",
            N_("Late"),
            N_("Conversations whose next promise was due before now and is not kept."),
            _NOW,
            N_("promises whose clock is paused"),
        ),
        _definition(
            "soon",
            N_("Due soon"),
            N_("Conversations whose next promise is due within 30 minutes."),
            _NOW,
            N_("what is late already; promises whose clock is paused"),
        ),
        _definition(
            "frustrated",
            N_("Frustrated now"),
            N_("Open conversations whose level is frustrated."),
            _NOW,
            N_("what is snoozed, pending, resolved or spam"),
        ),
        _definition(
            "rising",
            N_("Frustration rises here"),
            N_("Open conversations whose level rose with a message of the last hour and has not calmed since."),
            _NOW,
            N_("messages that the model has yet to read"),
        ),
        _definition(
            "bot",
            N_("With the bot"),
            N_("Open conversations in which the bot talks."),
            _NOW,
            N_("what it has handed over"),
        ),
        _definition(
            "answers",
            N_("Answers today"),
            N_("Public answers of people."),
            _TODAY,
            N_("the bot's, automatic ones, notes, and answers that were taken back"),
        ),
        _definition(
            "resolved",
            N_("Resolved today"),
            N_("Conversations that were resolved, each time that they were."),
            _TODAY,
            N_("spam"),
        ),
        Definition(
            "on",
            N_("On"),
            N_("Staff with the console or the wall open in some browser, over all who work here."),
            N_("people"),
            N_("none: everything is counted"),
            _NOW,
            N_("tabs of one person are one"),
            1,
            _SINCE,
            "desk/realtime/company.py",
        ),
    )
}
