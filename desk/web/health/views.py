"""/healthz, /readyz and /metrics."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator

from flask import Blueprint, Response, abort, current_app, g, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from desk import intake, jobs, outbound, settings
from desk.web.base import allow, current_viewer, the_desk

blueprint = Blueprint("health", __name__)
_NEAR = [
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
]
TYPE = "text/plain; version=0.0.4; charset=utf-8"


@blueprint.get("/healthz")
@allow("public")
def healthz() -> ResponseReturnValue:
    """This process answers. It touches nothing else: a slow database is no reason to kill it."""
    return {"status": "ok"}


@blueprint.get("/readyz")
@allow("public")
def readyz() -> ResponseReturnValue:
    """This process can serve: its database answers and its tables are there. 503 where not, without saying why to
    strangers; the log says it."""
    try:
        with the_desk().store.reading() as tx:
            tx.execute(text("SELECT 1 FROM staff WHERE 1 = 0"))
    except SQLAlchemyError:
        current_app.logger.exception("the database does not answer")
        return {"status": "unavailable", "database": "does not answer"}, 503
    return {"status": "ok", "database": "ok"}


class _Queues(Collector):
    """What waits, counted when it is asked for."""

    def collect(self) -> Iterator[Metric]:
        with the_desk().store.reading() as tx:
            depth, held, sending = jobs.counts(tx), intake.quarantined_count(tx, 10_000), outbound.states(tx)
            away = jobs.beats(tx).get(jobs.FILES_BEAT)
            waiting = jobs.put_off_counts(tx, 10_000)
            lost = sum(settings.grants.grant(inbox).state == "refused" for inbox in settings.inboxes(tx, active=True))
        for name, text_, values in (
            ("loopdesk_jobs", "Jobs that wait, run or were given up.", depth),
            ("loopdesk_deliveries", "Deliveries under way or gone wrong.", sending),
            ("loopdesk_waiting_for_files", "Jobs that wait for the store of files, at most 10,000.", waiting),
        ):
            family = GaugeMetricFamily(name, text_, labels=["task" if values is waiting else "state"])
            for state, n in values.items():
                family.add_metric([state], n)
            yield family
        yield GaugeMetricFamily("loopdesk_quarantined", "Arrivals in quarantine, at most 10,000.", value=held)
        gone = bool(away is not None and away.last_error)
        yield GaugeMetricFamily("loopdesk_files_answer", "1 where the store of files answered last.", value=not gone)
        yield GaugeMetricFamily("loopdesk_inboxes_disconnected", "Inboxes whose consent was refused.", value=lost)


@blueprint.record_once
def measure(state: BlueprintSetupState) -> None:
    """Counts every request of the application by endpoint, never by path: paths hold ids and secrets."""
    app = state.app
    registry = CollectorRegistry()
    registry.register(_Queues())
    served = Counter("loopdesk_requests", "Requests served.", ["endpoint", "status"], registry=registry)
    took = Histogram("loopdesk_request_seconds", "How long they took.", ["endpoint"], registry=registry)
    app.extensions["loopdesk.metrics"] = registry

    @app.before_request
    def begin() -> None:
        g.begun = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        served.labels(endpoint, f"{response.status_code // 100}xx").inc()
        if "begun" in g:
            took.labels(endpoint).observe(time.perf_counter() - g.begun)
        return response


@blueprint.get("/metrics")
@allow("public")
def metrics() -> ResponseReturnValue:
    """For Prometheus on this machine or its private network, and for admins; for nobody else."""
    # Behind a proxy that nobody told us of, everybody seems to come from this machine.
    unsure = "X-Forwarded-For" in request.headers and not current_app.config.get("TRUSTED_PROXIES")
    if unsure or not _is_near(request.remote_addr or ""):
        viewer = current_viewer()
        if viewer is None or viewer.role != "admin":
            abort(404)
    return Response(generate_latest(current_app.extensions["loopdesk.metrics"]), content_type=TYPE)


def _is_near(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in _NEAR if network.version == ip.version)
