"""Whether merges that a timeline shows can still be undone, and why not: asked for all lines of a page at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from desk.merging.tables import Merge, TalkMove
from desk.people import Customer
from desk.store import Tx

# Nothing where it can be undone; it was already; its customer was erased; a later one must be taken back first.
Standing = Literal["", "undone", "erased", "later"]


def of_merges(tx: Tx, merge_ids: Collection[int]) -> dict[int, Standing]:
    """How joins of customers stand, by their numbers. They can be undone in any order."""
    if not merge_ids:
        return {}
    keep, join = aliased(Customer), aliased(Customer)
    query = (
        select(Merge.id, Merge.undone_at, keep.erased_at, join.erased_at)
        .join(keep, keep.id == Merge.keep_id)
        .join(join, join.id == Merge.join_id)
        .where(Merge.id.in_(list(merge_ids)))
    )
    return {
        number: "undone" if undone_at is not None else "erased" if kept_at or joined_at else ""
        for number, undone_at, kept_at, joined_at in tx.execute(query)
    }


def of_talks(tx: Tx, move_ids: Collection[int]) -> dict[int, Standing]:
    """How merges and splits of conversations stand, by their numbers: as `talks.undo` would find them."""
    if not move_ids:
        return {}
    moves = list(tx.scalars(select(TalkMove).where(TalkMove.id.in_(list(move_ids))).order_by(TalkMove.id)))
    ends = {end for move in moves for end in (move.from_id, move.to_id)}
    standing = and_(TalkMove.id > moves[0].id, TalkMove.undone_at.is_(None)) if moves else None
    later: list[tuple[int, int, int]] = []
    if standing is not None:
        touching = or_(TalkMove.from_id.in_(ends), TalkMove.to_id.in_(ends))
        query = select(TalkMove.id, TalkMove.from_id, TalkMove.to_id).where(standing, touching)
        later = [(number, from_id, to_id) for number, from_id, to_id in tx.execute(query)]
    return {move.id: _talk(move, later) for move in moves}


def _talk(move: TalkMove, later: Collection[tuple[int, int, int]]) -> Standing:
    if move.undone_at is not None:
        return "undone"
    if not move.kept:
        return "erased"
    return "later" if any(blocks(move, *one) for one in later) else ""


def blocks(move: TalkMove, later_id: int, from_id: int, to_id: int) -> bool:
    """Whether a later move, while it stands, must be taken back first: lines of this one went on from where it put
    them."""
    if later_id <= move.id:
        return False
    if move.kind == "merge":
        return from_id == move.to_id
    return from_id in (move.to_id, move.from_id) or to_id == move.to_id
