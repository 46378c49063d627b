"""The commands that people script against: their JSON, their exit status, their one line when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from desk import intake, settings
from desk.parts import Desk
from tests.factories import make_inbox

MAIL = b"""From: Marta <marta@lindqvist.example>
To: support@kiln.example
Subject: Kettle
Message-ID: <1@lindqvist.example>
Date: Mon, 02 Mar 2026 08:58:00 +0000

It is cracked.

On Sun, 1 Mar 2026, Kiln wrote:
> Your order is on its way.
"""


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    path = tmp_path / "a.eml"
    path.write_bytes(MAIL)
    return path


def _lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_mail_parse_gives_one_object_for_one_file(app: Flask, mail: Path) -> None:
    result = app.test_cli_runner().invoke(args=["mail", "parse", str(mail)])
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["from"] == {"email": "marta@lindqvist.example", "name": "Marta"}
    assert found["reply"].strip() == "It is cracked."
    assert set(found) >= {
        "from", "to", "subject", "date", "message_id", "in_reply_to", "references", "text", "html", "reply",
        "attachments", "automatic", "bounce",
    }  # fmt: skip


def test_mail_parse_goes_on_after_a_file_that_cannot_be_read(app: Flask, mail: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.eml"
    bad.write_bytes(b"")
    result = app.test_cli_runner().invoke(args=["mail", "parse", str(bad), str(tmp_path / "none"), str(mail)])
    first, second, third = _lines(result.stdout)
    assert first["error"]
    assert second["error"]
    assert third["file"] == str(mail)
    assert third["subject"] == "Kettle"
    assert result.exit_code == 0


def test_mail_parse_reads_standard_input(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["mail", "parse", "-"], input=MAIL)
    assert json.loads(result.stdout)["subject"] == "Kettle"


def test_mail_strip_gives_the_new_words(app: Flask, tmp_path: Path) -> None:
    body = tmp_path / "body.txt"
    body.write_bytes(MAIL.split(b"\n\n", 1)[1])
    result = app.test_cli_runner().invoke(args=["mail", "strip", str(body)])
    assert result.stdout.strip() == "It is cracked."
    rest = app.test_cli_runner().invoke(args=["mail", "strip", "--quoted", str(body)])
    assert rest.stdout.strip()
    assert "It is cracked." not in rest.stdout


def test_mail_strip_takes_a_whole_mail(app: Flask) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(args=["mail", "strip", "--whole", "-"], input=MAIL).stdout.strip() == "It is cracked."
    refused = runner.invoke(args=["mail", "strip", "--whole", "-"], input=b"")
    assert refused.exit_code == 1
    assert "cannot be read" in refused.stderr


def test_mail_receive_takes_folders_and_mailboxes_with_a_progress_bar(app: Flask, tmp_path: Path) -> None:
    desk: Desk = app.extensions["loopdesk"]
    with desk.store.transaction() as tx:
        brand = settings.create_brand(tx, key="kiln", name="Kiln")
        settings.create_inbox(tx, channel="email", name="Support", address="support@kiln.example", brand_id=brand.id)
    folder = tmp_path / "mails"
    (folder / "older").mkdir(parents=True)
    for number, place in enumerate(("b.eml", "a.eml", "older/c.eml", ".DS_Store")):
        (folder / place).write_bytes(MAIL.replace(b"<1@", b"<%d@" % (number + 10)))
    box = tmp_path / "kept.mbox"
    banner = b"From marta@lindqvist.example Mon Mar  2 10:00:00 2026\n"
    box.write_bytes(b"".join(banner + MAIL.replace(b"<1@", b"<%d@" % number) + b"\n" for number in (20, 21)))
    runner = app.test_cli_runner()
    result = runner.invoke(args=["mail", "receive", str(folder), str(box), str(tmp_path / "no.mbox"), "--progress"])
    said = _lines(result.stdout)
    names = [Path(str(one["file"])).name for one in said]
    assert names == ["a.eml", "b.eml", "c.eml", "kept.mbox:1", "kept.mbox:2", "no.mbox"]
    assert [one["outcome"] for one in said] == ["accepted"] * 5 + ["quarantined"]
    assert "receiving: 100%" in result.stderr
    assert "receiving" not in runner.invoke(args=["mail", "receive", str(folder)]).stderr


@pytest.mark.parametrize("by", ["file", "mbox", "standard input"])
def test_mail_receive_leaves_what_is_too_large_where_it_is(app: Flask, tmp_path: Path, by: str) -> None:
    desk: Desk = app.extensions["loopdesk"]
    with desk.store.transaction() as tx:
        make_inbox(tx)
        settings.set(tx, "mail.max_megabytes", 1, None)
    raw = b"From: a@b.example\nSubject: big\n\n" + b"x" * (2 << 20)
    file = tmp_path / ("box.mbox" if by == "mbox" else "big.eml")
    file.write_bytes(b"From a@b.example now\n" + raw if by == "mbox" else raw)
    name, given = ("-", raw) if by == "standard input" else (str(file), b"")
    result = app.test_cli_runner().invoke(args=["mail", "receive", name], input=given)
    told = json.loads(result.output)
    assert told["outcome"] == "quarantined"
    assert "this desk takes 1 MB. Only its headers are here" in told["reason"]
    with desk.store.reading() as tx:
        (held,) = intake.quarantined(tx)
        kept = desk.files.get(held.raw_sha256)
    assert b"Subject: big" in kept
    assert len(kept) < 100


def test_mail_receive_walks_the_corridor_and_says_what_became_of_each(app: Flask, mail: Path, tmp_path: Path) -> None:
    desk: Desk = app.extensions["loopdesk"]
    runner = app.test_cli_runner()
    nowhere = runner.invoke(args=["mail", "receive", str(mail)])
    assert nowhere.exit_code == 1
    assert "no email inbox" in nowhere.stderr
    with desk.store.transaction() as tx:
        brand = settings.create_brand(tx, key="kiln", name="Kiln")
        settings.create_inbox(tx, channel="email", name="Support", address="support@kiln.example", brand_id=brand.id)
    bad = tmp_path / "bad.eml"
    bad.write_bytes(b"nobody wrote this")
    result = runner.invoke(args=["mail", "receive", str(mail), str(mail), str(bad), "--inbox", "support@kiln.example"])
    accepted, again, held = _lines(result.stdout)
    assert (accepted["outcome"], again["outcome"], held["outcome"]) == ("accepted", "duplicate", "quarantined")
    assert accepted["conversation"] == again["conversation"]
    assert held["reason"]
    assert runner.invoke(args=["mail", "receive", str(mail), "--inbox", "nobody@x"]).exit_code == 1


@pytest.mark.database("sqlite")
def test_survey_statistics(app: Flask) -> None:
    runner = app.test_cli_runner()
    found = json.loads(runner.invoke(args=["survey", "statistics", "--csat", "5,4,4,5,3,5,5,4,5,5"]).stdout)
    assert (found["measure"], found["n"], found["score"]) == ("csat", 10, 90.0)
    assert (round(found["low"]), round(found["high"])) == (60, 98)
    for wrong in (["--csat", "6"], ["--nps", "11"], ["--ces", "x"]):
        refused = runner.invoke(args=["survey", "statistics", *wrong])
        assert refused.exit_code == 1
        assert len(refused.stderr.strip().splitlines()) == 1
    assert runner.invoke(args=["survey", "statistics"]).exit_code == 2


@pytest.mark.database("sqlite")
def test_sentiment_score_gives_a_line_a_line(app: Flask) -> None:
    result = app.test_cli_runner().invoke(
        args=["sentiment", "score"], input="Thank you\nThis is the third time, ridiculous\n"
    )
    calm, angry = _lines(result.stdout)
    assert float(str(calm["frustration"])) < 0.3 < float(str(angry["frustration"]))
    assert angry["words"] == ["third time", "ridiculous"]


def test_lifecycle_dry_run_changes_nothing_and_explains_a_bad_model(app: Flask, tmp_path: Path) -> None:
    runner = app.test_cli_runner()
    model = Path(app.root_path).parent / "desk" / "lifecycle" / "templates" / "commerce.yaml"
    result = runner.invoke(args=["lifecycle", "dry-run", "--model", str(model)])
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["moves"] == []
    bad = tmp_path / "bad.yaml"
    bad.write_text("key: x\nstages: [")
    for path in (bad, tmp_path / "none.yaml"):
        refused = runner.invoke(args=["lifecycle", "dry-run", "--model", str(path)])
        assert refused.exit_code == 1
        assert refused.stderr.strip()
