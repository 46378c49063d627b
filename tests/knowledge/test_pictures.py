"""Pictures in articles: what is taken, where it shows, who sees it, and when it is let go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from desk import knowledge
from desk.clock import SetClock
from desk.files import Blobs, picture_of
from desk.files.tables import Blob
from desk.knowledge import Article, BadPicture, Picture
from desk.knowledge.tables import ArticleBlob
from desk.parts import Desk
from desk.store import Tx
from tests.web.test_logos import JPEG, WEBP, png

GIF = b"GIF89a\x40\x00\x20\x00\x80\x00\x00;"


def kept(tx: Tx, files: Blobs, content: bytes) -> Picture:
    return knowledge.put_picture(tx, files, files.put(content), content, None)


def made(tx: Tx, body: str, title: str = "Delivery", **more: Any) -> Article:
    return knowledge.create(tx, None, title=title, body=body, **({"locale": "en"} | more))


def test_what_is_taken_is_known_by_its_bytes() -> None:
    assert knowledge.read_picture(png(300, 200)) == ("image/png", 300, 200)
    assert knowledge.read_picture(JPEG) == ("image/jpeg", 64, 32)
    assert knowledge.read_picture(WEBP) == ("image/webp", 64, 32)
    assert knowledge.read_picture(GIF) == ("image/gif", 64, 32)
    assert picture_of(GIF[:7]) is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"x" * (knowledge.BIGGEST_PICTURE + 1), "big"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "svg"),
        (b"<html><script>alert(1)</script>", "kind"),
        (b"%PDF-1.7", "kind"),
        (png(8001, 1), "sides"),
    ],
)
def test_what_is_no_picture_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(BadPicture) as refused:
        knowledge.read_picture(content)
    assert refused.value.reason == reason


def test_a_kept_picture_shows_with_its_sides_and_any_other_as_its_words(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        one = kept(tx, desk.files, png(300, 200))
        gone = one.path.replace(one.sha256, "be" * 32)
        body = f'See ![A "red" kiln]({one.path} "t") and ![a far one](https://elsewhere.example/x.png) ![gone]({gone})'
        html = knowledge.page(body, pictures=knowledge.pictures_of(tx, body)).html
    assert html.count("<img") == 1
    for part in (f'src="{one.path}"', 'alt="A &quot;red&quot; kiln"', 'width="300"', 'height="200"', 'loading="lazy"'):
        assert part in html, part
    assert "a far one" in html and "elsewhere" not in html and "gone" in html
    assert "<img" not in knowledge.page(body).html
    assert knowledge.plain(body).startswith('See A "red" kiln and')  # what the search and the bot read


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "/help/pictures/../x.png", "data:image/png;base64,AA==", "//x.example/a.png"]
)
def test_no_other_address_gets_through_the_sanitiser(address: str) -> None:
    assert "<img" not in knowledge.page(f"![x]({address})").html


def test_readers_see_what_is_published_and_colleagues_what_is_written(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        first, second = kept(tx, desk.files, png(shade=1)), kept(tx, desk.files, png(shade=2))

        def seen(one: Picture, *, staff: bool = False) -> bool | None:
            found = knowledge.picture(tx, one.sha256, staff=staff)
            return None if found is None else found[1]

        row = made(tx, f"![a]({first.path})")
        assert (seen(first), seen(first, staff=True)) == (None, False)  # a draft
        knowledge.publish(tx, row.id, None)
        assert seen(first) is True
        knowledge.update(tx, row.id, None, title=row.title, body=f"![b]({second.path})")
        assert (seen(first), seen(second)) == (True, None)
        knowledge.publish(tx, row.id, None)
        assert (seen(first), seen(first, staff=True), seen(second)) == (None, False, True)  # of an older version
        knowledge.update(tx, row.id, None, title=row.title, body=row.body, visibility="internal")
        assert (seen(second), seen(second, staff=True)) == (None, False)
        knowledge.update(tx, row.id, None, title=row.title, body=row.body, visibility="public")
        knowledge.withdraw(tx, row.id, None)
        assert seen(second) is None
        assert knowledge.picture(tx, "0" * 64, staff=True) is None


def test_a_picture_is_let_go_a_month_after_the_last_text_that_used_it(desk: Desk, clock: SetClock) -> None:
    def clear() -> list[str]:
        with desk.store.transaction() as tx:
            knowledge.sweep(tx, desk.files)
            return sorted(row.kind for row in tx.query(ArticleBlob))

    with desk.store.transaction() as tx:
        never, draft, live = (kept(tx, desk.files, one) for one in (png(), JPEG, GIF))
        row = made(tx, f"![a]({draft.path}) ![b]({live.path})")
        other = made(tx, f"![a]({draft.path})", "Other")
    clock.advance(timedelta(days=29))
    assert clear() == ["image/gif", "image/jpeg", "image/png"]
    clock.advance(timedelta(days=2))
    assert clear() == ["image/gif", "image/jpeg"]
    with desk.store.transaction() as tx:
        assert tx.get(Blob, never.sha256).refs == 0
        knowledge.update(tx, row.id, None, title=row.title, body=f"![b]({live.path})")
        knowledge.publish(tx, row.id, None)
        knowledge.update(tx, row.id, None, title=row.title, body="Words.")  # the version still shows it
    clock.advance(timedelta(days=31))
    assert clear() == ["image/gif", "image/jpeg"]  # the other article has it
    with desk.store.transaction() as tx:
        knowledge.update(tx, other.id, None, title="Other", body="Words.")
    clock.advance(timedelta(days=29))
    assert clear() == ["image/gif", "image/jpeg"]
    with desk.store.transaction() as tx:  # taken back into a text in time
        knowledge.update(tx, other.id, None, title="Other", body=f"![a]({draft.path})")
    clock.advance(timedelta(days=31))
    assert clear() == ["image/gif", "image/jpeg"]
    with desk.store.transaction() as tx:
        knowledge.update(tx, other.id, None, title="Other", body="Words.")
    clock.advance(timedelta(days=31))
    assert clear() == ["image/gif"]
    with desk.store.transaction() as tx:
        again = kept(tx, desk.files, JPEG)  # somebody brings it again: it is kept anew
        assert tx.get(Blob, again.sha256).refs == 1


def test_a_version_put_back_has_its_pictures(desk: Desk, clock: SetClock) -> None:
    with desk.store.transaction() as tx:
        one = kept(tx, desk.files, png())
        row = made(tx, f"![a]({one.path})")
        knowledge.publish(tx, row.id, None)
        knowledge.update(tx, row.id, None, title=row.title, body="Words.")
        knowledge.publish(tx, row.id, None)
    clock.advance(timedelta(days=99))
    with desk.store.transaction() as tx:
        assert knowledge.sweep(tx, desk.files) == 0
        knowledge.revert(tx, row.id, 1, None)
        knowledge.publish(tx, row.id, None)
        assert knowledge.picture(tx, one.sha256) is not None
