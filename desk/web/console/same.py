"""Who may be the same person as a customer: the evidence in words, joining them, saying no, and taking a join back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from desk import agents, conversations, lifecycle, merging, people
from desk.agents import Viewer
from desk.conversations import Conversation
from desk.merging import Evidence, Merge, Suggestion
from desk.people import Identity
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.console.acting import told
from desk.web.console.look import Look
from desk.web.console.reading import look_of
from desk.web.console.routes import blueprint, reading

CHANNEL_OF = {"email": "email", "phone": "sms", "user": "chat", "visitor": "chat"}
ICONS = {"for": "check", "weak": "claimed", "against": "x"}


@dataclass(frozen=True, slots=True)
class EvidenceText:
    """One line of evidence: its weight, which picks colour and icon, the sentence, a word for it, the reason below."""

    weight: str
    icon: str
    text: str
    word: str
    small: str


@dataclass(frozen=True, slots=True)
class IdentityText:
    """One address with its evidence in a word."""

    id: int
    channel: str
    value: str
    evidence: str
    word: str
    because: str
    askable: bool = False
    stopped: str = ""  # since when it takes no texts
    bounced: str = ""  # why the last mail to it came back


@dataclass(frozen=True, slots=True)
class Card:
    """Somebody who may be the same person, beside a conversation. `open`: their details are for this colleague."""

    customer_id: int
    name: str
    about: str
    strength: str
    strength_word: str
    evidence: tuple[EvidenceText, ...]
    moves: str
    open: bool
    allowed: bool


def cards(tx: Tx, viewer: Viewer, customer_id: int) -> list[Card]:
    """The cards of one customer's panel; what a colleague may not see of the others is left out."""
    return [_card(tx, viewer, customer_id, offer) for offer in merging.suggestions(tx, customer_id)]


def _card(tx: Tx, viewer: Viewer, customer_id: int, offer: Suggestion) -> Card:
    # Nobody has written as somebody without a conversation yet: then there is nothing to be kept from anybody.
    whole = merging.may_join(tx, viewer, offer.customer_id)
    seen = whole or conversations.sees_customer(tx, viewer, offer.customer_id)
    allowed = whole and merging.may_join(tx, viewer, customer_id)
    lines = [line for line in offer.evidence if seen or line.key != "other_name"]
    words = {"strong": _("Strong"), "fair": _("Fair"), "weak": _("Weak")}
    moves = ""
    if allowed:
        _keep_id, join_id = merging.older_first(tx, customer_id, offer.customer_id)
        moves = _moves(merging.side_of(tx, join_id))
    return Card(
        offer.customer_id,
        calls(offer.name, offer.identities) if seen else _("A customer of another team"),
        ngettext("1 address", "%(num)s addresses", len(offer.identities)) if seen else "",
        offer.strength,
        words[offer.strength],
        tuple(evidence_text(line) for line in lines),
        moves,
        seen,
        allowed,
    )


def calls(name: str, identities: tuple[Identity, ...]) -> str:
    """How a customer is called: by name, else by an address; a browser has neither."""
    if name:
        return name
    readable = [i for i in identities if i.kind in ("email", "phone", "user")]
    return readable[0].value if readable else _("A visitor")


def _moves(side: merging.Side) -> str:
    """What joining them would move, in a line."""
    parts = [ngettext("1 conversation", "%(num)s conversations", len(side.conversations))]
    parts.append(ngettext("1 entry", "%(num)s entries", side.entries))
    if side.answers:
        parts.append(ngettext("1 answer", "%(num)s answers", side.answers))
    return ", ".join(parts)


