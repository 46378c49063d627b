"""The blueprint that every page of the settings hangs on."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
PAGE = 50  # rows of a list; the next ones are behind a link
