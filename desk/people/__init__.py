"""Customers and their identities, with the evidence for each."""

from desk.people.service import (
    Addressed,
    addresses,
    count,
    customer,
    fold,
    identities,
    identity,
    resolve,
    resume_surveys,
    search,
    set_locale,
    stop_surveys,
    verify,
)
from desk.people.tables import Customer, Identity

__all__ = [
    "Addressed",
    "Customer",
    "Identity",
    "addresses",
    "count",
    "customer",
    "fold",
    "identities",
    "identity",
    "resolve",
    "resume_surveys",
    "search",
    "set_locale",
    "stop_surveys",
    "verify",
]
