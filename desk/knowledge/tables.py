"""Articles, what was published of them, the words that they are found by, and whether they helped."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from desk.audit import Watched
from desk.store import Base, BigInt

# Found by what they begin with, which needs byte order: PostgreSQL's other collations would not use the index.
FoldedWord = String(40).with_variant(String(40, collation="C"), "postgresql")


class Article(Base):
    """One piece of the knowledge base in one language, as its writers see it: a draft, and which version is public.

    Translations of one article share its `family_id`. `title`, `body` (Markdown) and `examples` are the draft;
    `live_version` names the version that readers and the bot get, 0 for none.
    """

    __tablename__ = "articles"
    __audit__: ClassVar[Watched] = Watched(
        "article",
        (
            "title",
            "body",
            "topic",
            "visibility",
            "locale",
            "brand_id",
            "examples",
            "live_version",
            "drafted",
            "review_by",
            "review_months",
            "reviewed_at",
            "files",
        ),
        title="title",
        # Made of what was said to customers: until somebody publishes it, erasing must still reach it.
        personal=lambda state: bool(state["drafted"]) and not state["live_version"],
    )
    __table_args__ = (
        Index("ix_articles_changed", "updated_at", "id"),
        Index("ix_articles_live", "locale", "live_version"),
        Index("ix_articles_review", "review_by", "id"),
        Index("uq_articles_family_locale", "family_id", "locale", unique=True),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    family_id: Mapped[int | None] = mapped_column(BigInt)  # the id of the article that came first; set at once
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brands.id"))  # None: for all of them
    locale: Mapped[str] = mapped_column(String(16))
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    topic: Mapped[str] = mapped_column(String(80), default="")  # the heading of the help centre that it stands under
    visibility: Mapped[str] = mapped_column(String(10), default="public")  # public, internal
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text, default="")
    examples: Mapped[list[Any]] = mapped_column(default=list)  # questions in customers' words
    version: Mapped[int] = mapped_column(default=0)  # the newest that was published
    live_version: Mapped[int] = mapped_column(default=0)
    changed: Mapped[bool] = mapped_column(default=True)  # the draft says something else than the live version
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    updated_at: Mapped[datetime]
    updated_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # Drafted by the desk out of answers that colleagues gave, and not published yet; None for all others.
    drafted: Mapped[bool | None]
    # By which day somebody looks whether it still holds, and how many months after that again (0: not by itself).
    review_by: Mapped[date | None]
    review_months: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[int | None]  # of staff
    files: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))  # sha256, name, kind, size


class ArticleVersion(Base):
    """What was published, whole, and by whom."""

    __tablename__ = "article_versions"
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    examples: Mapped[list[Any]] = mapped_column(default=list)
    files: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class ArticleWord(Base):
    """The index of published articles: a word (folded, its ending cut), and how much it says of the article.

    A table of our own and not FTS5 here and tsvector there: both databases then find and rank alike, a migration
    carries it, and for each word only the best few rows are read.
    """

    __tablename__ = "article_words"
    __table_args__ = (Index("ix_article_words_best", "word", "weight", "article_id"),)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    word: Mapped[str] = mapped_column(FoldedWord, primary_key=True)
    weight: Mapped[float]


class ArticleVote(Base):
    """One answer to "was this helpful?": of a reader of the page, or of a customer whom the bot gave the article."""

    __tablename__ = "article_votes"
    __table_args__ = (Index("ix_article_votes_article", "article_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    version: Mapped[int]
    source: Mapped[str] = mapped_column(String(6))  # page, bot
    helpful: Mapped[bool]
    missing: Mapped[str] = mapped_column(String(12), default="")  # elsewhere, hard, wrong
    words: Mapped[str] = mapped_column(Text, default="")
    entry_id: Mapped[int | None] = mapped_column(BigInt, unique=True)  # the bot's turn: one vote each
    at: Mapped[datetime]


class ArticleBlob(Base):
    """Bytes that articles show or hand out, by their digest: kept once, however many articles and versions use them."""

    __tablename__ = "article_blobs"
    __table_args__ = (Index("ix_article_blobs_loose", "loose_at"),)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    width: Mapped[int | None]  # of pictures, in pixels
    height: Mapped[int | None]
    at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    loose_at: Mapped[datetime | None]  # since when no draft and no version uses it


class ArticleUse(Base):
    """Which draft (version 0) or version of which article uses these bytes: who may read it gets them."""

    __tablename__ = "article_uses"
    __table_args__ = (Index("ix_article_uses_article", "article_id", "version"),)
    sha256: Mapped[str] = mapped_column(ForeignKey("article_blobs.sha256", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
