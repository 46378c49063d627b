"""`flask mail parse | receive | strip`: the mail channel from the shell."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from tqdm import tqdm

from desk import inbound, intake, settings
from desk.channels.base import Unreadable, discover
from desk.channels.email import parse as parse_mail
from desk.channels.email import parsed_as_json, strip_mail, strip_reply
from desk.cli.common import fail, the_desk
from desk.files import FilesUnreachable

HEADERS = 64 * 1024  # bytes that are kept of a mail that is too large


@click.group()
def mail() -> None:
    """Mails: read one, take some in, or see what the writer wrote new."""


def _read(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


@mail.command()
@click.argument("files", nargs=-1, required=True)
def parse(files: tuple[str, ...]) -> None:
    """What a mail says, as JSON; several FILES give one object a line. `-` reads standard input."""
    bad = False
    for name in files:
        try:
            found: dict[str, Any] = parsed_as_json(_read(name))
            if len(files) > 1:
                found = {"file": name} | found
        except Unreadable as error:
            found, bad = {"file": name, "error": error.reason}, True
        except OSError as error:
            found, bad = {"file": name, "error": f"cannot be opened: {error.strerror}"}, True
        click.echo(json.dumps(found, ensure_ascii=True))
    if bad and len(files) == 1:
        sys.exit(1)


@mail.command()
@click.argument("file")
@click.option("--whole", is_flag=True, help="FILE is a mail with its headers; its HTML and its subject count too.")
@click.option("--quoted", is_flag=True, help="Print what was taken away instead.")
def strip(file: str, whole: bool, quoted: bool) -> None:
    """What the writer wrote new, from a plain-text body. `-` reads standard input."""
    try:
        raw = _read(file)
        found = strip_mail(parse_mail(raw)) if whole else strip_reply(raw.decode("utf-8", "replace"))
    except OSError as error:
        fail(f"{file} cannot be opened: {error.strerror}")
    except Unreadable as error:
        fail(f"{file} cannot be read: {error.reason}")
    click.echo(found[quoted])


@mail.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--inbox", "inbox_name", help="Address, name or key of an email inbox; the first one by default.")
@click.option("--progress/--no-progress", default=None, help="A progress bar; by default where somebody looks on.")
@with_appcontext
def receive(files: tuple[str, ...], inbox_name: str | None, progress: bool | None) -> None:
    """Takes mails in through the corridor, as if they had arrived; one object a line says what became of each.

    FILES are mails, folders of them, or mbox files (by the ending .mbox).
    """
    desk = the_desk()
    channels = discover()
    with desk.store.reading() as tx:
        inboxes = settings.inboxes(tx, "email")
        wanted = (inbox_name or "").casefold()
        chosen = next(
            (i for i in inboxes if not wanted or wanted in (i.address, i.name.casefold(), i.key.casefold())), None
        )
        limit = int(settings.get(tx, "mail.max_megabytes")) << 20
    if chosen is None:
        fail(f"There is no email inbox called {inbox_name}." if inbox_name else "This desk has no email inbox yet.")
    found = list(_found(files))
    shown = progress if progress is not None else len(found) > 1 and sys.stderr.isatty()
    for name, read in tqdm(found, "receiving", unit="mail", file=sys.stderr, disable=not shown):
        try:
            raw, size = read(limit)
        except OSError as error:
            click.echo(json.dumps({"file": name, "outcome": "quarantined", "reason": str(error.strerror)}))
            continue
        envelope = {"too_large": size} if size > limit else None
        try:
            stored = desk.files.put(raw), len(raw)
            with desk.store.transaction() as tx:
                # Walked here and now, so no job is queued for it.
                row = intake.keep(
                    tx,
                    desk.files,
                    stored,
                    channel="email",
                    door="file",
                    inbox_id=chosen.id,
                    envelope=envelope,
                    queue=False,
                )
            assert row is not None
            outcome = inbound.take(desk, row.id, channels, fetch="now")
        except FilesUnreachable as error:
            fail(f"Stopped at {name}, because files cannot be stored now: {error}.")
        click.echo(
            json.dumps(
                {
                    "file": name,
                    "outcome": outcome.state,
                    "reason": outcome.reason,
                    "customer": outcome.customer_id,
                    "conversation": outcome.conversation_id,
                }
            )
        )


Read = Callable[[int], tuple[bytes, int]]


def _found(names: tuple[str, ...]) -> Iterator[tuple[str, Read]]:
    """Each mail with a name and how to read it: files, those of a folder by their names, those of an mbox. None is read
    before its turn, so ten thousand take no more memory than one."""
    for name in names:
        path = Path(name)
        if name != "-" and path.is_dir():
            for one in sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith(".")):
                yield str(one), partial(_piece, one, 0, None)
        elif name != "-" and path.suffix.casefold() == ".mbox" and path.is_file():
            for number, (start, end) in enumerate(pairwise(_banners(path)), 1):
                yield f"{name}:{number}", partial(_piece, path, start, end)
        else:
            yield name, _standard_input if name == "-" else partial(_piece, path, 0, None)


def _standard_input(limit: int) -> tuple[bytes, int]:
    raw = sys.stdin.buffer.read(limit + 1)
    return (raw, len(raw)) if len(raw) <= limit else (_headers(raw), len(raw))


def _banners(path: Path) -> list[int]:
    """Where the mails of an mbox begin, and its end: at each "From " after an empty line."""
    places, at, empty = [], 0, True
    with path.open("rb") as file:
        for line in file:
            if empty and line.startswith(b"From "):
                places.append(at)
            at += len(line)
            empty = not line.strip()
    return [*places, at] if places else [0, at]


def _piece(path: Path, start: int, end: int | None, limit: int) -> tuple[bytes, int]:
    """One mail of a file and its size; of one that is over the limit the headers alone. The banner of an mbox stays:
    the reader of mails drops it."""
    with path.open("rb") as file:
        size = (end if end is not None else path.stat().st_size) - start
        file.seek(start)
        if size > limit:
            return _headers(file.read(HEADERS)), size
        return file.read(size), size


def _headers(raw: bytes) -> bytes:
    """What says whom a mail is from and what it is about."""
    ends = [at for at in (raw.find(b"\n\n"), raw.find(b"\n\r\n")) if at >= 0]
    return raw[: min(ends, default=len(raw)) + 1][:HEADERS]
