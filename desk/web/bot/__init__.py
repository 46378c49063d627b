"""The bot lab."""

from desk.web.bot.pages import blueprint

__all__ = ["blueprint"]
