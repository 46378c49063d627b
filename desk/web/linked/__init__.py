"""Files of texts, by an address that ends: for the customer who got it, and for the provider who carries it."""

from desk.web.linked.views import blueprint

__all__ = ["blueprint"]
