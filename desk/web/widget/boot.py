"""/widget/<key>/boot: all that the launcher and the home screen need before there is a socket."""

from __future__ import annotations

from flask import Response, jsonify

from desk import conversations, flows, i18n, knowledge, settings
from desk.channels.chat import FILE_TYPES, LONGEST, MOST_FILES
from desk.store import Tx
from desk.visitors import views
from desk.web.base import allow, limiter, the_desk
from desk.web.widget.routes import asked_locale, blueprint, chat_inbox

SUGGESTED = 3
BUTTONS = 6
EXTENSIONS = {
    "image/png": ".png", "image/jpeg": ".jpg .jpeg", "image/gif": ".gif", "image/webp": ".webp", "image/heic": ".heic",
    "application/pdf": ".pdf", "text/plain": ".txt .log .md", "text/csv": ".csv", "video/mp4": ".mp4",
    "video/quicktime": ".mov", "application/zip": ".zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
}  # fmt: skip


def types_of(inbox: settings.Inbox) -> list[str]:
    """The types of files that an inbox takes."""
    return str(inbox.config.get("file_types") or FILE_TYPES).split()


def file_bytes(inbox: settings.Inbox) -> int:
    return int(inbox.config.get("file_megabytes") or 10) * 1024 * 1024


@blueprint.get("/widget/<key>/boot")
@limiter.limit("120 per minute")
@allow("public")
def boot(key: str) -> Response:
    """Public and the same for everybody, so that caches may keep it for a minute."""
    with the_desk().store.reading() as tx:
        inbox = chat_inbox(tx, key)
        answer = jsonify(_told(tx, inbox) if inbox.active else {"on": False})
    answer.headers["Cache-Control"] = "public, max-age=60"
    answer.headers["Vary"] = "Accept-Language"
    return answer


def _logo(tx: Tx, brand: settings.Brand) -> dict[str, object]:
    """Where the logo is, with its sides, so that nothing moves when it comes."""
    found = settings.logo(tx, brand)
    return {} if found is None else {"logo": [f"{tx.public_url}{found.path}", *found.shown]}


def _told(tx: Tx, inbox: settings.Inbox) -> dict[str, object]:
    brand = settings.brand(tx, inbox.brand_id)
    spoken = [str(x) for x in brand.locales] or [brand.locale]
    wanted = asked_locale()
    locale = wanted if wanted in spoken else i18n.best(inbox.locale, brand.locale)
    hours = views.opening_of(tx, inbox)
    types = types_of(inbox)
    public = tx.public_url
    return {
        "on": True,
        "brand": {"name": brand.name, "colour": brand.colour, **_logo(tx, brand)},
        "locale": locale,
        "locales": spoken,
        "welcome": str(inbox.config.get("welcome") or ""),
        "bot": bool(inbox.config.get("bot", True)),
        "hours": {"open": hours.open, "until": views.moment(hours.until), "opens": views.moment(hours.opens)},
        "reply_minutes": conversations.answer_minutes(tx, inbox.id),
        "suggestions": [
            {
                "id": str(article.id),
                "text": article.examples[0] if article.examples else article.title,
                "url": knowledge.url(tx, article.slug),
            }
            for article in knowledge.published(tx, locale, brand_id=inbox.brand_id, limit=SUGGESTED)
        ],
        "flows": flows.buttons(tx, locale)[:BUTTONS] if inbox.config.get("bot", True) else [],
        "help": f"{public}/help/",
        "limits": {
            "characters": LONGEST,
            "file_bytes": file_bytes(inbox),
            "files": MOST_FILES,
            "types": types,
            "extensions": " ".join(EXTENSIONS.get(t, "") for t in types).split(),
        },
        "socket": {"url": public, "path": "/widget/socket.io"},
        "files": f"{public}/widget/{inbox.key}/files",
    }
