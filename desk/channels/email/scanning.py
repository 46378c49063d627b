"""What a virus scanner says of a mail's files: those that it knows wait for an admin."""

from __future__ import annotations

from dataclasses import replace

from desk.channels.email.clamd import scan
from desk.messages import Attachment, InboundMessage


def scanned(message: InboundMessage, address: str, hold: bool) -> InboundMessage:
    """The message with each file looked at that does not wait already. One that could not be looked at waits too, or
    passes with a word that says so (`hold`). After one that got no answer the others are not tried: each would wait as
    long. Raises nothing."""
    if not address:
        return message
    files: list[Attachment] = []
    silent = False
    for file in message.attachments:
        if file.held or file.content is None:
            files.append(file)
            continue
        found = None if silent else scan(address, file.content)
        if found is None or found.state == "unreachable":
            silent = True
            files.append(replace(file, held="unscanned") if hold else replace(file, unscanned=True))
        elif found.state == "too_large":
            files.append(replace(file, held="too_large") if hold else replace(file, unscanned=True))
        else:
            files.append(replace(file, held=f"virus {found.name}") if found.state == "found" else file)
    return replace(message, attachments=tuple(files))
