"""Sets of questions with a name, to measure with: typed, or brought in a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from desk import knowledge
from desk.bot.marks import MARKED, MOST, BadMark, Source
from desk.bot.tables import BotQuestion, BotSet
from desk.bot.wording import READ
from desk.channels.email.language import language_of
from desk.store import Tx

NAME = 80


@dataclass(frozen=True, slots=True)
class SetView:
    """A set, and how many questions are in it: with an article, with none."""

    id: int
    name: str
    answerable: int
    others: int
    report: dict[str, Any] | None
    reported_at: datetime | None

    @property
    def n(self) -> int:
        return self.answerable + self.others


def every(tx: Tx) -> list[SetView]:
    """The sets, that of the lab first."""
    counted: dict[int, list[int]] = {}
    query = select(BotQuestion.set_id, BotQuestion.verdict, func.count()).group_by(
        BotQuestion.set_id, BotQuestion.verdict
    )
    for set_id, verdict, n in tx.execute(query):
        counted.setdefault(set_id, [0, 0])[verdict != "article"] += n
    rows = tx.scalars(select(BotSet).order_by(BotSet.name))
    out = []
    for r in rows:
        answerable, others = counted.get(r.id, [0, 0])
        out.append(SetView(r.id, r.name, answerable, others, r.report, r.reported_at))
    return sorted(out, key=lambda one: one.name != MARKED)


def one(tx: Tx, set_id: int) -> BotSet | None:
    """A set by its number."""
    return tx.get(BotSet, set_id)


def named(tx: Tx, name: str) -> BotSet | None:
    """A set by its name."""
    return tx.scalar(select(BotSet).where(BotSet.name == name))


def make(tx: Tx, name: str, staff_id: int) -> BotSet:
    """A new set. Raises BadMark."""
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > NAME:
        raise BadMark("name")
    if name.casefold() in {each.casefold() for each in tx.scalars(select(BotSet.name))} | {MARKED}:
        raise BadMark("taken")
    row = BotSet(name=name, made_at=tx.now(), made_by=staff_id)
    tx.add(row)
    tx.flush()
    return row


def remove(tx: Tx, set_id: int) -> None:
    """The set goes with its questions. That of the lab's marks stays: LookupError."""
    row = one(tx, set_id)
    if row is None or row.name == MARKED:
        raise LookupError(set_id)
    tx.execute(delete(BotQuestion).where(BotQuestion.set_id == set_id))
    tx.delete(row)


def questions(tx: Tx, set_id: int, after: int = 0, limit: int = 50) -> list[BotQuestion]:
    """The questions of a set in the order in which they came."""
    query = select(BotQuestion).where(BotQuestion.set_id == set_id, BotQuestion.id > after)
    return list(tx.scalars(query.order_by(BotQuestion.id).limit(limit)))


def take_out(tx: Tx, set_id: int, question_id: int) -> None:
    """One question goes. LookupError where it is not in this set."""
    row = tx.get(BotQuestion, question_id)
    if row is None or row.set_id != set_id:
        raise LookupError(question_id)
    tx.delete(row)


def add(tx: Tx, set_id: int, text: str, article: str, locale: str, staff_id: int) -> None:
    """A typed question; `article` is the number or the address of the article, or empty for none. Raises BadMark."""
    _add(tx, set_id, [(1, text, article, locale)], staff_id, "typed")


def bring(tx: Tx, set_id: int, data: bytes, staff_id: int) -> int:
    """Questions out of a file: JSON lines {"text", "article", "locale"}, or CSV with these columns. Gives how many; all
    or none are taken. Raises BadMark, with the line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadMark("file") from None
    rows = list(_json(text) if text.lstrip().startswith("{") else _csv(text))
    if not rows:
        raise BadMark("empty")
    _add(tx, set_id, rows, staff_id, "file")
    return len(rows)


def _json(text: str) -> Iterator[tuple[int, str, str, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            raise BadMark("file", number) from None
        if not isinstance(found, dict) or not isinstance(found.get("text"), str) or "article" not in found:
            raise BadMark("file", number)
        article = found["article"]
        yield number, found["text"], "" if article is None else str(article), str(found.get("locale") or "")


def _csv(text: str) -> Iterator[tuple[int, str, str, str]]:
    separator = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=separator)
    try:
        if not {"text", "article"} <= set(reader.fieldnames or ()):
            raise BadMark("file", 1)
        for row in reader:
            yield reader.line_num, row["text"] or "", row["article"] or "", row.get("locale") or ""
    except csv.Error:
        raise BadMark("file", reader.line_num) from None


def _add(tx: Tx, set_id: int, rows: list[tuple[int, str, str, str]], staff_id: int, source: Source) -> None:
    held = tx.scalar(select(func.count()).select_from(BotQuestion).where(BotQuestion.set_id == set_id)) or 0
    if held + len(rows) > MOST:
        raise BadMark("many")
    for number, text, article, locale in rows:
        words = " ".join(text.replace("\x00", "").split())[:READ]
        if not any(c.isalnum() for c in words):
            raise BadMark("words", number)
        found = _article(tx, article.strip())
        if article.strip() and found is None:
            raise BadMark("article", number)
        tx.add(
            BotQuestion(
                set_id=set_id,
                entry_id=None,
                text=words,
                locale=(locale.strip() or (found[1] if found else language_of(words) or "en"))[:2].lower(),
                verdict="article" if found else "none",
                article_id=found[0] if found else None,
                source=source,
                marked_at=tx.now(),
                marked_by=staff_id,
            )
        )
    tx.flush()


def _article(tx: Tx, wanted: str) -> tuple[int, str] | None:
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 19:
        rows = knowledge.some(tx, [int(wanted)])
        return (rows[0].id, rows[0].locale) if rows else None
    found = knowledge.by_slug(tx, wanted) if wanted else None
    return (found.id, found.locale) if found else None
