"""Makes the call of a flow, outside of any transaction, and reads its answer. Never raises: trouble is a result."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from desk.flows import templates
from desk.flows.definition import Call
from desk.flows.engine import Result
from desk.http import Answer, Client, Unreachable

LARGEST = 64 << 10
LONGEST_VALUE = 300


def call(made: Call, values: Mapping[str, str], *, allow_private: bool, key: str) -> Result:
    """`key` names this step of this run: a server that knows `Idempotency-Key` does what it asks for once."""
    try:
        url, headers = templates.address(made, values), templates.headers(made, values)
        body = templates.body(made, values)
    except templates.Unfillable as wrong:
        return Result(trouble=f"it could not be put together: {wrong}")
    headers = {"Accept": "application/json", **headers}
    if made.method != "GET":
        headers["Idempotency-Key"] = key
    if body is not None:
        headers["Content-Type"] = body[0]
    client = Client(allow_private=allow_private, timeout=made.timeout, max_bytes=LARGEST, within=made.timeout)
    try:
        answer = client.call(made.method, url, headers=headers, content=body[1] if body else None, redirects=0)
    except Unreachable as wrong:
        return Result(trouble=str(wrong))
    finally:
        client.close()
    return read(made, answer.status, answer)


def read(made: Call, status: int, answer: Answer | bytes) -> Result:
    """What is kept of an answer. One that lacks what it should say is trouble, but for one without content."""
    if status not in made.ok:
        return Result(status, trouble=f"it was answered with {status}")
    if not made.saves:
        return Result(status)
    content = answer if isinstance(answer, bytes) else answer.content
    try:
        given = json.loads(content) if content.strip() else None
    except (ValueError, RecursionError):
        return Result(status, trouble="its answer is no JSON") if status < 300 else Result(status)
    saved: dict[str, str] = {}
    for name, path in made.saves:
        value = _at(given, path)
        if value is None and status < 300:
            return Result(status, trouble=f"its answer has no {'.'.join(path)}")
        saved[name] = value or ""
    return Result(status, saved)


def _at(given: Any, path: tuple[str, ...]) -> str | None:
    for part in path:
        if isinstance(given, dict):
            given = given.get(part)
        elif isinstance(given, list) and part.isascii() and part.isdigit() and len(part) < 5 and int(part) < len(given):
            given = given[int(part)]
        else:
            return None
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, float) and not math.isfinite(given):
        return None
    if isinstance(given, str | int | float):
        return templates.plain(" ".join(str(given).split()))[:LONGEST_VALUE]
    return None
