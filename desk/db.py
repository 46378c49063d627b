"""Flask-SQLAlchemy bound to store.Base: a web process's engine, and the metadata that migrations compare with."""

from __future__ import annotations

import importlib
from pathlib import Path

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine
from sqlalchemy.orm import DeclarativeBase

import desk
from desk.store import Base, prepare_engine


class _Tables(DeclarativeBase):
    """Stands in for store.Base, with the same registry and metadata.

    Flask-SQLAlchemy copies the class it is given, and SQLAlchemy refuses a copy that brings a type map beside the
    registry that already carries it; this class brings the registry alone.
    """

    registry = Base.registry
    metadata = Base.metadata


db = SQLAlchemy(model_class=_Tables)


def import_tables() -> list[str]:
    """Imports every `desk.*.tables`, so that the metadata knows all tables, and gives their module names.

    Found by looking, not listed by hand: a package that brings tables is never forgotten in a migration.
    """
    found = []
    for place in desk.__path__:
        for tables in Path(place).glob("*/tables.py"):
            found.append(f"desk.{tables.parent.name}.tables")
            importlib.import_module(found[-1])
    return sorted(found)


def attach(app: Flask) -> Engine:
    """Binds `db` to the app's DATABASE_URL and gives its engine, prepared as desk.store wants it."""
    app.config.setdefault("SQLALCHEMY_DATABASE_URI", app.config["DATABASE_URL"])
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", app.config.get("ENGINE_OPTIONS", {}))
    import_tables()
    db.init_app(app)
    with app.app_context():
        return prepare_engine(db.engine)
