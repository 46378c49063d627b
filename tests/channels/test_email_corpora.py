"""Published mails in the folder that CORPORA names: the shares that must hold."""

from __future__ import annotations

import pytest

from bench import mail

FOLDER = mail.folder()

pytestmark = pytest.mark.skipif(FOLDER is None, reason=mail.SKIPPED)


def test_readings_agree_with_the_reference() -> None:
    assert FOLDER is not None
    found = mail.parsing(FOLDER / "parsing")
    count = found.pop("mails")
    assert count
    shares = {name: round(right / count, 3) for name, right in found.items()}
    assert all(share >= 0.98 for share in shares.values()), shares
    assert shares["attachments"] == 1


def test_replies_are_stripped_as_people_would() -> None:
    """Forwards are kept whole here, where this corpus wants them gone; the others must agree."""
    assert FOLDER is not None
    found = mail.stripping(FOLDER / "replies")
    assert found["mails"]
    assert [name for name in found["other"] if not name.startswith("forwarded")] == []


def test_bounces_are_found_and_told_apart() -> None:
    assert FOLDER is not None
    found = mail.bouncing(FOLDER)
    assert found["detected"] / found["mails"] >= 0.95
    assert found["class"] / found["detected"] >= 0.94
    assert found["false_alarms"] == []


def test_the_benchmark_prints_a_row_for_each_share_and_says_what_misses_its_bar() -> None:
    assert FOLDER is not None
    found = mail.measure(FOLDER)
    rows = mail.rows(found)
    assert [row.split("  ")[1] for row in rows if ":" in row] == [
        "parse: from", "parse: subject", "parse: text", "parse: attachments", "strip: exact",
        "bounces: detected", "bounces: soft or hard", "bounces: false alarms",
    ]  # fmt: skip
    assert not any("below" in row for row in rows)
    found["strip"]["exact"] = 0
    assert any("below 75%" in row for row in mail.rows(found))
