"""A whole desk over object storage: forked, with all its threads, from the mail door to the file that is read back."""

from __future__ import annotations

import json
import smtplib
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from desk.intake.tables import Arrival
from tests.servers.databases import Database
from tests.servers.live import LiveDesk
from tests.servers.needs import free_port, listens, wait_for
from tests.servers.s3 import KEY, SECRET, Storage

NOTES = b"day one: it leaks\n" * 1000


@pytest.mark.long
@pytest.mark.timeout(180)
@pytest.mark.database("sqlite")
def test_a_desk_keeps_everything_in_storage_and_moves_home_again(
    bare_database: Database, tmp_path: Path, storage: Storage
) -> None:
    port, place = free_port(), storage.bucket()
    live = LiveDesk(
        tmp_path, bare_database.url, SMTP_PORT=str(port), BLOBS=place, BLOBS_ENDPOINT=storage.url,
        BLOBS_REGION="us-east-1", BLOBS_KEY=KEY, BLOBS_SECRET=SECRET,
    ).start()  # fmt: skip
    try:
        wait_for(lambda: listens(port), "the mail door", 30)
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "lea@x.example", "support@desk.example", "Kettle"
        mail.set_content("It leaks.")
        mail.add_attachment(NOTES, maintype="text", subtype="plain", filename="notes.txt")
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            client.send_message(mail)

        def taken() -> Arrival | None:
            with live.desk.store.reading() as tx:
                return tx.scalar(select(Arrival).where(Arrival.state == "accepted"))

        arrival = wait_for(taken, "the mail on a timeline", 40)
        assert b"It leaks." in live.desk.files.get(arrival.raw_sha256)
        assert not (tmp_path / "files").exists()
        check = json.loads(live.run("files", "check").stdout)
        assert check["answers"]
        assert check["files"].startswith("the bucket bucket-")
        home = json.loads(live.run("files", "copy", place, "disk").stdout)
        assert home["files"] == home["copied"] == home["compared"] >= 2
        assert (tmp_path / "files").exists()
        assert live.stop() == 0
    finally:
        live.close()
    assert SECRET not in live.log()
    assert KEY not in live.log()
