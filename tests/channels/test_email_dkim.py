"""A mail's own signature, looked at with keys out of a name server that is none."""

from __future__ import annotations

import base64

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from desk.channels.email import parse
from desk.channels.email.dkim_check import DOWN, LEAST, Keys, Unanswered, first_look, look
from desk.messages import Trust

MAIL = b"From: Mara <mara@customer.example>\r\nTo: support@shop.example\r\nSubject: Hi\r\n\r\nWhere is it?\r\n"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def record(key: rsa.RSAPrivateKey) -> bytes:
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def signed(key: rsa.RSAPrivateKey, raw: bytes = MAIL, domain: bytes = b"customer.example", **more: bool) -> bytes:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return bytes(dkim.sign(raw, b"sel", domain, pem, canonicalize=(b"relaxed", b"relaxed"), **more)) + raw


class Names:
    """A name server in memory that counts what it is asked."""

    def __init__(self, record: bytes) -> None:
        self.records = {"sel._domainkey.customer.example.": record}
        self.asked: list[str] = []
        self.down = False

    def __call__(self, name: str) -> tuple[bytes | None, float]:
        self.asked.append(name)
        if self.down:
            raise Unanswered
        return self.records.get(name), 300.0


@pytest.fixture
def names(record: bytes) -> Names:
    return Names(record)


def judged(raw: bytes, names: Names) -> Trust:
    return look(parse(raw), raw, Keys(names))


def test_a_signature_that_fits_is_a_pass(key: rsa.RSAPrivateKey, names: Names) -> None:
    assert judged(signed(key), names) == Trust("passed", "dkim", "dkim_pass", dkim="pass")


@pytest.mark.parametrize(
    "change", [(b"Where is it?", b"Pay here."), (b"Subject: Hi", b"Subject: Pay"), (b"Mara <mara@", b"Boss <boss@")]
)
def test_a_changed_mail_is_a_failure(key: rsa.RSAPrivateKey, names: Names, change: tuple[bytes, bytes]) -> None:
    assert judged(signed(key).replace(*change), names) == Trust("failed", "dkim", "dkim_fail", dkim="fail")


def test_a_second_sender_on_top_of_a_signed_mail_is_a_failure(key: rsa.RSAPrivateKey, names: Names) -> None:
    assert judged(b"From: boss@customer.example\r\n" + signed(key), names).why == "two_senders"
    assert names.asked == []


def test_one_signature_that_fits_is_enough(key: rsa.RSAPrivateKey, names: Names) -> None:
    broken = signed(key).replace(b"Where is it?", b"changed").split(b"From:")[0]
    assert judged(broken + signed(key), names).why == "dkim_pass"


def test_signatures_of_others_are_not_even_looked_up(key: rsa.RSAPrivateKey, names: Names) -> None:
    assert judged(signed(key, domain=b"evil.example"), names) == Trust("unchecked", "dkim", "elsewhere")
    assert judged(MAIL, names) == Trust("unchecked", "dkim", "unsigned")
    assert names.asked == []
    assert not first_look(parse(MAIL)).pending


def test_a_signature_over_the_beginning_only_says_nothing(key: rsa.RSAPrivateKey, names: Names) -> None:
    raw = signed(key, length=True) + b"Send the money to Eve.\r\n"
    assert judged(raw, names).why == "unusable"


def test_no_key_no_answer_and_nonsense_are_no_failure(key: rsa.RSAPrivateKey, names: Names) -> None:
    names.records.clear()
    assert judged(signed(key), names).why == "no_key"
    names.down = True
    assert judged(signed(key), names) == Trust("unchecked", "dkim", "no_dns", dkim="temperror")
    odd = b"DKIM-Signature: a=rsa-sha256; d=customer.example; s=sel; h=from; b=!!; bh=?\r\n" + MAIL
    names.down = False
    names.records["sel._domainkey.customer.example."] = b"nonsense"
    assert judged(odd, names).verdict == "unchecked"


def test_a_key_is_asked_for_once_while_it_holds(key: rsa.RSAPrivateKey, names: Names) -> None:
    now = [0.0]
    keys = Keys(names, lambda: now[0])
    for _ in range(3):
        assert look(parse(signed(key)), signed(key), keys).verdict == "passed"
    assert len(names.asked) == 1
    now[0] += 301
    look(parse(signed(key)), signed(key), keys)
    assert len(names.asked) == 2


def test_where_no_server_answers_nobody_waits_for_each_mail(key: rsa.RSAPrivateKey, names: Names) -> None:
    now = [0.0]
    keys, names.down = Keys(names, lambda: now[0]), True
    for _ in range(5):
        assert look(parse(signed(key)), signed(key), keys).why == "no_dns"
    assert len(names.asked) == 1
    now[0] += max(DOWN, LEAST) + 1
    names.down = False
    assert look(parse(signed(key)), signed(key), keys).verdict == "passed"
