"""Files of articles: in the draft first, with a version for readers, and let go with the last that has them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from desk import knowledge
from desk.clock import SetClock
from desk.files.tables import Blob
from desk.knowledge import Article, BadArticle, File
from desk.knowledge.tables import ArticleBlob
from desk.parts import Desk
from desk.store import Tx
from tests.web.test_logos import png


def made(tx: Tx, **more: Any) -> Article:
    return knowledge.create(tx, None, **({"title": "Returns", "body": "Fill in the form.", "locale": "en"} | more))


def kept(desk: Desk, name: str = "Form.pdf", content: bytes = b"%PDF-1.7 form") -> File:
    return File(desk.files.put(content), name, "application/pdf", len(content))


def names(tx: Tx, row: Article) -> list[str]:
    found = knowledge.by_slug(tx, row.slug)
    return [file.name for file in found.files] if found is not None else []


def test_readers_get_a_file_with_the_version_that_has_it(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        row = made(tx)
        knowledge.publish(tx, row.id, None)
        seen = row.updated_at
        file = kept(desk)
        knowledge.attach(tx, desk.files, row.id, None, file)
        assert row.changed and row.updated_at == seen  # whoever is writing the text is not in anybody's way
        assert names(tx, row) == []
        knowledge.publish(tx, row.id, None)
        assert not row.changed and names(tx, row) == ["Form.pdf"]
        knowledge.rename(tx, row.id, file.sha256, "Return form")
        assert row.changed and names(tx, row) == ["Form.pdf"]
        knowledge.publish(tx, row.id, None)
        assert names(tx, row) == ["Return form.pdf"]  # what opens it stays
        knowledge.detach(tx, row.id, file.sha256)
        assert row.changed and names(tx, row) == ["Return form.pdf"]
        knowledge.publish(tx, row.id, None)
        assert names(tx, row) == []
        knowledge.revert(tx, row.id, 2, None)
        assert [f.name for f in knowledge.files_of(row.files)] == ["Form.pdf"] and row.changed
        knowledge.detach(tx, row.id, file.sha256)
        assert not row.changed  # it says what readers get


def test_a_file_is_kept_as_long_as_some_version_has_it(desk: Desk, clock: SetClock) -> None:
    with desk.store.transaction() as tx:
        row = made(tx)
        file, other = kept(desk), kept(desk, "Other.pdf", b"%PDF-1.7 other")
        knowledge.attach(tx, desk.files, row.id, None, file)
        knowledge.publish(tx, row.id, None)
        knowledge.detach(tx, row.id, file.sha256)
        knowledge.attach(tx, desk.files, row.id, None, other)
        knowledge.detach(tx, row.id, other.sha256)
    clock.advance(timedelta(days=31))
    with desk.store.transaction() as tx:
        assert knowledge.sweep(tx, desk.files) == 1
        assert tx.get(ArticleBlob, other.sha256) is None and tx.get(ArticleBlob, file.sha256) is not None
        assert tx.get(Blob, file.sha256) is not None


def test_a_picture_of_the_text_may_be_a_file_as_well(desk: Desk) -> None:
    content = png(30, 20)
    with desk.store.transaction() as tx:
        sha256 = desk.files.put(content)
        shown = knowledge.put_picture(tx, desk.files, sha256, content, None)
        row = made(tx, body=f"![A kiln]({shown.path})")
        knowledge.attach(tx, desk.files, row.id, None, File(sha256, "kiln.png", "image/png", len(content)))
        knowledge.detach(tx, row.id, sha256)
        blob = tx.get(ArticleBlob, sha256)
        assert blob is not None and blob.loose_at is None  # the text still shows it


@pytest.mark.database("sqlite")
def test_what_does_not_fit_is_said_in_a_sentence(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.knowledge.attaching.MOST_FILES", 3)
    with desk.store.transaction() as tx:
        row = made(tx)
        first = kept(desk, content=b"1")
        knowledge.attach(tx, desk.files, row.id, None, first)
        with pytest.raises(BadArticle, match="attached already"):
            knowledge.attach(tx, desk.files, row.id, None, first)
        for content in (b"2", b"3"):
            knowledge.attach(tx, desk.files, row.id, None, kept(desk, content=content))
        assert [f.name for f in knowledge.files_of(row.files)] == ["Form.pdf", "Form-2.pdf", "Form-3.pdf"]
        with pytest.raises(BadArticle, match="20 files at most"):
            knowledge.attach(tx, desk.files, row.id, None, kept(desk, content=b"4"))
        with pytest.raises(BadArticle, match="Another file"):
            knowledge.rename(tx, row.id, first.sha256, "Form-2")
        for wrong in (lambda: knowledge.detach(tx, row.id, "0" * 64), lambda: knowledge.rename(tx, row.id, "x", "y")):
            with pytest.raises(LookupError):
                wrong()
