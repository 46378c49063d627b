"""The mail of what is unread: one letter at the time that its reader chose, never of what was read meanwhile."""

from __future__ import annotations

from pathlib import Path

from babel.core import Locale

from desk import agents, outbound, settings
from desk.i18n import best, templates, texts
from desk.notices.choices import choices
from desk.notices.reading import to_mail, told
from desk.notices.saying import sentence
from desk.notices.telling import ask_mail
from desk.store import Tx
from desk.surveys import palette

FOLDER = Path(__file__).parent / "templates"
MOST = 50  # lines of one letter; the list has the rest


def mail(tx: Tx, staff_id: int, mode: str) -> bool:
    """Sends the letter of one digest, where something is unread. In quiet hours it waits until they are over."""
    viewer = agents.viewer(tx, staff_id)
    if viewer is None:
        return False
    quiet, now = choices(tx, [staff_id])[staff_id].quiet, tx.now()
    over = quiet.over(now, viewer.zone)
    if over > now:
        ask_mail(tx, staff_id, mode, over)
        return False
    rows = to_mail(tx, viewer, mode, MOST + 1)
    if not rows:
        return False
    language = best(viewer.locale)
    words, desk_name = texts(language), settings.get(tx, "desk.name")
    lines = [
        {"text": sentence(one, words), "about": one.subject, "url": f"{tx.public_url}/notices/{one.id}"}
        for one in told(tx, viewer, rows[:MOST])
    ]
    title = words.ngettext("%(n)s thing waits for you", "%(n)s things wait for you", len(lines)) % {"n": len(lines)}
    if len(lines) == 1:
        title = str(lines[0]["text"])
    colours = palette("")
    context = {
        "locale": language,
        "direction": Locale.parse(language).text_direction,
        "brand": desk_name,
        "title": title,
        "lines": lines,
        "more": len(rows) > MOST,
        "list_url": f"{tx.public_url}/notices/",
        "choices_url": f"{tx.public_url}/profile/notices",
        "light": colours.light,
        "dark": colours.dark,
    }
    env = templates(FOLDER, language)
    outbound.send_notice(
        tx,
        to=viewer.email,
        subject=" ".join(title.split()),
        text=env.get_template("digest.txt").render(context).strip() + "\n",
        html=env.get_template("digest.html").render(context),
    )
    for row in rows:
        row.mailed_at = now
    tx.flush()
    return True
