"""What the commands share: the parts of the desk, and failing in one line."""

from __future__ import annotations

import sys
from typing import NoReturn, cast

import click
from flask import current_app

from desk.parts import Desk


def the_desk() -> Desk:
    """The desk of the application that the command runs in."""
    return cast(Desk, current_app.extensions["loopdesk"])


def fail(sentence: str) -> NoReturn:
    """Ends the command with exit status 1 and one line that explains it."""
    click.echo(sentence, err=True)
    sys.exit(1)
