"""Passwords: hashed with argon2id, judged before they are taken, checked in the same time whoever asks."""

from __future__ import annotations

import functools
import re
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 10
MAX_LENGTH = 200  # a bound on the work that a stranger can ask for

# RFC 9106's second choice with one lane and half the memory: about 50 ms and 32 MiB a check, so that sixteen people
# who sign in at once take 512 MiB and not several GiB. Hashes of other parameters are replaced at the next login.
HASHER = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1, hash_len=32, salt_len=16)

# Those of the published top lists that are long enough to pass, and what people type on a first day.
_TYPED_OFTEN = (
    "1234567890 0123456789 0987654321 1234567891 12345678910 123456789a a123456789 123123123123 1111111111 "
    "0000000000 1q2w3e4r5t 1qaz2wsx3edc q1w2e3r4t5 qwertyuiop qwerty12345 qwerty1234 qwerty123456 asdfghjkl1 "
    "zxcvbnm123 asdfasdfasdf password12 password123 password1234 password12345 password01 passwordpassword "
    "mypassword p@ssword123 p@ssw0rd123 passw0rd123 iloveyou12 iloveyou123 welcome123 welcome1234 letmein123 "
    "letmein1234 administrator administrator1 admin12345 adminadmin admin123456 changeme123 changemenow "
    "default123 football123 baseball123 basketball superman123 princess123 sunshine123 monkey12345 dragon12345 "
    "abcdefghij abcd123456 abc1234567 test123456 testtest123 testing123 secret1234 supersecret support123 "
    "helpdesk123 servicedesk customer123 loopdesk12 loopdesk123 loopdesk1234 loopdeskloopdesk correcthorsebatterystaple"
)
_COMMON = frozenset(_TYPED_OFTEN.split())


class PasswordRefused(ValueError):
    """A new password that the desk does not take. `reason`: short, long, address or common."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"password refused: {reason}")
        self.reason = reason


def _plain(password: str) -> str:
    # Two keyboards write the same accented letter in two ways; both must open the door (NIST SP 800-63B, 3.1.1.2).
    return unicodedata.normalize("NFKC", password)


def judge(password: str, *, email: str, name: str = "") -> None:
    """Raises PasswordRefused for one that is too short or long, the person's own address or name, or widely used."""
    plain = _plain(password)
    if len(plain) < MIN_LENGTH:
        raise PasswordRefused("short")
    if len(plain) > MAX_LENGTH:
        raise PasswordRefused("long")
    folded = plain.casefold().strip()
    address = email.casefold().strip()
    if folded in {address, address.partition("@")[0], name.casefold().strip()}:
        raise PasswordRefused("address")
    bare = re.sub(r"[\s!.?*_-]+", "", folded)
    if folded in _COMMON or bare in _COMMON or len(set(folded)) < 4:
        raise PasswordRefused("common")


def hashed(password: str) -> str:
    """The argon2id hash to keep. Takes about 50 ms, so it is not for a loop inside a transaction."""
    return HASHER.hash(_plain(password))


@functools.cache
def _nobody() -> str:
    return HASHER.hash("nobody has this password")


def fits(password_hash: str | None, password: str) -> bool:
    """Whether the password is the hashed one. Does the same work where there is no hash, and then says no."""
    known = password_hash or _nobody()
    if len(password) > MAX_LENGTH:
        password, known = "", _nobody()
    try:
        HASHER.verify(known, _plain(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None and known is password_hash


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(password_hash)
