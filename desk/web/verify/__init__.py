"""The page behind /v/<token>: whether an address is theirs. GET shows, POST records."""

from desk.web.verify.pages import blueprint

__all__ = ["blueprint"]
