"""Whether a mail's sender is who it says, in the words of its mark on the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from desk.web.console.look import Look


@dataclass(frozen=True, slots=True)
class TrustText:
    """`verdict` is passed, failed or unchecked; `title` says by what and why."""

    verdict: str
    icon: str
    text: str
    title: str


_ICONS = {"passed": "shield", "failed": "warn", "unchecked": "info"}


def mark(told: Mapping[str, Any] | None, look: Look) -> TrustText | None:
    """The mark of a message; None where its channel has no such question, or nobody asked it then."""
    if not isinstance(told, Mapping) or told.get("verdict") not in _ICONS:
        return None
    found = tuple(f"{name} {told[key]}" for key, name in _NAMES if told.get(key))
    return _mark(str(told["verdict"]), str(told.get("by")), str(told.get("why")), found, look)


_NAMES = (("spf", "SPF"), ("dkim", "DKIM"), ("dmarc", "DMARC"))


@lru_cache(maxsize=512)  # a few sentences, read with every mail of every page
def _mark(verdict: str, by: str, why: str, found: tuple[str, ...], look: Look) -> TrustText:
    _ = look.gettext
    text = {
        "passed": _("Sender checked"),
        "failed": _("Sender check failed"),
        "unchecked": _("Sender not checked"),
    }[verdict]
    because = _why(look).get(why, "")
    scope = _("Checked by the trusted mail server") if by == "hop" else _("DKIM only")
    results = f"{scope}: {', '.join(found)}." if found else f"{scope}."
    return TrustText(verdict, _ICONS[verdict], text, f"{because} {results}".strip())


@lru_cache(maxsize=64)
def _why(look: Look) -> dict[str, str]:
    _ = look.gettext
    return {
        "dmarc_pass": _("It comes from the domain of its sender."),
        "dkim_pass": _("It is signed by the domain of its sender."),
        "spf_pass": _("It was sent by a server of its sender's domain."),
        "dmarc_fail": _(
            "Nothing shows that it comes from the domain of its sender: somebody else may have written it."
        ),
        "dkim_fail": _("The signature of its sender's domain does not fit: it was changed, or somebody else wrote it."),
        "two_senders": _("It names several senders, so what was checked may be another than the one shown."),
        "other_from": _("What was checked is another sender than the one shown."),
        "hop_silent": _("The trusted mail server said nothing of it."),
        "nothing": _("The checks say nothing of its sender's domain."),
        "unsigned": _("It is not signed."),
        "elsewhere": _("It is signed by another domain than its sender's."),
        "no_key": _("It is signed, but the key is not published."),
        "no_dns": _("It is signed, but no name server answered."),
        "unusable": _("It is signed in a way that cannot be checked."),
        "not_looked": _("This inbox does not look at signatures."),
    }


def held(attached: Mapping[str, Any], look: Look) -> str:
    """Why a file waits, in a sentence; empty where it does not."""
    why, _space, more = str(attached.get("held") or "").partition(" ")
    if not why:
        return ""
    sentence = _held(look).get(why) or look.gettext("Held")
    return f"{sentence}: {more}" if more else sentence


def about_file(attached: Mapping[str, Any], look: Look) -> str:
    """What one should know of a file that does not wait."""
    if attached.get("released_by"):
        return look.gettext("released")
    return look.gettext("not scanned") if attached.get("unscanned") else ""


@lru_cache(maxsize=64)
def _held(look: Look) -> dict[str, str]:
    _ = look.gettext
    return {
        "program": _("Held: a program"),
        "script": _("Held: a script that a computer would run"),
        "macros": _("Held: a document with programs in it"),
        "page": _("Held: a page that a browser would open"),
        "archive": _("Held: an archive that holds such a file"),
        "closed": _("Held: an archive that cannot be looked into"),
        "double": _("Held: its name hides what it is"),
        "turned": _("Held: its name is written to be misread"),
        "virus": _("Held: the scanner found something"),
        "unscanned": _("Held: the scanner could not be asked"),
        "too_large": _("Held: too large for the scanner"),
    }
