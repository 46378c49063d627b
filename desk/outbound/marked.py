"""An answer in its two forms: as a colleague typed it, with the marks of the small Markdown, and as words without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from desk import formatting
from desk.messages import Attachment
from desk.outbound import pictures


class Typed(NamedTuple):
    """What was written: `text` without marks, `source` with them; no source where nothing is formatted, and then the
    text is what was typed, to the letter."""

    text: str
    source: str | None = None

    @property
    def as_written(self) -> str:
        """What returns into the composer."""
        return self.source or self.text


def typed(text: str, files: Sequence[Attachment] = ()) -> Typed:
    """What a colleague typed, with the files that go along as they are placed in it."""
    found = formatting.read(text, pictures.marks(file.filename for file in files if file.inline))
    return Typed(text) if found is None else Typed(formatting.plain(found).strip(), text)
