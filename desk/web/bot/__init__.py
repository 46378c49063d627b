"""The bot lab and the page of frustration."""

from desk.web.bot import frustration, marking, pages, replays, sets

blueprint = pages.blueprint

__all__ = ["blueprint", "frustration", "marking", "pages", "replays", "sets"]
