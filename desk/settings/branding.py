"""Brands: what a company is called, looks like and speaks towards its customers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from zoneinfo import available_timezones

from sqlalchemy import select

from desk.settings.service import brand, create_brand
from desk.settings.tables import Brand
from desk.store import Tx

LONGEST = 120
_COLOUR = re.compile(r"#[0-9a-f]{6}")


class BadBrand(ValueError):
    """A brand that cannot be kept so. `field`: name, sender_name, colour, locales, locale, zone."""

    def __init__(self, field: str) -> None:
        super().__init__(f"brand refused: {field}")
        self.field = field


def save_brand(
    tx: Tx,
    brand_id: int | None,
    *,
    name: str,
    sender_name: str,
    colour: str,
    locale: str,
    locales: Sequence[str],
    zone: str,
) -> Brand:
    """Makes a brand, or changes one: from then on widget, mails, surveys and help centre look so. Raises BadBrand,
    LookupError."""
    name, sender_name, colour = " ".join(name.split()), " ".join(sender_name.split()), colour.strip().lower()
    if not name or len(name) > LONGEST:
        raise BadBrand("name")
    # What ends a header or a mail's display name is no part of a name.
    if len(sender_name) > LONGEST or any(unicodedata.category(c) == "Cc" or c in '<>"' for c in sender_name):
        raise BadBrand("sender_name")
    if not _COLOUR.fullmatch(colour):
        raise BadBrand("colour")
    if not locales:
        raise BadBrand("locales")
    if locale not in locales:
        raise BadBrand("locale")
    if zone not in available_timezones():
        raise BadBrand("zone")
    spoken = [locale, *(one for one in locales if one != locale)]
    values = {"sender_name": sender_name, "colour": colour, "locale": locale, "locales": spoken, "zone": zone}
    if brand_id is None:
        return create_brand(tx, key=_key(tx, name), name=name, **values)
    row = brand(tx, brand_id)
    row.name = name
    for field, value in values.items():
        if getattr(row, field) != value:
            setattr(row, field, value)
    tx.flush()
    return row


def _key(tx: Tx, name: str) -> str:
    """What stands for it in addresses: letters and digits of its name; it stays when the name changes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    start = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30] or "brand"
    taken = set(tx.scalars(select(Brand.key).where(Brand.key.startswith(start, autoescape=True))))
    return next(key for key in (start, *(f"{start}-{n}" for n in range(2, len(taken) + 3))) if key not in taken)
