"""The blueprint that every page of the settings hangs on."""

from __future__ import annotations

from flask import Blueprint, abort

from desk import settings
from desk.store import Tx

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
PAGE = 50  # rows of a list; the next ones are behind a link


def email_inbox(tx: Tx, inbox_id: int) -> settings.Inbox:
    """An inbox that mails come to; 404 for any other."""
    try:
        found = settings.inbox(tx, inbox_id)
    except LookupError:
        abort(404)
    if found.channel != "email":
        abort(404)
    return found
