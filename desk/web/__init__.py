"""The faces of the desk: each a package with a `blueprint`, none of which knows another."""

from __future__ import annotations

from flask import Flask

from desk.web import (
    admin,
    auth,
    bot,
    console,
    customers,
    health,
    help,
    hooks,
    knowledge,
    linked,
    notices,
    reports,
    search,
    survey,
    verify,
    wall,
    widget,
)

_FACES = (
    auth, admin, health, console, customers, hooks, survey, reports, verify, widget, help, knowledge, bot, search,
    linked, notices, wall,
)  # fmt: skip


def register(app: Flask) -> None:
    """Registers every face on an application that `desk.web.base.setup` has prepared."""
    for face in _FACES:
        app.register_blueprint(face.blueprint)
