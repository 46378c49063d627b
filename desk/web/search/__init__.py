"""The page that searches over everything."""

from desk.web.search.pages import blueprint

__all__ = ["blueprint"]
