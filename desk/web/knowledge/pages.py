"""/knowledge/: the articles with their state and whether they help; the editor with its preview; versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, i18n, knowledge, settings
from desk.knowledge import Article, BadArticle, Meanwhile
from desk.store import Tx
from desk.web.base import allow, answer, may, number_argument, signed_in_viewer, the_desk
from desk.web.knowledge import attached, reviewing, shown

blueprint = Blueprint("knowledge", __name__, url_prefix="/knowledge")
PAGE = 50


@blueprint.get("/")
@allow("knowledge.read")
def home() -> ResponseReturnValue:
    """The list, last changed first; with a search, best first."""
    asked = {name: request.args.get(name, "").strip()[:200] for name in ("q", "state", "locale", "topic")}
    before = _place(request.args.get("before", ""))
    with the_desk().store.reading() as tx:
        languages = _languages(tx)
        today = reviewing.today(tx)
        if asked["q"]:
            locale = asked["locale"] or str(signed_in_viewer().locale)[:2]
            hits = knowledge.search(tx, asked["q"], locale, PAGE, internal=True)
            found = knowledge.some(tx, [hit.id for hit in hits])
            more = None
        elif asked["state"] == "due":
            found = reviewing.due(tx, today, asked, PAGE + 1)
            more = reviewing.mark(found[PAGE - 1]) if len(found) > PAGE else None
        else:
            found = knowledge.articles(
                tx,
                state=asked["state"] if asked["state"] in knowledge.STATES else "",
                locale=asked["locale"],
                topic=asked["topic"],
                before=before,
                limit=PAGE + 1,
            )
            more = _mark(found[PAGE - 1]) if len(found) > PAGE else None
        rows = shown.rows(tx, found[:PAGE])
        waiting = knowledge.how_many_due(tx, today)
        counts, topics = knowledge.counts(tx), knowledge.topics(tx, asked["locale"])
    return render_template(
        "knowledge/list.html",
        rows=rows,
        asked=asked,
        counts=counts,
        topics=topics,
        languages=languages,
        more=more,
        window=90,
        today=today,
        told=reviewing.told,
        waiting=waiting,
    )


def _languages(tx: Tx) -> dict[str, str]:
    """The languages that articles can be in: what the desk speaks, and what its brands add."""
    codes = [*i18n.languages(), *(str(code)[:2] for brand in settings.brands(tx) for code in brand.locales)]
    return {code: shown.own_name(code) for code in dict.fromkeys(codes)}


def _mark(row: Article) -> str:
    return f"{row.updated_at.isoformat()}~{row.id}"


def _place(text: str) -> tuple[datetime, int] | None:
    at, _tilde, number = text.partition("~")
    try:
        when = datetime.fromisoformat(at.replace(" ", "+"))
        return (when, int(number)) if when.tzinfo is not None and 0 < int(number) < 2**63 else None
    except ValueError:
        return None


@blueprint.get("/new")
@allow("knowledge.write")
def new() -> ResponseReturnValue:
    """An empty editor; with `family` and `locale`, one for a translation, beside what it translates."""
    with the_desk().store.reading() as tx:
        other = _of_family(tx, number_argument("family"))
        typed = {
            "locale": request.args.get("locale", "")[:3] or str(signed_in_viewer().locale)[:2],
            "topic": "",
            "visibility": other.visibility if other else "public",
            "brand": str(other.brand_id or "") if other else "",
            "title": request.args.get("title", "")[:200],
            "body": "",
            "examples": request.args.get("example", "")[:300],
            "family": str(other.family_id) if other else "",
        }
        return _editor(tx, None, typed, other=other)


def _of_family(tx: Tx, family_id: int | None) -> Article | None:
    found = knowledge.family(tx, family_id) if family_id is not None else []
    if family_id is not None and not found:
        abort(404)
    return found[0] if found else None


@blueprint.post("/new")
@allow("knowledge.write")
def create() -> ResponseReturnValue:
    typed = _typed()
    try:
        with the_desk().store.transaction() as tx:
            other = _of_family(tx, int(typed["family"]) if typed["family"].isdigit() else None)
            row = knowledge.create(
                tx, signed_in_viewer().id, family_id=other.family_id if other else None, **_fields(tx, typed)
            )
            said = _then(tx, row)
    except BadArticle as bad:
        with the_desk().store.reading() as tx:
            return _editor(tx, None, typed, problems=bad.problems), 422
    flash(said)
    return redirect(url_for("knowledge.edit", article_id=row.id), 303)


@blueprint.get("/<int:article_id>")
@allow("knowledge.read")
def edit(article_id: int) -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        return _editor(tx, _article(tx, article_id), None)


def _article(tx: Tx, article_id: int) -> Article:
    try:
        return knowledge.article(tx, article_id)
    except LookupError:
        abort(404)


@blueprint.post("/<int:article_id>")
@allow("knowledge.write")
def save(article_id: int) -> ResponseReturnValue:
    """Saves the draft, and publishes it or takes it back where that was asked for."""
    typed = _typed()
    seen = request.form.get("seen", "")
    try:
        with the_desk().store.transaction() as tx:
            row = _article(tx, article_id)
            knowledge.update(
                tx, row.id, signed_in_viewer().id, seen=_time(seen), **{**_fields(tx, typed), "locale": row.locale}
            )
            said = _then(tx, row)
    except BadArticle as bad:
        with the_desk().store.reading() as tx:
            return _editor(tx, _article(tx, article_id), typed, problems=bad.problems), 422
    except Meanwhile:
        problem = {
            "": _("Somebody else saved this article since you opened it. Yours is below, theirs is in the list.")
        }
        with the_desk().store.reading() as tx:
            return _editor(tx, _article(tx, article_id), typed, problems=problem), 409
    flash(said)
    return redirect(url_for("knowledge.edit", article_id=article_id), 303)


def _then(tx: Tx, row: Article) -> str:
    """What the button asked for beside saving; what was done, in words."""
    what = request.form.get("do", "save")
    if what in ("publish", "withdraw") and not may("knowledge.publish"):
        abort(403)
    if what == "publish":
        knowledge.publish(tx, row.id, signed_in_viewer().id)
        return _("Published as version %(n)s. The bot learns it now.", n=row.version)
    if what == "withdraw":
        knowledge.withdraw(tx, row.id, signed_in_viewer().id)
        return _("Taken back: readers and the bot have it no longer.")
    return _("Saved as a draft.")


@blueprint.post("/<int:article_id>/revert")
@allow("knowledge.write")
def revert(article_id: int) -> ResponseReturnValue:
    """Puts an earlier version into the draft."""
    number = request.form.get("version", "")
    if not (number.isdigit() and len(number) < 10):
        abort(400)
    with the_desk().store.transaction() as tx:
        try:
            knowledge.revert(tx, _article(tx, article_id).id, int(number), signed_in_viewer().id)
        except LookupError:
            abort(404)
    flash(_("Version %(n)s is in the draft now; readers get it once it is published.", n=number))
    return redirect(url_for("knowledge.edit", article_id=article_id), 303)


@blueprint.post("/preview")
@allow("knowledge.write")
def preview() -> ResponseReturnValue:
    """The text as readers will see it, as a part of the page."""
    body = request.form.get("body", "")
    if len(body) > 100_000:
        return answer(413)
    with the_desk().store.reading() as tx:
        return render_template("knowledge/preview.html", html=_preview(tx, body))


def _preview(tx: Tx, body: str) -> str:
    return knowledge.page(body, top=3, pictures=knowledge.pictures_of(tx, body)).html


def _typed() -> dict[str, str]:
    names = ("title", "body", "examples", "topic", "visibility", "brand", "locale", "family")
    return {name: request.form.get(name, "") for name in names}


def _fields(tx: Tx, typed: dict[str, str]) -> dict[str, Any]:
    brands = {str(brand.id): brand.id for brand in settings.brands(tx)}
    if typed["brand"] and typed["brand"] not in brands:
        raise BadArticle({"brand": _("Choose one of the brands.")})
    return {
        "title": typed["title"],
        "body": typed["body"],
        "examples": typed["examples"].splitlines(),
        "topic": typed["topic"],
        "visibility": typed["visibility"] or "public",
        "brand_id": brands.get(typed["brand"]),
        "locale": typed["locale"],
    }


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _editor(
    tx: Tx,
    row: Article | None,
    typed: dict[str, str] | None,
    *,
    other: Article | None = None,
    problems: dict[str, str] | None = None,
) -> str:
    values = typed or {}
    if row is not None and typed is None:
        values = {
            "title": row.title,
            "body": row.body,
            "examples": "\n".join(str(e) for e in row.examples),
            "topic": row.topic,
            "visibility": row.visibility,
            "brand": str(row.brand_id or ""),
            "locale": row.locale,
        }
    languages = _languages(tx)
    family = knowledge.family(tx, row.family_id) if row is not None and row.family_id else []
    there = {member.locale for member in family}
    return render_template(
        "knowledge/editor.html",
        article=row,
        values=values,
        problems=problems or {},
        preview=_preview(tx, values.get("body", "")[:100_000]),
        brands=settings.brands(tx),
        topics=knowledge.topics(tx),
        languages=languages,
        family=family,
        missing=[code for code in languages if code not in there] if row is not None else [],
        other=other,
        largest_picture=knowledge.BIGGEST_PICTURE,
        versions=knowledge.versions(tx, row.id) if row is not None else [],
        names=agents.names(tx),
        helped=shown.helped_of(tx, row.id) if row is not None else None,
        missed=knowledge.missed(tx, row.id) if row is not None else [],
        drafted=shown.drafted(tx, row.id, signed_in_viewer()) if row is not None else None,
        url=knowledge.url(tx, row.slug) if row is not None and row.live_version else "",
        **({**reviewing.shown(tx, row), **attached.shown(tx, row)} if row is not None else {}),
    )
