"""The supervisors' pages: reports, the rows behind them, and both as CSV."""

from desk.web.reports import promises, reasons, views
from desk.web.reports.face import blueprint

__all__ = ["blueprint", "promises", "reasons", "views"]
