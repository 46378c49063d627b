"""What a row of the list of customers says, read for a whole page at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from desk import facts, lifecycle, people, sentiment
from desk.facts import FactView
from desk.people import Identity
from desk.store import Tx

NAMES = frozenset({"stage", "stage_model", "frustration", "csat", "nps", "order.placed", "message.received"})


@dataclass(frozen=True, slots=True)
class Row:
    """One customer. `score` is the newest answer of either kind; `orders` are how many, and their value."""

    id: int
    name: str
    address: str
    evidence: str
    stage: str
    level: str
    heard: datetime | None
    score: int | None
    score_of: int
    score_at: datetime | None
    orders: int
    value: float
    since: datetime | None  # in the segment


@dataclass(frozen=True, slots=True)
class StageNames:
    """Names of stages in the reader's language, by model and key."""

    models: dict[str, lifecycle.Definition]
    language: str

    @classmethod
    def of(cls, tx: Tx, language: str) -> StageNames:
        return cls({row.key: lifecycle.definition_of(row) for row in lifecycle.published(tx)}, language)

    def name(self, model: str, key: str) -> str:
        """The stage's name; its key where no model in force knows it, nothing where there is none."""
        known = self.models.get(model)
        stage = known.by_key.get(key) if known is not None else None
        return stage.name_in(self.language) if stage is not None else key

    def step(self, model: str, key: str) -> int:
        """Which of the five shades of the stages' colour it has, 1 to 5; 0 for the way out."""
        known = self.models.get(model)
        forward = sorted((s for s in known.stages if s.kind == "forward"), key=lambda s: s.order) if known else []
        place = next((n for n, s in enumerate(forward) if s.key == key), None)
        return 0 if place is None else 1 + round(4 * place / max(1, len(forward) - 1))


def rows(tx: Tx, ids: Sequence[int], names: StageNames, since: dict[int, datetime] | None = None) -> list[Row]:
    """The rows of these customers, in this order: four reads, however many they are."""
    persons = people.customers(tx, ids)
    addresses = people.identities_of(tx, ids)
    views = facts.views(tx, list(ids), names=NAMES)
    now = tx.now()
    scored = sentiment.heard(tx, persons)
    found = []
    for customer_id in ids:
        if customer_id not in persons:
            continue
        view, best = views[customer_id], _best(addresses.get(customer_id, []))
        score, of, at = _score(view, now)
        orders = view.series("order.placed").facts
        mood = view.value("frustration", now)
        heard = view.latest("message.received", now)
        calm = "calm" if customer_id in scored else ""  # whoever was heard and never flagged
        found.append(
            Row(
                id=customer_id,
                name=persons[customer_id].name,
                address=best.value if best is not None and best.kind in ("email", "phone") else "",
                evidence=best.evidence if best is not None else "",
                stage=names.name(str(view.value("stage_model", now) or ""), str(view.value("stage", now) or "")),
                level=mood if isinstance(mood, str) else calm,
                heard=heard.occurred_at if heard is not None else None,
                score=score,
                score_of=of,
                score_at=at,
                orders=len(orders),
                value=sum(f.value for f in orders if isinstance(f.value, float)),
                since=(since or {}).get(customer_id),
            )
        )
    return found


def _best(addresses: Sequence[Identity]) -> Identity | None:
    """The address that stands for somebody: one that is reachable and best proved."""
    return max(addresses, key=lambda i: (i.kind in ("email", "phone"), people.RANK[i.evidence], -i.id), default=None)


def _score(view: FactView, now: datetime) -> tuple[int | None, int, datetime | None]:
    answers = [(view.latest(name, now), of) for name, of in (("csat", 5), ("nps", 10))]
    known = [(fact, of) for fact, of in answers if fact is not None and isinstance(fact.value, float)]
    if not known:
        return None, 5, None
    newest, of = max(known, key=lambda pair: pair[0].occurred_at)
    assert isinstance(newest.value, float)
    return int(newest.value), of, newest.occurred_at
