"""Articles as their writers see them, and what is missing among them."""

from desk.web.knowledge import gaps, reasons
from desk.web.knowledge.pages import blueprint

__all__ = ["blueprint", "gaps", "reasons"]
