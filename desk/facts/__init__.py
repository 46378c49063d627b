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
from desk.facts.catalog import CATALOG, CONVERSATION, OPEN, FactType, declare, find, incoming
from desk.facts.condition import Condition, Verdict
from desk.facts.erasing import count_personal, erase, has_ordered
from desk.facts.errors import ConditionError, FactError
from desk.facts.evidence import Evidence
from desk.facts.ledger import customer_ids, first_times, record, record_many, view, views
from desk.facts.moving import move
from desk.facts.parser import Segments
from desk.facts.shelf import Shelf, Shelved, shelf_of
from desk.facts.syntax import FUNCTIONS, UNITS, Among, Compare, leaves, literal_text
from desk.facts.tables import Attribute, Fact
from desk.facts.view import FactValue, FactView, Known

__all__ = [
    "CATALOG",
    "CONVERSATION",
    "FUNCTIONS",
    "KINDS",
    "OPEN",
    "UNITS",
    "Among",
    "Attribute",
    "AttributeProblem",
    "Compare",
    "Condition",
    "ConditionError",
    "Evidence",
    "Fact",
    "FactError",
    "FactType",
    "FactValue",
    "FactView",
    "Known",
    "Segments",
    "Shelf",
    "Shelved",
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
    "has_ordered",
    "incoming",
    "key_of",
    "leaves",
    "literal_text",
    "move",
    "record",
    "record_many",
    "retire_attribute",
    "shelf_of",
    "view",
    "views",
]
