"""The blueprint of the notices: its list under /notices/, what somebody chooses under their profile."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("notices", __name__)
