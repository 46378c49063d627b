"""The bytes of what goes out with a message: read by digest right before it is sent, outside of any transaction."""

from __future__ import annotations

from dataclasses import replace

from desk.files import Blobs
from desk.messages import OutboundMessage


def loaded(files: Blobs, message: OutboundMessage) -> OutboundMessage:
    """The message with the bytes of its files, where they travel in it and not as an address. Raises MissingBlob, or
    FilesUnreachable where the store does not answer."""
    return replace(
        message,
        attachments=tuple(
            one if one.content is not None or one.url or not one.sha256 else replace(one, content=files.get(one.sha256))
            for one in message.attachments
        ),
    )
