"""The agents' console: queues, one customer's timeline, and what is done from them."""

from desk.web.console.pages import blueprint

__all__ = ["blueprint"]
