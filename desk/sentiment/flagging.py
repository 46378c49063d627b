"""Flags on messages that a person should look at: raised with the score, seen in the head, taken off by people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from desk import conversations, facts, timeline
from desk.agents import Viewer
from desk.nlp import risks
from desk.nlp.risks import KINDS, PEOPLE_ONLY
from desk.sentiment.tables import RiskFlag
from desk.signals import RisksFound
from desk.store import Tx


def raise_flags(
    tx: Tx, conversation: conversations.Conversation, entry_id: int, text: str, at: datetime
) -> tuple[str, ...]:
    """Flags what a new message says, in the transaction that takes it in, so that rules on it know. The kinds."""
    found = risks.find(text)
    if not found:
        return ()
    for one in found:
        tx.add(
            RiskFlag(
                entry_id=entry_id, conversation_id=conversation.id, kind=one.kind, start=one.start, end=one.end, at=at
            )
        )
        _tell_facts(tx, conversation, one.kind, True, at, entry_id)
    kinds = tuple(one.kind for one in found)
    conversations.set_risks(tx, conversation, joined({*conversation.risks.split(), *kinds}))
    tx.announce(RisksFound(conversation.customer_id, conversation.id, kinds))
    return kinds


def joined(kinds: Iterable[str]) -> str:
    """Kinds as a conversation keeps them, the gravest first."""
    there = set(kinds)
    return " ".join(kind for kind in KINDS if kind in there)


def judge_flag(tx: Tx, entry_id: int, viewer: Viewer, kind: str, *, on: bool) -> None:
    """A person takes a flag off, or puts it back; who and when is kept. Raises LookupError and NotVisible."""
    row = tx.scalar(select(RiskFlag).where(RiskFlag.entry_id == entry_id, RiskFlag.kind == kind).with_for_update())
    if row is None:
        raise LookupError("There is no such flag on this message.")
    conversation = conversations.get(tx, row.conversation_id, viewer)
    if (row.off_at is None) is on:
        return
    row.off_at, row.off_by = (None, None) if on else (tx.now(), viewer.id)
    recount(tx, (conversation.id,))
    _tell_facts(tx, conversation, kind, on, row.at, entry_id)
    timeline.changed(tx, entry_id)


def recount(tx: Tx, conversation_ids: Iterable[int]) -> None:
    """Says of conversations anew which risks their messages have: after a flag was taken off, or lines moved."""
    tx.flush()
    numbers = sorted(set(conversation_ids))
    there: dict[int, set[str]] = {number: set() for number in numbers}
    standing = select(RiskFlag.conversation_id, RiskFlag.kind).where(
        RiskFlag.conversation_id.in_(numbers), RiskFlag.off_at.is_(None)
    )
    for number, kind in tx.execute(standing):
        there[number].add(kind)
    for number in numbers:
        row = conversations.get(tx, number, None)
        conversations.set_risks(tx, row, joined(there[number]))


def houses(tx: Tx, entry_ids: Sequence[int]) -> set[int]:
    """The conversations in which these messages have flags now."""
    return set(tx.scalars(select(RiskFlag.conversation_id).where(RiskFlag.entry_id.in_(entry_ids)).distinct()))


def _tell_facts(
    tx: Tx, conversation: conversations.Conversation, kind: str, on: bool, at: datetime, entry_id: int
) -> None:
    """A later value of the same moment corrects the earlier one. What is for people alone is nobody's condition."""
    if kind in PEOPLE_ONLY:
        return
    facts.record(
        tx, conversation.customer_id, f"risk.{kind}", on,
        occurred_at=at, entry_id=entry_id, identity_id=conversation.reply_identity_id,
    )  # fmt: skip