def evidence_text(line: Evidence) -> EvidenceText:
    """A line of evidence in the reader's words; the record of a join names no addresses, so each has words without."""
    v = line.values
    address = v.get("address", "")
    match line.key:
        case "proved":
            text = _("One address, proved on both sides")
            text = _("%(address)s is proved on both sides", address=address) if address else text
            return _line(line, text, _("Proven"), _("a code or link that was sent there came back"))
        case "typed":
            text = _("Typed the address %(address)s", address=address) if address else _("Typed the other's address")
            return _line(line, text, _("Not proven"), _("anyone can type it; nobody has returned a code"))
        case "both_typed":
            text = _("Both typed %(address)s", address=address) if address else _("Both typed the same address")
            return _line(line, text, _("Not proven"), _("anyone can type it"))
        case "name":
            return _line(line, _("Same name"), _("Weak"), _("names are no proof of anything"))
        case "phone":
            small = _("compared by its last digits, however it was written")
            digits = v.get("digits", "")
            text = _("Same phone number, %(digits)s", digits=digits) if digits else _("Same phone number")
            return _line(line, text, _("Weak"), small)
        case "mailbox":
            part = v.get("part", "")
            text = _("Same mailbox name, %(part)s", part=part) if part else _("Same mailbox name")
            return _line(line, text, _("Weak"), _("at two providers"))
        case "thread":
            number = v.get("conversation", "")
            small = _("the mail may have been forwarded")
            if number:
                small = _("conversation #%(number)s; the mail may have been forwarded", number=number)
            return _line(line, _("Answered in the other's thread"), _("Weak"), small)
        case "other_name":
            name = v.get("name", "")
            return _line(line, _("Goes by another name"), _("Against"), f"“{name}”" if name else "")
        case "two_logins":
            return _line(line, _("Two different logins"), _("Against"), _("both signed by the shop"))
        case "not_me":
            return _line(line, _("Said “It was not me”"), _("Against"), _("whoever reads that address was asked"))
    return _line(line, line.key, "", "")


def _line(line: Evidence, text: str, word: str, small: str) -> EvidenceText:
    return EvidenceText(line.weight, ICONS[line.weight], text, word, small)


def identity_texts(identities: list[Identity], reader: Look, now: datetime, *, may_ask: bool) -> list[IdentityText]:
    """The addresses of a customer, each once: a claim that was proved beside the row that speaks for it says nothing
    more."""
    known = {(i.kind, i.value_folded) for i in identities if i.evidence != "claimed"}
    shown = [i for i in identities if i.evidence != "claimed" or (i.kind, i.value_folded) not in known]
    return [_identity(one, reader, now, may_ask=may_ask) for one in shown]


def _identity(one: Identity, reader: Look, now: datetime, *, may_ask: bool) -> IdentityText:
    word = {"verified": _("Verified"), "claimed": _("Claimed"), "inferred": _("Seen")}[one.evidence]
    because = str(one.details.get("proved_by") or "") or one.because
    if one.details.get("refused_at"):
        because = _("the one who reads it said: it was not me")
    because = because[:1].upper() + because[1:]
    at = one.verified_at or one.first_seen_at
    title = f"{because}, {reader.date(at, now)}" if because else reader.date(at, now)
    askable = may_ask and one.kind in ("email", "phone") and one.evidence == "claimed"
    askable = askable and not one.details.get("proved_at") and not one.details.get("refused_at")
    since = one.details.get("stopped")
    stopped = _("STOP came on %(day)s", day=reader.date(datetime.fromisoformat(since), now)) if since else ""
    value = _("A browser") if one.kind == "visitor" else one.value
    channel, back = CHANNEL_OF.get(one.kind, "chat"), people.bounced(one)
    return IdentityText(one.id, channel, value, one.evidence, word, title, askable, stopped, back)


def _open(tx: Tx, viewer: Viewer, conversation_id: int, other_id: int) -> tuple[Conversation, int]:
    """The conversation, and the other customer where this colleague may know of them."""
    found = conversations.get(tx, conversation_id, viewer)
    try:
        other = people.customer(tx, other_id)
    except LookupError:
        abort(404)
    whole = merging.may_join(tx, viewer, other.id)
    if not whole and not conversations.sees_customer(tx, viewer, other.id):
        abort(404)
    return found, other.id


