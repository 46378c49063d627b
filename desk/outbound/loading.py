"""The bytes of what goes out with a message: read by digest right before it is sent, outside of any transaction."""

from __future__ import annotations

from dataclasses import replace

from desk.files import Blobs
from desk.messages import OutboundMessage


def loaded(files: Blobs, message: OutboundMessage) -> OutboundMessage:
    """The message with the content of its files. Raises MissingBlob."""
    if all(a.content is not None for a in message.attachments):
        return message
    return replace(
        message,
        attachments=tuple(
            a if a.content is not None else replace(a, content=files.get(a.sha256)) for a in message.attachments
        ),
    )
