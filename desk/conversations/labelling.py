"""Labels: put on and taken off, and the list of them that a desk keeps: renamed, merged, coloured, archived."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, exists, func, insert, literal, select, update
from sqlalchemy.orm import aliased

from desk.agents import Viewer
from desk.conversations.queue import get
from desk.conversations.saying import say
from desk.conversations.states import NotPossible
from desk.conversations.tables import ConversationLabel, Label
from desk.people import fold
from desk.signals import ConversationChanged
from desk.store import Tx

LABEL_LONGEST = 60
TONES = 8  # colours that a label can have, by their numbers
MOST = 500  # of one desk's list: a page shows them all


class BadLabel(ValueError):
    """A label that the desk does not take. `reason`: name, taken, many, itself."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"label refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class KnownLabel:
    """One label of the list, its former names, and how many conversations have it."""

    id: int
    name: str
    tone: int | None
    archived: bool
    former: tuple[str, ...]
    conversations: int


def label(tx: Tx, conversation_id: int, viewer: Viewer | None, name: str, on: bool) -> None:
    """Puts a label on, or takes it off; without a viewer it is the desk itself that does. A former name stands for the
    label that it became, and a new one is in the list from then on."""
    conversation = get(tx, conversation_id, viewer)
    name = " ".join(name.split())[:LABEL_LONGEST]
    if not name:
        raise NotPossible("A label needs a name.")
    found = tx.get(ConversationLabel, (conversation.id, name)) if not on else None
    if found is None:
        name = label_name(tx, name)
        found = tx.get(ConversationLabel, (conversation.id, name))
    if on and found is None:
        _known(tx, name)
        tx.add(ConversationLabel(conversation_id=conversation.id, label=name))
        tx.flush()
    elif not on and found is not None:
        tx.execute(
            delete(ConversationLabel).where(
                ConversationLabel.conversation_id == conversation.id, ConversationLabel.label == name
            )
        )
    else:
        return
    say(tx, conversation, "label", tx.now(), viewer.id if viewer else None, {"label": name, "on": on})
    tx.announce(ConversationChanged(conversation.id, conversation.customer_id))


def labels(tx: Tx, conversation_ids: list[int]) -> dict[int, list[str]]:
    """The labels of conversations, by their ids."""
    out: dict[int, list[str]] = {}
    if conversation_ids:
        query = select(ConversationLabel).where(ConversationLabel.conversation_id.in_(conversation_ids))
        for row in tx.scalars(query.order_by(ConversationLabel.label)):
            out.setdefault(row.conversation_id, []).append(row.label)
    return out


def label_tones(tx: Tx, conversation_id: int) -> dict[str, int | None]:
    """The labels of one conversation by name, each with the number of its colour."""
    of_it = ConversationLabel.conversation_id == conversation_id
    query = select(ConversationLabel.label, Label.tone).outerjoin(Label, Label.name == ConversationLabel.label)
    return {row.label: row.tone for row in tx.execute(query.where(of_it).order_by(ConversationLabel.label))}


def label_name(tx: Tx, name: str) -> str:
    """How a label is called today, however it is capitalised and whatever it was called before; an unknown one as it
    is."""
    now, became = aliased(Label), aliased(Label)
    query = select(now.name, became.name.label("became")).outerjoin(became, became.id == now.into_id)
    row = tx.execute(query.where(now.name_folded == fold(name))).first()
    return name if row is None else row.became or row.name


def _known(tx: Tx, name: str) -> None:
    if tx.scalar(select(Label.id).where(Label.name_folded == fold(name))) is None:
        tx.add(Label(name=name, name_folded=fold(name), made_at=tx.now()))
        tx.flush()


