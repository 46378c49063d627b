"""Rows and lines as HTML: for pages, and outside of any request for the screens that follow along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Flask
from flask_babel import force_locale

from desk import conversations, timeline
from desk.agents import Viewer
from desk.conversations import Row
from desk.parts import Desk
from desk.store import Tx
from desk.web.base import current_viewer
from desk.web.console import rows, written
from desk.web.console.lines import Line, lines
from desk.web.console.look import Look, look
from desk.web.console.reading import line_context, line_words
from desk.web.console.rows import sort_key, views_of

EXTENSION = "loopdesk.console"


def line_values(found: Sequence[Line], reader: Look, now: datetime, last_day: date | None = None) -> dict[str, Any]:
    """What templates/console/lines.html reads. With `last_day`, a heading of that day is not written again."""
    headings = []
    for line in found:
        headings.append("" if line.day == last_day else reader.day(line.at, now))
        last_day = line.day
    made = {"w": line_words(reader), "pieces": written.pieces, "time_of": written.time_of, "now": now}
    return {**reader.speech, **made, "lines": found, "headings": headings, "new_from": None, "new_text": ""}


@dataclass(frozen=True, slots=True)
class Shown:
    """One line in one look, with the conversation that says who may see it."""

    entry_id: int
    customer_id: int
    conversation_id: int | None
    locale: str
    zone: str
    payload: dict[str, Any]


class Fragments:
    """What `desk.realtime` asks of the console: the protocol is `desk.realtime.faces.Faces`."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    @property
    def _desk(self) -> Desk:
        found: Desk = self._app.extensions["loopdesk"]
        return found

    def viewer(self) -> Viewer | None:
        """Whose session the present request carries."""
        return current_viewer()

    def _render(self, template: str, reader: Look, **values: Any) -> str:
        with force_locale(reader.language):
            return self._app.jinja_env.get_template(template).render(**values)

    def row(self, row: Row, locale: str, zone: str) -> dict[str, Any]:
        """A queue row as a screen takes it. Ids are texts: they are longer than a script's numbers are exact."""
        reader, now = look(locale, zone), self._desk.store.clock.now()
        return {
            "id": str(row.id),
            "rev": now.isoformat(),
            "html": rows.written([row], "", reader, now).strip(),
            "keys": {view: sort_key(row, view) for view in views_of(row)},
            "assignee": str(row.assignee_id or ""),
            "status": row.status,
            "unread": row.unread,
            "waits": row.waiting_since is not None,
            "level": row.level,
            "name": row.customer_name,
        }

    def entries(self, tx: Tx, entry_ids: Sequence[int], looks: Sequence[tuple[str, str]]) -> list[Shown]:
        """Lines in each language and zone."""
        out: list[Shown] = []
        now = tx.now()
        for entry_id in entry_ids:
            entry = timeline.one(tx, entry_id)
            if entry is None:
                continue
            name = ""
            if entry.conversation_id is not None:
                row = conversations.row_of(tx, entry.conversation_id)
                name = row.customer_name if row is not None else ""
            context = None
            for locale, zone in looks:
                reader = look(locale, zone)
                if context is None:
                    context = line_context(tx, reader, [entry], entry.customer_id, name)
                else:
                    context = type(context)(
                        **{**{n: getattr(context, n) for n in type(context).__slots__}, "look": reader}
                    )
                found = lines([entry], context) if entry.kind != timeline.WITHDRAWN else []
                day = reader.here(entry.occurred_at).date()
                values = line_values(found, reader, now, last_day=day)
                payload = {
                    "id": str(entry.id),
                    "customer": str(entry.customer_id),
                    "conversation": str(entry.conversation_id or ""),
                    "kind": entry.kind,
                    "channel": entry.channel or "",
                    "staff": str(entry.staff_id or ""),
                    "at": entry.occurred_at.isoformat(),
                    "day": day.isoformat(),
                    "day_name": reader.day(entry.occurred_at, now),
                    "html": self._render("console/lines.html", reader, **values).strip(),
                }
                out.append(Shown(entry.id, entry.customer_id, entry.conversation_id, locale, zone, payload))
        return out
