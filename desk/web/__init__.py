"""The faces of the desk: each a package with a `blueprint`, none of which knows another."""

from __future__ import annotations

from flask import Flask

from desk.web import admin, auth, bot, console, health, help, hooks, knowledge, reports, search, survey, verify, widget

_FACES = (auth, admin, health, console, hooks, survey, reports, verify, widget, help, knowledge, bot, search)


def register(app: Flask) -> None:
    """Registers every face on an application that `desk.web.base.setup` has prepared."""
    for face in _FACES:
        app.register_blueprint(face.blueprint)
