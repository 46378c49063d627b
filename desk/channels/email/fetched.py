"""Files that did not come in a mail (MMS): looked at as those of mails are, by their bytes and by the scanner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from desk.channels.email import sniff
from desk.channels.email.scanning import scanned
from desk.messages import Attachment, InboundMessage


def fetched(
    message: InboundMessage,
    fetch: Callable[[Attachment], bytes],
    config: Mapping[str, Any],
    *,
    all_of_them: bool,
) -> InboundMessage:
    """The message with the files that lie elsewhere. Together they take `config["room"]` bytes at most: what is over it
    stays where it is, and so does, but for `all_of_them`, what cannot be had. Raises OSError as `fetch` does."""
    files: list[Attachment] = []
    room = int(config["room"])
    for file in message.attachments:
        if file.url and room > 0:
            try:
                content = fetch(file)
            except OSError:
                if all_of_them:
                    raise
            else:
                room -= len(content)
                file = _whole(file, content) if room >= 0 else file
        files.append(file)
    return scanned(replace(message, attachments=tuple(files)), config["clamd"], config["hold_unscanned"])


def _whole(file: Attachment, content: bytes) -> Attachment:
    """A file with its content, the type that this says, and whether it must wait; what its provider calls it counts as
    little as the word of a mail."""
    return replace(
        file,
        content=content,
        size=len(content),
        url="",
        content_type=sniff.kind(content, file.content_type),
        held=sniff.reason(content, file.filename),
    )
