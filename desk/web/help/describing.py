"""What an article is about in a few words, and as search engines name it."""

from __future__ import annotations

from typing import Any

from desk import knowledge
from desk.knowledge import Published
from desk.web.help.shelf import Scene


def summary(article: Published, longest: int = 200) -> str:
    """The first words of an article, cut at a word; signs that XML does not take are left out."""
    text = " ".join(knowledge.plain(article.body[:4000]).split())
    text = "".join(c for c in text if c.isprintable())
    return text if len(text) <= longest else text[: text.rfind(" ", longest // 2, longest)].rstrip(" ,;:") + "…"


def described(scene: Scene, article: Published, address: str) -> dict[str, Any]:
    """The page as schema.org names things, for its head."""
    return {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": article.title[:110],
        "description": summary(article),
        "inLanguage": article.locale,
        "dateModified": article.published_at.isoformat(),
        "mainEntityOfPage": address,
        "publisher": {"@type": "Organization", "name": scene.brand},
    }
