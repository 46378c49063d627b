"""/hooks: where the providers of channels call us."""

from desk.web.hooks.door import blueprint

__all__ = ["blueprint"]
