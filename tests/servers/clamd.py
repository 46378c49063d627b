"""A virus scanner that knows one harmless file: it answers INSTREAM as ClamAV's daemon does."""

from __future__ import annotations

import socket
import struct
import threading

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Daemon:
    """Answers INSTREAM as clamd does, and keeps what it was handed."""

    def __init__(self, listening: socket.socket, limit: int = 1 << 20) -> None:
        self.listening, self.limit, self.seen = listening, limit, list[bytes]()
        self.silent = False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self.listening.accept()
            except OSError:
                return
            with link, link.makefile("rb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                content = b""
                while size := struct.unpack("!I", stream.read(4))[0]:
                    content += stream.read(size)
                    if len(content) > self.limit:
                        break
                self.seen.append(content)
                if len(content) > self.limit:
                    link.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                elif not self.silent:
                    link.sendall(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0")

    def close(self) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join(5)
