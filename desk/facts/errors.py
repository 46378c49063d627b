"""The errors of this package: sentences that a supervisor understands, with the place in the text."""

from __future__ import annotations


class ConditionError(ValueError):
    """A condition that cannot be read. `position` counts characters from 0; `sentence` says what to mend."""

    def __init__(self, sentence: str, position: int) -> None:
        super().__init__(f"{sentence} (at character {position + 1})")
        self.sentence = sentence
        self.position = position


class FactError(ValueError):
    """A fact that cannot be recorded: an unknown name, a value of the wrong kind, a time without a zone."""
