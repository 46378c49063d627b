"""What is said aside, as the timeline shows it: a forward, and the words of somebody outside who answered one."""

from __future__ import annotations

from collections.abc import Mapping

from desk.conversations import Participant
from desk.timeline import EntryView
from desk.web.console.look import Look

NAMED = 3  # further ones are counted
FORWARDED = frozenset({"message", "reply", "participant", "note", "third_party"})  # lines that offer it themselves


def forwarded(entry: EntryView, others: Mapping[int, Participant], look: Look) -> str:
    """ "Forwarded to supply@potter.example, 3 messages, 2 files"; an answer to somebody outside says that."""
    _, n = look.gettext, look.ngettext
    to = _names(entry, "to", others)
    cc = _names(entry, "cc", others)
    lines, files = len(entry.detail.get("lines") or ()), len(entry.attachments)
    said = [
        (_("Forwarded to %(names)s") if lines else _("Written to %(names)s")) % {"names": to or _("somebody outside")}
    ]
    if cc:
        said.append(_("copy to %(names)s") % {"names": cc})
    if lines:
        said.append(n("%(num)s message", "%(num)s messages", lines) % {"num": lines})
    if files:
        said.append(n("%(num)s file", "%(num)s files", files) % {"num": files})
    return ", ".join(said)


def _names(entry: EntryView, where: str, others: Mapping[int, Participant]) -> str:
    who = [others[i].address for i in map(int, entry.detail.get(where) or ()) if i in others]
    return ", ".join(who[:NAMED]) + (f" +{len(who) - NAMED}" if len(who) > NAMED else "")


def third_party(other: Participant | None, look: Look) -> str:
    """Beside the name of somebody outside."""
    said = look.gettext("third party, the customer does not see this")
    return f"{other.address}, {said}" if other is not None and other.name else said
