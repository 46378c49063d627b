"""Reads a list of whatever encoding and delimiter, row after row, and never stumbles: what is odd is said."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

ENCODINGS = {"utf-8-sig": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "cp1252": "Windows-1252"}
DELIMITERS = {",": ",", ";": ";", "\t": "Tab", "|": "|"}
MOST_BYTES = 100 * 1024 * 1024
MOST_ROWS = 250_000
MOST_COLUMNS = 200
LONGEST_CELL = 4000
_HEAD = 64 * 1024


class Unreadable(ValueError):
    """This is no list; the sentence says why."""


class Row(NamedTuple):
    """One row: its number (the header is 1), its cells, and what is wrong with it, empty where nothing is."""

    number: int
    cells: list[str]
    odd: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a list is written, and the names of its columns."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]


def layout(content: bytes, encoding: str = "", delimiter: str = "") -> Layout:
    """Finds out how a list is written, but for what is said. Raises Unreadable with a sentence."""
    if not content.strip():
        raise Unreadable("This file is empty.")
    if len(content) > MOST_BYTES:
        raise Unreadable(f"This file has {len(content) >> 20} MB; {MOST_BYTES >> 20} MB is the most.")
    if content[:4] == b"PK\x03\x04" or content[:4] == b"\xd0\xcf\x11\xe0":
        raise Unreadable("This is a workbook and no list: save it as CSV (UTF-8) in your spreadsheet program first.")
    encoding = encoding or _encoding(content)
    delimiter = delimiter or _delimiter(content, encoding)
    first = next(_records(content, encoding, delimiter), None)
    if first is None or first.odd:
        raise Unreadable(first.odd if first is not None else "This file has no row of column names.")
    if sum("\x00" in cell for cell in first.cells):
        raise Unreadable("This is no text: a list is a file of rows, such as a spreadsheet program saves as CSV.")
    names = [" ".join(cell.split())[:80] for cell in first.cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise Unreadable("The first row is empty; it names the columns.")
    if len(names) > MOST_COLUMNS:
        raise Unreadable(f"This file has {len(names)} columns; {MOST_COLUMNS} is the most.")
    return Layout(encoding, delimiter, tuple(name or f"Column {n}" for n, name in enumerate(names, 1)))


def rows(content: bytes, how: Layout, after: int = 1) -> Iterator[Row]:
    """The rows behind number `after`, the empty ones left out, each with as many cells as there are columns."""
    width = len(how.header)
    for row in _records(content, how.encoding, how.delimiter):
        if row.number <= max(1, after):
            continue
        if row.odd:
            yield row
            continue
        cells = row.cells
        whole = "".join(cells)
        if not whole or whole.isspace():
            continue
        odd = ""
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            odd = f"This row has {len(cells)} cells and the header {width}: a quote or a delimiter is too many."
        elif len(whole) > LONGEST_CELL and any(len(cell) > LONGEST_CELL for cell in cells):
            odd = f"A cell of this row has more than {LONGEST_CELL:,} characters: a quote may never be closed."
        elif "\x00" in whole:
            odd = "This row has characters that are no text."
        cells = [cell.strip() for cell in cells[:width]]
        yield Row(row.number, cells + [""] * (width - len(cells)), odd)


def count(content: bytes, how: Layout) -> int:
    """How many rows there are. Raises Unreadable for more than are taken."""
    n = 0
    for n, _row in enumerate(rows(content, how), 1):
        if n > MOST_ROWS:
            raise Unreadable(f"This list has more than {MOST_ROWS:,} rows; cut it into several.")
    return n


def _encoding(content: bytes) -> str:
    if content.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if content.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    head = content[:2000]
    zeros = head[1::2].count(0), head[0::2].count(0)
    if max(zeros) > len(head) // 5 and min(zeros) <= len(head) // 50:
        return "utf-16-le" if zeros[0] > zeros[1] else "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), 1 << 20):
            decoder.decode(content[start : start + (1 << 20)])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _delimiter(content: bytes, encoding: str) -> str:
    best, most = ",", 0.0
    for delimiter in DELIMITERS:
        widths = []
        for row in _records(content[:_HEAD], encoding, delimiter):
            if row.cells and not row.odd:
                widths.append(len(row.cells))
            if len(widths) == 50:
                break
        if not widths or widths[0] < 2:
            continue
        alike = sum(width == widths[0] for width in widths) / len(widths)
        score = alike * min(widths[0], 20)
        if score > most:
            best, most = delimiter, score
    return best


def _records(content: bytes, encoding: str, delimiter: str) -> Iterator[Row]:
    """Each row with its number, the header first. A line “sep=;” that some programs write above it is left out."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, errors="replace", newline="")
    if text.read(1) != "\ufeff":
        text.seek(0)
    reader = csv.reader(text, delimiter=delimiter)
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(number + 1, [], "A quote is opened here and never closed, so that nothing behind it can be read.")
            return
        if number == 0 and (not any(cell.strip() for cell in cells) or _says_how(cells)):
            continue
        number += 1
        yield Row(number, cells)


def _says_how(cells: list[str]) -> bool:
    return cells[0].strip().lower().startswith("sep=") and sum(map(len, cells)) <= len("sep=;") + 1
