"""Metric definitions, statistics, read-only queries and exports; it reads every package's tables and writes none."""

from desk.reports.choices import NOBODY, Choices, choices
from desk.reports.definitions import DEFINITIONS, Definition
from desk.reports.filters import FilterError, Filters, parse
from desk.reports.measures import MEASURES, AnswerError, Figure, Measure, parse_answers, statistics_json

__all__ = [
    "DEFINITIONS",
    "MEASURES",
    "NOBODY",
    "AnswerError",
    "Choices",
    "Definition",
    "Figure",
    "FilterError",
    "Filters",
    "Measure",
    "choices",
    "parse",
    "parse_answers",
    "statistics_json",
]
