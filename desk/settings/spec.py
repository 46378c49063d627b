"""What a setting is: its type, its limits, and what fits it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import available_timezones

HOURS = tuple(f"{hour:02}:00" for hour in range(24))

Kind = Literal["text", "number", "flag", "choice", "zone"]


class BadSetting(ValueError):
    """The value does not fit; the message says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One setting."""

    name: str
    kind: Kind
    default: Any
    title: str
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    group: str = "Desk"

    def check(self, value: Any) -> Any:
        """The value in its right type. Raises BadSetting."""
        if self.kind == "flag":
            if isinstance(value, bool):
                return value
            if str(value).lower() in ("1", "true", "on", "yes"):
                return True
            if str(value).lower() in ("0", "false", "off", "no", ""):
                return False
            raise BadSetting(f"{self.title} is either on or off.")
        if self.kind == "number":
            try:
                number = float(value)
            except (TypeError, ValueError) as error:
                raise BadSetting(f"{self.title} needs a number.") from error
            if number != number or number in (float("inf"), float("-inf")):
                raise BadSetting(f"{self.title} needs a number.")
            if self.minimum is not None and number < self.minimum:
                raise BadSetting(f"{self.title} is at least {self.minimum:g}.")
            if self.maximum is not None and number > self.maximum:
                raise BadSetting(f"{self.title} is at most {self.maximum:g}.")
            return int(number) if number.is_integer() else number
        text = str(value).strip()
        if self.kind == "choice" and text not in self.choices:
            raise BadSetting(f"{self.title} is one of {', '.join(self.choices)}.")
        if self.kind == "zone" and text not in available_timezones():
            raise BadSetting(f"{self.title} is a time zone such as Europe/Stockholm.")
        if self.maximum is not None and len(text) > self.maximum:
            raise BadSetting(f"{self.title} is at most {self.maximum:g} characters long.")
        return text
