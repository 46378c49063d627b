"""The bot lab and the page of frustration."""

from desk.web.bot import blind, frustration, marking, pages, replays, sets

blueprint = pages.blueprint

__all__ = ["blind", "blueprint", "frustration", "marking", "pages", "replays", "sets"]
