"""The public help centre."""

from desk.web.help import finding, pages, pictures

blueprint = pages.blueprint

__all__ = ["blueprint", "finding", "pages", "pictures"]
