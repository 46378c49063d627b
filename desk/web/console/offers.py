"""What the composer offers beside canned replies: colleagues after "@", articles after "[["."""

from __future__ import annotations

from flask import Response, request

from desk import conversations, i18n, knowledge, outbound, people, settings
from desk.web.base import allow, signed_in_viewer
from desk.web.base.words import language_name
from desk.web.console.routes import as_json, blueprint, reading

MOST = 8


@blueprint.get("/c/<int:conversation_id>/offer/staff")
@allow("conversation.note")
def offer_staff(conversation_id: int) -> Response:
    """Colleagues who may see this conversation and whose name, or a part of it, begins with `q`."""
    viewer, asked = signed_in_viewer(), request.args.get("q", "")[:120].casefold().strip()
    with reading() as tx:
        names = outbound.nameable(tx, conversations.get(tx, conversation_id, viewer))
    found = sorted(
        (not name.casefold().startswith(asked), name.casefold(), staff_id, name)
        for staff_id, name in names.items()
        if staff_id != viewer.id and (name.casefold().startswith(asked) or f" {asked}" in name.casefold())
    )
    rows = [
        {"id": staff_id, "icon": "user", "text": name, "insert": f"@{name} "}
        for _rank, _key, staff_id, name in found[:MOST]
    ]
    return as_json(results=rows)


@blueprint.get("/c/<int:conversation_id>/offer/article")
@allow("knowledge.read")
def offer_article(conversation_id: int) -> Response:
    """Public articles that fit `q`, in the customer's language where they are there: title and link."""
    viewer = signed_in_viewer()
    with reading() as tx:
        conversation = conversations.get(tx, conversation_id, viewer)
        brand = settings.brand(tx, settings.inbox(tx, conversation.inbox_id).brand_id)
        theirs = people.customer(tx, conversation.customer_id).locale or brand.locale
        locales = [i18n.best(theirs), i18n.best(brand.locale), i18n.best(viewer.locale)]
        found = knowledge.offer(tx, request.args.get("q", "")[:120], locales, brand.id, MOST)
    rows = [
        {
            "id": one.id,
            "icon": "book",
            "text": one.title,
            "more": one.snippet,
            "key": "" if one.locale == locales[0] else language_name(one.locale),
            "insert": f"{one.title}\n{one.url}",
        }
        for one in found
    ]
    return as_json(results=rows)
