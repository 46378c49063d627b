"""The key ring: secrets at rest and signatures, with rotation: the first key signs and seals, all verify and open."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class BadSignature(ValueError):
    """The text was not signed by this desk for this purpose, or was changed."""


class KeyRing:
    """Derives one key for each purpose from each master secret, so that a token for one thing is good for no other."""

    def __init__(self, secrets_: list[bytes]) -> None:
        if not secrets_ or any(len(s) < 32 for s in secrets_):
            raise ValueError("the key ring needs at least one secret of 32 bytes or more")
        self._secrets = secrets_

    @classmethod
    def load(cls, path: Path) -> KeyRing:
        """Reads the ring from a file, one base64 secret a line, newest first; makes it where there is none."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            line = base64.b64encode(secrets.token_bytes(32)) + b"\n"
            draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.write(fd, line)
                os.fsync(fd)
            finally:
                os.close(fd)
            try:
                os.link(draft, path)  # whoever comes first makes the ring; the others read it
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        lines = [x.strip() for x in path.read_text("ascii").splitlines()]
        return cls([base64.b64decode(x) for x in lines if x and not x.startswith("#")])

    def _key(self, secret: bytes, purpose: str) -> bytes:
        return hmac.new(secret, b"loopdesk:" + purpose.encode(), hashlib.sha256).digest()

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose, from the newest secret."""
        return self._key(self._secrets[0], purpose)

    def derive_all(self, purpose: str) -> list[bytes]:
        """The same from every secret, newest first: what was signed before a rotation still verifies."""
        return [self._key(secret, purpose) for secret in self._secrets]

    def seal(self, clear: str) -> str:
        """Encrypts a secret (a mailbox password) for a database column."""
        return self._fernet().encrypt(clear.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises BadSignature where the text was sealed by another desk's key."""
        try:
            return self._fernet().decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise BadSignature("this secret was sealed with a key that is not in the ring") from error

    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(base64.urlsafe_b64encode(self._key(s, "seal"))) for s in self._secrets])

    def mac(self, purpose: str, text: str, size: int = 16) -> str:
        """A signature of `size` bytes as lower-case base32 without padding: survives mail systems that fold case."""
        digest = hmac.new(self.derive(purpose), text.encode(), hashlib.sha256).digest()[:size]
        return base64.b32encode(digest).decode().rstrip("=").lower()

    def mac_fits(self, purpose: str, text: str, mac: str, size: int = 16) -> bool:
        given = mac.lower().encode()
        for secret in self._secrets:
            digest = hmac.new(self._key(secret, purpose), text.encode(), hashlib.sha256).digest()[:size]
            if hmac.compare_digest(base64.b32encode(digest).rstrip(b"=").lower(), given):
                return True
        return False

    def sign(self, purpose: str, payload: dict[str, Any]) -> str:
        """A URL-safe token `payload.signature`; the payload is readable, so it carries ids and no secrets."""
        body = base64.urlsafe_b64encode(json.dumps(payload, separators=(",", ":"), sort_keys=True).encode())
        text = body.rstrip(b"=").decode()
        return f"{text}.{self.mac(purpose, text)}"

    def verify(self, purpose: str, token: str) -> dict[str, Any]:
        """Raises BadSignature. Expiry is a field of the payload, for the caller's clock to judge."""
        text, _, mac = token.rpartition(".")
        if not text or not self.mac_fits(purpose, text, mac):
            raise BadSignature("this link was not made by this desk, or was changed")
        try:
            payload = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except ValueError as error:
            raise BadSignature("this link was cut short") from error
        if not isinstance(payload, dict):
            raise BadSignature("this link was cut short")
        return payload
