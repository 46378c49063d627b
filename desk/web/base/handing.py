"""Files handed out so that they cannot run."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response

# A file of a stranger: no script, no plug-in, no form, no origin of its own to reach ours.
SEALED = "sandbox; default-src 'none'; frame-ancestors 'none'"


def handed_out(content: bytes, name: str, shown_as: str = "") -> Response:
    """A file as a download, or as a picture of the type `shown_as`; either way it can run nothing."""
    response = Response(content, mimetype=shown_as or "application/octet-stream")
    way, coded = "inline" if shown_as else "attachment", quote(name, safe="")
    response.headers["Content-Disposition"] = f"{way}; filename=\"{_ascii(name)}\"; filename*=UTF-8''{coded}"
    response.headers["Content-Security-Policy"] = SEALED
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _ascii(name: str) -> str:
    kept = "".join(c if c.isascii() and c.isprintable() and c not in '"\\/;' else "_" for c in name)
    return kept[-100:] or "file"
