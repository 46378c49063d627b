"""`flask serve`: found by Flask through an entry point, so that no desk is put together only to be left behind."""

from __future__ import annotations

import os
import sys

import click


@click.command()
@click.option("--bootstrap", "first", is_flag=True, help="Bring the desk up to date before serving.")
def serve(first: bool) -> None:
    """Serves the desk under gunicorn until it is told to stop."""
    # Read by the C library when a process begins: without it each thread may take an arena of its own, and keep it.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "desk.serving", *(["--bootstrap"] if first else [])])
