"""POST /hooks/<channel>/<inbox key>: a provider hands in a message, or news of one of ours at …/status.

What a call means is said by its channel; here it is only made sure that the inbox's provider made it, and that it is
kept before anybody hears yes. Without the right signature nothing is stored and nothing is told of the desk.
"""

from __future__ import annotations

import io
from typing import Any, Literal

from flask import Blueprint, Response, request
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from desk import inbound, settings
from desk.channels.abilities import Forged, Hook, Hooked, Noting, Wrapped
from desk.channels.base import Unreadable, known
from desk.web.base import allow, answer, csrf, limiter, the_desk

MAX_BYTES = 64 << 10  # a message of ten segments with ten files has under eight kilobytes
READ = 64 << 10  # bytes at a time
OFTEN = "6000 per minute"  # of one address: a provider calls for each message, from few addresses
WRONG = "60 per minute; 600 per hour"  # of them may be wrong

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")


def _is_wrong(response: Response) -> bool:
    return response.status_code in {400, 403, 404, 413}


@blueprint.post("/<channel>/<key>")
@allow("public")
@limiter.limit(OFTEN)
@limiter.limit(WRONG, deduct_when=_is_wrong)
def message(channel: str, key: str) -> Response:
    return _take(channel, key, "message")


@blueprint.post("/<channel>/<key>/status")
@allow("public")
@limiter.limit(OFTEN)
@limiter.limit(WRONG, deduct_when=_is_wrong)
def status(channel: str, key: str) -> Response:
    return _take(channel, key, "status")


def _body() -> bytes:
    """The body, held once: what the library reads into is copied when it is whole. Raises RequestEntityTooLarge."""
    buffer = io.BytesIO()
    while piece := request.stream.read(READ):
        buffer.write(piece)
    return buffer.getvalue()


csrf.exempt(blueprint)  # whoever calls has no page of ours; the signature says who it is


def _take(channel: str, key: str, kind: Literal["message", "status"]) -> Response:
    some = known().get(channel)
    found: Hooked | None = some if isinstance(some, Hooked) else None
    desk = the_desk()
    with desk.store.reading() as tx:
        inbox = settings.inbox_by_key(tx, channel, key) if len(key) <= 40 else None
        if inbox is None or not inbox.active or found is None:
            return answer(404, text=_("No inbox of this desk has that address, or it is switched off."))
        config = settings.opened(tx, inbox)
        most = int(settings.get(tx, "mail.max_megabytes")) << 20
    query = request.query_string.decode("latin-1")
    url = f"{desk.store.public_url}{request.path}{f'?{query}' if query else ''}"
    headers = {name.lower(): value for name, value in request.headers.items()}
    arguments = request.args.to_dict()
    envelope: dict[str, Any] = {"kind": kind, "signed": True, "query": arguments}
    wrapped: Wrapped | None = found if isinstance(found, Wrapped) else None
    limit = MAX_BYTES
    if wrapped is not None:  # a mail in a form or in JSON is a third larger than itself, and has fields beside it
        packed = request.mimetype in ("multipart/form-data", "application/json")
        limit = min(wrapped.hook_bytes, most * 3 // 2 + MAX_BYTES if packed else most)
    request.max_content_length = limit
    try:
        if wrapped is not None:  # nobody makes us read megabytes who may not
            found.verify(Hook(url, kind, headers, b"", arguments), config)
        raw = _body()
        if not raw:
            return answer(400, text=_("This call is empty."))
        hook = Hook(url, kind, headers, raw, arguments)
        name = found.verify(hook, config)
        if wrapped is not None:
            raw, envelope = wrapped.unwrap(hook)
            if len(raw) > most:
                raise RequestEntityTooLarge
        elif isinstance(found, Noting):
            envelope |= found.noted(hook, config)
    except RequestEntityTooLarge:
        if wrapped is not None:
            return answer(413, text=_("A mail has %(n)s MB at most.", n=most >> 20))
        return answer(413, text=_("A call has %(n)s kB at most.", n=limit >> 10))
    except Forged as error:
        return answer(403, text=error.reason)
    except Unreadable as error:
        return answer(400, text=error.reason)
    inbound.take_raw(
        desk,
        raw,
        channel=channel,
        door="status" if kind == "status" else "hook",
        inbox_id=inbox.id,
        envelope=envelope,
        door_key=f"{channel}:{inbox.id}:{kind}:{name}"[:255],
    )
    content_type, body = found.hook_answer
    return Response(body, content_type=content_type)
