"""What the rail of a page shows of whoever looks: how much is unread at the bell, and whether they are here."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, g
from flask_babel import gettext as _

from desk import assigning, notices
from desk.web.base.access import known_viewer, the_desk


@dataclass(frozen=True, slots=True)
class Rail:
    """`unread` as the bell writes it, empty where nothing is; `state`: online, away or offline."""

    unread: str
    state: str


def state_word(state: str) -> str:
    return {"online": _("Online"), "away": _("Away")}.get(state, _("Offline"))


def rail() -> Rail | None:
    """Read with the page, so that no page asks a second time for what stands on it; None for whoever is a stranger."""
    viewer = known_viewer()
    if viewer is None:
        return None
    if "rail" not in g:
        with the_desk().store.reading() as tx:
            unread, standing = notices.unread(tx, viewer.id), assigning.standing_of(tx, viewer.id, tx.now())
        text = f"{notices.CAP}+" if unread > notices.CAP else str(unread or "")
        g.rail = Rail(text, standing.state)
    found: Rail = g.rail
    return found


def setup(app: Flask) -> None:
    app.jinja_env.globals.update(rail=rail, state_word=state_word)
