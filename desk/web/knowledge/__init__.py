"""Articles as their writers see them."""

from desk.web.knowledge.pages import blueprint

__all__ = ["blueprint"]
