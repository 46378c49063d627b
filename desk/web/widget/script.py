"""/widget.js and the files beside it: built by `make install`, served packed to any site, kept by what they are."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app, make_response, request

from desk.web.base import allow
from desk.web.widget.routes import blueprint

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.(js|json|css|svg|map)")
TYPES = {"js": "text/javascript", "json": "application/json", "css": "text/css", "svg": "image/svg+xml"}
MINUTES = 10 * 60
YEAR = 31_536_000
NOT_BUILT = "console.error('The chat widget is not built: run make install on the desk.');\n"


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int) -> tuple[bytes, str]:
    content = path.read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:32]


def _built(name: str) -> tuple[bytes, str, bool] | None:
    """The content, its digest, and whether it is packed; None where there is no such file."""
    folder = Path(current_app.static_folder or "static") / "widget" / "dist"
    packed = request.accept_encodings.quality("gzip") > 0
    for path, is_packed in ((folder / f"{name}.gz", True), (folder / name, False)):
        if is_packed and not packed:
            continue
        try:
            content, digest = _read(path, path.stat().st_mtime_ns)
        except OSError:
            continue
        return content, digest, is_packed
    return None


def _served(name: str, cache: str) -> Response:
    found = _built(name)
    if found is None:
        return make_response((NOT_BUILT if name == "widget.js" else "", 404, {"Cache-Control": "no-store"}))
    content, digest, packed = found
    response = Response(content, content_type=f"{TYPES.get(name.rsplit('.', 1)[-1], 'text/plain')}; charset=utf-8")
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = cache
    response.set_etag(digest)
    response.make_conditional(request)
    return response


@blueprint.get("/widget.js")
@allow("public")
def loader() -> Response:
    """The one script that a site embeds. Its name stays, so it is kept for minutes only."""
    return _served("widget.js", f"public, max-age={MINUTES}, stale-while-revalidate=86400")


@blueprint.get("/widget/assets/<name>")
@allow("public")
def asset(name: str) -> Response:
    """What the loader brings: each name carries a digest, so it never changes."""
    if not NAME.fullmatch(name):
        return make_response(("", 404))
    return _served(name, f"public, max-age={YEAR}, immutable")
