"""Telephone numbers in one form: E.164, `+46705550132`."""

from __future__ import annotations

import re

import phonenumbers

_SHORT = re.compile(r"[0-9]{3,8}")


class NoNumber(ValueError):
    """Not a telephone number; the message says so in a sentence."""


def e164(text: str, region: str | None = None) -> str:
    """A number that somebody typed, in E.164; `region` (SE, US) is where one without a country code belongs. Raises
    NoNumber."""
    try:
        number = phonenumbers.parse(text.strip()[:64], region)
    except phonenumbers.NumberParseException:
        raise NoNumber(
            "That is not a telephone number: write it with its country code, such as +46 70 555 01 32."
        ) from (None)
    if not phonenumbers.is_possible_number(number) or number.extension:
        raise NoNumber("That number is too short or too long for its country, or has an extension.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def of_provider(text: str, region: str | None = None) -> str | None:
    """The number of a message that a provider vouches for, or None where it is none: a short code, a name. What the
    provider writes with a plus is believed, though our tables may not know that range yet."""
    text = text.strip()
    try:
        number = phonenumbers.parse(text[:64], region)
    except phonenumbers.NumberParseException:
        return None
    if _SHORT.fullmatch(text) or not (text.startswith("+") or phonenumbers.is_possible_number(number)):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def region_of(number: str) -> str | None:
    """The country of a number in E.164, as two letters."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return None


def own(text: str) -> str:
    """The number of an inbox: E.164, or a short code. Raises NoNumber."""
    bare = re.sub(r"[\s.()-]", "", text)
    return bare if _SHORT.fullmatch(bare) else e164(text)
