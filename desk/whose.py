"""Whose a mail in a thread is: the customer's of that thread, or somebody else's who has its mark."""

from __future__ import annotations

from datetime import datetime

from desk import conversations, merging, people
from desk.messages import InboundMessage
from desk.store import Tx


def is_customers(tx: Tx, message: InboundMessage, thread: conversations.Thread) -> bool:
    """Whether the customer of a thread wrote, as far as the address says; or somebody whose mail can only begin another
    conversation, because this one is over."""
    owner_id, address = thread.conversation.customer_id, message.sender.address
    folded = people.fold(address.value)
    if message.doubtful:
        unproven = people.unproven(tx, address.kind, folded, message.inbox_id)
        if unproven is not None and unproven.customer_id == owner_id:
            return True
    known = people.speaks_for(tx, address.kind, folded) if message.sender.evidence != "claimed" else None
    if known is not None and people.current_id(tx, known.customer_id) == owner_id:
        return True
    if thread.ours and message.sender.evidence != "claimed":
        claim = next((c for c in people.claims_of(tx, address.kind, folded) if c.customer_id == owner_id), None)
        # Mails that failed the checks went before: whoever has this address did not write them, as far as anybody
        # knows, and only a person may make them theirs.
        forged = claim is not None and known is not None and people.is_unproven(claim)
        if claim is not None and not forged and _proves_claim(tx, claim, known, thread, message.sent_at):
            return True
    return not thread.aside and conversations.too_old(tx, thread.conversation, message)


def _proves_claim(
    tx: Tx, claim: people.Identity, known: people.Identity | None, thread: conversations.Thread, at: datetime
) -> bool:
    """Somebody in the chat typed an address, the answer went there by mail, and now that mail is answered from there:
    the address is theirs. Where that makes them and its owner one customer, they are joined before the message finds
    its conversation. Whether it did."""
    people.verify(tx, claim, "answered a mail that only this address had received", at)
    merging.identity_verified(tx, claim.id)
    if known is None:
        return True
    tx.refresh(known)
    tx.refresh(thread.conversation)
    return known.customer_id == thread.conversation.customer_id
