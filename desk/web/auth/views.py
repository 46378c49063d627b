"""The pages /, /login, /logout, /reset and /profile."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, i18n, settings
from desk.web.base import (
    allow,
    begin_session,
    current_viewer,
    end_session,
    limiter,
    notices,
    refusals,
    safe_next,
    signed_in_viewer,
    the_desk,
)

blueprint = Blueprint("auth", __name__)


def _typed_address() -> str:
    return f"login:{request.form.get('email', '').strip().casefold()[:320]}"


@blueprint.get("/")
@allow("public")
def start() -> ResponseReturnValue:
    """To the console, or to the login; an admin of a desk that nobody has set up yet to its first steps."""
    viewer = current_viewer()
    if viewer is None:
        return redirect(url_for("auth.login"), 303)
    if agents.may(viewer, "admin.settings"):
        with the_desk().store.reading() as tx:
            if settings.first_run(tx).untouched:
                return redirect("/admin/first", 303)
    return redirect("/console/", 303)


@blueprint.get("/login")
@allow("public")
def login() -> ResponseReturnValue:
    """The form; whoever is signed in is sent on."""
    back = safe_next(request.args.get("next"))
    if current_viewer() is not None:
        return redirect(back, 303)
    return _login_page(back)


@blueprint.post("/login")
@allow("public")
@limiter.limit("10 per minute; 60 per hour")
# Many machines that guess at one address: slow enough to be hopeless, and the owner is not locked out for long.
@limiter.limit("30 per hour", key_func=_typed_address)
def login_post() -> ResponseReturnValue:
    """Signs in, or says that address and password do not go together, never which of the two is wrong."""
    back = safe_next(request.form.get("next"))
    email, password = request.form.get("email", ""), request.form.get("password", "")
    store = the_desk().store
    with store.reading() as tx:  # the slow part holds no lock
        staff = agents.authenticate(tx, email, password)
    if staff is None:
        return _login_page(back, email=email, error=_("Address and password do not go together.")), 422
    with store.transaction() as tx:
        agents.signed_in(tx, staff.id, password)
    begin_session(staff.id, staff.session_epoch)
    return redirect(back, 303)


def _login_page(back: str, email: str = "", error: str = "") -> str:
    with the_desk().store.reading() as tx:
        desk_name = settings.get(tx, "desk.name")
    return render_template("auth/login.html", back=back, email=email, error=error, desk_name=desk_name)


@blueprint.post("/logout")
@allow("public")  # whoever's session has just ended may press it too
def logout() -> ResponseReturnValue:
    end_session()
    flash(_("You are signed out."))
    return redirect(url_for("auth.login"), 303)


@blueprint.get("/reset")
@allow("public")
def ask() -> ResponseReturnValue:
    """Where somebody who cannot sign in asks for a link."""
    return render_template("auth/ask.html", email=request.args.get("email", "")[:320])


@blueprint.post("/reset")
@allow("public")
@limiter.limit("5 per minute; 20 per hour")
@limiter.limit("5 per hour", key_func=lambda: f"reset:{request.form.get('email', '').strip().casefold()[:320]}")
def ask_post() -> ResponseReturnValue:
    """Sends a link to whoever has the address. Strangers, and people who left, get the same answer and no mail."""
    email = request.form.get("email", "").strip()
    if not email:
        return render_template("auth/ask.html", email="", error=_("Type the address that you sign in with.")), 422
    with the_desk().store.transaction() as tx:
        link = agents.start_reset(tx, email)
        if link is not None:
            notices.send_reset(tx, link)
    return render_template("auth/asked.html", email=email)


@blueprint.get("/reset/<token>")
@allow("public")
def choose(token: str) -> ResponseReturnValue:
    """The form behind the link; opening it uses nothing up, because mail scanners open links too."""
    try:
        with the_desk().store.reading() as tx:
            staff = agents.reset_for(tx, token)
    except agents.LinkVoid:
        return render_template("auth/void.html"), 410
    return render_template("auth/choose.html", email=staff.email, minimum=agents.MIN_LENGTH)


@blueprint.post("/reset/<token>")
@allow("public")
@limiter.limit("10 per minute; 60 per hour")
def choose_post(token: str) -> ResponseReturnValue:
    """Sets the password and signs in."""
    store = the_desk().store
    try:
        with store.reading() as tx:
            email = agents.reset_for(tx, token).email
        error = _repeated()
        if not error:
            with store.transaction() as tx:
                staff_id = agents.finish_reset(tx, token, request.form["password"]).id
            return _signed_in_anew(staff_id)
    except agents.LinkVoid:
        return render_template("auth/void.html"), 410
    except agents.PasswordRefused as refused:
        error = refusals.password_refused(refused)
    return render_template("auth/choose.html", email=email, minimum=agents.MIN_LENGTH, error=error), 422


def _repeated() -> str:
    if request.form.get("password", "") != request.form.get("again", ""):
        return _("The two are not the same. Type them again.")
    return ""


def _signed_in_anew(staff_id: int) -> ResponseReturnValue:
    with the_desk().store.transaction() as tx:
        agents.signed_in(tx, staff_id)
        staff = agents.get(tx, staff_id)
        epoch = staff.session_epoch if staff is not None else 0
    begin_session(staff_id, epoch)
    flash(_("Your password is set. You were signed out everywhere else."))
    return redirect("/", 303)


@blueprint.get("/profile")
@allow("agent")
def profile() -> ResponseReturnValue:
    """One's own name, language, zone and password."""
    return _profile_page()


def _profile_page(**more: object) -> str:
    return render_template(
        "auth/profile.html",
        languages=i18n.for_readers(),
        zones=sorted(z for z in available_timezones() if "/" in z or z == "UTC"),
        minimum=agents.MIN_LENGTH,
        **{"error": "", "password_error": ""} | more,
    )


@blueprint.post("/profile")
@allow("agent")
def profile_post() -> ResponseReturnValue:
    locale = request.form.get("locale", "en")
    try:
        with the_desk().store.transaction() as tx:
            agents.change(
                tx,
                signed_in_viewer().id,
                name=request.form.get("name", ""),
                zone=request.form.get("zone", ""),
                locale=locale if locale in i18n.for_readers() else "en",
                theme=request.form.get("theme", ""),
                single_keys="single_keys" in request.form,
            )
    except agents.StaffRefused as refused:
        return _profile_page(error=refusals.staff_refused(refused)), 422
    flash(_("Saved."))
    return redirect(url_for("auth.profile"), 303)


@blueprint.post("/profile/password")
@allow("agent")
@limiter.limit("10 per hour", key_func=lambda: f"password:{signed_in_viewer().id}")
def password_post() -> ResponseReturnValue:
    """Changes one's own password, for whoever knows the present one: an unlocked screen is not enough."""
    viewer = signed_in_viewer()
    store = the_desk().store
    with store.reading() as tx:
        known = agents.authenticate(tx, viewer.email, request.form.get("now", ""))
    error = _("That is not your present password.") if known is None else _repeated()
    if not error:
        try:
            with store.transaction() as tx:
                agents.set_password(tx, viewer.id, request.form.get("password", ""))
        except agents.PasswordRefused as refused:
            error = refusals.password_refused(refused)
        else:
            return _signed_in_anew(viewer.id)
    return _profile_page(password_error=error), 422
