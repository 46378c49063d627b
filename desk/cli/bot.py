"""`flask bot evaluate`: how well the bot would answer questions from articles, on files."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from desk.bot import evaluating, sets
from desk.bot.evaluating import Evaluated
from desk.cli.common import fail, the_desk
from desk.nlp.matching import Id, Item, Matcher, Question, calibrate
from desk.nlp.thresholds import Threshold


@click.group()
def bot() -> None:
    """The bot."""


@bot.command()
@click.option("--articles", "articles_file", type=click.Path(path_type=Path), help="A JSON list.")
@click.option("--questions", "questions_file", type=click.Path(path_type=Path), help="JSON lines.")
@click.option("--set", "set_name", help="Instead of files: a set kept with the desk, on its published articles.")
@click.option("--calibrate", "known_file", type=click.Path(path_type=Path), help="Questions to set the threshold by.")
@click.option("--details", "details_file", type=click.Path(path_type=Path), help="Writes a line a question there.")
@click.option(
    "--precision",
    default=0.95,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True),
    help="The share of answers that are to be right.",
)
@with_appcontext
def evaluate(
    articles_file: Path | None,
    questions_file: Path | None,
    set_name: str | None,
    known_file: Path | None,
    details_file: Path | None,
    precision: float,
) -> None:
    """Answers questions from articles, and counts what is right.

    Without --calibrate the threshold comes from the articles' own examples, left out in turn. With --set articles and
    threshold are those that the desk answers with.
    """
    if set_name is not None:
        if articles_file or questions_file or known_file:
            raise click.UsageError("--set names articles, questions and threshold; leave out the files.")
        _on_a_set(set_name, details_file)
        return
    if articles_file is None or questions_file is None:
        raise click.UsageError("Give --articles and --questions, or --set.")
    items = _articles(articles_file)
    ids = {item.id for item in items}
    questions = _questions(questions_file, ids)
    known = _questions(known_file, ids) if known_file else []
    models = the_desk().models
    status = models.warm()
    if not status.ready:
        click.echo(f"{status.detail} Texts are compared by their letters and words alone.", err=True)
    matcher = Matcher.fit(items, models)
    threshold = calibrate(matcher, known, precision) if known else matcher.threshold(precision)
    _say(threshold, precision, len(known))
    begun = time.perf_counter()
    # One at a time, as messages come: that is what a customer waits for.
    found = [matcher.score([question.text], limit=3)[0] for question in questions]
    took = time.perf_counter() - begun
    done = Evaluated(questions, found, [threshold.value] * len(questions), {"": threshold.value}, took)
    if details_file:
        _write(details_file, done)
    click.echo(json.dumps(done.report()))


def _on_a_set(name: str, details_file: Path | None) -> None:
    desk = the_desk()
    with desk.store.reading() as tx:
        row = sets.named(tx, name)
        names = [each.name for each in sets.every(tx)]
    if row is None:
        fail(f"There is no set {name!r}. Sets: {', '.join(names) or 'none yet'}.")
    status = desk.models.warm()
    if not status.ready:
        click.echo(f"{status.detail} Texts are compared by their letters and words alone.", err=True)
    done = evaluating.evaluate(desk, row.id)
    if not done.questions:
        fail(f"The set {name!r} has no questions.")
    if details_file:
        _write(details_file, done)
    click.echo(json.dumps(done.report()))


def _say(threshold: Threshold, precision: float, known: int) -> None:
    by = f"{known} questions" if known else "the articles' examples"
    if threshold.reached:
        click.echo(
            f"By {by}: answering at a confidence of {threshold.value:.3f} or more, {threshold.precision:.1%} of the "
            f"answers are right ({threshold.low:.1%} to {threshold.high:.1%}) and {threshold.coverage:.1%} of what can "
            "be answered is.",
            err=True,
        )
    else:
        click.echo(f"By {by} no threshold makes {precision:.1%} of the answers right: nothing is answered.", err=True)


def _write(file: Path, done: Evaluated) -> None:
    try:
        with file.open("w", encoding="utf-8") as out:
            for question, ranked, at in zip(done.questions, done.found, done.thresholds, strict=True):
                best = ranked.candidates[0] if ranked.candidates else None
                answered = best is not None and best.confidence >= at
                line = {
                    "text": question.text,
                    "article": question.article,
                    "best": best.id if best else None,
                    "confidence": round(best.confidence, 4) if best else 0.0,
                    "answered": answered,
                    "right": best is not None and best.id == question.article,
                    "candidates": [[each.id, round(each.confidence, 4)] for each in ranked.candidates],
                    "nearest": ranked.nearest.text if ranked.nearest else None,
                }
                out.write(json.dumps(line) + "\n")
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        fail(f"{file} is not a text in UTF-8.")
    except OSError as error:
        fail(f"{file} cannot be opened: {error.strerror}")


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        fail(f"{where} is not JSON: {error}")


def _articles(file: Path) -> list[Item]:
    found = _json(_text(file), str(file))
    if not isinstance(found, list) or not found:
        fail(f"{file} must be a list of articles with at least one in it.")
    items = []
    for number, each in enumerate(found, 1):
        where = f"article {number} of {file}"
        if not isinstance(each, dict):
            fail(f"{where} is not an object with id, title, body and examples.")
        examples = each.get("examples") or []
        words = (each.get("title") or "", each.get("body") or "")
        if not _is_id(each.get("id")):
            fail(f"{where} has no id that is a text or a whole number.")
        if not isinstance(examples, list) or not all(isinstance(text, str) for text in (*words, *examples)):
            fail(f"{where} needs texts for title and body, and a list of texts for examples.")
        items.append(Item(each["id"], words[0], words[1], tuple(examples)))
    ids = [item.id for item in items]
    if len(set(ids)) < len(ids):
        fail(f"{file} has two articles with the id {next(i for i in ids if ids.count(i) > 1)!r}.")
    return items


def _questions(file: Path, ids: set[Id]) -> list[Question]:
    questions = [_question(found, where, ids) for where, found in _lines(file)]
    if not questions:
        fail(f"{file} has no questions.")
    return questions


def _lines(file: Path) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(_text(file).split("\n"), 1):
        if line.strip():
            where = f"line {number} of {file}"
            yield where, _json(line, where)


def _question(found: Any, where: str, ids: set[Id]) -> Question:
    if not isinstance(found, dict) or not isinstance(found.get("text"), str) or "article" not in found:
        fail(f"{where} needs a text, and an article that is an id or null.")
    article = found["article"]
    if article is not None and not _is_id(article):
        fail(f"{where} needs an article that is an id or null.")
    if article is not None and article not in ids:
        fail(f"{where} names the article {article!r}, which is not among the articles.")
    return Question(found["text"], article)


def _is_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
