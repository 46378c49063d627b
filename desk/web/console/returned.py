"""Words that were not sent go back to a plain form: the page of their conversation comes with them in its field."""

from __future__ import annotations

from typing import cast
from urllib.parse import quote

from flask import current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

# Of the address, in characters as they travel: servers and proxies refuse longer ones (gunicorn: 4,094 with all else).
MOST_IN_ADDRESS = 2000


def draft() -> str | None:
    """The words that this page brings back; None where it brings none."""
    found: str | None = getattr(g, "draft", None)
    return request.args.get("draft") if found is None else found


def with_draft(conversation_id: int, text: str, view: str = "") -> ResponseReturnValue:
    """The conversation with `text` in its composer. What is too long for an address is shown at once, in whole: none of
    it may get lost on the way."""
    travels = quote(text)
    if len(travels) <= MOST_IN_ADDRESS:
        url = url_for("console.conversation", conversation_id=conversation_id, view=view or None)
        return redirect(f"{url}{'&' if '?' in url else '?'}draft={travels}", 303)
    g.draft = text
    page = current_app.view_functions["console.conversation"](conversation_id=conversation_id)
    return cast(ResponseReturnValue, page)
