"""Who is asking, and whether they may: every route names who may call it, and one gate before all of them enforces it.

The session is Flask's own signed cookie with three values: the person, the epoch of their sessions, and when it began.
An extension for logins would add a user object, a second cookie and callbacks around the one query that this takes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from desk import agents, audit
from desk.agents import Viewer
from desk.parts import Desk
from desk.web.base.asked import BIGGEST_ID, wants_json, wants_part

log = logging.getLogger(__name__)

PUBLIC = "public"
RENEW_EVERY = timedelta(minutes=30)  # with every answer, the cookie would cost as much as looking its owner up
SESSION_WHOLE = timedelta(days=30)  # at most, however often they come; PERMANENT_SESSION_LIFETIME ends idle ones

View = TypeVar("View", bound=Callable[..., Any])


def the_desk() -> Desk:
    """The parts of the desk that this application serves."""
    return cast(Desk, current_app.extensions["loopdesk"])


def allow(who: str) -> Callable[[View], View]:
    """Says who may call a route: "public", a role ("agent" lets supervisors and admins in too), or a permission.

    It only marks the function (`.allowed`); `guard` enforces it before the view runs. A route without a mark is closed.
    """
    if who != PUBLIC and who not in agents.ROLES and who not in agents.PERMISSIONS:
        raise ValueError(f"{who!r} is neither a role nor a permission")

    def mark(view: View) -> View:
        view.allowed = who  # type: ignore[attr-defined]
        return view

    return mark


def lets_in(who: str, viewer: Viewer | None) -> bool:
    """Whether a route marked with `who` is open to `viewer`."""
    if who == PUBLIC:
        return True
    if viewer is None:
        return False
    if who in agents.ROLES:
        return agents.rank(viewer.role) >= agents.rank(who)
    return agents.may(viewer, who)


def current_viewer() -> Viewer | None:
    """Whoever is signed in, or None: asked of the database once a request."""
    if "viewer" not in g:
        g.viewer = _viewer_of_session()
    return cast("Viewer | None", g.viewer)


def known_viewer() -> Viewer | None:
    """The same, without asking the database: None where nobody has needed to know yet. For what must never fail."""
    return cast("Viewer | None", g.get("viewer"))


def signed_in_viewer() -> Viewer:
    """The viewer of a route that nobody reaches without signing in."""
    viewer = current_viewer()
    if viewer is None:
        abort(401)
    return viewer


def may(permission: str) -> bool:
    """Whether whoever is signed in has this permission; for templates."""
    return agents.may(current_viewer(), permission)


def _viewer_of_session() -> Viewer | None:
    staff_id, epoch, since = session.get("staff_id"), session.get("epoch"), session.get("since")
    if not (isinstance(staff_id, int) and isinstance(epoch, int) and isinstance(since, int | float)):
        return None
    if not 0 <= staff_id <= BIGGEST_ID or not 0 <= epoch <= BIGGEST_ID:
        return None
    store = the_desk().store
    now = store.clock.now().timestamp()
    if now - since > SESSION_WHOLE.total_seconds():
        return None
    seen = session.get("seen")
    if not isinstance(seen, int) or now - seen > RENEW_EVERY.total_seconds():
        session["seen"] = int(now)  # writes the cookie anew, and with it the time at which it ends
    with store.glance() as connection:
        return agents.session_viewer(connection, staff_id, epoch)


def begin_session(staff_id: int, epoch: int) -> None:
    """Signs somebody in. What the session held before is thrown away, the CSRF token with it: a session that was
    planted in this browser is worth nothing afterwards. The new token is there at once: left to the first page, two
    pages opened together would each make one, and the cookie that came last would refuse what the other sends."""
    session.clear()
    session.permanent = True
    session["staff_id"], session["epoch"] = staff_id, epoch
    session["since"] = int(the_desk().store.clock.now().timestamp())
    g.pop("viewer", None)
    g.pop("csrf_token", None)
    generate_csrf()


def end_session() -> None:
    """Signs this browser out."""
    session.clear()
    g.viewer = None
    g.pop("csrf_token", None)


def safe_next(target: str | None, default: str = "/") -> str:
    """`target` if it is a path of this site, else `default`: nobody is sent elsewhere by a link to the login."""
    if not target or len(target) > 2000 or not target.startswith("/") or target.startswith("//"):
        return default
    # Browsers read a backslash as a slash and drop tabs and line ends, so that "/\t/evil" would leave the site.
    if "\\" in target or any(ord(c) <= 0x20 or ord(c) == 0x7F for c in target):
        return default
    try:
        parts = urlsplit(target)
    except ValueError:
        return default
    if parts.scheme or parts.netloc or parts.path in {"/login", "/logout"}:
        return default
    return target


def guard() -> ResponseReturnValue | None:
    """Runs before every view; refuses what its mark does not allow."""
    if request.endpoint is None:
        return None  # there is no such page, and the 404 says so
    who = getattr(current_app.view_functions[request.endpoint], "allowed", None)
    if who is None:
        log.error("the route %s says nothing about who may call it, so nobody may", request.endpoint)
        abort(403)
    if who == PUBLIC:
        return None
    viewer = current_viewer()
    if viewer is None:
        return _to_login()
    if not lets_in(who, viewer):
        g.missing = who
        abort(403)
    audit.acts(viewer.id)
    return None


def _to_login() -> ResponseReturnValue:
    if wants_json():
        abort(401)
    back = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else ""
    if wants_part() or not back:  # the part or the sent form is no page to come back to: the page around it is
        around = request.headers.get("HX-Current-URL") or request.referrer or ""
        parts = urlsplit(around) if around.startswith(request.host_url) else urlsplit("")
        back = parts.path + (f"?{parts.query}" if parts.query else "")
    back = safe_next(back, "")
    login = url_for("auth.login") + (f"?{urlencode({'next': back})}" if back not in {"", "/"} else "")
    if wants_part():
        return "", 401, {"HX-Redirect": login}
    return redirect(login, 303)


def _acts_no_more(_error: BaseException | None) -> None:
    audit.acts(None)  # threads are used again, by others


def setup(app: Flask) -> None:
    app.before_request(guard)
    app.teardown_request(_acts_no_more)
    for name, view in app.view_functions.items():
        if name == "static":
            allow(PUBLIC)(view)
    app.jinja_env.globals.update(current_viewer=current_viewer, may=may)
