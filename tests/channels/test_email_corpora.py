"""Published mails in the folder that CORPORA names: the shares that must hold."""

from __future__ import annotations

import html
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from desk.channels.email import parse, strip_text
from desk.channels.email.bounces import bounce

FOLDER = Path(os.environ.get("CORPORA", "nowhere")) / "mail"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="CORPORA names no folder with the published mails")


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


def test_readings_agree_with_the_reference() -> None:
    found = {"from": 0, "subject": 0, "text": 0, "attachments": 0}
    files = sorted((FOLDER / "parsing").glob("*.json"))
    assert files
    for file in files:
        reference = json.loads(file.read_text())
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
    shares = {name: round(count / len(files), 3) for name, count in found.items()}
    assert all(share >= 0.98 for share in shares.values()), shares


def test_replies_are_stripped_as_people_would() -> None:
    """Forwards are kept whole here, where this corpus wants them gone; the others must agree."""
    files = sorted((FOLDER / "replies" / "emails").iterdir())
    assert files
    wrong = [
        file.name
        for file in files
        if strip_text(file.read_text("utf-8")).strip()
        != (FOLDER / "replies" / "trimmed" / file.name).read_text("utf-8").strip()
    ]
    assert [name for name in wrong if not name.startswith("forwarded")] == []


def test_bounces_are_found_and_told_apart() -> None:
    expected = json.loads((FOLDER / "bounces" / "expected.json").read_text())
    seen = right = 0
    for name, facts in expected.items():
        notice = bounce(parse((FOLDER / "bounces" / f"{name}.eml").read_bytes()))
        if notice is None:
            continue
        seen += 1
        right += notice.recipients[0].kind == ("soft" if facts["status"][0].startswith("4") else "hard")
    assert seen / len(expected) >= 0.95
    assert right / seen >= 0.94


def test_ordinary_mails_are_no_bounces() -> None:
    assert [f.name for f in (FOLDER / "parsing").glob("*.eml") if bounce(parse(f.read_bytes()))] == []
