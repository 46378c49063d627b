"""The brand that a confirmation page speaks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from desk import settings, surveys
from desk.settings import Inbox
from desk.store import Tx


@dataclass(frozen=True, slots=True)
class Face:
    """Name, look and address of a brand; `address` is "" where there is no mail inbox to write to."""

    name: str
    locale: str
    zone: str
    palette: surveys.Palette
    address: str
    logo: settings.Logo | None = None

    @property
    def initial(self) -> str:
        return self.name[:1].upper()

    @property
    def css(self) -> str:
        """The brand for the style sheet: one custom property, and the same tokens computed for browsers that cannot
        derive them. Holds nothing but hex colours."""

        def tokens(values: Mapping[str, str]) -> str:
            return "".join(f"--{name}:{value};" for name, value in values.items())

        return (
            f":root{{--brand:{self.palette.brand}}}"
            "@supports not ((color:oklch(from red l c h)) and (color:light-dark(red,red))){"
            f":root{{{tokens(self.palette.light)}}}"
            f"@media (prefers-color-scheme:dark){{:root{{color-scheme:dark;{tokens(self.palette.dark)}}}}}}}"
        )

    def mailto(self, subject: str, body: str = "") -> str:
        """A link that writes to the brand; "" where there is no address."""
        if not self.address:
            return ""
        text = f"&body={quote(body, safe='')}" if body else ""
        return f"mailto:{quote(self.address, safe='@+')}?subject={quote(subject, safe='')}{text}"


def face_of(tx: Tx, inbox_id: int | None) -> Face:
    """The brand of the inbox where it was asked for; for a link that leads nowhere, the desk's first one."""
    mailboxes = settings.inboxes(tx, "email", active=True)
    inbox: Inbox | None = None
    if inbox_id is not None:
        try:
            inbox = settings.inbox(tx, inbox_id)
        except LookupError:
            inbox = None
    inbox = inbox or next(iter(mailboxes), None)
    if inbox is None:
        return Face(settings.get(tx, "desk.name"), "en", "UTC", surveys.palette(""), "")
    brand = settings.brand(tx, inbox.brand_id)
    address = next((one.address for one in mailboxes if one.brand_id == brand.id), "")
    return Face(brand.name, brand.locale, brand.zone, surveys.palette(brand.colour), address, settings.logo(tx, brand))
