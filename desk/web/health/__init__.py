"""Whether the desk is alive, ready, and how it does: for probes and for Prometheus."""

from desk.web.health.views import blueprint

__all__ = ["blueprint"]
