"""Another real IMAP server on loopback, from a wheel: pymap, with the mailbox of one user on disk or in memory."""

from __future__ import annotations

import imaplib
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

from pysasl.hashing import BuiltinHash

from tests.servers.mail import PASSWORD
from tests.servers.needs import free_port, listens, wait_for

_START = "from pymap.main import main; main()"


class Pymap:
    """One mailbox, of `user`, which `password` opens.

    `disk`: what was in it is there after a `kill` and a `start`, numbered as before. `memory`: the mails are gone then
    and the mailbox is another one (UIDVALIDITY), whose first mail has the number that the first one had (101).
    """

    host = "127.0.0.1"
    password = PASSWORD

    def __init__(self, folder: Path, user: str, kept: Literal["disk", "memory"] = "disk") -> None:
        self.folder, self.user, self.kept = folder, user, kept
        self.imap_port = free_port()
        self._mailboxes = folder / "mail"
        self._mailboxes.mkdir()
        if kept == "disk":
            secret = BuiltinHash(rounds=1000).hash(PASSWORD)
            (self._mailboxes / "pymap-etc-passwd").write_text(f"{user}:x::::{user}:\n")
            (self._mailboxes / "pymap-etc-shadow").write_text(f"{user}:{secret}:::::::\n")
        self.start()

    def start(self) -> None:
        for lock in self._mailboxes.rglob("*.lock"):  # whose holder was killed
            lock.unlink()
        listen = f"--no-tls --host {self.host} --port {self.imap_port}".split()
        where = (
            ["maildir", str(self._mailboxes)]
            if self.kept == "disk"
            else ["dict", "--demo-user", self.user, "--demo-password", PASSWORD]
        )
        # It renames what it wrote to its temporary folder, and would ask a name server who it is.
        environment = os.environ | {"TMPDIR": str(self.folder), "FQDN": "mail.example"}
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START, *listen, *where], stdout=log, stderr=log, env=environment
            )
        wait_for(lambda: listens(self.imap_port), f"pymap on port {self.imap_port} ({self.folder}/log says why)")

    def kill(self) -> None:
        """Ends it at once (kill -9), with every connection."""
        self._process.kill()
        self._process.wait(20)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def opened(self) -> imaplib.IMAP4:
        imap = imaplib.IMAP4(self.host, self.imap_port)
        imap.login(self.user, PASSWORD)
        return imap

    def deliver(self, raw: bytes) -> None:
        """Puts a mail into the mailbox, as another mail program does (APPEND)."""
        with self.opened() as imap:
            answer, said = imap.append("INBOX", "", "", raw)
        assert answer == "OK", said

    def seen(self) -> list[bool]:
        """Whether each mail is marked as read, oldest first."""
        with self.opened() as imap:
            imap.select("INBOX", readonly=True)
            _, found = imap.fetch("1:*", "(FLAGS)")
            return [b"\\Seen" in line for line in found if isinstance(line, bytes)]

    def validity(self) -> str:
        with self.opened() as imap:
            imap.select("INBOX", readonly=True)
            _, found = imap.response("UIDVALIDITY")
            return found[0].decode() if found[0] else ""
