"""Beginning a conversation: who it is for, by which of their addresses and from which inbox, and the first message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import automation, people, search, starting
from desk.agents import Viewer
from desk.channels.base import known
from desk.conversations import NotVisible
from desk.outbound import Refused, uploads
from desk.outbound.ways import CAME_BACK, NO_ADDRESS, STOPPED
from desk.settings import Inbox
from desk.starting import File, Offer, Wish
from desk.store import Tx
from desk.timeline import EntryView, waits
from desk.web.base import allow, limiter, signed_in_viewer, the_desk
from desk.web.console.delivering import undo_toast
from desk.web.console.reading import look_of
from desk.web.console.routes import blueprint, reading, wants_fragment

FOUND = 6


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody whom a search names."""

    id: int
    name: str
    more: str
    channel: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One way to write to them, as the form offers it."""

    key: str
    channel: str
    address: str
    inbox: str
    evidence: str
    evidence_word: str
    why_not: str
    bounced: str
    subject: bool


@blueprint.get("/new")
@allow("conversation.reply")
def new_conversation() -> ResponseReturnValue:
    """The form: whom to write to (`q` searches), and with `customer` or `address` what and by which way."""
    viewer = signed_in_viewer()
    customer_id, address = _number(request.args.get("customer", "")), request.args.get("address", "").strip()[:320]
    with reading() as tx:
        values = _values(tx, viewer, customer_id, address)
    return _page(values)


@blueprint.get("/new/find")
@allow("conversation.reply")
def find_whom() -> str:
    """Whom a search finds, among the customers that this colleague may see; and the way to an address nobody has."""
    with reading() as tx:
        values = _found(tx, signed_in_viewer(), request.args.get("q", "").strip()[:320])
    return render_template("console/new_found.html", **values)


@blueprint.post("/new")
@limiter.limit("30 per minute")
@allow("conversation.reply")
def begin_conversation() -> ResponseReturnValue:
    """Begins it. The same `request_id` begins one, however often it is posted."""
    viewer, desk, form = signed_in_viewer(), the_desk(), request.form
    customer_id, address = _number(form.get("customer", "")), form.get("address", "").strip()[:320]
    request_id = form.get("request_id", "")[:64] or None
    left = automation.unfilled(form.get("text", ""))
    try:
        if left:
            raise Refused(_("Fill in {%(name)s} before you send.", name=left[0]))
        inbox_id, _colon, identity_id = form.get("way", "").partition(":")
        wish = Wish(
            inbox_id=_number(inbox_id) or 0,
            identity_id=_number(identity_id) or None,
            address=address,
            name=form.get("name", "")[:200],
            subject=form.get("subject", "")[:500],
            text=form.get("text", ""),
            then=form.get("then", ""),
            anyway=form.get("anyway") == "1",
            files=_files(),
        )
        if not wish.inbox_id:
            raise Refused(_("Choose by which way to write to them."))

        def write(tx: Tx) -> EntryView:
            return starting.begin(tx, desk.files, viewer, wish, request_id=request_id)

        entry = desk.store.attempt(write)
    except NotVisible:
        abort(404)
    except Refused as error:
        sentence = _sentence(str(error))
        if wants_fragment():
            return Response(sentence, status=422, mimetype="text/plain")
        with reading() as tx:
            values = _values(tx, viewer, customer_id, address)
        return _page(values | {"typed": form, "error": sentence}), 422
    url = url_for("console.conversation", conversation_id=entry.conversation_id, view="mine")
    if not wants_fragment():
        return redirect(f"{url}#e{entry.id}", 303)
    response = Response(status=201, headers={"X-Open": url})
    if waits(entry):
        response.headers["X-Toast"] = undo_toast(entry.id)
    return response


def _files() -> list[File]:
    """What the form brings along, stored before anything is written. Raises Refused."""
    brought = [sent for sent in request.files.getlist("attach") if sent.filename]
    if not brought:
        return []
    with reading() as tx:
        limit = uploads.largest(tx)
    looked = []
    for sent in brought[: uploads.MOST + 1]:
        content, name = sent.stream.read(limit + 1), uploads.clean_name(sent.filename or "")
        looked.append((name, uploads.looked_at(name, content, sent.mimetype or "", limit), content))
    return [File(name, kind, the_desk().files.put(content), len(content)) for name, kind, content in looked]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _page(values: dict[str, Any]) -> str:
    script = wants_fragment()
    name = "console/new_form.html" if script else "console/new.html"
    return render_template(
        name, script=script, **{"typed": {}, "error": "", **values}, **look_of(signed_in_viewer()).speech
    )


def _values(tx: Tx, viewer: Viewer, customer_id: int | None, address: str) -> dict[str, Any]:
    """What templates/console/new_form.html reads: nobody chosen yet, a customer with their ways, or a typed address."""
    values: dict[str, Any] = {"person": None, "address": "", "ways": [], "name": ""}
    wrong = ""
    if customer_id is None and address:
        customer_id, wrong = _whose(tx, viewer, address)
    if customer_id is not None:
        current = people.current_id(tx, customer_id)
        offers = starting.offers(tx, viewer, current)
        person = people.customer(tx, current)
        first = next((offer.address for offer in offers if offer.address), "")
        values |= {"person": person, "name": person.name or first, "ways": [_shown(offer) for offer in offers]}
    elif address and not wrong:
        fitting = [row for row in starting.inboxes(tx, viewer) if _fits(row, address)]
        claim = [Offer(row, None, address, "claimed") for row in fitting]
        values |= {"address": address, "name": address, "ways": [_shown(offer) for offer in claim]}
    query = request.args.get("q", "").strip()[:320]
    found = _found(tx, viewer, query) if query and values["person"] is None and not values["address"] else {}
    return values | {"q": query or address, "found": [], "asked": False, "fresh": "", "error": wrong, **found}


def _whose(tx: Tx, viewer: Viewer, address: str) -> tuple[int | None, str]:
    """The customer of a typed address, as far as this colleague may know them; else why it is no address."""
    wrong = ""
    for inbox in starting.inboxes(tx, viewer):
        if not _fits(inbox, address):
            continue
        try:
            found = starting.typed(tx, viewer, known()[inbox.channel], address)
        except Refused as error:
            wrong = _sentence(str(error))
            continue
        return (found.customer_id if found is not None else None), ""
    return None, wrong or _("No inbox that you may write from reaches this address.")


def _fits(inbox: Inbox, address: str) -> bool:
    """Whether a typed address is one of the inbox's kind, by its look."""
    kinds = known()[inbox.channel].kinds
    return "email" in kinds if "@" in address else "phone" in kinds


