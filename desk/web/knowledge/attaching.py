"""/knowledge/<article>/files: what readers of an article can take away, added, renamed and taken out in its draft."""

from __future__ import annotations

from contextlib import closing, suppress

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import knowledge
from desk.channels.email import sniff
from desk.files import MissingBlob, bare
from desk.knowledge import BadArticle
from desk.outbound import uploads
from desk.web.base import allow, handed_out, limiter, signed_in_viewer, the_desk, wants_part
from desk.web.knowledge import attached
from desk.web.knowledge.pages import blueprint


@blueprint.post("/<int:article_id>/files")
@limiter.limit("120 per minute")
@allow("knowledge.write")
def files(article_id: int) -> ResponseReturnValue:
    """`do=add` takes the file `file`, `do=rename` and `do=remove` one of the draft by its digest."""
    what, sha256 = request.form.get("do", ""), request.form.get("sha256", "")
    problem = said = ""
    try:
        if what == "add":
            _add(article_id)
            said = _("Attached: readers get it once the article is published.")
        elif what == "rename":
            typed = request.form.get("name", "")
            if not typed.strip(" ."):
                raise BadArticle({"files": _("Give the file a name.")})
            with the_desk().store.transaction() as tx:
                knowledge.rename(tx, article_id, sha256, uploads.clean_name(typed))
            said = _("Renamed: readers see it once the article is published.")
        elif what == "remove":
            with the_desk().store.transaction() as tx:
                knowledge.detach(tx, article_id, sha256)
            said = _("Taken out: readers have it until the article is published again.")
        else:
            abort(400)
    except BadArticle as bad:
        problem = " ".join(_(one) for one in bad.problems.values())
    except LookupError:
        abort(404)
    if not wants_part():
        flash(problem or said)
        return redirect(url_for("knowledge.edit", article_id=article_id) + "#files", 303)
    with the_desk().store.reading() as tx:
        row = knowledge.article(tx, article_id)
        told = {"told_files": said, "wrong_file": problem}
        return render_template("knowledge/files.html", article=row, **told, **attached.shown(tx, row))


def _add(article_id: int) -> None:
    """Looks at a file, stores it, and notes it in the draft. Raises BadArticle, LookupError."""
    sent = request.files.get("file")
    desk = the_desk()
    with desk.store.reading() as tx:
        knowledge.article(tx, article_id)
        limit = uploads.largest(tx)
    if sent is None or not sent.filename:
        raise BadArticle({"files": _("Choose a file first.")})
    with closing(sent):
        content = sent.stream.read(limit + 1)
    name = uploads.clean_name(sent.filename)
    if not content:
        raise BadArticle({"files": _("This file is empty.")})
    if len(content) > limit:
        raise BadArticle({"files": _("A file has %(mb)s MB at most.", mb=limit // uploads.MEGABYTE)})
    if sniff.reason(content, name):
        raise BadArticle(
            {
                "files": _(
                    "Programs, scripts, web pages, SVG, documents with macros, and archives that hold such or that"
                    " nobody can look into are not handed out."
                )
            }
        )
    with suppress(ValueError):  # what a camera wrote about a picture is not for readers; other files stay as they are
        content = bare(content)
    kind = sniff.kind(content, (sent.mimetype or "").partition(";")[0].strip().lower() or sniff.UNKNOWN)[:100]
    sha256 = desk.files.put(content)
    with desk.store.transaction() as tx:
        file = knowledge.File(sha256, name, kind, len(content))
        knowledge.attach(tx, desk.files, article_id, signed_in_viewer().id, file)


@blueprint.get("/<int:article_id>/files/<sha256>")
@allow("knowledge.read")
def file(article_id: int, sha256: str) -> Response:
    """A file of the draft, as a download."""
    desk = the_desk()
    try:
        with desk.store.reading() as tx:
            found = next(f for f in knowledge.files_of(knowledge.article(tx, article_id).files) if f.sha256 == sha256)
        return handed_out(desk.files.get(found.sha256), found.name)
    except (LookupError, StopIteration, MissingBlob):
        abort(404)
