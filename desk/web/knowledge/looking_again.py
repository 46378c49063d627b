"""/knowledge/<article>/review: by which day an article is looked at again, and that it was found still right."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, knowledge
from desk.knowledge import BadArticle
from desk.web.base import allow, signed_in_viewer, the_desk, wants_part
from desk.web.knowledge import reviewing
from desk.web.knowledge.pages import blueprint


@blueprint.post("/<int:article_id>/review")
@allow("knowledge.write")
def review(article_id: int) -> ResponseReturnValue:
    """`do=keep` sets the day and the interval, `do=reviewed` says that it is still right; the text is not touched."""
    what = request.form.get("do", "")
    typed = {name: request.form.get(name, "").strip()[:20] for name in ("by", "months")}
    problems: dict[str, str] = {}
    said = ""
    try:
        with the_desk().store.transaction() as tx:
            now = reviewing.today(tx)
            months = typed["months"] or "0"
            number = int(months) if months.isascii() and months.isdigit() else -1
            if what == "reviewed":
                knowledge.reviewed(tx, article_id, signed_in_viewer().id, now, number)
                said = _("Reviewed: it is still right.")
            elif what == "keep":
                by = reviewing.day(typed["by"])
                if typed["by"] and by is None:
                    raise BadArticle({"review_by": _("This is no day.")})
                knowledge.set_review(tx, article_id, by=by, months=number, today=now)
                said = _("The day of the review is kept.")
            else:
                abort(400)
    except BadArticle as bad:
        problems = bad.problems
    except LookupError:
        abort(404)
    if not wants_part():
        flash(" ".join(_(one) for one in problems.values()) or said)
        return redirect(url_for("knowledge.edit", article_id=article_id) + "#review", 303)
    with the_desk().store.reading() as tx:
        row = knowledge.article(tx, article_id)
        more = reviewing.shown(tx, row, typed if problems else None, problems)
        return render_template("knowledge/review.html", article=row, names=agents.names(tx), said=said, **more)