def _found(tx: Tx, viewer: Viewer, text: str) -> dict[str, Any]:
    found: dict[int, Found] = {}
    for person, identity in people.search(tx, text, FOUND) if len(text) >= 2 else []:
        if starting.sees(tx, viewer, person.id):
            value = identity.value if identity is not None else _first_address(tx, person.id)
            found[person.id] = Found(person.id, person.name or value, value, _channel(value))
    for hit in search.people(tx, search.prepare(tx, viewer, text), limit=FOUND).hits if text else []:
        more = Found(hit.id, hit.name.text or hit.address.text, hit.address.text, hit.channel)
        found.setdefault(hit.id, more)
    looks = "@" in text.strip("@") or sum(c.isdigit() for c in text) >= 6
    return {"found": list(found.values())[:FOUND], "asked": bool(text), "fresh": text if looks else ""}


def _first_address(tx: Tx, customer_id: int) -> str:
    return next((one.value for one in people.identities(tx, customer_id) if one.kind in ("email", "phone")), "")


def _channel(value: str) -> str:
    return "email" if "@" in value else "sms"


def _shown(offer: Offer) -> Shown:
    words = {"verified": _("Verified"), "claimed": _("Claimed"), "inferred": _("Seen")}
    channel = known()[offer.inbox.channel]
    address = look_of(signed_in_viewer()).words.get(channel.name, channel.name) if channel.direct else offer.address
    return Shown(
        key=offer.key,
        channel=channel.name,
        address=address,
        inbox=offer.inbox.name or offer.inbox.address,
        evidence=offer.evidence,
        evidence_word=words.get(offer.evidence, ""),
        why_not=_sentence(offer.why_not),
        bounced=offer.bounced,
        subject="email" in channel.kinds,
    )


def _sentence(why: str) -> str:
    return {
        NO_ADDRESS: _("No address of this customer is known there."),
        STOPPED: _("STOP came from this number: it takes no texts until START comes."),
        CAME_BACK: _("The last mail to this address came back. Choose “Send anyway” to try it once more."),
        starting.NO_SUBJECT: _("A mail needs a subject."),
        starting.NOBODY: _("Say to whom it goes."),
        starting.NOT_THIS_WAY: _("This customer cannot be written to from there."),
        starting.OURS: _("That is an address of this desk: it would answer itself."),
        starting.NO_CHAT: _("They have no chat open with this inbox: whoever comes to the site begins one."),
        starting.ERASED: _("Everything of this customer was erased, so nobody can be written to."),
        starting.NO_TYPED_CHAT: _("A chat has no address that could be typed."),
    }.get(why, why)
