"""The personal part of what came in, as a timeline keeps it."""

from __future__ import annotations

from desk.messages import InboundMessage
from desk.timeline.ledger import Words


def words_of(message: InboundMessage) -> Words:
    """The words and files of a message, as its entry keeps them."""
    return Words(
        text=message.text,
        subject=message.subject,
        quoted=message.full_text,
        html=message.html,
        attachments=[
            {
                "filename": a.filename,
                "content_type": a.content_type,
                "size": a.size,
                "sha256": a.sha256,
                "inline": a.inline,
                "content_id": a.content_id,
            }
            | ({"held": a.held} if a.held else {})
            | ({"unscanned": True} if a.unscanned else {})
            | ({"meeting": a.meeting.said()} if a.meeting is not None else {})
            for a in message.attachments
            if a.sha256
        ],
        raw_sha256=message.raw_sha256,
    )
