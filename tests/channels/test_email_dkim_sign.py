"""Our signature holds: for another library, for our own look at it, and behind a real mail server."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import dkim
import pytest

from desk.channels.email import compose, dkim_check, parse, smtp_out
from desk.channels.email.dkim_check import Keys, Unanswered, look
from desk.channels.email.dkim_sign import (
    SIGNED,
    CannotSign,
    KeyPair,
    in_pieces,
    make_pair,
    name_of,
    published,
    sign,
)
from desk.messages import Address, Attachment, OutboundMessage
from tests.servers.mail import Dovecot, Postfix

_numbers = count()
LONG = "A line without an end, " * 90
MESSAGE = OutboundMessage(
    channel="email",
    inbox_id=1,
    message_id="0123456789abcdef0123456789abcdef@kiln.example",
    to=(Address("email", "marta@lindqvist.example", "Märta Lindqvist"),),
    text=f"Grüße aus der Töpferei 🏺\n.\n.. dots\n{LONG}\nFrom here on\n  trailing  \n\n\n",
    html=f"<p>Grüße 🏺</p><p>{LONG}</p>",
    subject="Re: Ihr Kessel – " + "ein langer Betreff " * 8,
    sender_name="Jonas (Kiln & Clay)",
    sender_address="support@kiln.example",
    reply_to="support+r-abc@kiln.example",
    references=tuple(f"ref{n}@customer.example" for n in range(12)),
    in_reply_to="ref11@customer.example",
    attachments=(
        Attachment("Rechnung März.pdf", "application/pdf", 5, "0" * 64, content=bytes(range(256)) * 40),
        Attachment("notes.txt", "text/plain", 5, "1" * 64, content=b"bare\nlines\r\nmixed\r" * 50),
    ),
    sent_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
)


@pytest.fixture(scope="module")
def pair() -> KeyPair:
    return make_pair()


def _key(pair: KeyPair, domain: str = "kiln.example") -> dict[str, str]:
    return {"domain": domain, "selector": "desk1", "secret": pair.secret}


class Names:
    """A name server in memory."""

    def __init__(self, **records: str) -> None:
        self.records = {f"{name.replace('_', '.')}.": record for name, record in records.items()}

    def put(self, name: str, record: str) -> None:
        self.records[f"{name}."] = record

    def __call__(self, name: str) -> tuple[bytes | None, float]:
        record = self.records.get(name)
        return (record.encode() if record is not None else None), 300.0


def _names(pair: KeyPair, domain: str = "kiln.example") -> Names:
    names = Names()
    names.put(name_of("desk1", domain), pair.record)
    return names


def _verified(raw: bytes, names: Names) -> bool:
    return bool(dkim.verify(raw, dnsfunc=lambda name, **_: names(name.decode())[0]))


MAILS = {
    "all of it": MESSAGE,
    "plain and short": replace(MESSAGE, text="Yes.", html="", attachments=(), references=(), in_reply_to=""),
    "a question": replace(MESSAGE, automatic=True, unsubscribe_url="https://desk.example/u/x"),
    "an address beyond ASCII": replace(MESSAGE, to=(Address("email", "märta@lindqvist.example"),)),
}


@pytest.mark.parametrize("message", MAILS.values(), ids=MAILS)
def test_what_is_signed_holds_for_another_library_and_for_ourselves(message: OutboundMessage, pair: KeyPair) -> None:
    composed = compose(message)
    raw = sign(composed, _key(pair))
    names = _names(pair)
    assert raw.endswith(composed)  # nothing of the mail itself is touched
    assert _verified(raw, names)
    assert look(parse(raw), raw, Keys(names)).why == "dkim_pass"


@pytest.mark.parametrize("name", ["From", "Subject", "To", "Date", "Message-ID", "List-Unsubscribe", "Reply-To"])
@pytest.mark.parametrize("message", [MESSAGE, MAILS["a question"]], ids=["answer", "question"])
def test_a_field_that_is_added_on_the_way_breaks_it(name: str, message: OutboundMessage, pair: KeyPair) -> None:
    raw = sign(compose(message), _key(pair))
    assert not _verified(f"{name}: somebody else <x@evil.example>\r\n".encode() + raw, _names(pair))


def test_a_changed_word_breaks_it_and_folding_on_the_way_does_not(pair: KeyPair) -> None:
    raw = sign(compose(MAILS["plain and short"]), _key(pair))
    assert not _verified(raw.replace(b"Yes.", b"No. "), _names(pair))
    folded = raw.replace(b"MIME-Version: 1.0", b"MIME-Version:\r\n 1.0") + b"\r\n\r\n"
    assert folded != raw
    assert _verified(folded, _names(pair))


def test_it_is_relaxed_and_names_each_field_that_counts(pair: KeyPair) -> None:
    raw = sign(compose(MAILS["a question"]), _key(pair))
    tags = {
        k.strip(): "".join(v.split())
        for k, _, v in (t.partition("=") for t in raw.split(b"\r\nFrom:")[0].decode().partition(":")[2].split(";"))
    }
    assert (tags["a"], tags["c"], tags["d"], tags["s"]) == ("rsa-sha256", "relaxed/relaxed", "kiln.example", "desk1")
    named = tags["h"].split(":")
    assert set(named) == set(SIGNED)
    assert [named.count(name) for name in ("from", "subject", "list-unsubscribe", "cc")] == [2, 2, 2, 1]


def test_a_key_that_is_none_is_a_sentence_and_no_mail_leaves_without_it(pair: KeyPair) -> None:
    with pytest.raises(CannotSign, match="could not be signed"):
        sign(compose(MESSAGE), _key(pair) | {"secret": "not a key"})
    result = smtp_out.send(MESSAGE, {"smtp_host": "127.0.0.1", "smtp_port": 9, "dkim": {"domain": "x"}})
    assert (result.outcome, "could not be signed" in result.detail) == ("retry", True)


@pytest.mark.timeout(120)
def test_it_holds_behind_a_real_mail_server(pair: KeyPair, postfix: Postfix, dovecot: Dovecot) -> None:
    user = f"signed{next(_numbers)}@customer.example"
    message = replace(MESSAGE, to=(Address("email", user),))
    config = {
        "smtp_host": postfix.host, "smtp_port": postfix.port, "smtp_security": "plain", "dkim": _key(pair),
    }  # fmt: skip
    result = smtp_out.send(message, config)
    assert result.outcome == "accepted", result.detail
    dovecot.wait(user)
    (raw,) = dovecot.raw(user)
    assert b"DKIM-Signature:" in raw
    assert _verified(raw, _names(pair))
    assert look(parse(raw), raw, Keys(_names(pair))).why == "dkim_pass"


def test_a_record_is_found_missing_different_or_nobody_answers(pair: KeyPair) -> None:
    names = _names(pair)
    assert published("desk1", "kiln.example", pair.record, names) == ("found", "")
    names.put("desk1._domainkey.kiln.example", "p=" + pair.record.partition("p=")[2] + "; t=y; k=rsa")
    assert published("desk1", "kiln.example", pair.record, names) == ("found", "t=y")
    assert published("desk2", "kiln.example", pair.record, names) == ("missing", "")
    for other in ("v=DKIM1; p=", "v=spf1 -all", make_pair().record):
        names.put("desk1._domainkey.kiln.example", other)
        assert published("desk1", "kiln.example", pair.record, names) == ("different", other)

    def down(_name: str) -> tuple[bytes | None, float]:
        raise Unanswered("Timeout")

    assert published("desk1", "kiln.example", pair.record, down) == ("unanswered", "Timeout")


def test_a_zone_file_holds_the_record_in_pieces_that_join_to_it(pair: KeyPair) -> None:
    pieces = re.findall(r'"([^"]*)"', in_pieces(pair.record))
    assert "".join(pieces) == pair.record
    assert max(map(len, pieces)) <= 255


def test_names_of_servers_are_asked_by_the_same_door_as_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dkim_check, "ask_dns", lambda _name: (b"v=DKIM1; p=abc", 60.0))
    assert published("s", "d.example", "v=DKIM1; k=rsa; p=abc")[0] == "found"
