"""`flask files check | copy`: whether the store of files answers, and all of them into another one."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from tqdm import tqdm

from desk.cli.common import fail, the_desk
from desk.files import Blobs, ByteStore, FilesUnreachable, MissingBlob, copy, count, open_store

NAMED = 20  # digests that are named of those that differ; the rest is counted


@click.group()
def files() -> None:
    """Raw mails and files: where they are kept, and moving them."""


def _store(place: str) -> ByteStore:
    try:
        return open_store(place, current_app.config)
    except ValueError as error:
        fail(f"{error}.")


@files.command()
@click.argument("place", required=False)
@with_appcontext
def check(place: str | None) -> None:
    """Writes, reads and removes one file where files are kept, or in PLACE: `disk`, or s3://bucket/prefix."""
    blobs = the_desk().files if place is None else Blobs(_store(place))
    begun = time.perf_counter()
    try:
        blobs.probe()
    except (FilesUnreachable, MissingBlob) as error:
        fail(f"Files cannot be kept in {blobs.store.said}: {error}.")
    milliseconds = round((time.perf_counter() - begun) * 1000)
    click.echo(json.dumps({"files": blobs.store.said, "answers": True, "milliseconds": milliseconds}))


@files.command("copy")
@click.argument("source")
@click.argument("target")
@click.option("--quick", is_flag=True, help="Compare sizes at the end, without reading every file back.")
@click.option("--progress/--no-progress", default=None, help="A progress bar; by default where somebody looks on.")
@with_appcontext
def copy_files(source: str, target: str, quick: bool, progress: bool | None) -> None:
    """Copies every file from SOURCE to TARGET, each `disk` or s3://bucket/prefix, and compares the two.

    What is there already is left alone: stopped, it goes on where it was. Nothing is removed from SOURCE.
    """
    if source.rstrip("/") == target.rstrip("/"):
        fail("SOURCE and TARGET are the same place.")
    from_, to = _store(source), _store(target)
    shown = progress if progress is not None else sys.stderr.isatty()
    try:
        total = count(from_)
        with tqdm(total=total, desc="copying", unit="file", file=sys.stderr, disable=not shown) as bar:
            done = copy(from_, to, bar.update, read_back=not quick)
    except FilesUnreachable as error:
        fail(f"Stopped: {error}. What was copied stays; the same command goes on with the rest.")
    told: dict[str, Any] = {
        "files": done.files,
        "bytes": done.bytes,
        "copied": done.copied,
        "there_before": done.there,
        "compared": done.compared,
        "damaged_in_source": len(done.damaged),
        "differ_in_target": len(done.unlike),
    }
    click.echo(json.dumps(told))
    for sha256 in [*done.damaged, *done.unlike][:NAMED]:
        click.echo(f"{sha256} is {'damaged in the source' if sha256 in done.damaged else 'not alike'}", err=True)
    if not done.whole:
        fail("Not every file is in the target as it should be.")
