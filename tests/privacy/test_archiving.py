"""Everything of a customer in one archive: whole, readable, and not for longer than it should be there."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

from desk import privacy
from desk.clock import SetClock
from desk.files.tables import Blob
from desk.parts import Desk
from desk.store import Tx
from desk.worker import drain
from tests.privacy.lives import Life


def made(desk: Desk, life: Life) -> privacy.Archive:
    with desk.store.transaction() as tx:
        number = privacy.ask_archive(tx, life.customer_id, life.admin).id
    drain(desk)
    with desk.store.reading() as tx:
        row = tx.get_one(privacy.Archive, number)
    assert row.state == "done"
    return row


def refs(tx: Tx, sha256: str) -> int:
    return tx.get_one(Blob, sha256).refs


def test_everything_of_a_customer_is_in_it(desk: Desk, clock: SetClock) -> None:
    life = Life(desk, clock)
    row = made(desk, life)
    assert row.done == row.total > 10 and row.missing == 0
    with zipfile.ZipFile(io.BytesIO(desk.files.get(row.sha256))) as held:
        assert held.testzip() is None
        known = json.loads(held.read("customer.json"))
        lines = [json.loads(line) for line in held.read("timeline.jsonl").decode().splitlines()]
        page = held.read("timeline.html").decode()
        names = held.namelist()
        files = b"".join(held.read(name) for name in names if name.startswith("files/"))
    assert {one["value"] for one in known["identities"]} == {
        "marta@lindqvist.example", "m.l@lindqvist.example", "+15550177",
    }  # fmt: skip
    assert known["facts"]["attribute.town"][0]["value"] == "Bergen"
    assert [one["comment"] for one in known["answers"]] == ["A fine quokka", "A finer quokka"]
    assert [one["text"] for one in known["tasks"]] == ["Send Marta a quokka"]
    texts = " ".join(line["text"] for line in lines)
    for said in ("My quokka kettle leaks.", "Dear Marta, the quokka", "Also me, quokka"):
        assert said in texts and said in page
    assert b"%PDF-1.4 quokka 1" in files and b"Message-ID: <m1@lindqvist.example>" in files
    assert len(names) == len(set(names)) and not any(".." in name or name.startswith("/") for name in names)
    assert "We both wait" not in texts, "what others said is theirs"


def test_it_is_there_for_a_week(desk: Desk, clock: SetClock) -> None:
    life = Life(desk, clock)
    row = made(desk, life)
    clock.advance(timedelta(days=6))
    with desk.store.transaction() as tx:
        assert privacy.let_go(tx, desk.files) == 0 and privacy.to_fetch(tx, row.id) is not None
    clock.advance(timedelta(days=1, minutes=1))
    with desk.store.transaction() as tx:
        assert privacy.to_fetch(tx, row.id) is None
        assert privacy.let_go(tx, desk.files) == 1
        assert refs(tx, row.sha256) == 0


def test_whoever_is_erased_takes_their_archive_along(desk: Desk, clock: SetClock) -> None:
    life = Life(desk, clock)
    row = made(desk, life)
    life.erase()
    with desk.store.reading() as tx:
        assert privacy.to_fetch(tx, row.id) is None and refs(tx, row.sha256) == 0
