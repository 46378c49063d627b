"""What was changed at this desk: by whom, when, from what to what, written with the change itself."""

from desk.audit.acting import acting, acts
from desk.audit.reading import Page, Sieve, each, of, page
from desk.audit.tables import Change
from desk.audit.values import differing, is_secret
from desk.audit.watching import Watched, note
from desk.audit.wording import Span, diff

__all__ = [
    "Change",
    "Page",
    "Sieve",
    "Span",
    "Watched",
    "acting",
    "acts",
    "diff",
    "differing",
    "each",
    "is_secret",
    "note",
    "of",
    "page",
]