@blueprint.get("/c/<int:conversation_id>/same/<int:other_id>")
@allow("customer.read")
def compare(conversation_id: int, other_id: int) -> ResponseReturnValue:
    """Two customers side by side: who would stay, the evidence, what would move. Changes nothing."""
    viewer = signed_in_viewer()
    reader = look_of(viewer)
    with reading() as tx:
        found, other = _open(tx, viewer, conversation_id, other_id)
        if found.customer_id == other:
            flash(_("These two are one customer already."))
            return redirect(f"/console/c/{conversation_id}", 303)
        keep_id, join_id = merging.older_first(tx, found.customer_id, other)
        shown = merging.preview(tx, keep_id, join_id, viewer)
        now = tx.now()
        sides = [
            {
                "person": side.customer,
                "name": calls(side.customer.name, side.identities),
                "since": reader.month(side.customer.created_at, year=True),
                "identities": identity_texts(list(side.identities), reader, now, may_ask=False),
                "stage": _stage(tx, side.customer.id),
                "conversations": side.conversations,
                "answers": side.answers,
            }
            for side in (shown.keep, shown.join)
        ]
    return render_template(
        "console/same.html",
        id=conversation_id,
        other=other,
        sides=sides,
        evidence=[evidence_text(line) for line in shown.evidence],
        moves=_moves(shown.join),
        moving=shown.join,
        allowed=shown.allowed,
        **reader.speech,
    )


def _stage(tx: Tx, customer_id: int) -> str:
    row = lifecycle.stage_of(tx, customer_id)
    moves = lifecycle.history(tx, customer_id, limit=1) if row is not None else []
    if row is None or not moves:
        return ""
    model = tx.get(lifecycle.StageModel, moves[0].model_id)
    return lifecycle.definition_of(model).stage_name(row.stage) if model is not None else row.stage


@blueprint.post("/c/<int:conversation_id>/same/<int:other_id>/join")
@allow("customer.merge")
def join(conversation_id: int, other_id: int) -> ResponseReturnValue:
    """Makes one customer of the two; the older one stays. Twice is once."""
    viewer = signed_in_viewer()
    back = f"/console/c/{conversation_id}"
    try:
        number = the_desk().store.attempt(lambda tx: _join(tx, viewer, conversation_id, other_id))
    except conversations.NotVisible:
        abort(404)
    except merging.BadMerge as error:
        return told(_(str(error)), back, refused=True)
    undo = (f"/console/merges/{number}/undo", {"conversation": str(conversation_id)})
    return told(_("Joined: one customer now"), back, undo=undo, moved=True)


def _join(tx: Tx, viewer: Viewer, conversation_id: int, other_id: int) -> int:
    found, other = _open(tx, viewer, conversation_id, other_id)
    keep_id, join_id = merging.older_first(tx, found.customer_id, other)
    return merging.join(tx, keep_id, join_id, because="agent", by=viewer).id


@blueprint.post("/c/<int:conversation_id>/same/<int:other_id>/apart")
@allow("customer.merge")
def apart(conversation_id: int, other_id: int) -> ResponseReturnValue:
    """Remembers that these are two people: the pair is not offered again unless new proof comes."""
    viewer = signed_in_viewer()
    with the_desk().store.transaction() as tx:
        try:
            found, other = _open(tx, viewer, conversation_id, other_id)
        except conversations.NotVisible:
            abort(404)
        if merging.may_join(tx, viewer, found.customer_id, other):
            merging.keep_apart(tx, found.customer_id, other, viewer)
            news = _("Remembered: two people")
        else:
            return told(_("Parts of these customers belong to other teams: ask a supervisor."), "", refused=True)
    return told(news, f"/console/c/{conversation_id}", moved=True)


