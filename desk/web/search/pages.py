"""/search/: conversations, messages, customers and articles for one text, live while it is typed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, render_template, request

from desk import knowledge, search
from desk.agents import Viewer
from desk.search import Search
from desk.store import Tx
from desk.web.base import allow, may, signed_in_viewer, the_desk, wants_part
from desk.web.search import said

blueprint = Blueprint("search", __name__, url_prefix="/search")

TABS = ("all", "conversations", "messages", "customers", "articles")
PAGE = 20
LONGEST = 300
LANGUAGES = 6


@blueprint.get("/")
@allow("conversation.read")
def page() -> str:
    """The page, or what was found alone, where the page's own script asks for it."""
    text = request.args.get("q", "")[:LONGEST]
    tab = request.args.get("tab", "all")
    if tab not in TABS or (tab == "articles" and not may("knowledge.read")):
        abort(404)
    before = _place(request.args.get("before", ""))
    viewer = signed_in_viewer()
    with the_desk().store.reading() as tx:
        values = _found(tx, viewer, text, tab, before)
    only = wants_part()
    template = (
        "search/more.html" if only and before is not None else "search/found.html" if only else "search/page.html"
    )
    return render_template(template, q=text, tab=tab, **values)


def _place(text: str) -> int | None:
    """Where the next page begins: a whole number, which may be below zero for times before 2010."""
    if not text:
        return None
    bare = text.removeprefix("-")
    if not (bare.isascii() and bare.isdigit() and len(bare) <= 19) or abs(int(text)) >= 2**63:
        abort(400)
    return int(text)


def _found(tx: Tx, viewer: Viewer, text: str, tab: str, before: int | None) -> dict[str, Any]:
    """What the templates read: the hits by kind, the filters as chips, or why nothing can be found."""
    prepared = search.prepare(tx, viewer, text)
    progress = search.progress(tx)
    values: dict[str, Any] = {
        "problem": said.problem(prepared.problem) if prepared.problem else "",
        "empty": prepared.asked.empty,
        "chips": [{"text": said.chip(one), "without": search.without(text, one)} for one in prepared.asked.filters],
        "offers": said.offers(),
        "share": progress.done * 100 // max(1, progress.total) if not progress.finished else None,
        "lines": search.Page(),
        "threads": search.Page(),
        "people": search.Page(),
        "articles": [],
        "links": {name: _link(text, name) for name in TABS},
        "more": None,
    }
    if prepared.problem or prepared.asked.empty:
        return values
    if tab == "all":
        ranked = search.best_lines(tx, prepared, search.RANKED)
        values["threads"] = search.best_threads(tx, prepared, ranked.hits, 6)
        values["lines"] = search.Page(ranked.hits[:6], ranked.next if len(ranked.hits) <= 6 else 1)
        values["people"] = search.people(tx, prepared, limit=5)
        values["articles"] = _articles(tx, viewer, prepared, 4)
    elif tab == "messages":
        values["lines"] = found = search.lines(tx, prepared, before=before, limit=PAGE)
        values["more"] = found.next
    elif tab == "conversations":
        values["threads"] = found = search.spoken(tx, prepared, before=before, limit=PAGE)
        values["more"] = found.next
    elif tab == "customers":
        values["people"] = found = search.people(tx, prepared, before=before, limit=PAGE)
        values["more"] = found.next
    else:
        values["articles"] = _articles(tx, viewer, prepared, PAGE)
    if values["more"] is not None:
        values["more"] = _link(text, tab, values["more"])
    return values


def _link(text: str, tab: str, before: int | None = None) -> str:
    asked = {"q": text, "tab": tab if tab != "all" else "", "before": before if before is not None else ""}
    return "/search/?" + urlencode({name: value for name, value in asked.items() if value != ""})


def _articles(tx: Tx, viewer: Viewer, prepared: Search, limit: int) -> list[Any]:
    """Published articles, those in the reader's language first; a search with filters is not about them."""
    if not prepared.asked.wanted or prepared.asked.filters or not may("knowledge.read"):
        return []
    words = " ".join(term.text for term in prepared.asked.wanted)
    own = viewer.locale[:2]
    hits: list[Any] = []
    for locale in sorted(said.languages(tx), key=lambda code: (code != own, code))[:LANGUAGES]:
        hits += [said.Article.of(hit) for hit in knowledge.search(tx, words, locale, limit - len(hits), internal=True)]
        if len(hits) >= limit:
            break
    return hits
