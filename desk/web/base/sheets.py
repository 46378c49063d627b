"""Lists as CSV: streamed, in UTF-8, and harmless when a spreadsheet opens them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from flask import Response

from desk.store import Store, Tx

Cell = str | int | float | None
# A cell that begins with one of these is a formula to a spreadsheet (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CHUNK = 32 * 1024


def harmless(cell: Cell) -> str:
    """A cell as text. Words that a spreadsheet would compute get an apostrophe before them; numbers are numbers."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.4f}".rstrip("0").rstrip(".")
    if isinstance(cell, int):
        return str(cell)
    text = cell.replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def encoded(lines: Iterable[Iterable[Cell]]) -> Iterator[bytes]:
    """CSV in pieces of some 32 KB, with the mark by which Excel knows UTF-8."""
    buffer = io.StringIO()
    buffer.write("\ufeff")
    writer = csv.writer(buffer)
    for line in lines:
        writer.writerow([harmless(cell) for cell in line])
        if buffer.tell() > _CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def answer(store: Store, name: str, lines: Callable[[Tx], Iterable[Iterable[Cell]]]) -> Response:
    """Streams a file. The transaction opens when the first piece is asked for and closes with the last one."""

    def pieces() -> Iterator[bytes]:
        with store.reading() as tx:
            yield from encoded(lines(tx))

    response = Response(pieces(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
