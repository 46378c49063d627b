"""Signing in and out, setting a password by a link, and one's own profile."""

from desk.web.auth.views import blueprint

__all__ = ["blueprint"]
