"""/customers/: everybody, the segments that they fall into, and one customer with the reasons."""

from desk.web.customers import attributes, consent, lists, person, privacy, segments  # noqa: F401  (their routes)
from desk.web.customers.listing import blueprint

__all__ = ["blueprint"]
