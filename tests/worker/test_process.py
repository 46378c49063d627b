"""`flask worker` beside a web process that works nothing off itself."""

from __future__ import annotations

import smtplib
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from desk import intake
from desk.intake.tables import Arrival
from tests.servers.databases import Database
from tests.servers.live import ROOT, LiveDesk
from tests.servers.needs import free_port, listens, wait_for


@pytest.mark.timeout(120)
def test_the_worker_works_apart_from_the_web_process_and_ends_when_told(
    bare_database: Database, tmp_path: Path
) -> None:
    smtp_port = free_port()
    live = LiveDesk(tmp_path, bare_database.url, WORKER="none", SMTP_PORT=str(smtp_port)).start()
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "worker"],
            cwd=ROOT,
            env=live._environment(),
            stderr=log,
        )
    try:
        wait_for(lambda: listens(smtp_port), "the worker's mail door", 30)
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "a@x.example", "support@desk.example", "Hello"
        mail.set_content("Is anybody there?")
        with smtplib.SMTP("127.0.0.1", smtp_port, timeout=20) as smtp:
            smtp.send_message(mail)

        def taken() -> bool:
            with live.desk.store.reading() as tx:
                arrival = tx.scalars(select(Arrival)).one()
                return intake.get(tx, arrival.id).state == "accepted"

        wait_for(taken, "the mail on a timeline", 30)
        worker.terminate()
        assert worker.wait(15) == 0
    finally:
        worker.kill()
        live.close()
