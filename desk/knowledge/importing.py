"""Articles out of files: folders of Markdown, pages of HTML, tables of questions and answers. Reading is pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import yaml
from sqlalchemy import select

from desk.knowledge import from_html, service
from desk.knowledge.service import BadArticle
from desk.knowledge.tables import Article
from desk.store import Tx

LARGEST = 2 << 20  # bytes of a file of Markdown or HTML; a table may be ten times as large
KINDS = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html", ".csv": "pairs"}
FIELDS = {"title", "topic", "language", "visibility", "examples"}
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)")


@dataclass(frozen=True, slots=True)
class Taken:
    """One article as a file has it; `where` says which, and from which line on in a table."""

    where: str
    title: str
    body: str
    topic: str = ""
    locale: str = ""
    visibility: str = "public"
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wrong:
    """What cannot be taken, and why in one sentence."""

    where: str
    why: str


@dataclass(slots=True)
class Report:
    """What an import did: titles by what became of them, and what was wrong."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)


def read(name: str, raw: bytes) -> list[Taken | Wrong]:
    """The articles of one file, by the ending of its name. A folder that it lies in is its topic."""
    kind = KINDS.get(PurePosixPath(name).suffix.casefold())
    if kind is None:
        return [Wrong(name, "Only .md, .html and .csv are read.")]
    if len(raw) > LARGEST * (10 if kind == "pairs" else 1):
        return [Wrong(name, "This file is too large to be an article.")]
    folder = PurePosixPath(name).parent.name
    topic = " ".join(re.split(r"[-_\s]+", folder)).strip().capitalize() if folder not in ("", ".", "..") else ""
    if kind == "html":
        try:
            title, body = from_html.article(raw)
        except from_html.Unreadable as error:
            return [Wrong(name, str(error))]
        return [Taken(name, title or _from_name(name), body, topic)]
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return [Wrong(name, "This file is not UTF-8.")]
    return list(_pairs(name, text)) if kind == "pairs" else [_markdown(name, text, topic)]


def _from_name(name: str) -> str:
    return " ".join(re.split(r"[-_\s]+", PurePosixPath(name).stem)).strip().capitalize()


def _markdown(name: str, text: str, topic: str) -> Taken | Wrong:
    told: dict[str, Any] = {}
    front = _FRONT.match(text)
    if front is not None:
        try:
            found = yaml.safe_load(front[1])
        except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date that there is not
            return Wrong(name, "The lines between --- and --- are no YAML.")
        if not isinstance(found, dict | None):
            return Wrong(name, "The lines between --- and --- name no fields.")
        told = {str(key).casefold(): value for key, value in (found or {}).items()}
        text = text[front.end() :]
    title = str(told.get("title") or "").strip()
    heading = _HEADING.match(text)
    if heading is not None and title in ("", heading[1].strip()):
        title, text = heading[1].strip(), text[heading.end() :]
    examples = told.get("examples") or ()
    if isinstance(examples, str):
        examples = examples.splitlines()
    if not isinstance(examples, Iterable):
        return Wrong(name, "The examples are no list of questions.")
    return Taken(
        name,
        title or _from_name(name),
        text.strip(),
        str(told.get("topic") or topic),
        str(told.get("language") or ""),
        str(told.get("visibility") or "public"),
        tuple(str(one) for one in examples),
    )


def _pairs(name: str, text: str) -> Iterator[Taken | Wrong]:
    """Rows with a question and an answer. Questions that have the same answer are examples of one article, which is
    called by its title, else by the first of them."""
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4000].split("\n", 1)[0], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    rows = csv.DictReader(io.StringIO(text, newline=""), dialect=dialect, strict=True)
    try:
        names = {(column or "").strip().casefold(): column for column in rows.fieldnames or ()}
    except csv.Error:
        names = {}
    if not {"question", "answer"} <= names.keys():
        yield Wrong(name, "The first line must name the columns question and answer.")
        return
    found: dict[tuple[str, str, str], tuple[Taken, list[str]]] = {}
    try:
        for row in rows:
            where = f"{name}:{rows.line_num}"
            value = {key: str(row.get(column) or "").strip() for key, column in names.items()}
            if not value["question"] or not value["answer"]:
                if any(value.values()):
                    yield Wrong(where, "This row has a question without an answer, or an answer without a question.")
                continue
            key = (value.get("title", ""), value["answer"], value.get("language", ""))
            if key not in found:
                title = key[0] or value["question"]
                found[key] = Taken(where, title, key[1], value.get("topic", ""), key[2]), []
            found[key][1].append(value["question"])
    except csv.Error as error:
        yield Wrong(f"{name}:{rows.line_num}", f"This row is no CSV: {error}.")
    for taken, questions in found.values():
        examples = tuple(q for q in questions if q != taken.title)
        yield Taken(taken.where, taken.title, taken.body, taken.topic, taken.locale, "public", examples)


def take(tx: Tx, found: Sequence[Taken | Wrong], by: int | None, *, locale: str, publish: bool = False) -> Report:
    """Makes or changes an article for each; one of the same title and language is the same article, so that the same
    files can be taken again. What is wrong is told and the others are taken. `publish`: they are public at once."""
    report = Report()
    for one in found:
        if isinstance(one, Wrong):
            report.wrong.append(one)
            continue
        fields: dict[str, Any] = {
            "title": one.title,
            "body": one.body,
            "locale": one.locale or locale,
            "topic": one.topic,
            "visibility": one.visibility,
            "examples": one.examples,
        }
        try:
            values = service.draft(**fields)
            row = tx.scalar(
                select(Article)
                .where(Article.title == values["title"], Article.locale == values["locale"])
                .order_by(Article.id)
                .limit(1)
            )
            if row is None:
                row = service.create(tx, by, **fields)
                report.created.append(row.title)
            else:
                # What a desk's own people taught an article, and where they put it, no file takes away.
                fields["topic"] = one.topic or row.topic
                fields["examples"] = tuple(dict.fromkeys((*row.examples, *values["examples"])))
                same = all(
                    getattr(row, name) == value for name, value in service.draft(**fields).items() if name != "brand_id"
                )
                if not same:
                    service.update(tx, row.id, by, brand_id=row.brand_id, **fields)
                (report.unchanged if same else report.updated).append(row.title)
            if publish and (row.changed or not row.live_version):
                service.publish(tx, row.id, by)
        except BadArticle as error:
            report.wrong.append(Wrong(one.where, str(error)))
    return report
