"""/widget/<key>/challenge: the frame in which a provider asks whether a person writes.

The provider's script runs here and not on the site: it reads nothing of the site's page, and the site allows nothing
but the desk's own address. Nor may it reach the desk: the policy lets it speak to the provider alone.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, make_response, render_template

from desk import settings
from desk.visitors.challenge import challenge_of
from desk.web.base import allow, limiter, the_desk
from desk.web.widget.routes import asked_locale, blueprint, chat_inbox, refuse


def sources(script: str) -> str:
    """Where the provider's parts may come from: the host of its script, and the hosts beside and below it."""
    parts = urlsplit(script)
    host = parts.hostname or ""
    own = f"{parts.scheme}://{parts.netloc}"
    labels = host.split(".")
    if len(labels) < 3 or labels[-1].isdigit():  # the domain itself, or an IP address: it has no neighbours
        return own
    above = ".".join(labels[1:])
    return f"{own} {parts.scheme}://{above} {parts.scheme}://*.{above}"


@blueprint.get("/widget/<key>/challenge")
@limiter.limit("60 per minute")
@allow("public")
def challenge(key: str) -> Response:
    with the_desk().store.reading() as tx:
        inbox = chat_inbox(tx, key)
        asked = challenge_of(settings.opened(tx, inbox)) if inbox.active else None
        public = tx.public_url
    if asked is None:
        refuse(404, "inbox")
    locale = asked_locale()
    response = make_response(render_template("widget/challenge.html", asked=asked, locale=locale))
    provider = sources(asked.script)
    response.headers["Content-Security-Policy"] = "; ".join(
        [
            "default-src 'none'",
            # No windows and no way out of the frame: what runs here stands on the desk's own origin.
            "sandbox allow-scripts allow-same-origin allow-forms",
            f"script-src {public}/static/js/challenge.js {provider}",
            f"style-src {public}/static/css/challenge.css 'unsafe-inline' {provider}",
            f"frame-src {provider}",
            f"connect-src {provider}",
            f"img-src {provider} data:",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {inbox.config.get('origins') or '*'}",
        ]
    )
    response.headers["Referrer-Policy"] = "origin"  # the provider asks which site its key is used on
    response.headers["Cache-Control"] = "private, max-age=60"
    return response
