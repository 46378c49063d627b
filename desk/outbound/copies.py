"""Answers of a chat that nobody saw there, sent after their reader by mail: one mail for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from desk import agents, conversations, people, settings, timeline
from desk.i18n import texts
from desk.outbound import attaching
from desk.outbound.marked import Typed
from desk.outbound.queueing import queue
from desk.outbound.tables import Delivery
from desk.outbound.ways import ways
from desk.outbound.writing import MAX_REPLY, written
from desk.store import Tx
from desk.timeline import EntryView

PURPOSE = "copy"


def mail_copy(tx: Tx, conversation_id: int, answers: Sequence[EntryView]) -> Delivery | None:
    """Mails these answers to the customer, with a line on the timeline that says so, and so that answering the mail
    leads back into the conversation. None where no address of theirs is known, or no inbox can send there."""
    conversation = conversations.get(tx, conversation_id, None)
    way = next((w for w in ways(tx, conversation_id) if w.channel == "email"), None)
    if not answers or way is None or not way.usable or way.identity_id is None:
        return None
    inbox = settings.inbox(tx, way.inbox_id or conversation.inbox_id)
    brand = settings.brand(tx, inbox.brand_id)
    person = people.customer(tx, conversation.customer_id)
    _ = texts(person.locale or inbox.locale).gettext
    intro = _("You were away from the chat, so here is the answer. Reply to this mail, or write on in the chat.")
    said = [Typed(a.text or ", ".join(f["filename"] for f in a.attachments), a.source) for a in answers]
    # Of many long answers the mail has the first ones; the rest still stands in the chat.
    room = MAX_REPLY
    words = [Typed(intro)]
    for one in said:
        words.append(one if len(one.text) <= room else Typed(one.text[: max(0, room)]))
        room -= len(one.text)
    files = attaching.fitting([file for answer in answers for file in attaching.of_entry(answer)])
    signature = agents.names(tx).get(answers[-1].staff_id or 0, "") or brand.name
    message = written(tx, conversation, way, words, signature=signature, files=files)
    if way.evidence == "claimed":
        # The subject of a chat is what the visitor wrote first, and nobody knows yet whose address this is.
        message = replace(message, subject=_("Your chat with %(brand)s") % {"brand": brand.name})
    entry = timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="mailed",
        author="desk",
        occurred_at=tx.now(),
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=way.identity_id,
        staff_id=answers[-1].staff_id,
        channel="email",
        inbox_id=inbox.id,
        detail={"entries": [str(a.id) for a in answers]},
    )
    timeline.remember_id(tx, message.message_id, entry.id, conversation.id, ours=True)
    return queue(tx, message, purpose=PURPOSE, entry_id=entry.id, conversation=conversation)
