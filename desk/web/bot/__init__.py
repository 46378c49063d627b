"""The bot lab and the page of frustration."""

from desk.web.bot import frustration
from desk.web.bot.pages import blueprint

__all__ = ["blueprint", "frustration"]
