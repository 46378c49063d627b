"""/help: articles for everybody, found and read without a script and without a cookie; and the search for widgets."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from desk import knowledge
from desk.i18n import best
from desk.store import Tx
from desk.web.base import allow, current_viewer, limiter, stand_apart, the_desk
from desk.web.help import shelf
from desk.web.help.describing import described

blueprint = Blueprint("help", __name__, url_prefix="/help")

LOOKS = "240 per minute"  # an office, or a search engine, may share one address
VOTES = "20 per minute; 120 per hour"
RESULTS, MOST_RESULTS = 20, 10
BIGGEST_FORM = 100_000

# A vote gives no power: a forged one is what anybody can cast by hand, as often as the limit lets them.
stand_apart(blueprint, biggest_form=BIGGEST_FORM, script=True)


def visit(tx: Tx, lang: str = "") -> shelf.Scene:
    """Whose help centre this request is for, and in which language."""
    return shelf.scene(
        tx,
        wanted=lang or request.args.get("lang", ""),
        accepted=[value for value, _quality in request.accept_languages],
        brand=request.args.get("brand", ""),
        staff=current_viewer() is not None,
    )


def _page(scene: shelf.Scene, name: str, status: int = 200, **more: Any) -> Response:
    def here(endpoint: str = "help.home", **arguments: Any) -> str:
        """An address of the help centre that keeps the language and the brand that were chosen."""
        kept = {"lang": scene.asked_lang, "brand": scene.asked_brand}
        return url_for(endpoint, **({k: v for k, v in kept.items() if v} | arguments))

    with force_locale(best(scene.lang)):
        text = render_template(f"help/{name}.html", scene=scene, here=here, **more)
    response = make_response(text, status)
    response.headers["Content-Language"] = scene.lang
    return response


@blueprint.get("/")
@limiter.limit(LOOKS)
@allow("public")
def home() -> ResponseReturnValue:
    """Topics, or the articles of one of them."""
    topic = request.args.get("topic")
    with the_desk().store.reading() as tx:
        scene = visit(tx)
        if topic is not None:
            rows = knowledge.published(tx, scene.lang, brand_id=scene.brand_id, topic=topic[:80])
            if not rows:
                return _page(scene, "gone", 404)
            return _page(scene, "topic", topic=topic, rows=rows)
        return _page(scene, "home", **shelf.home(tx, scene))


@blueprint.get("/search")
@limiter.limit(LOOKS)
@allow("public")
def search() -> ResponseReturnValue:
    query = " ".join(request.args.get("q", "").split())[:200]
    with the_desk().store.reading() as tx:
        scene = visit(tx)
        if not query:
            return redirect(url_for("help.home", lang=scene.asked_lang or None, brand=scene.asked_brand or None), 302)
        found = knowledge.search(tx, query, scene.lang, RESULTS, brand_id=scene.brand_id)
        hits = [(hit, shelf.marked(hit.snippet, hit.marks)) for hit in found]
        return _page(scene, "results", query=query, hits=hits)


@blueprint.get("/search.json")
@limiter.limit(LOOKS)
@allow("public")
def search_json() -> ResponseReturnValue:
    """What the widget and this page's own search box ask while somebody types: {"results": [{"id", "title", "url",
    "snippet"}]}, ten at most. For pages of any site: it tells nothing that is not public."""
    query = request.args.get("q", "")[:200]
    locale = request.args.get("locale", "")
    with the_desk().store.reading() as tx:
        scene = visit(tx, locale)
        found = knowledge.search(tx, query, scene.lang, MOST_RESULTS, brand_id=scene.brand_id)
        results = [
            {"id": str(hit.id), "title": hit.title, "url": knowledge.url(tx, hit.slug), "snippet": hit.snippet}
            for hit in found
        ]
    response = jsonify(results=results)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.get("/<slug>")
@limiter.limit(LOOKS)
@allow("public")
def article(slug: str) -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        found = _found(tx, slug)
        if found is None:
            return _page(visit(tx), "gone", 404)
        scene = visit(tx, found.locale)
        address = knowledge.url(tx, found.slug)
        said = request.args.get("said", "")
        return _page(
            scene,
            "article",
            article=found,
            page=knowledge.page(found.body, pictures=knowledge.pictures_of(tx, found.body)),
            address=address,
            about=described(scene, found, address),
            said=said if said in ("yes", "no", "told") else "",
            vote=request.args.get("vote", "")[:300],
            **shelf.around(tx, scene, found),
        )


def _found(tx: Tx, slug: str) -> knowledge.Published | None:
    """What is published under an address; colleagues who are signed in read what is internal too."""
    return knowledge.by_slug(tx, slug, internal=current_viewer() is not None)


@blueprint.post("/<slug>/helpful")
@limiter.limit(VOTES, methods=["POST"])
@allow("public")
def helpful(slug: str) -> ResponseReturnValue:
    """Records whether an article helped, and shows it again; a "no" may go on to say what was missing."""
    answer = request.form.get("helpful", "")
    if answer not in ("yes", "no"):
        abort(400)
    with the_desk().store.transaction() as tx:
        found = _found(tx, slug)
        if found is None:
            abort(404)
        token = knowledge.vote(tx, found.id, answer == "yes")
    return _back(slug, answer, token if answer == "no" else None)


@blueprint.post("/<slug>/missing")
@limiter.limit(VOTES, methods=["POST"])
@allow("public")
def missing(slug: str) -> ResponseReturnValue:
    """Adds to a "no" what was missing."""
    with the_desk().store.transaction() as tx:
        known = knowledge.explain(
            tx, request.form.get("vote", ""), request.form.get("missing", ""), request.form.get("words", "")
        )
    if known is None:
        abort(400)
    return _back(slug, "told")


def _back(slug: str, said: str, vote: str | None = None) -> ResponseReturnValue:
    """To the article, at the place where it says thank you."""
    lang, brand = request.args.get("lang") or None, request.args.get("brand") or None
    return redirect(url_for("help.article", slug=slug, said=said, vote=vote, lang=lang, brand=brand) + "#useful", 303)
