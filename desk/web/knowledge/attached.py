"""What the editor shows of the files of an article."""

from __future__ import annotations

from typing import Any

from desk import knowledge
from desk.knowledge import Article
from desk.outbound import uploads
from desk.store import Tx


def shown(tx: Tx, row: Article) -> dict[str, Any]:
    """What templates/knowledge/files.html reads beside the article."""
    return {"files": knowledge.files_of(row.files), "megabytes": uploads.largest(tx) // uploads.MEGABYTE}
