"""`flask survey statistics` and `flask lifecycle dry-run`."""

from __future__ import annotations

import json
from pathlib import Path

import click
import yaml
from flask.cli import with_appcontext

from desk import lifecycle as stages
from desk.cli.common import fail, the_desk
from desk.reports import statistics_json


@click.group()
def survey() -> None:
    """Surveys."""


@survey.command()
@click.option("--csat", help="Answers from 1 to 5, with commas between.")
@click.option("--nps", help="Answers from 0 to 10, with commas between.")
@click.option("--ces", help="Answers from 1 to 7, with commas between.")
def statistics(csat: str | None, nps: str | None, ces: str | None) -> None:
    """A score with n and its 95 % interval."""
    given = [(m, v) for m, v in (("csat", csat), ("nps", nps), ("ces", ces)) if v is not None]
    if len(given) != 1:
        raise click.UsageError("name one of --csat, --nps and --ces")
    measure, text = given[0]
    try:
        answers = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        fail(f"Answers are whole numbers with commas between, not {text!r}.")
    try:
        click.echo(json.dumps(statistics_json(measure, answers)))
    except ValueError as error:
        fail(str(error))


@click.group()
def lifecycle() -> None:
    """Stages."""


@lifecycle.command("dry-run")
@click.option("--model", "file", required=True, type=click.Path(path_type=Path))
@with_appcontext
def dry_run(file: Path) -> None:
    """What a stage model would do to the customers there are; it changes nothing."""
    try:
        definition = yaml.safe_load(file.read_text("utf-8"))
    except OSError as error:
        fail(f"{file} cannot be opened: {error.strerror}")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        fail(f"{file} is not a YAML file: {str(error).splitlines()[0]}")
    try:
        with the_desk().store.reading() as tx:
            click.echo(json.dumps(stages.dry_run(tx, definition)))
    except ValueError as error:
        fail(str(error))
