"""The public help centre."""

from desk.web.help.pages import blueprint

__all__ = ["blueprint"]
