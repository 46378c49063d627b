"""What a colleague was told, and how they want to be told."""

from desk.web.notices.pages import blueprint

__all__ = ["blueprint"]
