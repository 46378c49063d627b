"""Sentences for what desk.agents refuses, in the reader's language."""

from __future__ import annotations

from flask_babel import gettext as _

from desk import agents


def password_refused(error: agents.PasswordRefused) -> str:
    """Why a new password was not taken, and what would be."""
    return {
        "short": _(
            "Take at least %(n)s characters. A few plain words in a row are easy to keep in mind.", n=agents.MIN_LENGTH
        ),
        "long": _("Take fewer characters: 200 at most."),
        "address": _("Take something other than your own name or address."),
        "common": _("That one is on every list of common passwords. Take another."),
    }[error.reason]


def staff_refused(error: agents.StaffRefused) -> str:
    """Why somebody was not added or changed."""
    return {
        "address": _("That is not a mail address."),
        "taken": _("Somebody has this address already."),
        "name": _("Type a name of up to 120 characters."),
        "role": _("Choose one of the roles of the list."),
        "zone": _("Choose one of the time zones of the list."),
        "last_admin": _("A desk needs an admin who can sign in: make somebody else an admin first."),
    }[error.reason]


def team_refused(error: agents.TeamRefused) -> str:
    """Why a team was not made or renamed."""
    return {
        "name": _("Type a name of up to 120 characters."),
        "taken": _("There is a team of this name already."),
    }[error.reason]
