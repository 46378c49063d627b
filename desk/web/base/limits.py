"""How often one address may ask: limits for logins and for everything that strangers can post."""

from __future__ import annotations

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from desk.web.base.access import PUBLIC, current_viewer

PUBLIC_POST = "30 per minute; 300 per hour"


def _is_no_public_post() -> bool:
    return request.method not in {"POST", "PUT", "PATCH", "DELETE"} or current_viewer() is not None


# Every post of somebody who is not signed in is limited, whether its route says so or not; a route may say it closer:
# @limiter.limit("5 per minute", methods=["POST"]).
limiter = Limiter(
    get_remote_address,
    default_limits=[PUBLIC_POST],
    default_limits_exempt_when=_is_no_public_post,
    headers_enabled=True,
    strategy="moving-window",
    # Where Redis does not answer, this process counts by itself: a desk that is harder to flood, not one that is down.
    in_memory_fallback_enabled=True,
)


@limiter.request_filter
def _reads_behind_the_sign_in() -> bool:
    """Pages of colleagues are no door of strangers, and have no limits to look for."""
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method in {"GET", "HEAD"} and getattr(view, "allowed", PUBLIC) != PUBLIC


def setup(app: Flask) -> None:
    app.config.setdefault("RATELIMIT_STORAGE_URI", app.config.get("REDIS_URL") or "memory://")
    app.config.setdefault("RATELIMIT_KEY_PREFIX", "loopdesk")
    limiter.init_app(app)

    @app.after_request
    def only_when_told_to_wait(response: Response) -> Response:
        if response.status_code != 429:
            for name in ("Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"):
                response.headers.pop(name, None)
        return response
