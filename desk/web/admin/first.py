"""/admin/first: the first run of a desk: company, a first inbox, colleagues, a test message. Each step can be left and
found again, in any order; what it keeps is what the pages of the settings keep."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, i18n, settings
from desk.channels.abilities import Checked
from desk.channels.base import known
from desk.settings import DONE, SKIPPED, STEPS, BadBrand, BadSetting
from desk.store import Tx
from desk.web.admin.brands import why_not
from desk.web.admin.face import blueprint
from desk.web.admin.trying import shown_test
from desk.web.base import allow, notices, refusals, signed_in_viewer, the_desk

MOST = 40  # people of one form
_SERVER = re.compile(r"[^\s/:@]{1,253}")


def _page(step: str, **more: Any) -> str:
    with the_desk().store.reading() as tx:
        run = settings.first_run(tx)
        brands, inboxes = settings.brands(tx), settings.inboxes(tx)
        tried = _tried(tx, inboxes) if step == "test" else {}
        values: dict[str, Any] = {
            "run": run,
            "step": step,
            "run_steps": STEPS,
            "titles": dict(
                zip(STEPS, (_("Your company"), _("A first inbox"), _("Your colleagues"), _("A test")), strict=True)
            ),
            "brand": brands[0] if brands else None,
            "desk_name": settings.get(tx, "desk.name"),
            "inboxes": inboxes,
            "mailbox": next((one for one in inboxes if one.channel == "email"), None),
            "channels": sorted(known()),
            "waiting": len(agents.waiting(tx)),
            "roles": agents.ROLES,
            "languages": i18n.languages(),
            "zones": sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"),
            "typed": {},
            "wrong": {},
        }
        return render_template("admin/first.html", **values | tried | more)


def _tried(tx: Tx, inboxes: list[settings.Inbox]) -> dict[str, Any]:
    """What the card of the test shows of the inbox that was chosen; at first the one that was set up first."""
    offered = [one for one in inboxes if one.active and isinstance(known().get(one.channel), Checked)]
    chosen = request.args.get("inbox", "")
    inbox = next((one for one in offered if str(one.id) == chosen), offered[0] if offered else None)
    return {"offered": offered, "inbox": inbox, **shown_test(tx, inbox)}


@blueprint.get("/first")
@allow("admin.settings")
def first() -> ResponseReturnValue:
    """The step to go on with, or the one that is asked for; the settings once all are behind it."""
    with the_desk().store.reading() as tx:
        run = settings.first_run(tx)
    if not run.is_open:
        return redirect(url_for("admin.home"), 303)
    asked = request.args.get("step", "")
    return _page(asked if asked in STEPS else run.current)


@blueprint.post("/first/company")
@allow("admin.settings")
def first_company() -> ResponseReturnValue:
    """Keeps name, colour, language and zone: of the desk, and of the brand that customers see."""
    typed = {name: request.form.get(name, "") for name in ("name", "colour", "locale", "zone")}
    me = signed_in_viewer().id
    try:
        with the_desk().store.transaction() as tx:
            brand = next(iter(settings.brands(tx)), None)
            spoken = [str(code) for code in brand.locales] if brand is not None else []
            settings.save_brand(
                tx,
                brand.id if brand is not None else None,
                sender_name=brand.sender_name if brand is not None else "",
                locales=[*dict.fromkeys([typed["locale"], *spoken])] if typed["locale"] in i18n.languages() else [],
                **typed,
            )
            settings.set(tx, "desk.name", typed["name"], me)
            settings.set(tx, "desk.zone", typed["zone"], me)
            settings.take_step(tx, "company", DONE, me)
    except BadBrand as error:
        return _page("company", typed=typed, wrong={error.field: why_not(error)}), 422
    except BadSetting as error:
        return _page("company", typed=typed, wrong={"name": str(error)}), 422
    return _onward()


@blueprint.post("/first/inbox")
@allow("admin.settings")
def first_inbox() -> ResponseReturnValue:
    """Keeps where the first mailbox is; what else it can be set to has a page. Empty fields leave what is there."""
    typed = {name: request.form.get(name, "").strip() for name in ("address", "smtp_host", "imap_host", "user")}
    wrong: dict[str, str] = {}
    try:
        address = known()["email"].address(typed["address"])
    except ValueError as error:
        wrong["address"] = _(str(error))
    for name in ("smtp_host", "imap_host"):
        if typed[name] and not _SERVER.fullmatch(typed[name]):
            wrong[name] = _("Write the name of the server alone, such as mail.example.org.")
    password = request.form.get("password", "")
    if len(typed["user"]) > 320 or len(password) > 1000:
        wrong["user"] = _("That is too long.")
    if wrong:
        return _page("inbox", typed=typed, wrong=wrong), 422
    with the_desk().store.transaction() as tx:
        row = next((one for one in settings.inboxes(tx) if one.channel == "email"), None)
        if any(one.address == address and one is not row for one in settings.inboxes(tx)):
            return _page("inbox", typed=typed, wrong={"address": _("Another inbox has this address.")}), 422
        config: dict[str, Any] = dict(row.config) if row is not None else {"transport": "outbox"}
        for kind in ("smtp", "imap"):
            if typed[f"{kind}_host"]:
                config[f"{kind}_host"] = typed[f"{kind}_host"]
                config[f"{kind}_user"] = typed["user"] or address
                if password:
                    config[f"{kind}_password"] = password
        if typed["smtp_host"]:
            config["transport"] = "smtp"
        secret = frozenset(field.name for field in known()["email"].config_fields if field.secret)
        if row is None:
            brand = settings.brands(tx)[0]
            settings.create_inbox(
                tx,
                channel="email",
                name=brand.name,
                address=address,
                brand_id=brand.id,
                config=config,
                secret_fields=secret,
                locale=brand.locale,
                zone=brand.zone,
            )
        else:
            settings.change_inbox(
                tx,
                row.id,
                name=row.name,
                address=address,
                brand_id=row.brand_id,
                team_id=row.team_id,
                calendar_id=row.calendar_id,
                locale=row.locale,
                active=row.active,
                config=config,
                secret_fields=secret,
            )
        settings.take_step(tx, "inbox", DONE, signed_in_viewer().id)
    return _onward()


@blueprint.post("/first/invite")
@allow("admin.people")
def first_invite() -> ResponseReturnValue:
    """Invites everybody who is named; who cannot be is named again with the reason, and the others have their link."""
    found = [*dict.fromkeys(re.split(r"[\s,;]+", request.form.get("addresses", "").strip()))]
    addresses, role = [one for one in found if one], request.form.get("role", "")
    me = signed_in_viewer()
    if not addresses or len(addresses) > MOST or role not in agents.ROLES:
        why = _("Name at least one address, and %(n)s at most.", n=MOST)
        return _page("invite", typed=request.form.to_dict(), wrong={"addresses": why}), 422
    refused: dict[str, str] = {}
    for email in addresses:
        try:
            with the_desk().store.transaction() as tx:
                staff = agents.create(
                    tx,
                    email=email,
                    name=email.partition("@")[0].replace(".", " ").title()[:120],
                    role=role,
                    zone=settings.get(tx, "desk.zone"),
                    locale=me.locale,
                )
                notices.send_invitation(tx, agents.invite(tx, staff.id), me.name)
        except agents.StaffRefused as error:
            refused[email] = refusals.staff_refused(error)
    if refused:
        why = " ".join(f"{email[:80]}: {sentence}" for email, sentence in refused.items())
        return _page("invite", typed={"addresses": "\n".join(refused), "role": role}, wrong={"addresses": why}), 422
    with the_desk().store.transaction() as tx:
        settings.take_step(tx, "invite", DONE, me.id)
    flash(_("Their links are on the way."))
    return _onward()


@blueprint.post("/first/test")
@allow("admin.settings")
def first_test() -> ResponseReturnValue:
    """The test is over: whoever made it has seen how it went."""
    with the_desk().store.transaction() as tx:
        settings.take_step(tx, "test", DONE, signed_in_viewer().id)
    return _onward()


@blueprint.post("/first/skip")
@allow("admin.settings")
def first_skip() -> ResponseReturnValue:
    """Leaves one step for later, or for ever."""
    try:
        with the_desk().store.transaction() as tx:
            settings.take_step(tx, request.form.get("step", ""), SKIPPED, signed_in_viewer().id)
    except KeyError:
        abort(400)
    return _onward()


@blueprint.post("/first/close")
@allow("admin.settings")
def first_close() -> ResponseReturnValue:
    """Shows it never again."""
    with the_desk().store.transaction() as tx:
        settings.close_first_run(tx, signed_in_viewer().id)
    return redirect(url_for("admin.home"), 303)


def _onward() -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        run = settings.first_run(tx)
    if run.is_open:
        return redirect(url_for("admin.first"), 303)
    flash(_("The desk is ready. Everything can be changed here."))
    return redirect(url_for("admin.home"), 303)
