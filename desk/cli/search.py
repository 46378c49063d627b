"""`flask search rebuild` and `status`: the index of everything, made anew while the desk goes on."""

from __future__ import annotations

import json
import time

import click
from flask.cli import with_appcontext

from desk import search as index
from desk.cli.common import the_desk
from desk.parts import Desk

SAY_EVERY = 2.0  # seconds


@click.group()
def search() -> None:
    """The index of messages, conversations and customers."""


@search.command()
@click.option(
    "--anew", is_flag=True, help="From the beginning, over what is indexed; without it, from where it stopped."
)
@with_appcontext
def rebuild(anew: bool) -> None:
    """Indexes what was there before. It can be stopped at any time, and goes on from there."""
    desk = the_desk()
    with desk.store.transaction() as tx:
        if anew or index.progress(tx).finished:
            index.begin_again(tx)
    begun = said = time.monotonic()
    while index.work(desk):
        if time.monotonic() - said >= SAY_EVERY:
            said = time.monotonic()
            _say(desk)
    with desk.store.reading() as tx:
        found = index.progress(tx)
    click.echo(json.dumps({"rows": found.done, "seconds": round(time.monotonic() - begun, 1)}))


@search.command()
@with_appcontext
def status() -> None:
    """How far the index has come."""
    with the_desk().store.reading() as tx:
        found = index.progress(tx)
    click.echo(
        json.dumps({"done": found.done, "total": found.total, "finished": found.finished, "queued": found.queued})
    )


def _say(desk: Desk) -> None:
    with desk.store.reading() as tx:
        found = index.progress(tx)
    click.echo(f"{found.done:,} of {found.total:,}", err=True)
