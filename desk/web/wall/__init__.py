"""The supervisors' wall: how the desk is this moment, and a word or a hand where it is needed."""

from desk.web.wall.views import blueprint

__all__ = ["blueprint"]
