"""Pictures in the text of an answer: the mark that stands for one where it is written, and what becomes of it.

The mark is a part of the text (`[image: kettle.png]`), so that it lives where the draft lives and goes where its words
go: nothing else has to be kept in step. A picture without a mark is a file like any other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from desk.messages import Attachment

# Raster pictures that mail programs and browsers draw without running anything.
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def mark(name: str) -> str:
    """What stands in the text for the picture of that name."""
    return f"[image: {name}]"


def marks(names: Iterable[str]) -> tuple[str, ...]:
    """Those of several, each once, as `formatting.read` takes them."""
    return tuple(sorted({mark(name) for name in names}))


def placed(text: str, files: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """The files, each picture whose mark is in the text as one that is shown there, under a name of its own."""
    return tuple(
        replace(file, inline=True, content_id=_content_id(file))
        if file.content_type in SHOWN and mark(file.filename) in text
        else file
        for file in files
    )


def _content_id(file: Attachment) -> str:
    """Unlike those of all other files of one message, whose names differ."""
    return f"{hashlib.sha256(f'{file.sha256}/{file.filename}'.encode()).hexdigest()[:24]}@loopdesk"


def without(text: str, names: Collection[str]) -> str:
    """The text for a screen that shows these pictures below it, or cannot show them."""
    for name in names:
        text = text.replace(mark(name), "")
    text = re.sub(r"[ \t]+\n", "\n", text) if names else text
    return re.sub(r"\n{3,}", "\n\n", text).strip() if names else text
