"""/admin/brands: the faces that customers see: name, sender, colour, languages."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import i18n, settings, surveys
from desk.settings import BadBrand, BadLogo
from desk.settings.logos import BIGGEST
from desk.web.admin.face import blueprint
from desk.web.base import allow, limiter, signed_in_viewer, the_desk

FIELDS = ("name", "sender_name", "colour", "locale", "zone")
_NEW = {"name": "", "sender_name": "", "colour": "#0e6b70", "locale": "en"}


def why_not(error: BadBrand) -> str:
    """What is wrong with a field of a brand."""
    return {
        "name": _("Type a name of up to 120 characters."),
        "sender_name": _("Type a name of up to 120 characters, without quotation marks and angle brackets."),
        "colour": _("Write a colour as #0e6b70."),
        "locales": _("Choose at least one language."),
        "locale": _("The first language is one of those that the brand speaks."),
    }.get(error.field, _("Choose one of the time zones."))


@blueprint.get("/brands")
@allow("admin.settings")
def brands() -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        rows, inboxes = settings.brands(tx), settings.inboxes(tx)
    used = {row.id: [inbox.name for inbox in inboxes if inbox.brand_id == row.id] for row in rows}
    return render_template("admin/brands.html", rows=rows, used=used, colour=surveys.hex_colour)


def _form(
    row: settings.Brand | None, typed: dict[str, Any], error: BadBrand | None = None, *, refused: str = ""
) -> str:
    with the_desk().store.reading() as tx:
        logo = settings.logo(tx, row)
    # A brand may speak a language that the desk itself does not: articles can be written in any.
    offered = [*i18n.languages(), *(code for code in typed["locales"] if code not in i18n.languages())]
    return render_template(
        "admin/brand.html",
        brand=row,
        logo=logo,
        refused=refused,
        t=typed,
        languages=offered,
        zones=sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"),
        wrong={error.field: why_not(error)} if error is not None else {},
        contrast=surveys.contrast("#ffffff", surveys.hex_colour(typed["colour"])),
    )


@blueprint.get("/brands/new")
@allow("admin.settings")
def new_brand() -> ResponseReturnValue:
    return _form(None, _NEW | {"zone": signed_in_viewer().zone, "locales": ["en"]})


@blueprint.get("/brands/<int:brand_id>")
@allow("admin.settings")
def brand(brand_id: int) -> ResponseReturnValue:
    row = _get(brand_id)
    return _form(row, {name: getattr(row, name) for name in FIELDS} | {"locales": [str(code) for code in row.locales]})


def _get(brand_id: int) -> settings.Brand:
    with the_desk().store.reading() as tx:
        try:
            return settings.brand(tx, brand_id)
        except LookupError:
            abort(404)


@blueprint.post("/brands/new")
@allow("admin.settings")
def new_brand_post() -> ResponseReturnValue:
    return _save(None)


@blueprint.post("/brands/<int:brand_id>")
@allow("admin.settings")
def brand_post(brand_id: int) -> ResponseReturnValue:
    return _save(_get(brand_id))


@blueprint.post("/brands/<int:brand_id>/logo")
@allow("admin.settings")
@limiter.limit("30 per hour", key_func=lambda: f"logo:{signed_in_viewer().id}")
def brand_logo(brand_id: int) -> ResponseReturnValue:
    """Takes the picture `logo`, or removes the one that is there (`remove=1`)."""
    row, desk = _get(brand_id), the_desk()
    typed = {name: getattr(row, name) for name in FIELDS} | {"locales": [str(code) for code in row.locales]}
    if request.form.get("remove") == "1":
        with desk.store.transaction() as tx:
            settings.drop_logo(tx, row.id)
        flash(_("Removed. The first letter of the name stands in its place; mails that were sent keep the logo."))
        return redirect(url_for("admin.brand", brand_id=row.id), 303)
    sent = request.files.get("logo")
    content = sent.stream.read(BIGGEST + 1) if sent is not None else b""
    if sent is not None:
        sent.close()
    try:
        settings.read_logo(content)
    except BadLogo as error:
        return _form(row, typed, refused=why_no_logo(error)), 422
    sha256 = desk.files.put(content)  # before the transaction: its store may be slow
    with desk.store.transaction() as tx:
        settings.put_logo(tx, desk.files, row.id, sha256, content)
    flash(_("Saved. Widget, mails, surveys and help centre show it from now on."))
    return redirect(url_for("admin.brand", brand_id=row.id), 303)


def why_no_logo(error: BadLogo) -> str:
    return {
        "empty": _("Choose a picture first."),
        "big": _("This picture is larger than 512 KB. Make it smaller: it is shown 40 pixels high."),
        "svg": _("SVG is not taken, because it can hold scripts. Save it as PNG or WebP, about 80 pixels high."),
        "sides": _("A logo has 2,000 pixels at most either way."),
    }.get(error.reason, _("This is no PNG, JPEG or WebP picture."))


def _save(row: settings.Brand | None) -> ResponseReturnValue:
    known = {*i18n.languages(), *(str(code) for code in (row.locales if row is not None else ()))}
    typed: dict[str, Any] = {name: request.form.get(name, "") for name in FIELDS}
    typed["locales"] = [code for code in request.form.getlist("locales") if code in known]
    try:
        with the_desk().store.transaction() as tx:
            settings.save_brand(tx, row.id if row is not None else None, **typed)
    except BadBrand as error:
        return _form(row, typed, error), 422
    flash(_("Saved. Widget, mails, surveys and help centre look so from now on."))
    return redirect(url_for("admin.brands"), 303)
