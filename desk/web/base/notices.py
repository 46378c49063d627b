"""The mails to colleagues that carry a link to set a password: plain text and plain HTML, in the reader's language."""

from __future__ import annotations

from html import escape

from desk import agents, outbound, settings
from desk.i18n import texts
from desk.store import Tx


def send_reset(tx: Tx, link: agents.ResetLink) -> None:
    """To somebody who asked for a new password."""
    t = texts(link.locale)
    desk_name = settings.get(tx, "desk.name")
    _send(
        tx,
        link,
        subject=t.gettext("Set a new password for %(desk)s") % {"desk": desk_name},
        before=[
            t.gettext("Hello %(name)s,") % {"name": link.name},
            t.gettext("somebody asked for a new password for this address. If it was you, set one here:"),
        ],
        after=[
            t.gettext("The link works once, for an hour. Setting the password signs you out everywhere else."),
            t.gettext("If it was not you, do nothing: your password stays as it is."),
        ],
    )


def send_invitation(tx: Tx, link: agents.ResetLink, invited_by: str) -> None:
    """To a new colleague, who sets a first password."""
    t = texts(link.locale)
    desk_name = settings.get(tx, "desk.name")
    _send(
        tx,
        link,
        subject=t.gettext("Your place at %(desk)s") % {"desk": desk_name},
        before=[
            t.gettext("Hello %(name)s,") % {"name": link.name},
            t.gettext("%(person)s has made a place for you at %(desk)s. Set your password here, and you are in:")
            % {"person": invited_by, "desk": desk_name},
        ],
        after=[
            t.gettext("The link works once, for seven days. You sign in with this address: %(email)s.")
            % {"email": link.email}
        ],
    )


def _send(tx: Tx, link: agents.ResetLink, *, subject: str, before: list[str], after: list[str]) -> None:
    url = f"{tx.public_url}/reset/{link.secret}"
    text = "\n\n".join([*before, url, *after]) + "\n"
    body = [
        *(f"<p>{escape(line)}</p>" for line in before),
        f'<p><a href="{escape(url)}">{escape(url)}</a></p>',
        *(f"<p>{escape(line)}</p>" for line in after),
    ]
    html = f'<div style="font:16px/1.6 sans-serif;max-width:600px">{"".join(body)}</div>'
    outbound.send_notice(tx, to=link.email, subject=subject, text=text, html=html)
