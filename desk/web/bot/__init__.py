"""The bot lab."""

from desk.web.bot import marking, pages, replays, sets

blueprint = pages.blueprint

__all__ = ["blueprint", "marking", "pages", "replays", "sets"]
