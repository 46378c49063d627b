"""Other desks to fill: those of the longest timelines, of the most words, and of the most customers with facts."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from bench.rows import END, FIRST, LAST, YEAR, Story, Writer, text_of

WORDS = 60_000  # in the vocabulary of `Wordy`
_BEGIN = ("b", "br", "ch", "d", "dr", "f", "fl", "g", "gl", "h", "k", "kl", "l", "m", "n", "p", "pr", "r", "s", "sch",
          "sh", "st", "t", "tr", "v", "w", "z")  # fmt: skip
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "ou")
_END = ("", "", "l", "m", "n", "nd", "r", "rt", "s", "st", "t")


class Lean(Story):
    """Timelines and nothing beside them: no scores, no deliveries, no Message-IDs. Half the time of a whole desk."""

    def _score(self, at: datetime, message: int, conversation: int, customer: int, level: str) -> None:
        """No timeline reads scores."""

    def _sent(self, at: datetime, reply: int, said: dict[str, Any], address: str, subject: str, quoted: str) -> None:
        """No timeline reads mails that went out."""


def vocabulary(rng: random.Random, size: int) -> list[str]:
    """Words that can be spoken, each once, in an order that has nothing to do with their letters."""
    found: dict[str, None] = {}
    while len(found) < size:
        parts = rng.choices((1, 2, 3), (2, 6, 4))[0]
        found["".join(rng.choice(_BEGIN) + rng.choice(_VOWELS) + rng.choice(_END) for _ in range(parts))] = None
    return list(found)


class Wordy(Lean):
    """Lines whose words are as often as in a language: a few in nearly all of them, most in hardly any (Zipf); and
    customers with thousands of names."""

    def __init__(self, writer: Writer, *args: Any, **more: Any) -> None:
        super().__init__(writer, *args, **more)
        rng = random.Random(11)
        self.vocabulary = vocabulary(rng, WORDS)
        self._often = list(accumulate(1 / (place + 8) for place in range(WORDS)))
        self.first = (*FIRST, *(word.capitalize() for word in vocabulary(rng, 300)))
        self.last = (*LAST, *(word.capitalize() for word in vocabulary(rng, 4000)))

    def _words(self) -> str:
        own = self.rng.choices(self.vocabulary, cum_weights=self._often, k=self.rng.randint(2, 14))
        return f"{super()._words()} {' '.join(own)}."


class Known(Story):
    """Customers alone, with what a year tells of them as facts: about twelve each."""

    def customers(self) -> None:
        super().customers()
        began = END - YEAR
        for n in range(1, self.size.customers + 1):
            came = began + YEAR * self.rng.random()
            self._facts(n, came)
            if n % 2000 == 0:
                self.w.flush()
        self.w.flush()

    def conversations(self) -> None:
        """None: what is counted are customers."""

    def _facts(self, n: int, came: datetime) -> None:
        rng = self.rng
        for _ in range(min(40, int(rng.paretovariate(1.2)))):
            at = came + (END - came) * rng.random()
            self._fact(n, "message.received", at)
            if rng.random() < 0.4:
                self._fact(n, "conversation.opened", at)
                self._fact(n, "conversation.resolved", at + timedelta(hours=9))
        self._fact(n, "stage", came, text=rng.choice(("new", "active", "loyal", "at_risk")))
        self._fact(n, "stage_model", came, text="support_care")
        for _ in range(rng.choice((0, 0, 1, 1, 2, 5))):
            self._fact(n, "order.placed", came + (END - came) * rng.random(), number=rng.randint(9, 300))
        if rng.random() < 0.3:
            self._fact(n, "csat", END - timedelta(days=rng.randint(0, 300)), number=rng.choices((1, 2, 3, 4, 5))[0])
        if rng.random() < 0.2:
            self._fact(n, "nps", END - timedelta(days=rng.randint(0, 300)), number=rng.randint(0, 10))
        if rng.random() < 0.2:
            level = rng.choice(("calm", "strained", "frustrated"))
            self._fact(n, "frustration", END - timedelta(days=rng.randint(0, 90)), text=level)
        self._fact(n, "attribute.plan", came, text=rng.choice(("Free", "Gold", "Team")))
        self._fact(n, "attribute.seats", came, number=rng.randint(1, 60))

    def _fact(self, customer: int, name: str, at: datetime, **value: Any) -> None:
        self._decision += 1
        when = text_of(at)
        self.w.add(
            "facts", id=self._decision, customer_id=customer, name=name, occurred_at=when, recorded_at=when, **value
        )
