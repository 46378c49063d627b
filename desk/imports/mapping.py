"""What each column of a list is, and what a row says by that: pure, so that the dry run and the run cannot differ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from desk.channels.sms.numbers import NoNumber, e164
from desk.imports.reader import Row
from desk.imports.values import Unfit, flag, guess, value
from desk.people import Key, key_of

TARGETS = ("skip", "name", "email", "phone", "user", "locale", "zone", "surveys", "attribute")
KINDS_OF_ADDRESS = ("user", "email", "phone")
SINGLE = ("name", "locale", "zone", "surveys")
_MAILBOX = re.compile(r"[^\s@<>,;:\"()\[\]]{1,64}@[^\s@<>,;:\"()\[\]]{1,255}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_HEADERS = {
    "email": ("email", "mail", "e-mail", "emailaddress", "e-mail-adresse", "correo", "courriel"),
    "phone": ("phone", "telephone", "mobile", "cell", "telefon", "handy", "teléfono", "móvil", "téléphone", "sms"),
    "name": ("name", "fullname", "customer", "customername", "kunde", "nombre", "nom"),
    "user": ("login", "loginid", "userid", "user", "username", "accountid", "externalid"),
    "locale": ("language", "locale", "lang", "sprache", "idioma", "langue"),
    "zone": ("timezone", "zone", "tz", "zeitzone"),
}


class BadMapping(ValueError):
    """Columns that cannot be taken like this; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Column:
    """What one column is. Of an attribute: its key, and for a new one its name and type (`fresh`)."""

    to: str = "skip"
    key: str = ""
    label: str = ""
    kind: str = "text"
    choices: tuple[str, ...] = ()
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How a list is to be taken. `match` are the kinds of address by which a customer is found; `region` is the
    country of numbers without a code; `site` is the inbox whose users the login ids are; `confirmed` says that the
    shop has confirmed these addresses; `gaps` leaves names, languages and zones that are known alone."""

    columns: tuple[Column, ...]
    match: tuple[str, ...] = KINDS_OF_ADDRESS
    region: str = ""
    site: str = ""
    confirmed: bool = False
    gaps: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Plan:
        columns = tuple(Column(**{**one, "choices": tuple(one["choices"])}) for one in said["columns"])
        return cls(columns, tuple(said["match"]), said["region"], said["site"], said["confirmed"], said["gaps"])

    def check(self) -> None:
        """Raises BadMapping."""
        used = [one.to for one in self.columns]
        addresses = [kind for kind in KINDS_OF_ADDRESS if kind in used]
        if not addresses:
            raise BadMapping("Say which column is the email address, the phone number or the login id.")
        for to in SINGLE:
            if used.count(to) > 1:
                raise BadMapping("The name, the language, the time zone and the answer to surveys are one column each.")
        if not set(self.match) & set(addresses):
            raise BadMapping("Choose an address by which customers are found, and name its column.")
        if "user" in used and not self.site:
            raise BadMapping("Say whose login ids these are: choose the inbox of the site.")
        keys = [one.key for one in self.columns if one.to == "attribute"]
        if "" in keys:
            raise BadMapping("A new attribute needs a name with a letter in it.")
        if len(set(keys)) < len(keys):
            raise BadMapping("Two columns cannot be one attribute.")


@dataclass(slots=True)
class Said:
    """What a row says: addresses as (key, value as it is shown), a profile without what is empty, attributes by their
    whole names; or why it is refused."""

    number: int
    addresses: list[tuple[Key, str]] = field(default_factory=list)
    profile: dict[str, str] = field(default_factory=dict)
    stop: bool = False
    facts: dict[str, float | str | bool | datetime] = field(default_factory=dict)
    why: str = ""


def said(row: Row, plan: Plan, header: Sequence[str]) -> Said:
    """Never raises; what cannot be read makes the row a refused one, with the column's name."""
    found = Said(row.number, why=row.odd)
    if row.odd:
        return found
    for column, name, cell in zip(plan.columns, header, row.cells, strict=False):
        if column.to == "skip" or not cell:
            continue
        try:
            _take(found, column, plan, cell)
        except (Unfit, NoNumber) as wrong:
            found.why = f"{name}: {wrong}"
            return found
    if not found.addresses:
        found.why = "This row has no email address, phone number or login id."
    return found


def _take(found: Said, column: Column, plan: Plan, cell: str) -> None:
    match column.to:
        case "email":
            cell = cell.removeprefix("mailto:").strip()
            if not _MAILBOX.fullmatch(cell) or len(cell) > 320 or not cell.isprintable():
                raise Unfit(f"“{cell[:60]}” is no email address.")
            found.addresses.append((key_of("email", cell), cell))
        case "phone":
            number = e164(cell, plan.region or None)
            found.addresses.append((key_of("phone", number), number))
        case "user":
            if len(cell) > 200 or not cell.isprintable():
                raise Unfit("This is no login id.")
            ref = f"{cell}@{plan.site}"[:320]
            found.addresses.append((key_of("user", ref), ref))
        case "name":
            found.profile["name"] = " ".join(cell.split())[:200]
        case "locale":
            if not _LOCALE.fullmatch(cell):
                raise Unfit(f"“{cell[:60]}” is no language: write de, en or pt-BR.")
            language, *rest = re.split("[-_]", cell)
            found.profile["locale"] = "-".join([language.lower(), *rest])[:16]
        case "zone":
            known = _zones().get(cell.casefold())
            if known is None:
                raise Unfit(f"“{cell[:60]}” is no time zone: write it as Europe/Stockholm.")
            found.profile["zone"] = known
        case "surveys":
            found.stop = not flag(cell)
        case "attribute":
            found.facts[f"attribute.{column.key}"] = value(column.kind, cell, column.choices)


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def suggest(header: Sequence[str], sample: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """For each column what it probably is, and the type that an attribute of it would have."""
    found: list[tuple[str, str]] = []
    for place, name in enumerate(header):
        cells = [row[place] for row in sample if place < len(row)]
        plain = re.sub(r"[\s_()-]", "", name.casefold())
        to = next((to for to, names in _HEADERS.items() if plain in {re.sub(r"[\s_-]", "", n) for n in names}), "")
        filled = [cell for cell in cells if cell]
        if not to and filled and sum(_MAILBOX.fullmatch(cell) is not None for cell in filled) > 0.8 * len(filled):
            to = "email"
        if to in SINGLE and to in {one for one, _ in found}:
            to = ""
        found.append((to or "skip", guess(cells)))
    return found
