"""Articles as their writers see them, and what is missing among them."""

from desk.web.knowledge import attaching, gaps, looking_again, pictures, reasons
from desk.web.knowledge.pages import blueprint

__all__ = ["attaching", "blueprint", "gaps", "looking_again", "pictures", "reasons"]