@blueprint.post("/c/<int:conversation_id>/ask")
@allow("conversation.reply")
def ask(conversation_id: int) -> ResponseReturnValue:
    """Sends a code to an address that this customer typed (`identity_id`), so that they can prove it."""
    viewer = signed_in_viewer()
    wanted = request.form.get("identity_id", "")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) <= 18 else 0
    back = f"/console/c/{conversation_id}"
    try:
        with the_desk().store.transaction() as tx:
            try:
                found = conversations.get(tx, conversation_id, viewer)
            except conversations.NotVisible:
                abort(404)
            one = next((i for i in people.identities(tx, found.customer_id) if i.id == number), None)
            if one is None:
                abort(404)
            merging.ask_code(tx, one, inbox_id=found.inbox_id, conversation_id=found.id)
            address = one.value
    except people.CannotAsk as error:
        return told(_why_not(error), back, refused=True)
    return told(_("A code is on its way to %(address)s", address=address), back)


def _why_not(error: people.CannotAsk) -> str:
    if error.why == "slow_down":
        minutes = -(-error.retry_after // 60)
        return ngettext("Wait a minute before the next code.", "Wait %(num)s minutes before the next code.", minutes)
    return {
        "verified": _("This address is proved already."),
        "refused": _("Whoever reads this address said that it was not them. No code goes there today."),
    }.get(error.why, _("No inbox of this desk can send a code there."))


@blueprint.get("/merges/<int:merge_id>")
@allow("customer.read")
def merge_page(merge_id: int) -> ResponseReturnValue:
    """One join: who, why, what moved, and the way back."""
    viewer = signed_in_viewer()
    reader = look_of(viewer)
    with reading() as tx:
        merge, root = _merge(tx, viewer, merge_id)
        names = agents.names(tx)
        keep, own = tx.get_one(people.Customer, merge.keep_id), tx.get_one(people.Customer, merge.join_id)
        own_ids = people.identities_from(tx, [own.id])
        keep_ids = people.identities_from(tx, [keep.id])
        rows = conversations.of_customer(tx, root, viewer, limit=1)
        values = {
            "merge": merge,
            "by": names.get(merge.staff_id or 0, "") or _("The desk"),
            "undone_by": names.get(merge.undone_by or 0, "") or _("The desk"),
            "keep_name": calls(keep.name, tuple(people.identity(tx, i) for i in keep_ids)),
            "join_name": calls(own.name, tuple(people.identity(tx, i) for i in own_ids)),
            "evidence": [evidence_text(Evidence(line[0], line[1])) for line in merge.evidence],
            "moved": merge.moved,
            "back": f"/console/c/{rows[0].id}" if rows else "/console/",
            "allowed": merging.may_join(tx, viewer, root),
            "at": reader.full(merge.at),
            "undone_at": reader.full(merge.undone_at) if merge.undone_at is not None else "",
        }
    return render_template("console/merge.html", **values, **reader.speech)


@blueprint.post("/merges/<int:merge_id>/undo")
@allow("customer.merge")
def undo(merge_id: int) -> ResponseReturnValue:
    """Takes a join back. Twice is once."""
    viewer = signed_in_viewer()
    page = f"/console/merges/{merge_id}"
    try:
        the_desk().store.attempt(lambda tx: _undo(tx, viewer, merge_id))
    except merging.BadMerge as error:
        return told(_(str(error)), page, refused=True)
    return told(_("Taken apart: two customers again"), page, moved=True)


def _undo(tx: Tx, viewer: Viewer, merge_id: int) -> None:
    _merge(tx, viewer, merge_id)
    merging.undo(tx, merge_id, viewer)


def _merge(tx: Tx, viewer: Viewer, merge_id: int) -> tuple[Merge, int]:
    """A join, where this colleague may know of its customer."""
    try:
        merge = merging.get(tx, merge_id)
    except LookupError:
        abort(404)
    root = people.current_id(tx, merge.keep_id, wait=False)
    if not merging.may_join(tx, viewer, root) and not conversations.sees_customer(tx, viewer, root):
        abort(404)
    return merge, root
