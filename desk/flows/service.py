"""Flows as rows: written, published, taken back, removed; their versions and secrets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from desk import audit
from desk.flows.definition import Flow, FlowError
from desk.flows.reading import read
from desk.flows.tables import FlowRow, FlowSecret, FlowVersion
from desk.store import Tx

MOST = 60
LONGEST_SECRET = 400


@dataclass(frozen=True, slots=True)
class Live:
    """A published flow as customers get it."""

    flow_id: int
    version_id: int
    number: int
    flow: Flow


def every(tx: Tx) -> list[FlowRow]:
    """All flows by name."""
    query = select(FlowRow).where(FlowRow.removed_at.is_(None)).order_by(FlowRow.name, FlowRow.id)
    return list(tx.scalars(query))


def get(tx: Tx, flow_id: int, *, hold: bool = False) -> FlowRow:
    """A flow that is not removed. Raises LookupError."""
    row = tx.get(FlowRow, flow_id, with_for_update=True) if hold else tx.get(FlowRow, flow_id)
    if row is None or row.removed_at is not None:
        raise LookupError("There is no such flow.")
    return row


def save(tx: Tx, text: str, staff_id: int | None, flow_id: int | None = None) -> FlowRow:
    """Keeps a draft that can be read; customers go on with what is published. Raises FlowError, LookupError."""
    text = text.replace("\r\n", "\n").replace("\x00", "")
    flow = read(text)
    if flow_id is None:
        if len(every(tx)) >= MOST:
            raise FlowError([(1, f"A desk has {MOST} flows at most.")])
        row = FlowRow(version=0, removed_at=None)
        tx.add(row)
    else:
        row = get(tx, flow_id, hold=True)
    row.name, row.draft, row.changed_at, row.changed_by = flow.name, text, tx.now(), staff_id
    tx.flush()
    return row


def publish(tx: Tx, flow_id: int, staff_id: int | None) -> FlowVersion:
    """Gives customers the draft, as a version of its own unless it is what they have. Raises FlowError, LookupError."""
    row = get(tx, flow_id, hold=True)
    flow = read(row.draft)
    missing = sorted(set(flow.secrets) - set(secret_names(tx, flow_id)))
    if missing:
        raise FlowError([(1, f"The secret {name} has no value yet.") for name in missing])
    last = tx.scalar(select(func.max(FlowVersion.number)).where(FlowVersion.flow_id == flow_id)) or 0
    known = version(tx, flow_id, last) if last else None
    if known is None or known.text != row.draft:
        known = FlowVersion(flow_id=flow_id, number=last + 1, text=row.draft, at=tx.now(), by=staff_id)
        tx.add(known)
    row.version = known.number
    tx.flush()
    return known


def unpublish(tx: Tx, flow_id: int) -> FlowRow:
    """No customer begins it any more; whoever is in it goes on to its end. Raises LookupError."""
    row = get(tx, flow_id, hold=True)
    row.version = 0
    tx.flush()
    return row


def remove(tx: Tx, flow_id: int) -> FlowRow:
    """Takes it away. What ran with it stays readable, and its secrets stay while a dialogue may need them."""
    row = get(tx, flow_id, hold=True)
    row.version, row.removed_at = 0, tx.now()
    tx.flush()
    return row


def version(tx: Tx, flow_id: int, number: int) -> FlowVersion | None:
    return tx.scalar(select(FlowVersion).where(FlowVersion.flow_id == flow_id, FlowVersion.number == number))


def versions(tx: Tx, flow_id: int) -> list[FlowVersion]:
    """What was published, newest first."""
    query = select(FlowVersion).where(FlowVersion.flow_id == flow_id).order_by(FlowVersion.number.desc()).limit(50)
    return list(tx.scalars(query))


def live(tx: Tx) -> list[Live]:
    """Every published flow."""
    query = (
        select(FlowVersion)
        .join(FlowRow, (FlowRow.id == FlowVersion.flow_id) & (FlowRow.version == FlowVersion.number))
        .where(FlowRow.removed_at.is_(None))
        .order_by(FlowRow.id)
    )
    return [Live(row.flow_id, row.id, row.number, read(row.text)) for row in tx.scalars(query)]


def buttons(tx: Tx, locale: str) -> list[str]:
    """What customers can press to begin, in a language."""
    return [one.flow.button.of(locale) for one in live(tx) if one.flow.button is not None]


def of_version(tx: Tx, version_id: int) -> Flow:
    return read(tx.get_one(FlowVersion, version_id).text)


# Secrets


def secret_names(tx: Tx, flow_id: int) -> list[str]:
    """Those that have a value."""
    query = select(FlowSecret.name).where(FlowSecret.flow_id == flow_id).order_by(FlowSecret.name)
    return list(tx.scalars(query))


def put_secret(tx: Tx, flow_id: int, name: str, value: str, staff_id: int | None) -> None:
    """Seals a value. Raises LookupError, and ValueError where no header could carry it."""
    row = get(tx, flow_id, hold=True)
    value = value.strip()
    if not value or len(value) > LONGEST_SECRET or not value.isascii() or not value.isprintable():
        raise ValueError(f"A secret is one line of plain letters, at most {LONGEST_SECRET}.")
    if name not in read(row.draft).secrets:
        raise LookupError("The flow names no such secret.")
    kept = tx.get(FlowSecret, (flow_id, name))
    if kept is None:
        kept = FlowSecret(flow_id=flow_id, name=name)
        tx.add(kept)
    kept.sealed, kept.at = tx.keys.seal(value), tx.now()
    tx.flush()
    audit.note(tx, "flow", flow_id, row.name, what="done", after={"secret": name}, staff_id=staff_id)


def opened(tx: Tx, flow_id: int, names: Sequence[str]) -> dict[str, str]:
    """Secrets as templates know them. Read in the job that makes the call, and kept nowhere else."""
    rows = tx.scalars(select(FlowSecret).where(FlowSecret.flow_id == flow_id, FlowSecret.name.in_(list(names))))
    return {f"secret.{row.name}": tx.keys.open(row.sealed) for row in rows}
