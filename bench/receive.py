"""Mails with attachments through the corridor by `flask mail receive`: how many a second, and whether memory grows.

Each mail is from one of a thousand customers, a third of them answer an earlier one, and each brings a file of its own
of 20 kB. Memory is read in the middle, when all that is loaded once is loaded and the database's own cache of 32 MB is
full, and at the end.
"""

from __future__ import annotations

import base64
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.databases import ROOT
from bench.fill import environment

FILE = 20_000  # bytes
PEOPLE = 1000


def mails(count: int) -> Iterator[bytes]:
    """The same mails for the same count."""
    drawn = random.Random(count)
    for number in range(count):
        person = drawn.randrange(PEOPLE)
        refers = f"References: <r{drawn.randrange(number)}@customer.example>\n" if number and number % 3 == 0 else ""
        file = base64.encodebytes(drawn.randbytes(FILE)).decode()
        yield (
            f"From: Customer {person} <c{person}@customer.example>\nTo: support@desk.example\nSubject: Order {number}\n"
            f"Message-ID: <r{number}@customer.example>\n{refers}MIME-Version: 1.0\n"
            'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n'
            f"Hello, my order {number} arrived and the lid does not fit. There is a picture with it.\n\n--b\n"
            'Content-Type: application/octet-stream\nContent-Disposition: attachment; filename="lid.bin"\n'
            f"Content-Transfer-Encoding: base64\n\n{file}\n--b--\n"
        ).encode()


def measure(count: int) -> dict[str, Any]:
    """Mails a second, and megabytes of the process in the middle of the run and at its end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        box = folder / "mails.mbox"
        with box.open("wb") as file:
            for mail in mails(count):
                file.write(b"From c@customer.example Mon Mar  2 10:00:00 2026\n" + mail + b"\n")
        environ = environment(folder / "data", f"sqlite:///{folder / 'desk.sqlite'}")
        flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
        subprocess.run([*flask, "bootstrap"], cwd=ROOT, env=environ, check=True, capture_output=True)
        start = time.perf_counter()
        with subprocess.Popen(
            [*flask, "mail", "receive", str(box)], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
        ) as receiving:
            assert receiving.stdout is not None
            megabytes, outcomes = [0.0, 0.0], {"accepted": 0}
            for number, line in enumerate(receiving.stdout, 1):
                outcome = re.findall(r'"outcome": "(\w+)"', line)[0]
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
                if number == count // 2:
                    megabytes[0] = _resident(receiving.pid)
                elif number == count:
                    megabytes[1] = _resident(receiving.pid)
        seconds = time.perf_counter() - start
    assert outcomes["accepted"] == count, outcomes
    return {
        "mails": count, "a_second": round(count / seconds, 1), "half_mb": megabytes[0], "end_mb": megabytes[1],
    }  # fmt: skip


def _resident(pid: int) -> float:
    """Memory of its own; pages of the mapped database file are the system's, which takes them back when it needs to."""
    found = re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return round(int(found[1]) / 1024, 1) if found else 0.0


def rows(found: dict[str, Any]) -> list[str]:
    """The lines of the table."""
    return [
        f"receive: {found['mails']:,} mails with a file each, {found['a_second']} a second; "
        f"{found['half_mb']:.0f} MB of memory after half of them, {found['end_mb']:.0f} MB at the end"
    ]


if __name__ == "__main__":
    print(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
