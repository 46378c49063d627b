"""/demo: a shop's page with the widget on it by one script tag, as any site would have it."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, make_response, render_template, request

from desk import settings
from desk.web.base import allow, csp_nonce, the_desk
from desk.web.widget.routes import blueprint


@blueprint.get("/demo")
@allow("public")
def demo() -> Response:
    """The first chat inbox that is switched on, or the one of ?inbox=."""
    with the_desk().store.reading() as tx:
        able = settings.inboxes(tx, "chat", active=True)
        wanted = request.args.get("inbox", "")
        inbox = next((i for i in able if i.key == wanted), able[0] if able else None)
        public = tx.public_url
    response = make_response(render_template("widget/demo.html", inbox=inbox, public=public))
    host = urlsplit(public)
    live = f"{'wss' if host.scheme == 'https' else 'ws'}://{host.netloc}"
    # The shop's own policy: what a site has to allow for the widget is the desk's address, in five places.
    response.headers["Content-Security-Policy"] = "; ".join(
        [
            "default-src 'none'",
            f"script-src 'nonce-{csp_nonce()}' 'strict-dynamic'",
            f"style-src 'self' {public} 'nonce-{csp_nonce()}'",
            f"img-src 'self' {public} data: blob:",
            f"media-src {public} data: blob:",
            f"connect-src 'self' {public} {live}",
            f"frame-src {public}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
    return response
