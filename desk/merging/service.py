"""One customer out of two, and two out of one again.

A row belongs to the customer that its identity came with (`origin_customer_id`), or that it was first recorded for; and
whoever was joined with another is that other for as long as the join stands. So a join only rewrites customers, and an
undo finds what goes back without a list of what had moved: whatever the order of joins and undos, and whatever came in
between, each row is with the customer whom its origin has become.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from desk import conversations, facts, lifecycle, outbound, people, surveys, timeline
from desk.agents import Viewer
from desk.bot import moving as bot_moving
from desk.jobs import enqueue
from desk.merging.evidence import Evidence, between, forget_apart, kept_apart, remember_parted
from desk.merging.tables import Merge
from desk.people import Customer, Identity
from desk.sentiment import moving as sentiment_moving
from desk.signals import CustomersJoined, CustomersParted
from desk.store import Tx
from desk.visitors import moving as visitors_moving

LEADS = ("supervisor", "admin")
NUMBERS_KEPT = 20  # conversations that the record of a join names; the rest are counted


class BadMerge(ValueError):
    """These two cannot be joined, or parted; the message says why in one sentence."""


class NotAllowed(BadMerge):
    """A supervisor can do this: parts of the customer are not for this colleague."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of two customers who may be joined, and what is theirs."""

    customer: Customer
    identities: tuple[Identity, ...]
    conversations: tuple[int, ...]
    entries: int
    answers: int
    stage: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What joining them would do. `allowed`: whether whoever asked may."""

    keep: Side
    join: Side
    evidence: tuple[Evidence, ...]
    allowed: bool


def older_first(tx: Tx, one_id: int, other_id: int) -> tuple[int, int]:
    """Who stays, and who joins them: the older customer stays."""
    two = [people.customer(tx, one_id), people.customer(tx, other_id)]
    keep, join = sorted(two, key=lambda row: (row.created_at, row.id))
    return keep.id, join.id


def may_join(tx: Tx, viewer: Viewer, *customer_ids: int) -> bool:
    """An agent may join what they may see whole; a supervisor everybody."""
    if viewer.role in LEADS:
        return True
    return all(conversations.sees_all(tx, viewer, number) for number in customer_ids)


def preview(tx: Tx, keep_id: int, join_id: int, viewer: Viewer | None = None) -> Preview:
    """What joining `join` into `keep` would move. Writes nothing. Raises BadMerge."""
    keep, join = people.customer(tx, keep_id), people.customer(tx, join_id)
    if keep.id == join.id:
        raise BadMerge("These two are one customer already.")
    allowed = viewer is None or may_join(tx, viewer, keep.id, join.id)
    return Preview(side_of(tx, keep.id), side_of(tx, join.id), tuple(between(tx, keep.id, join.id)), allowed)


def side_of(tx: Tx, customer_id: int) -> Side:
    """What would move if this customer joined another."""
    row = people.customer(tx, customer_id)
    stage = lifecycle.stage_of(tx, row.id)
    return Side(
        row,
        tuple(people.identities(tx, row.id)),
        tuple(conversations.ids_of(tx, row.id)),
        timeline.count_of(tx, row.id),
        surveys.count_of(tx, row.id),
        stage.stage if stage is not None else "",
    )


def get(tx: Tx, merge_id: int) -> Merge:
    found = tx.get(Merge, merge_id)
    if found is None:
        raise LookupError("There is no such merge.")
    return found


def join(
    tx: Tx,
    keep_id: int,
    join_id: int,
    *,
    because: str,
    by: Viewer | None,
    evidence: Sequence[Evidence] | None = None,
) -> Merge:
    """Makes one customer of two: `join` becomes `keep`. `because`: `proved`, `agent`; `by` None: the desk itself.

    Raises BadMerge for two who are one already, and NotAllowed where parts of them are not for this colleague.
    """
    keep, other = _both(tx, keep_id, join_id)
    if by is not None and not may_join(tx, by, keep.id, other.id):
        raise NotAllowed("Parts of these customers belong to other teams: a supervisor can join them.")
    lines = list(evidence) if evidence is not None else between(tx, keep.id, other.id)
    anchor, label = _anchor(tx, keep.id), _label(tx, other)
    if by is not None:
        forget_apart(tx, keep.id, other.id)
    answers = surveys.count_of(tx, other.id)
    # Conversations and the stage first: whoever is changing one of them is done before the rest is read.
    moved, called = conversations.move(tx, other.id, keep.id, name=keep.name or other.name)
    stage = lifecycle.withdraw(tx, other.id)
    before = people.absorb(tx, keep, other)
    entries = timeline.move(tx, other.id, keep.id)
    facts.move(tx, other.id, keep.id)
    sentiment_moving.move(tx, other.id, keep.id)
    surveys.move(tx, other.id, keep.id)
    outbound.move(tx, moved, keep.id)
    bot_moving.move(tx, moved, keep.id)
    merge = Merge(
        keep_id=keep.id,
        join_id=other.id,
        because=because,
        evidence=[line.as_json() for line in lines],
        moved={
            "conversations": [str(number) for number in moved[:NUMBERS_KEPT]],
            "conversation_count": len(moved),
            "entries": entries,
            "answers": answers,
        },
        kept={"customer": before, "called": called, "name": keep.name or other.name, "stage": stage},
        staff_id=by.id if by is not None else None,
        at=tx.now(),
    )
    tx.add(merge)
    tx.flush()
    merge.entry_id = _record(tx, merge, keep.id, anchor, "joined", label, by)
    tx.flush()
    _look_again(tx, keep.id)
    _look_again(tx, other.id)  # who was counted anywhere by themselves is not any more
    tx.announce(CustomersJoined(keep.id, other.id, merge.id, tuple(moved)))
    return merge


def _both(tx: Tx, keep_id: int, join_id: int) -> tuple[Customer, Customer]:
    """Both rows, held, whoever they have become by now."""
    while True:
        keep_id, join_id = (people.current_id(tx, number, wait=False) for number in (keep_id, join_id))
        if keep_id == join_id:
            raise BadMerge("These two are one customer already.")
        rows = people.held(tx, keep_id, join_id)
        if len(rows) < 2:
            raise LookupError("There is no such customer.")
        if any(row.erased_at is not None for row in rows.values()):
            raise BadMerge("One of these customers was erased.")
        if all(row.merged_into is None for row in rows.values()):
            return rows[keep_id], rows[join_id]


def _top(tx: Tx, merge: Merge) -> tuple[int, dict[int, Customer]]:
    """Whom the one who stayed has become by now, and all rows that the undo concerns, held."""
    while True:
        root = people.current_id(tx, merge.keep_id, wait=False)
        rows = people.held(tx, root, merge.keep_id, merge.join_id)
        if rows[root].merged_into is None:
            return root, rows


def undo(tx: Tx, merge_id: int, by: Viewer | None) -> Merge:
    """Takes a join back: everything that came with the joined customer, or by one of their addresses since, is theirs
    again. A merge that was undone before stays as it is.

    Raises NotAllowed where parts of the customer are not for this colleague.
    """
    merge = tx.get(Merge, merge_id, with_for_update=True, populate_existing=True)
    if merge is None:
        raise LookupError("There is no such merge.")
    if merge.undone_at is not None:
        return merge
    root, rows = _top(tx, merge)
    if any(row.erased_at is not None for row in rows.values()):
        raise BadMerge("This customer was erased: nobody can be told apart in what is left.")
    keep, own = rows[root], rows[merge.join_id]
    if by is not None and not may_join(tx, by, root):
        raise NotAllowed("Parts of this customer belong to other teams: a supervisor can take it apart.")
    back = people.members(tx, own.id)
    identity_ids = people.identities_from(tx, back)
    conversations.ids_of(tx, keep.id, hold=True)
    going = _part(tx, keep.id, identity_ids)
    conversations.move(tx, keep.id, own.id, conversation_ids=going)
    kept: dict[str, Any] = merge.kept
    people.release(tx, keep, own, identity_ids, kept["customer"])
    timeline.move(tx, keep.id, own.id, conversation_ids=going, identity_ids=identity_ids, origins=back)
    facts.move(tx, keep.id, own.id, identity_ids=identity_ids, origins=back)
    sentiment_moving.move(tx, keep.id, own.id, conversation_ids=going)
    surveys.move(tx, keep.id, own.id, conversation_ids=going)
    outbound.move(tx, going, own.id)
    bot_moving.move(tx, going, own.id)
    conversations.call_again(tx, going, kept["called"], taken=kept["name"], own=own.name, since=merge.at)
    lifecycle.restore(tx, own.id, kept["stage"])
    merge.undone_at, merge.undone_by = tx.now(), by.id if by is not None else None
    remember_parted(tx, merge.keep_id, own.id, sorted({line[1] for line in merge.evidence} | {"proved"}), by)
    label = _label(tx, own)
    _record(tx, merge, keep.id, _anchor(tx, merge.keep_id), "undone", label, by)
    _record(tx, merge, own.id, _anchor(tx, own.id), "undone", label, by)
    if merge.entry_id is not None:
        timeline.changed(tx, merge.entry_id)
    _look_again(tx, keep.id)
    _look_again(tx, own.id)
    tx.announce(CustomersParted(keep.id, own.id, merge.id, tuple(going)))
    return merge


def _part(tx: Tx, keep_id: int, identity_ids: Sequence[int]) -> list[int]:
    """The conversations that go back: those that one of these identities began. Where both sides wrote in one, the
    lines of who did not begin it get a conversation of their own first."""
    back = set(identity_ids)
    by_conversation: dict[int, list[int]] = {}
    for writer in timeline.writers(tx, keep_id):
        by_conversation.setdefault(writer.conversation_id, []).append(writer.identity_id)
    going = []
    for number, writers in by_conversation.items():
        theirs = writers[0] in back
        strangers = [one for one in writers if (one in back) is not theirs]
        if strangers:
            new, entries = conversations.part(tx, number, keep_id, strangers)
            sentiment_moving.rehouse(tx, entries, new, keep_id)
            outbound.rehouse(tx, entries, new, keep_id)
            visitors_moving.rehouse(tx, number, new, strangers)
            if not theirs:
                going.append(new)
        if theirs:
            going.append(number)
    silent = set(conversations.ids_of(tx, keep_id)) - set(by_conversation) - set(going)
    going += conversations.answered_at(tx, sorted(silent), back)
    return sorted(set(going))


def _anchor(tx: Tx, customer_id: int) -> int | None:
    """The oldest identity that came with a customer: the line of a merge goes where it goes."""
    ids = people.identities_from(tx, [customer_id])
    return ids[0] if ids else None


def _label(tx: Tx, row: Customer) -> str:
    """How a line calls somebody: their name, else an address of theirs."""
    if row.name:
        return row.name
    ids = people.identities_from(tx, [row.id])
    return people.identity(tx, ids[0]).value if ids else f"#{row.id}"


def _record(
    tx: Tx, merge: Merge, customer_id: int, anchor: int | None, direction: str, label: str, by: Viewer | None
) -> int:
    entry = timeline.record(
        tx,
        customer_id=customer_id,
        kind="merge",
        author="staff" if by is not None else "desk",
        occurred_at=tx.now(),
        identity_id=anchor,
        staff_id=by.id if by is not None else None,
        detail={
            "merge_id": str(merge.id),
            "direction": direction,
            "because": merge.because,
            "evidence": merge.evidence,
            "moved": merge.moved,
            "keep_id": str(merge.keep_id),
            "join_id": str(merge.join_id),
        },
        words=timeline.Words(text=label),  # a name is personal: it can be erased
    )
    return entry.id


def _look_again(tx: Tx, customer_id: int) -> None:
    """The rules of the stages see other facts now."""
    enqueue(tx, "lifecycle.consider", {"customer_id": customer_id}, key=f"lifecycle:{customer_id}", priority=4)


def identity_verified(tx: Tx, identity_id: int) -> list[Merge]:
    """Somebody proved an address (IdentityVerified). Where it speaks for another customer too, they are one person, and
    the older customer stays; docs/architecture.md has the rule. Gives the merges that followed."""
    given = people.identity(tx, identity_id)
    known = people.speaks_for(tx, given.kind, given.value_folded)
    if known is None:
        return []
    merges = []
    for claim in people.claims_of(tx, given.kind, given.value_folded):
        if claim.details.get("proved_at") and claim.customer_id != known.customer_id and _enough(tx, claim, known):
            keep_id, join_id = older_first(tx, claim.customer_id, known.customer_id)
            proof = Evidence("for", "proved", {"address": claim.value})
            merges.append(join(tx, keep_id, join_id, because="proved", by=None, evidence=[proof]))
            people.verify(tx, known, str(claim.details.get("proved_by", "")), tx.now())
            tx.refresh(known)
    return merges


def _enough(tx: Tx, claim: Identity, known: Identity) -> bool:
    """Whether a proved claim and the identity that speaks for the address make one person without anybody looking.

    It does where that identity is verified as well. Where mail merely came from the address, the proof is the first
    word on whose it is: it is enough as long as nobody else has proved anything there. And never where somebody has
    said that these are two people.
    """
    if kept_apart(tx, claim.customer_id, known.customer_id):
        return False
    if known.evidence == "verified":
        return True
    return not any(one.evidence == "verified" for one in people.identities(tx, known.customer_id))
