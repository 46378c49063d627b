"""The jobs that tell colleagues who are elsewhere: the mail of what is unread, and a push to one of their browsers."""

from __future__ import annotations

import logging

from desk import notices
from desk.http import Client, Forbidden, Unreachable
from desk.jobs import Leased, fail, finish
from desk.parts import Desk

log = logging.getLogger(__name__)

GONE = 410
AGAIN = frozenset({429, 500, 502, 503, 504})  # the service cannot now; everything else will not change by waiting


def mail(desk: Desk, job: Leased) -> None:
    """Mails somebody what is unread."""
    with desk.store.transaction() as tx:
        finish(tx, job)
        notices.mail(tx, job.args["staff_id"], job.args["mail"])


def push(desk: Desk, job: Leased) -> None:
    """Calls the service of one browser, outside of any transaction; a browser that is gone, or whose address leads
    where nobody may call, is forgotten. News that could not be told within a minute is old: the list has it."""
    with desk.store.reading() as tx:
        parcel = notices.parcel(tx, job.args["notice_id"], job.args["browser_id"])
    status, trouble = 0, ""
    if parcel is not None:
        client = Client(allow_private=bool(desk.config.get("ALLOW_PRIVATE")), max_bytes=64 << 10)
        try:
            status = notices.send(client, parcel).status
        except Forbidden as error:
            log.warning("a browser is forgotten, because its push address may not be called: %s", error)
            status = GONE
        except Unreachable as error:
            trouble = str(error)
        finally:
            client.close()
    if status in AGAIN:
        trouble = f"the push service answered {status}"
    elif status >= 400 and status not in (404, GONE):
        log.warning("a push service refused a message with %d", status)
    with desk.store.transaction() as tx:
        if trouble and job.attempts < job.max_attempts:
            fail(tx, job, trouble)
            return
        finish(tx, job)
        if parcel is not None and status:
            notices.settled(tx, parcel.browser_id, status)
