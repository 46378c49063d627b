"""The service worker that shows a push: at an address that never changes, for nothing but the notices."""

from __future__ import annotations

from pathlib import Path

from flask import Response, current_app

from desk.web.base import allow
from desk.web.notices.routes import blueprint

SCOPE = "/notices/"  # it may speak for these pages and no other, and it has no say in what they load


@blueprint.get("/notices/worker.js")
@allow("public")  # a browser asks for it again without anybody being signed in
def worker() -> Response:
    script = Path(current_app.static_folder or "static") / "js" / "push-worker.js"
    response = Response(script.read_text("utf-8"), mimetype="text/javascript")
    response.headers["Content-Security-Policy"] = "default-src 'none'; img-src 'self'"
    response.headers["Service-Worker-Allowed"] = SCOPE
    response.headers["Cache-Control"] = "no-cache"
    return response
