"""Search over everything: what was said, conversations, customers; indexed behind the desk's work."""

from desk.search.finding import RANKED, best_lines, best_threads, lines, prepare, spoken, threads
from desk.search.hits import LineHit, Page, PersonHit, Search, ThreadHit
from desk.search.index import (
    Progress,
    begin_again,
    catch_up,
    forget,
    has_words,
    note,
    progress,
    rehoused,
    step,
    work,
)
from desk.search.language import FILTERS, Filter, Problem, without
from desk.search.persons import people
from desk.search.snippets import Snippet

__all__ = [
    "FILTERS",
    "RANKED",
    "Filter",
    "LineHit",
    "Page",
    "PersonHit",
    "Problem",
    "Progress",
    "Search",
    "Snippet",
    "ThreadHit",
    "begin_again",
    "best_lines",
    "best_threads",
    "catch_up",
    "forget",
    "has_words",
    "lines",
    "note",
    "people",
    "prepare",
    "progress",
    "rehoused",
    "spoken",
    "step",
    "threads",
    "without",
    "work",
]
