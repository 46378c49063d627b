"""What the mail channel reads right, on the published mails in the folder that CORPORA names, and how many a second.

`python -m bench.mail FOLDER` prints the rows alone.
"""

from __future__ import annotations

import html
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

from desk.channels.base import Unreadable
from desk.channels.email import parse, strip_mail, strip_text
from desk.channels.email.bounces import bounce

SKIPPED = "CORPORA names no folder with published mails (mail/parsing, mail/replies, mail/bounces)"
BARS = {"from": 0.98, "subject": 0.98, "text": 0.96, "attachments": 1.0, "strip": 0.75, "bounces": 0.90}


def folder() -> Path | None:
    """The published mails, where the environment names them."""
    found = Path(os.environ.get("CORPORA") or "nowhere") / "mail"
    return found if (found / "parsing").is_dir() else None


def measure(mails: Path) -> dict[str, Any]:
    """Shares by name, the names of what was stripped otherwise, and the speed of all of it."""
    return {
        "parse": parsing(mails / "parsing"),
        "strip": stripping(mails / "replies"),
        "bounces": bouncing(mails),
        "mails_per_second": _speed(mails),
    }


def parsing(mails: Path) -> dict[str, Any]:
    """How many of the mails are read as their reference says: whom from, subject, text, number of attachments."""
    found = {"from": 0, "subject": 0, "text": 0, "attachments": 0}
    files = sorted(mails.glob("*.json"))
    for file in files:
        reference = json.loads(file.read_text("utf-8"))
        mail = parse(file.with_suffix(".eml").read_bytes())
        values = {
            h["name"]: h["value"] for h in reversed(reference["parts"][0]["headers"]) if isinstance(h["name"], str)
        }
        author = values["from"]["Address"]["List"][0] if "from" in values else {}
        mine = (mail.sender.email, mail.sender.name) if mail.sender else ("", "")
        found["from"] += mine == (author.get("address") or "", author.get("name") or "")
        # The reference shows holes for characters that were never encoded; we read them.
        subject = re.escape(values.get("subject", {}).get("Text", "")).replace("\ufffd", ".")
        found["subject"] += re.fullmatch(subject, mail.subject) is not None
        found["text"] += _words(mail.text) == _reference_text(reference)
        found["attachments"] += len(mail.attachments) == len(reference["attachments"])
    return {"mails": len(files)} | found


def stripping(replies: Path) -> dict[str, Any]:
    """How many bodies are stripped to exactly what the corpus kept, and which are not. This corpus drops what is
    forwarded; here it stays, because it is what the writer wants to show."""
    files = sorted((replies / "emails").iterdir())
    other = [
        file.name
        for file in files
        if strip_text(file.read_text("utf-8")).strip() != (replies / "trimmed" / file.name).read_text("utf-8").strip()
    ]
    return {"mails": len(files), "exact": len(files) - len(other), "other": other}


def bouncing(mails: Path) -> dict[str, Any]:
    """How many notices of failure are found, how many are told soft from hard, and which ordinary mails are taken
    for one."""
    expected = json.loads((mails / "bounces" / "expected.json").read_text("utf-8"))
    seen = right = 0
    for name, facts in expected.items():
        notice = bounce(parse((mails / "bounces" / f"{name}.eml").read_bytes()))
        if notice is None:
            continue
        seen += 1
        right += notice.recipients[0].kind == ("soft" if facts["status"][0].startswith("4") else "hard")
    ordinary = sorted((mails / "parsing").glob("*.eml"))
    return {
        "mails": len(expected),
        "detected": seen,
        "class": right,
        "ordinary": len(ordinary),
        "false_alarms": [file.name for file in ordinary if bounce(parse(file.read_bytes()))],
    }


def _speed(mails: Path) -> float:
    """Mails a second, parsed and stripped, by one process."""
    raws = [file.read_bytes() for kind in ("parsing", "bounces") for file in sorted((mails / kind).glob("*.eml"))]
    began = time.perf_counter()
    for raw in raws:
        try:
            strip_mail(parse(raw))
        except Unreadable:
            continue
    return round(len(raws) / (time.perf_counter() - began), 1)


def rows(found: dict[str, Any]) -> list[str]:
    """The figures for reading; what misses its bar says so."""
    lines = []

    def row(label: str, count: int, of: int, bar: float | None, note: str = "") -> None:
        share = count / of if of else 0.0
        low = f"  below {bar:.0%}" if bar is not None and share < bar else ""
        lines.append(f"  {label:28} {count:5d} of {of:5d} {share:7.1%}{note}{low}")

    read, stripped, failed = found["parse"], found["strip"], found["bounces"]
    for name in ("from", "subject", "text", "attachments"):
        row(f"parse: {name}", read[name], read["mails"], BARS[name])
    other = f"  ({', '.join(stripped['other'])})" if stripped["other"] else ""
    row("strip: exact", stripped["exact"], stripped["mails"], BARS["strip"], other)
    row("bounces: detected", failed["detected"], failed["mails"], BARS["bounces"])
    row("bounces: soft or hard", failed["class"], failed["detected"], None)
    row("bounces: false alarms", len(failed["false_alarms"]), failed["ordinary"], None)
    lines.append(f"  {'parsed and stripped':28} {found['mails_per_second']:9,.1f} mails a second")
    return lines


def _words(text: str) -> str:
    return "".join(text.split())


def _reference_text(reference: dict[str, Any]) -> str:
    pieces = []
    for i in reference["text_body"]:
        body = reference["parts"][i]["body"]
        if "Text" in body:
            pieces.append(body["Text"])
        elif "Html" in body:
            pieces.append(
                html.unescape(re.sub(r"(?is)<(style|script|title).*?</\1>|<!--.*?-->|<[^>]+>", " ", body["Html"]))
            )
    return _words(" ".join(pieces))


def main() -> None:
    """The rows, for the folder named or the one in CORPORA."""
    named = Path(sys.argv[1]) if len(sys.argv) > 1 else folder()
    if named is None or not (named / "parsing").is_dir():
        sys.exit(SKIPPED)
    print("\n".join(rows(measure(named))))


if __name__ == "__main__":
    main()
