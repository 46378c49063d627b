"""What a flow says by itself, in the customer's language, around the words that an admin wrote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from desk import i18n
from desk.calendars import Hours, Opening
from desk.i18n import texts


def looking(locale: str) -> str:
    return texts(locale).gettext("One moment, I am looking that up.")


def still(locale: str) -> str:
    return texts(locale).gettext("I am still looking it up. I write here as soon as I know.")


def failed(locale: str, looked: bool) -> str:
    """`looked`: it was only to be looked up; else it may have been done, and nobody can tell."""
    if not looked:
        return texts(locale).gettext(
            "I cannot tell whether that went through: the system that does it did not answer me as it should."
        )
    return texts(locale).gettext("I could not look that up: the system that knows it does not answer me.")


def offer(locale: str) -> str:
    return texts(locale).gettext("Shall I get you a person?")


def person(locale: str) -> str:
    return texts(locale).gettext("Of course. I am getting you a person, who sees what you wrote here.")


def all_right(locale: str) -> str:
    return texts(locale).gettext("All right. If anything else comes up, write here.")


def left(locale: str, called: bool) -> str:
    """`called`: another system was asked for something before."""
    if called:
        return texts(locale).gettext("All right, I leave it at that.")
    return texts(locale).gettext("All right, I leave it at that. Nothing was changed by me.")


def stuck(locale: str) -> str:
    return texts(locale).gettext(
        "I do not get any further here. I am getting you a person, who sees what you wrote here."
    )


def unverified(locale: str) -> str:
    return texts(locale).gettext(
        "For this I have to be sure who you are, and I cannot be from here. A person will look at it with you."
    )


def way_out(locale: str) -> str:
    return texts(locale).gettext("If you want a person, just say so.")


def yes_no(locale: str) -> tuple[str, str]:
    _ = texts(locale).gettext
    return _("Yes"), _("No")


def again(locale: str, wrong: str) -> str:
    """What was not right about an answer, as a new question."""
    _ = texts(locale).gettext
    return {
        "empty": _("I need that in words. Could you type it?"),
        "long": _("That is longer than I can take here. Could you make it shorter?"),
        "number": _("That is not a number that fits here. Could you check it?"),
        "date": _("I cannot read that as a date. Please write it as 2026-12-24."),
        "past": _("That day is still to come. Which day in the past do you mean?"),
        "future": _("That day is over. Which day from today on do you mean?"),
        "email": _("That is not a whole email address. Could you check it?"),
        "unproven": _("That is not an address that you have confirmed with us. Which other one is it?"),
        "choice": _("Please choose one of these."),
        "yes_no": _("Please answer with yes or no."),
    }.get(wrong, _("That does not look right. Could you check it?"))


def numbered(choices: Sequence[str]) -> str:
    """Choices for a channel that has no buttons."""
    return "\n".join(f"{n}. {choice}" for n, choice in enumerate(choices, 1))


def opening(locale: str, found: Opening, rules: Hours | None, now: datetime) -> str:
    """Whether somebody is there, by the clock of the office."""
    _ = texts(locale).gettext
    if rules is None or (found.open and found.until is None):
        return _("Somebody is here at any time.")
    zone = ZoneInfo(rules.zone)
    at = found.until if found.open else found.opens
    if at is None:
        return _("Nobody is here at the moment. Write here, and we answer as soon as we are back.")
    there = at.astimezone(zone)
    said = {
        "time": i18n.clock(there.timetz(), locale),
        "day": i18n.day(there.date(), "EEEE d MMMM", locale),
        "zone": rules.zone.rpartition("/")[2].replace("_", " "),
    }
    if found.open and there.date() == now.astimezone(zone).date():
        return _("Somebody is here until %(time)s (time of %(zone)s).") % said
    if found.open:
        return _("Somebody is here until %(day)s, %(time)s (time of %(zone)s).") % said
    return _("Nobody is here at the moment. We are back on %(day)s at %(time)s (time of %(zone)s).") % said
