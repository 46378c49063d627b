"""Taking a piece out of a draft that was made of what somebody said, when that is erased."""

from __future__ import annotations

from desk.knowledge.service import note_draft
from desk.knowledge.tables import Article
from desk.store import Tx


def take_out(tx: Tx, article_id: int, text: str) -> None:
    """Removes a text from an article that was never published, wherever it still stands as it was put in: body, example
    questions, title. What a person has published is theirs, and stays."""
    row = tx.get(Article, article_id, with_for_update=True)
    if row is None or row.version or not text:
        return
    row.body = "\n\n".join(part for part in (one.strip() for one in row.body.replace(text, "").split("\n\n")) if part)
    row.examples = [one for one in row.examples if one != text]
    if row.title and row.title.rstrip("…") in text:
        row.title, row.slug = f"#{row.id}", f"draft-{row.id}"  # the address is made of the title
    row.updated_at = tx.now()
    note_draft(tx, row)
