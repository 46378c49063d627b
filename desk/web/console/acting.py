"""How an action of the console answers: news with a way back for a script, a page again for a plain form."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, flash, redirect
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk.web.console.routes import wants_fragment


def toast(text: str, undo: tuple[str, dict[str, str]] | None = None, *, danger: bool = False) -> str:
    """X-Toast for a piece of news; `undo` is the address and the values that take it back. Headers are ASCII."""
    detail: dict[str, Any] = {"text": text}
    if danger:
        detail["danger"] = True
    if undo is not None:
        detail["undo"] = {"url": undo[0], "values": undo[1], "text": _("Undo")}
    return json.dumps(detail)


def told(
    text: str,
    back: str,
    *,
    undo: tuple[str, dict[str, str]] | None = None,
    moved: bool = False,
    refused: bool = False,
) -> ResponseReturnValue:
    """What came of an action on a customer. `moved`: the screen reads its conversation again; `back`: where a plain
    form goes on."""
    if not wants_fragment():
        flash(text)
        return redirect(back or "/console/", 303)
    if refused:
        headers = {"HX-Reswap": "none", "X-Toast": toast(text, danger=True)}
        return Response(text, status=409, headers=headers, mimetype="text/plain")
    response = Response(status=204, headers={"X-Toast": toast(text, undo)})
    if moved:
        response.headers["X-Moved"] = "1"
    return response
