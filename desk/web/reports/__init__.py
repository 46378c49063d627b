"""The supervisors' pages: a report, the rows behind it, and both as CSV."""

from desk.web.reports.views import blueprint

__all__ = ["blueprint"]
