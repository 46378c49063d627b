"""The routes of a confirmation link: look, confirm, or say that it was somebody else."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_time
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from desk import people, surveys
from desk.i18n import best, texts
from desk.people import ConfirmationLink
from desk.store import Tx
from desk.web.base import allow, limiter, stand_apart, the_desk
from desk.web.verify.face import Face, face_of

blueprint = Blueprint("verify", __name__, url_prefix="/v")

# A mail scanner may open every link of a whole office from one address: looking records nothing.
LOOKS = "240 per minute"
BIGGEST_FORM = 10_000
STATUS = {"ready": 200, "confirmed": 200, "expired": 410, "replaced": 410, "refused": 410, "invalid": 404}

stand_apart(blueprint, biggest_form=BIGGEST_FORM, told_to_nobody=True)


@blueprint.get("/<token>")
@limiter.limit(LOOKS)
@allow("public")
def look(token: str) -> ResponseReturnValue:
    """Shows whose address is to be confirmed for what. Records nothing, however often it is opened."""
    with the_desk().store.reading() as tx:
        return _page(tx, token, people.open_link(tx, token))


@blueprint.post("/<token>")
@allow("public")
def answer(token: str) -> ResponseReturnValue:
    """Records `mine`: yes or no; then shows the page by its address, so that reloading sends nothing twice."""
    mine = request.form.get("mine", "")
    if mine not in ("yes", "no"):
        with the_desk().store.reading() as tx:
            return _page(tx, token, people.open_link(tx, token))
    found = the_desk().store.attempt(lambda tx: people.follow_link(tx, token, mine=mine == "yes"))
    if found.kind == "invalid":
        with the_desk().store.reading() as tx:
            return _page(tx, token, found)
    done = 1 if found.kind == ("confirmed" if mine == "yes" else "refused") else None
    return redirect(url_for("verify.look", token=token, lang=request.args.get("lang") or None, done=done), 303)


def _page(tx: Tx, token: str, found: ConfirmationLink) -> Response:
    person = people.customer(tx, found.identity.customer_id) if found.identity is not None else None
    face = face_of(tx, found.confirmation.inbox_id if found.confirmation is not None else None)
    lang = _language(face, person.locale if person is not None else None)
    values = {"address": "", "since": "", "until": "", "where": ""}
    if found.confirmation is not None and found.identity is not None:
        zone = ZoneInfo(face.zone)
        values["address"] = found.identity.value
        values["since"] = _moment(found.confirmation.asked_at, lang, face.zone)
        values["until"] = format_time(found.confirmation.expires_at.astimezone(zone), "short", locale=lang)
    with force_locale(lang):
        text = render_template(
            f"verify/{found.kind}.html",
            face=face,
            sheet=None,
            lang=lang.replace("_", "-"),
            direction=str(Locale.parse(lang).text_direction),
            fallback_css=face.css,
            done="done" in request.args,
            here=url_for("verify.look", token=token, lang=request.args.get("lang") or None),
            **values,
        )
    response = make_response(text, STATUS[found.kind] if "done" not in request.args else 200)
    if found.kind == "invalid":
        response.status_code = 404
    response.headers["Content-Language"] = lang.replace("_", "-")
    return response


def _moment(at: datetime, lang: str, zone: str) -> str:
    now = the_desk().store.clock.now()
    return texts(lang).gettext("%(day)s at %(time)s") % {
        "day": surveys.day(at, lang, zone, today=now),
        "time": format_time(at.astimezone(ZoneInfo(zone)), "short", locale=lang),
    }


def _language(face: Face, locale: str | None) -> str:
    """The reader's choice, else the customer's language, else what their browser asks for."""
    wanted = request.args.get("lang")
    if wanted and wanted.lower().startswith(best(wanted)):
        return best(wanted)
    return best(locale, *(value for value, _quality in request.accept_languages), face.locale)
