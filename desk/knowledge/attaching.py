"""Files that readers of an article can take away: those of its draft, published with its next version."""

from __future__ import annotations

from typing import Any

from desk.files import Blobs, unlike
from desk.i18n import N_
from desk.knowledge.reading import File
from desk.knowledge.service import BadArticle, article, note_draft
from desk.knowledge.tables import Article, ArticleBlob
from desk.store import Tx

MOST_FILES = 20  # of one article


def attach(tx: Tx, blobs: Blobs, article_id: int, by: int | None, file: File) -> Article:
    """Adds a file, whose bytes are stored and were looked at, to the draft. Raises BadArticle, LookupError."""
    row = article(tx, article_id)
    there = list(row.files)
    if len(there) >= MOST_FILES:
        raise BadArticle({"files": N_("An article takes 20 files at most.")})
    if any(one["sha256"] == file.sha256 for one in there):
        raise BadArticle({"files": N_("This file is attached already.")})
    blob = tx.get(ArticleBlob, file.sha256, with_for_update=True)
    if blob is None:
        blobs.refer(tx, file.sha256, file.size)
        at = tx.now()
        tx.add(ArticleBlob(sha256=file.sha256, kind=file.kind, size=file.size, at=at, staff_id=by, loose_at=at))
        tx.flush()
    name = unlike({str(one["name"]) for one in there}, file.name)
    return _set(tx, row, [*there, {"sha256": file.sha256, "name": name, "kind": file.kind, "size": file.size}])


def rename(tx: Tx, article_id: int, sha256: str, name: str) -> Article:
    """Calls a file of the draft otherwise; what it ends in, and so what opens it, stays. `name` was cleaned. Raises
    BadArticle, LookupError."""
    row = article(tx, article_id)
    old = _named(row, sha256)
    _stem, dot, ending = str(old["name"]).rpartition(".")
    if dot and not name.casefold().endswith(f".{ending.casefold()}"):
        name = f"{name}.{ending}"
    if any(one["name"] == name and one["sha256"] != sha256 for one in row.files):
        raise BadArticle({"files": N_("Another file of this article is called that.")})
    return _set(tx, row, [{**one, "name": name} if one["sha256"] == sha256 else one for one in row.files])


def detach(tx: Tx, article_id: int, sha256: str) -> Article:
    """Takes a file out of the draft; versions that have it keep it. Raises LookupError."""
    row = article(tx, article_id)
    _named(row, sha256)
    return _set(tx, row, [one for one in row.files if one["sha256"] != sha256])


def _named(row: Article, sha256: str) -> dict[str, Any]:
    found: dict[str, Any] | None = next((one for one in row.files if one["sha256"] == sha256), None)
    if found is None:
        raise LookupError("There is no such file.")
    return found


def _set(tx: Tx, row: Article, found: list[dict[str, Any]]) -> Article:
    # Neither `updated_at` nor who changed it: whoever is writing the text just now must not be told that somebody else
    # was quicker.
    row.files = found
    note_draft(tx, row)
    return row
