"""`flask knowledge import`: articles out of a folder or files, as drafts or public at once."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask.cli import with_appcontext

from desk.cli.common import fail, the_desk
from desk.knowledge import importing


class _OnlyAsked(Exception):
    """Takes back what a dry run did; carries what it would have done."""

    def __init__(self, report: importing.Report) -> None:
        super().__init__()
        self.report = report


@click.group()
def knowledge() -> None:
    """The knowledge base."""


@knowledge.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--language", default="en", show_default=True, help="Of what does not say its own.")
@click.option("--publish", is_flag=True, help="Makes them public at once; without it they are drafts.")
@click.option("--dry-run", is_flag=True, help="Says what it would do, and does nothing.")
@with_appcontext
def take(path: Path, language: str, publish: bool, dry_run: bool) -> None:
    """Takes articles from PATH: a folder, or one file, of Markdown, HTML or CSV (columns question and answer).

    The same files can be taken again: an article of the same title and language is changed. Prints JSON.
    """
    files = sorted(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else [path]
    files = [f for f in files if f.suffix.casefold() in importing.KINDS and not f.name.startswith(".")]
    if not files:
        fail("There is no .md, .html or .csv file there.")
    root = path if path.is_dir() else path.parent
    found = [one for f in files for one in importing.read(f.relative_to(root).as_posix(), f.read_bytes())]
    store = the_desk().store
    try:
        with store.transaction() as tx:
            report = importing.take(tx, found, None, locale=language, publish=publish)
            if dry_run:
                raise _OnlyAsked(report)
    except _OnlyAsked as asked:
        report = asked.report
    click.echo(
        json.dumps(
            {
                "created": report.created,
                "updated": report.updated,
                "unchanged": len(report.unchanged),
                "wrong": [{"where": one.where, "why": one.why} for one in report.wrong],
            },
            ensure_ascii=False,
        )
    )
    if report.wrong:
        raise SystemExit(1)
