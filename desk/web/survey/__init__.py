"""The page behind /s/<token>: what a customer sees of a survey. GET shows, POST records."""

from desk.web.survey.pages import blueprint

__all__ = ["blueprint"]
