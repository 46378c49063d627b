"""Plans a whole history from a seed: who buys what when, who writes about it, and how each case goes. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from random import Random

from desk.simulate import phrases, questions, tail
from desk.simulate.cast import Buyer, Order, buyers, number_orders, order
from desk.simulate.hours import BY_WEEKDAY, ZONE, monday, some_moment
from desk.simulate.script import Script, agent_for
from desk.simulate.steps import Case, Ordered, Plan, Resolve, Step
from desk.simulate.world import Topic, Trait, World

CONTACTS = 0.0155  # mails that begin a case, for each customer and day
CARRIER_WEIGHT = 3.2  # how much more often deliveries are written about once the carrier has changed
QUIET = timedelta(hours=40)  # before the end, when the last conversations are laid out one by one
TAIL_SHARE = 0.16  # of the customers write in the last two days


def plan(
    world: World,
    *,
    customers: int,
    days: int,
    seed: int,
    end: datetime,
    mark: int = 0,
    channels: Collection[str] = ("email", "chat", "sms"),
) -> Plan:
    """The history of `customers` over `days` that ends at `end`: the same seed and end, the same plan.

    `mark` keeps addresses apart from those of earlier histories in the same desk; `channels` are those that it has.
    """
    rng = Random(f"loopdesk:{seed}:{customers}:{days}")
    end = end.replace(microsecond=0)
    start = end - timedelta(days=days)
    carrier_from = _carrier_from(start, end)
    everybody = buyers(rng, world, customers, start, end, mark, channels)
    drawn: list[_Draft] = []
    for buyer in everybody:
        drawn += _cases(Random(f"{rng.random()}"), world, buyer, start, end, carrier_from)
    drawn += _last_days(rng, world, everybody, end, carrier_from)
    for buyer in everybody:  # sorted and numbered only now: a case may have brought an order with it
        buyer.orders.sort(key=lambda o: o.at)
    number_orders(o for b in everybody for o in b.orders)
    drawn.sort(key=lambda d: (d.at, d.buyer.number))
    cases: list[Case] = []
    steps: list[Step] = []
    for number, draft in enumerate(drawn):
        case, own = _script(rng, world, draft, number, end, carrier_from)
        cases.append(case)
        steps += own
    position = {id(step): at for at, step in enumerate(steps)}
    kept = sorted((s for s in steps if start <= s.at <= end), key=lambda s: (s.at, position[id(s)]))
    # From a source of their own: how many there are changes nothing about the cases.
    asking = Random(f"loopdesk:questions:{seed}:{customers}:{days}")
    asked = questions.draw(asking, world, everybody, start, end, len(cases))
    return Plan(seed, start, end, carrier_from, everybody, cases, kept, _ordered(rng, everybody, start, end), asked)


def _carrier_from(start: datetime, end: datetime) -> datetime:
    """The Monday three weeks before the week of the end; in a short history, after two thirds of it."""
    day = monday(end) - timedelta(weeks=3)
    at = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    return max(at, start + (end - start) * 0.6).astimezone(end.tzinfo)


class _Draft:
    """A case before it has a number: who, what, when, about which order, and how its end is told."""

    __slots__ = ("agent", "at", "buyer", "order", "tell", "topic")

    def __init__(
        self, buyer: Buyer, topic: Topic, at: datetime, order: Order, tell: tail.Tell | None = None, agent: str = ""
    ) -> None:
        self.buyer, self.topic, self.at, self.order, self.tell, self.agent = buyer, topic, at, order, tell, agent


def _cases(
    rng: Random, world: World, buyer: Buyer, start: datetime, end: datetime, carrier_from: datetime
) -> list[_Draft]:
    """What one customer writes about in the history, up to the last two days."""
    made = []
    span = (end - QUIET - start).total_seconds() / 86400
    if span <= 0.2:
        return []
    mean = CONTACTS * buyer.talks * span
    count = int(mean) + (rng.random() < mean % 1) if rng.random() < 0.5 else _poisson(rng, mean)
    if count == 0 and (rng.random() < 0.7 or not buyer.orders):
        count = 1
    for _ in range(count):
        at = _when(rng, start, span, carrier_from)
        topic = _topic(rng, world, at >= carrier_from)
        made.append(_Draft(buyer, topic, at, _order_for(rng, world, buyer, topic, at)))
    return made


def _poisson(rng: Random, mean: float) -> int:
    count, at = 0, rng.expovariate(1.0)
    while at < mean:
        count += 1
        at += rng.expovariate(1.0)
    return count


def _when(rng: Random, start: datetime, span: float, carrier_from: datetime) -> datetime:
    """A moment in the history: more on Mondays than on Sundays, more since the carrier has changed."""
    last = start + timedelta(days=span)
    for _ in range(200):
        day = (start + timedelta(days=rng.uniform(0, span))).astimezone(ZONE).date()
        at = some_moment(rng, day)
        weight = BY_WEEKDAY[day.weekday()] * (1.3 if at >= carrier_from else 1.0)
        if start + timedelta(minutes=30) < at < last and rng.random() < weight / 1.65:
            return at
    return start + timedelta(days=rng.uniform(0.1, span))


def _topic(rng: Random, world: World, carrier: bool) -> Topic:
    topics = list(world.topics.values())
    weights = [t.weight * (CARRIER_WEIGHT if carrier and t.theme == "delivery" else 1) for t in topics]
    return rng.choices(topics, weights)[0]


def _order_for(rng: Random, world: World, buyer: Buyer, topic: Topic, at: datetime) -> Order:
    """The order that the case is about: one of the right age, or one that is placed for it; for a mere question, what
    might be bought."""
    kettle = topic.key == "fault"
    if not topic.order:
        asked = order(rng, world, at + timedelta(days=rng.uniform(0.1, 6)), buyer.favourite)
        asked.bought = rng.random() < 0.45
        buyer.orders.append(asked)
        return asked
    youngest, oldest = topic.age
    for one in reversed(buyer.orders):
        if not one.bought:
            continue
        age = (at - one.at).total_seconds() / 86400
        if youngest <= age <= oldest + 1 and (one.item.kettle or not kettle):
            return one
    back = timedelta(days=rng.uniform(youngest + 0.1, oldest + 0.9))
    made = order(rng, world, some_moment(rng, (at - back).astimezone(ZONE).date()), buyer.favourite, kettle=kettle)
    made.at = min(made.at, at - timedelta(hours=1))
    buyer.orders.append(made)
    return made


def _last_days(
    rng: Random, world: World, everybody: list[Buyer], end: datetime, carrier_from: datetime
) -> list[_Draft]:
    count = max(len(tail.TAIL), round(TAIL_SHARE * len(everybody)))
    chosen: list[Buyer] = []
    while len(chosen) < count:
        chosen += rng.sample(everybody, min(len(everybody), count - len(chosen)))
    made = []
    for number, buyer in enumerate(chosen):
        tell, whose = tail.TAIL[number % len(tail.TAIL)]
        topics = world.topics
        if tell is tail.waiting:
            topic = topics[rng.choice(("damaged", "invoice", "fault", "refund"))]
        elif tell in (tail.frustrated, tail.unassigned_frustrated, tail.strained):
            topic = topics[rng.choice(("late", "lost", "refund", "late"))]
        else:
            topic = _topic(rng, world, True)
        at = end - QUIET
        made.append(_Draft(buyer, topic, at, _order_for(rng, world, buyer, topic, at), tell, whose))
    return made


def _agent(rng: Random, world: World, draft: _Draft) -> Trait:
    if draft.agent == "first":
        return world.agents[0]
    return agent_for(rng, world, draft.topic.inbox, draft.buyer.locale)


def _script(
    rng: Random, world: World, draft: _Draft, number: int, end: datetime, carrier_from: datetime
) -> tuple[Case, list[Step]]:
    own = Random(f"{rng.random()}")
    carrier = draft.topic.theme == "delivery" and draft.at >= carrier_from
    case = Case(number, draft.buyer, draft.topic, carrier)
    days = max(2, (draft.at - draft.order.at).days)
    values = phrases.slots(own, world, draft.buyer, draft.order, days)
    script = Script(own, case, _agent(own, world, draft), values, draft.at)
    if draft.agent == "first":
        script.beside = next((one for one in world.agents[1:] if draft.topic.inbox in one.inboxes), None)
    if draft.tell is None:
        script.tell()
    else:
        draft.tell(script, end)
    return case, script.steps


def _ordered(rng: Random, everybody: list[Buyer], start: datetime, end: datetime) -> list[Ordered]:
    """What the shop reports: on the first day all that lies before it, then each order as it is placed."""
    made = []
    for buyer in everybody:
        before = tuple(o for o in buyer.orders if o.at < start and o.bought)
        if before:
            made.append(Ordered(start + timedelta(seconds=rng.randint(60, 1500)), buyer, before))
        made += [Ordered(o.at, buyer, (o,)) for o in buyer.orders if start <= o.at <= end and o.bought]
    return sorted(made, key=lambda o: (o.at, o.buyer.number))


def resolved(plan: Plan) -> list[Resolve]:
    """The verdicts of a plan, in order of time."""
    return [s for s in plan.steps if isinstance(s, Resolve)]
