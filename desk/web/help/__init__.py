"""The public help centre."""

from desk.web.help import finding, pages

blueprint = pages.blueprint

__all__ = ["blueprint", "finding", "pages"]
