"""What every answer carries to protect whoever reads it: content policy, cookies, CSRF; and proxies before us."""

from __future__ import annotations

import re
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from desk.web.base.access import known_viewer

csrf = CSRFProtect()  # `csrf.exempt(view)` for hooks, and for links whose secret is the authority

_OUR_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
YEAR = 31_536_000


def csp_nonce() -> str:
    """This answer's nonce: a script without it does not run."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def request_id() -> str:
    """Names this request in the log and on an error page."""
    return str(g.get("request_id", ""))


def _policy(origin: str) -> str:
    secure = origin.startswith("https://")
    host = urlsplit(origin).netloc
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' 'nonce-{csp_nonce()}'",
            # No style attribute either: lengths that come from data are attributes of SVG, tones are classes.
            "style-src 'self'",
            "img-src 'self' data: blob:",
            f"connect-src 'self' {'wss' if secure else 'ws'}://{host}",
            "frame-src 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ]
    )


def setup(app: Flask) -> None:
    public_url = str(app.config.get("PUBLIC_URL") or "http://127.0.0.1:5000")
    secure = public_url.startswith("https://")
    proxies = int(app.config.get("TRUSTED_PROXIES") or 0)
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies, x_port=proxies
        )
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_REFRESH_EACH_REQUEST=False,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: an answer typed over lunch is still taken
    )
    if secure and not app.config["SESSION_COOKIE_NAME"].startswith("__Host-"):
        # The browser itself refuses such a cookie when a neighbouring host name tries to plant one.
        app.config["SESSION_COOKIE_NAME"] = f"__Host-{app.config['SESSION_COOKIE_NAME']}"
    app.config.setdefault("PREFERRED_URL_SCHEME", "https" if secure else "http")
    if app.config["MAX_CONTENT_LENGTH"] is None:
        app.config["MAX_CONTENT_LENGTH"] = 40 * 1024 * 1024
    csrf.init_app(app)
    app.jinja_env.globals.update(csp_nonce=csp_nonce, request_id=request_id)

    @app.after_request
    def protect(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", _policy(public_url))
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Referrer-Policy", "same-origin")  # links with secrets in them are told to nobody else
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if request.endpoint != "static":  # pictures of ours stand in mails, which other origins show
            headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
        )
        if secure:
            headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}; includeSubDomains")
        headers["X-Request-ID"] = request_id()
        if request.endpoint == "static":
            if "v" in request.args and response.status_code in {200, 304}:
                headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        elif known_viewer() is not None or response.status_code >= 400:
            headers["Cache-Control"] = "no-store"
        else:
            headers.setdefault("Cache-Control", "no-cache, private")
        return response


def name_request() -> None:
    """Gives the request an id; a trusted proxy's own is kept, so that both logs can be laid side by side."""
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _OUR_ID.fullmatch(given) else secrets.token_hex(8)