def known_labels(tx: Tx, *, archived: bool = False, counted: bool = False) -> list[KnownLabel]:
    """The list, by name; with `archived`, those too, behind the others. `counted` says how many conversations have
    each: an index is walked for that."""
    rows = list(tx.scalars(select(Label).order_by(Label.name_folded).limit(MOST * 4)))
    former: dict[int, list[str]] = {}
    for row in rows:
        if row.into_id is not None:
            former.setdefault(row.into_id, []).append(row.name)
    many: dict[str, int] = {}
    if counted:
        query = select(ConversationLabel.label, func.count().label("n")).group_by(ConversationLabel.label)
        many = {row.label: row.n for row in tx.execute(query)}
    found = [
        KnownLabel(
            row.id,
            row.name,
            row.tone,
            row.archived_at is not None,
            tuple(former.get(row.id, ())),
            many.get(row.name, 0),
        )
        for row in rows
        if row.into_id is None and (archived or row.archived_at is None)
    ]
    return sorted(found, key=lambda one: one.archived)


def _get(tx: Tx, label_id: int) -> Label:
    found = tx.get(Label, label_id)
    if found is None or found.into_id is not None:
        raise LookupError(f"no label has the number {label_id}")
    return found


def add_label(tx: Tx, name: str, tone: int | None = None) -> Label:
    """A label before anybody put it on. Raises BadLabel."""
    if (tx.scalar(select(func.count()).select_from(Label).where(Label.into_id.is_(None))) or 0) >= MOST:
        raise BadLabel("many")
    name, folded = _free(tx, name, None)
    row = Label(name=name, name_folded=folded, tone=_tone(tone), made_at=tx.now())
    tx.add(row)
    tx.flush()
    return row


def change_label(tx: Tx, label_id: int, *, name: str, tone: int | None) -> Label:
    """Renames it on every conversation that has it, and colours it. Its old name goes on leading to it. Raises
    LookupError, BadLabel."""
    row = _get(tx, label_id)
    name, folded = _free(tx, name, row)
    before, before_folded = row.name, row.name_folded
    row.tone = _tone(tone)
    if name != before:
        row.name, row.name_folded = name, folded
        tx.flush()
        tx.execute(update(ConversationLabel).where(ConversationLabel.label == before).values(label=name))
        if folded != before_folded:
            tx.add(Label(name=before, name_folded=before_folded, into_id=row.id, made_at=tx.now()))
    tx.flush()
    return row


def merge_labels(tx: Tx, label_id: int, into_id: int) -> Label:
    """Puts another label in the place of this one, on every conversation and for every name that led here. Raises
    LookupError, BadLabel."""
    row, into = _get(tx, label_id), _get(tx, into_id)
    if row.id == into.id:
        raise BadLabel("itself")
    has = aliased(ConversationLabel)
    already = exists().where(has.conversation_id == ConversationLabel.conversation_id, has.label == into.name)
    missing = select(ConversationLabel.conversation_id, literal(into.name)).where(
        ConversationLabel.label == row.name, ~already
    )
    tx.execute(insert(ConversationLabel).from_select(["conversation_id", "label"], missing))
    tx.execute(delete(ConversationLabel).where(ConversationLabel.label == row.name))
    tx.execute(update(Label).where(Label.into_id == row.id).values(into_id=into.id))
    row.into_id, row.tone, row.archived_at = into.id, None, None
    tx.flush()
    return into


def archive_label(tx: Tx, label_id: int, *, archived: bool = True) -> Label:
    """Offers it no more, or again; what has it keeps it. Raises LookupError."""
    row = _get(tx, label_id)
    row.archived_at = (row.archived_at or tx.now()) if archived else None
    tx.flush()
    return row


def _tone(tone: int | None) -> int | None:
    return tone if tone is not None and 0 <= tone < TONES else None


def _free(tx: Tx, name: str, own: Label | None) -> tuple[str, str]:
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > LABEL_LONGEST or '"' in name or "," in name:
        raise BadLabel("name")
    folded = fold(name)
    other = tx.scalar(select(Label).where(Label.name_folded == folded))
    if other is not None and (own is None or other.id != own.id):
        if other.into_id is None:
            raise BadLabel("taken")
        tx.delete(other)  # a former name that somebody wants now
        tx.flush()
    return name, folded
