"""/admin/inboxes: where customers write to; made, changed, tried out.

Which fields an inbox has is said by its channel (`config_fields`), so that a new channel needs no page of its own.
"""

from __future__ import annotations

import secrets
from itertools import groupby
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from desk import agents, calendars, i18n, settings
from desk.channels.abilities import Checked, Configured, Hooked
from desk.channels.base import Channel, ConfigField, known
from desk.settings import change_inbox
from desk.store import Tx
from desk.web.admin import consent
from desk.web.admin.face import blueprint
from desk.web.admin.signing import signing_values
from desk.web.admin.trying import shown_test
from desk.web.base import allow, the_desk


def _channel(name: str) -> Channel:
    found = known().get(name)
    if found is None:
        abort(404)
    return found


@blueprint.get("/inboxes")
@allow("admin.inboxes")
def inboxes() -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        rows = settings.inboxes(tx)
        brands = {brand.id: brand for brand in settings.brands(tx)}
        teams = {team.id: team.name for team in agents.teams(tx)}
    return render_template("admin/inboxes.html", rows=rows, brands=brands, teams=teams, channels=sorted(known()))


def _form(
    channel: Channel,
    inbox: settings.Inbox | None,
    typed: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
) -> str:
    with the_desk().store.reading() as tx:
        brands, teams, kept = settings.brands(tx), agents.teams(tx), calendars.every(tx)
        signed = signing_values(tx, inbox)
        tried = shown_test(tx, inbox, asked=request.args.get("looking") == "1")
    groups = [(g, list(fields)) for g, fields in groupby(channel.config_fields, key=lambda field: field.group)]
    config = {f.name: f.default for f in channel.config_fields} | (inbox.config if inbox is not None else {})
    choice = "oauth_provider" if "oauth_provider" in config else "provider"
    return render_template(
        "admin/inbox.html",
        channel=channel.name,
        inbox=inbox,
        brands=brands,
        teams=teams,
        calendars=kept,
        groups=groups,
        typed=typed or {},
        provider=(typed or {}).get(f"config.{choice}", config.get(choice)),
        config=config,
        errors=errors or {},
        languages=i18n.languages(),
        kind=channel.kinds[0],
        hook=_hook(channel, inbox) if inbox is not None else "",
        public=the_desk().store.public_url,
        **tried,
        **(consent.shown(inbox) if channel.name == "email" else {}),
        **signed,
    )


def _hook(channel: Channel, inbox: settings.Inbox) -> str:
    """The address that the provider is to call; nothing where nobody calls this channel."""
    if not isinstance(channel, Hooked):
        return ""
    return f"{the_desk().store.public_url}/hooks/{channel.name}/{inbox.key}"


@blueprint.get("/inboxes/new/<channel>")
@allow("admin.inboxes")
def new_inbox(channel: str) -> ResponseReturnValue:
    return _form(_channel(channel), None)


@blueprint.get("/inboxes/<int:inbox_id>")
@allow("admin.inboxes")
def inbox(inbox_id: int) -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        found = _inbox(tx, inbox_id)
    return _form(_channel(found.channel), found)


def _inbox(tx: Tx, inbox_id: int) -> settings.Inbox:
    try:
        return settings.inbox(tx, inbox_id)
    except LookupError:
        abort(404)


@blueprint.post("/inboxes/new/<channel>")
@allow("admin.inboxes")
def new_inbox_post(channel: str) -> ResponseReturnValue:
    return _save(_channel(channel), None)


@blueprint.post("/inboxes/<int:inbox_id>")
@allow("admin.inboxes")
def inbox_post(inbox_id: int) -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        found = _inbox(tx, inbox_id)
    return _save(_channel(found.channel), found)


def _save(channel: Channel, inbox: settings.Inbox | None) -> ResponseReturnValue:
    typed: dict[str, Any] = request.form.to_dict()
    kept = dict(inbox.config) if inbox is not None else {}
    errors: dict[str, str] = {}
    config: dict[str, Any] = {}
    for field in channel.config_fields:
        try:
            config[field.name] = _cleaned(field, kept)
        except ValueError as error:
            errors[field.name] = f"{error}."
    for field in channel.config_fields:
        replaced = kept.get(field.name)
        if field.before and replaced and request.form.get(f"config.{field.name}"):
            config[field.before] = replaced
    if not errors and isinstance(channel, Configured):
        errors |= channel.problems(config)
    common = _common(channel, errors)
    if not errors:
        secret = frozenset(field.name for field in channel.config_fields if field.secret)
        try:
            with the_desk().store.transaction() as tx:
                if inbox is None:
                    made = settings.create_inbox(
                        tx, channel=channel.name, config=config, secret_fields=secret, **common
                    )
                else:
                    made = change_inbox(tx, inbox.id, config=config, secret_fields=secret, **common)
                inbox_id = made.id
        except IntegrityError:
            errors["address"] = _("Another inbox has this address.")
        else:
            flash(_("Saved. Try it out below.") if isinstance(channel, Checked) else _("Saved."))
            return redirect(url_for("admin.inbox", inbox_id=inbox_id), 303)
    return _form(channel, inbox, typed, errors), 422


def _cleaned(field: ConfigField, kept: dict[str, Any]) -> Any:
    """What was typed, in its type; for a secret that was left empty, the sealed one that there is."""
    name = f"config.{field.name}"
    if field.kind == "flag":
        return field.clean(name in request.form)
    typed = request.form.get(name, "")
    if field.secret and not typed and kept.get(field.name) and f"clear.{field.name}" not in request.form:
        return kept[field.name]
    if field.made and not typed:
        return secrets.token_hex(16)
    return field.clean(typed)


def _common(channel: Channel, errors: dict[str, str]) -> dict[str, Any]:
    """What every inbox has, whatever its channel."""
    with the_desk().store.reading() as tx:
        brands = {str(brand.id): brand.id for brand in settings.brands(tx)}
        teams = {str(team.id): team.id for team in agents.teams(tx)}
        hours = {str(kept.id): kept.id for kept in calendars.every(tx)}
    name = " ".join(request.form.get("name", "").split())
    address = request.form.get("address", "").strip()
    brand, team, locale, calendar = (request.form.get(x, "") for x in ("brand", "team", "locale", "calendar"))
    if not name or len(name) > 120:
        errors["name"] = _("Type a name of up to 120 characters.")
    try:
        address = channel.address(address)
    except ValueError as error:
        errors["address"] = _(str(error))
    if brand not in brands:
        errors["brand"] = _("Choose one of the brands.")
    if team and team not in teams:
        errors["team"] = _("Choose one of the teams.")
    if calendar and calendar not in hours:
        errors["calendar"] = _("Choose one of the calendars.")
    return {
        "name": name,
        "address": address,
        "brand_id": brands.get(brand, 0),
        "team_id": teams.get(team),
        "calendar_id": hours.get(calendar),
        "locale": locale if locale in i18n.languages() else "en",
        "active": "active" in request.form,
    }
