"""Who takes part beside the customer, as lines, panel and composer say it; and conversations that go on in others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desk.conversations import Participant
from desk.outbound.recipients import MOST_COPIES
from desk.timeline import EntryView
from desk.web.console.look import Look

NAMED = 2  # further ones are counted


def ids_in(entries: Sequence[EntryView]) -> set[int]:
    """The participants that these lines name."""
    found: set[int] = set()
    for entry in entries:
        found.update(int(i) for i in entry.detail.get("with") or ())
        if entry.kind == "forward":
            found.update(int(i) for where in ("to", "cc") for i in entry.detail.get(where) or ())
        if entry.kind in ("participant", "third_party") and entry.detail.get("participant"):
            found.add(int(entry.detail["participant"]))
    return found


def participant(other: Participant | None, look: Look) -> str:
    """Beside the name of somebody who is not the customer: so much, and their address."""
    said = look.gettext("not the customer")
    return f"{other.address}, {said}" if other is not None and other.name else said


def copied(entry: EntryView, others: Mapping[int, Participant], look: Look) -> str:
    """To whom else a message went, and whether we were hidden among those who got it."""
    _, said = look.gettext, []
    who = [others[i] for i in map(int, entry.detail.get("with") or ()) if i in others]
    if who:
        names = ", ".join(row.name or row.address for row in who[:NAMED])
        more = f" +{len(who) - NAMED}" if len(who) > NAMED else ""
        said.append(_("also to %(names)s") % {"names": names + more})
    if entry.detail.get("hidden"):
        said.append(_("Bcc: we are not in To or Cc"))
    return ", ".join(said)


def linked(entry: EntryView, look: Look) -> dict[str, Any]:
    """The conversation that a message goes on from, and why it did not join it."""
    found = entry.detail.get("linked") or {}
    number = found.get("conversation")
    if not number:
        return {}
    if found.get("because") == "old":
        return {"linked": int(number), "linked_title": look.gettext("Goes on from a conversation resolved long ago")}
    return {"linked": int(number), "linked_title": look.gettext("Answers a conversation of somebody else")}


@dataclass(frozen=True, slots=True)
class Other:
    """A participant as the panel and the composer show them."""

    address: str
    name: str
    title: str
    kept: bool
    outside: bool = False  # a colleague forwarded to them: they get no answers to the customer


def others(found: Sequence[Participant], look: Look) -> list[Other]:
    """Those who take part, in the order in which they came."""
    _ = look.gettext
    how = {
        "copied": _("copied by mail"),
        "wrote": _("wrote into this conversation"),
        "added": _("added by a colleague"),
        "outside": _("third party: a colleague forwarded to them"),
    }
    # Ticked are those who would get the answer: a mail that came to forty is not answered to all of them.
    ticked = [row.id for row in found if row.kept][:MOST_COPIES]
    return [
        Other(
            row.address,
            row.name,
            how.get(row.role, row.role),
            row.id in ticked,
            row.role == "outside" and not row.kept,
        )
        for row in found
    ]
