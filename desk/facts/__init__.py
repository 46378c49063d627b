"""Dated facts of each customer, and the one condition language over them."""

from desk.facts.attributes import (
    KINDS,
    AttributeProblem,
    declare_attribute,
    declared,
    described,
    key_of,
    retire_attribute,
)
from desk.facts.catalog import CATALOG, OPEN, FactType, declare, find, incoming
from desk.facts.condition import Condition, Verdict
from desk.facts.erasing import count_personal, erase
from desk.facts.errors import ConditionError, FactError
from desk.facts.evidence import Evidence
from desk.facts.ledger import customer_ids, first_times, record, record_many, view, views
from desk.facts.moving import move
from desk.facts.syntax import FUNCTIONS, UNITS
from desk.facts.tables import Attribute, Fact
from desk.facts.view import FactValue, FactView, Known

__all__ = [
    "CATALOG",
    "FUNCTIONS",
    "KINDS",
    "OPEN",
    "UNITS",
    "Attribute",
    "AttributeProblem",
    "Condition",
    "ConditionError",
    "Evidence",
    "Fact",
    "FactError",
    "FactType",
    "FactValue",
    "FactView",
    "Known",
    "Verdict",
    "count_personal",
    "customer_ids",
    "declare",
    "declare_attribute",
    "declared",
    "described",
    "erase",
    "find",
    "first_times",
    "incoming",
    "key_of",
    "move",
    "record",
    "record_many",
    "retire_attribute",
    "view",
    "views",
]
