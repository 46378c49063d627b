"""A conversation as a mail: what its visitor saw of it, in the face of the brand, to an address that is proved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel.core import Locale
from babel.dates import format_datetime

from desk import merging, outbound, people, settings, surveys, visitors
from desk.i18n import templates
from desk.store import Tx
from desk.visitors import views

FOLDER = Path(__file__).parent / "templates"
LONGEST = 500  # lines; the newest of a longer one


@dataclass(frozen=True, slots=True)
class Said:
    """One line as the mail shows it."""

    who: str
    when: str
    text: str
    files: tuple[str, ...]
    mine: bool


def send(tx: Tx, face: views.Face, row: visitors.Thread, to: people.Identity, zone: str) -> str:
    """Puts the mail on its way. Gives why it cannot go: `code_never` where no inbox of this desk mails, `mail_wait`
    where too much went to this address; "" where it goes."""
    sender = merging.sender_for(tx, face.inbox, "email")
    if sender is None:
        return "code_never"
    brand = settings.brand(tx, face.inbox.brand_id)
    conversation = visitors.conversation_of(tx, row)
    _ = face.say
    place = ZoneInfo(zone if zone in available_timezones() else brand.zone)
    entries, more = visitors.newest(tx, row.conversation_id, LONGEST)
    card = surveys.card(tx, row.conversation_id)
    colours = surveys.palette(brand.colour)
    subject = _("Your chat with %(brand)s") % {"brand": brand.name}
    context = {
        "locale": face.locale,
        "direction": Locale.parse(face.locale).text_direction,
        "brand": brand.name,
        "named": brand.name.rstrip("."),  # "Kiln & Co." ends a sentence by itself
        "subject": subject,
        "title": subject,
        "lines": [_line(one, face, place) for one in views.messages(face, entries) if one["who"] != "event"],
        "more": more,
        "zone": str(place),
        "survey": card.as_json() if card is not None and card.answered is not None else None,
        "light": colours.light,
        "dark": colours.dark,
    }
    env = templates(FOLDER, face.locale)
    delivery = outbound.send_transcript(
        tx,
        conversation,
        to,
        inbox=sender,
        sender_name=brand.name,
        subject=" ".join(subject.split()),
        text=env.get_template("transcript.txt").render(context).strip() + "\n",
        html=env.get_template("transcript.html").render(context),
    )
    return "mail_wait" if delivery.state == "failed" else ""


def _line(said: dict[str, Any], face: views.Face, place: ZoneInfo) -> Said:
    _ = face.say
    who = {"me": _("You"), "bot": _("Assistant")}.get(said["who"]) or said["name"]
    at = datetime.fromisoformat(said["at"]).astimezone(place)
    when = format_datetime(at, "short", locale=face.locale)
    return Said(who, when, said["text"], tuple(f["name"] for f in said["files"]), said["who"] == "me")
