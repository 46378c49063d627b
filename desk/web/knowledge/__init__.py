"""Articles as their writers see them, and what is missing among them."""

from desk.web.knowledge import gaps
from desk.web.knowledge.pages import blueprint

__all__ = ["blueprint", "gaps"]
