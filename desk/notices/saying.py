"""What a notice says, in the reader's language: one sentence, with names or without."""

from __future__ import annotations

from gettext import NullTranslations

from desk.notices.reading import Told

ICONS = {
    "assigned": "take",
    "answered": "chat",
    "mention": "at",
    "task": "task",
    "reminder": "clock",
    "frustrated": "frustrated",
    "promise": "clock",
    "survey": "star",
    "failed": "warn",
    "rule": "bolt",
}


def sentence(told: Told, words: NullTranslations) -> str:
    """One line, with whatever names its reader may see."""
    _ = words.gettext
    who, by = told.customer or _("a customer"), told.by
    match told.kind:
        case "assigned" if by:
            said = _("%(by)s assigned %(who)s to you")
        case "assigned":
            said = _("%(who)s was assigned to you")
        case "answered" if told.times > 1:
            said = _("%(who)s wrote %(n)s times in a conversation of yours")
        case "answered":
            said = _("%(who)s wrote in a conversation of yours")
        case "mention":
            said = _("%(by)s mentioned you in a note about %(who)s")
        case "task" if told.detail.get("what") == "due":
            said = _("A task about %(who)s is due")
        case "task" if by:
            said = _("%(by)s gave you a task about %(who)s")
        case "task":
            said = _("A task about %(who)s is yours now")
        case "reminder":
            said = _("You wanted to be reminded of %(who)s")
        case "frustrated":
            said = _("%(who)s is frustrated")
        case "promise" if told.detail.get("what") == "breach":
            said = _("A promise to %(who)s was missed")
        case "promise":
            said = _("A promise to %(who)s is nearly due")
        case "survey":
            said = _("%(who)s was not happy: %(score)s of %(of)s")
        case "failed" if told.detail.get("what") == "held":
            said = _("Your answer to %(who)s that was to go later is held")
        case "failed":
            said = _("An answer to %(who)s was not delivered")
        case _:
            said = _("The rule “%(name)s” has stopped itself")
    return said % {
        "who": who,
        "by": by,
        "n": told.times,
        "score": told.detail.get("score", ""),
        "of": told.detail.get("of", ""),
        "name": told.detail.get("name", ""),
    }


def nameless(told: Told, words: NullTranslations) -> str:
    """The same for a screen that others see: what happened, to nobody by name."""
    _ = words.gettext
    return {
        "assigned": _("A conversation was assigned to you"),
        "answered": _("A customer wrote in a conversation of yours"),
        "mention": _("You were mentioned in a note"),
        "task": _("A task is yours now, or is due"),
        "reminder": _("You wanted to be reminded of a conversation"),
        "frustrated": _("A customer of your team is frustrated"),
        "promise": _("A promise is nearly due or was missed"),
        "survey": _("A customer was not happy"),
        "failed": _("An answer was not delivered"),
        "rule": _("A rule has stopped itself"),
    }[told.kind]
