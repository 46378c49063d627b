"""Search over everything: what was said, conversations, customers; indexed behind the desk's work."""

from desk.search.finding import RANKED, best_lines, best_threads, lines, prepare, spoken, threads
from desk.search.hits import LineHit, Page, PersonHit, Search, ThreadHit
from desk.search.index import (
    Progress,
    begin_again,
    behind,
    catch_up,
    forget,
    has_words,
    note,
    note_lines,
    progress,
    rehoused,
    step,
    work,
)
from desk.search.language import FILTERS, Filter, Problem, without
from desk.search.persons import people
from desk.search.sieving import FILTERS as ROW_FILTERS
from desk.search.sieving import asked_of_rows, sieve, statuses
from desk.search.snippets import Snippet

__all__ = [
    "FILTERS",
    "RANKED",
    "ROW_FILTERS",
    "Filter",
    "LineHit",
    "Page",
    "PersonHit",
    "Problem",
    "Progress",
    "Search",
    "Snippet",
    "ThreadHit",
    "asked_of_rows",
    "begin_again",
    "behind",
    "best_lines",
    "best_threads",
    "catch_up",
    "forget",
    "has_words",
    "lines",
    "note",
    "note_lines",
    "people",
    "prepare",
    "progress",
    "rehoused",
    "sieve",
    "spoken",
    "statuses",
    "step",
    "threads",
    "without",
    "work",
]
