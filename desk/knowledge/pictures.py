"""Pictures in articles: kept by their digest, shown to whoever may read a text that uses them, let go with the last.

Which draft and which versions use a picture is noted where they are written, so that neither handing one out nor
clearing reads a text.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, select

from desk.files import Blobs, bare, picture_of
from desk.knowledge.markdown import ADDRESS, SUFFIXES, Picture
from desk.knowledge.tables import Article, ArticleBlob, ArticleUse
from desk.store import Tx

BIGGEST_PICTURE = 5 << 20  # bytes
WIDEST = 8000  # pixels, either way
KEPT = timedelta(days=30)  # loose: as long as somebody may still be writing the text that it is for
SWEPT_AT_ONCE = 500
DRAFT = 0


class BadPicture(ValueError):
    """This is no picture that is taken. `reason`: empty, big, svg, kind, sides."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"picture refused: {reason}")
        self.reason = reason


def read_picture(content: bytes) -> tuple[str, int, int]:
    """Type, width and height of a picture, by its bytes. Raises BadPicture for what is not taken."""
    if not content:
        raise BadPicture("empty")
    if len(content) > BIGGEST_PICTURE:
        raise BadPicture("big")
    found = picture_of(content)
    if found is None:
        raise BadPicture("svg" if b"<svg" in content[:1024].lower() else "kind")
    kind, width, height = found
    if not (0 < width <= WIDEST and 0 < height <= WIDEST):
        raise BadPicture("sides")
    return kind, width, height


def clean_picture(content: bytes) -> bytes:
    """The picture as it is kept, without what was written about it: whoever reads an article is not told where its
    writer took it. Raises BadPicture."""
    read_picture(content)
    try:
        return bare(content)
    except ValueError:
        raise BadPicture("kind") from None


def put_picture(tx: Tx, files: Blobs, sha256: str, content: bytes, by: int | None) -> Picture:
    """Keeps a picture whose bytes are stored already; until a text uses it, it is loose. Raises BadPicture."""
    kind, width, height = read_picture(content)
    row = tx.get(ArticleBlob, sha256, with_for_update=True)
    if row is None:
        files.refer(tx, sha256, len(content))
        row = ArticleBlob(sha256=sha256, kind=kind, size=len(content), at=tx.now(), staff_id=by, loose_at=tx.now())
        tx.add(row)
    elif row.loose_at is not None:
        row.loose_at = tx.now()
    row.width, row.height = width, height
    tx.flush()
    return Picture(sha256, kind, width, height)


def pictures_of(tx: Tx, body: str) -> tuple[Picture, ...]:
    """The pictures of a text that this desk keeps, for `page`."""
    rows = _rows(tx, ArticleBlob.sha256.in_(named(body))) if "/help/pictures/" in body else []
    return tuple(Picture(row.sha256, row.kind, row.width or 0, row.height or 0) for row in rows if row.kind in SUFFIXES)


def named(body: str) -> set[str]:
    """The digests of pictures whose addresses stand in a text."""
    return {found[1] for found in ADDRESS.finditer(body)}


def _rows(tx: Tx, where: ColumnElement[bool], *, lock: bool = False) -> list[ArticleBlob]:
    query = select(ArticleBlob).where(where).order_by(ArticleBlob.sha256)
    return list(tx.scalars(query.with_for_update() if lock else query))


def picture(tx: Tx, sha256: str, *, staff: bool = False) -> tuple[Picture, bool] | None:
    """A picture, and whether everybody may see it: some public article shows it. None where there is none for this
    reader; `staff` see those of drafts, of older versions and of internal articles, too."""
    row = tx.get(ArticleBlob, sha256)
    if row is None or row.kind not in SUFFIXES or row.width is None or row.height is None:
        return None
    public = (
        select(ArticleUse.article_id)
        .join(Article, and_(Article.id == ArticleUse.article_id, Article.live_version == ArticleUse.version))
        .where(ArticleUse.sha256 == sha256, Article.live_version > DRAFT, Article.visibility == "public")
    )
    open_ = tx.scalar(public.limit(1)) is not None
    return (Picture(row.sha256, row.kind, row.width, row.height), open_) if open_ or staff else None


def note(tx: Tx, article_id: int, version: int, wanted: Iterable[str]) -> None:
    """Writes down what a draft or a version uses from now on, and since when something is used by nobody."""
    wanted = set(wanted)
    mine = and_(ArticleUse.article_id == article_id, ArticleUse.version == version)
    had = set(tx.scalars(select(ArticleUse.sha256).where(mine)))
    if had == wanted:
        return
    # Locked in one order: the sweep looks at the same rows, and must not clear what is used from now on.
    rows = {row.sha256: row for row in _rows(tx, ArticleBlob.sha256.in_(had | wanted), lock=True)}
    for sha256 in sorted((wanted - had) & rows.keys()):
        tx.add(ArticleUse(sha256=sha256, article_id=article_id, version=version))
        rows[sha256].loose_at = None
    gone = had - wanted
    if gone:
        tx.execute(delete(ArticleUse).where(mine, ArticleUse.sha256.in_(gone)))
        tx.flush()
        used = set(tx.scalars(select(ArticleUse.sha256).where(ArticleUse.sha256.in_(gone)).distinct()))
        for sha256 in sorted((gone - used) & rows.keys()):
            rows[sha256].loose_at = tx.now()
    tx.flush()


def sweep(tx: Tx, files: Blobs) -> int:
    """Lets go of what nobody has used for a month. How many it were; further ones are for the next time."""
    old = ArticleBlob.loose_at < tx.now() - KEPT
    query = select(ArticleBlob).where(old).order_by(ArticleBlob.loose_at).limit(SWEPT_AT_ONCE).with_for_update()
    rows = list(tx.scalars(query))
    for row in rows:
        files.release(tx, row.sha256)
        tx.delete(row)
    tx.flush()
    return len(rows)
