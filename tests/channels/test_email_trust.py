"""Whom a mail is from: what the trusted server's headers say, and which headers are its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.channels.base import Automatic, Bounce, InboxRef, Receipt
from desk.channels.email import parse, translate
from desk.channels.email.trust import by_hop, results
from desk.messages import InboundMessage, Trust
from tests.channels.mails import NOON

HOP = "mx.shop.example"
TAKEN = f"Received: from mail.customer.example by {HOP} with ESMTPS id 1; Tue, 3 Mar 2026 12:00:00 +0000"
PASSED = f"Authentication-Results: {HOP}; dmarc=pass header.from=customer.example"
FAILED = f"Authentication-Results: {HOP}; dmarc=fail (p=none) header.from=customer.example"


def mail(*lines: str, sender: str = "From: Mara <mara@customer.example>") -> bytes:
    return "\r\n".join([*lines, sender, "To: support@shop.example", "Subject: Hi", "", "Hello", ""]).encode()


def found(*lines: str, **more: str) -> Trust:
    return by_hop(parse(mail(*lines, **more)), HOP)


def test_a_pass_of_the_trusted_server_is_a_pass() -> None:
    trust = found(
        f"Authentication-Results: {HOP}; spf=pass smtp.mailfrom=customer.example;",
        "\tdkim=pass (2048-bit key; unprotected) header.d=customer.example header.s=a;",
        "\tdmarc=pass (p=REJECT; sp=REJECT) header.from=customer.example",
        TAKEN,
    )
    assert trust == Trust("passed", "hop", "dmarc_pass", "pass", "pass", "pass")


def test_a_failure_is_a_failure_whatever_else_passed() -> None:
    trust = found(
        f"Authentication-Results: {HOP}; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example;"
        " dmarc=fail header.from=customer.example",
        TAKEN,
    )
    assert (trust.verdict, trust.why) == ("failed", "dmarc_fail")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([TAKEN, PASSED], id="below the line that the trusted server wrote: the sender's own words"),
        pytest.param([PASSED.replace(HOP, "mx.evil.example"), TAKEN], id="of another server"),
        pytest.param([PASSED.replace(HOP, f"{HOP}.evil.example"), TAKEN], id="of one that is named alike"),
        pytest.param([TAKEN, PASSED, TAKEN], id="between a forged line of ours and the true one"),
        pytest.param([PASSED], id="without any server that took it"),
        pytest.param(["Received: from a by b.example; now", PASSED, "Received: from c by d.example"], id="elsewhere"),
        pytest.param(["Authentication-Results: dmarc=pass header.from=customer.example", TAKEN], id="of nobody"),
        pytest.param([f"ARC-Authentication-Results: i=1; mx.evil.example; dmarc=pass ({HOP})", TAKEN], id="arc"),
        pytest.param(["Received-SPF: pass receiver=mx.evil.example; envelope-from=a@customer.example", TAKEN], id="s"),
    ],
)
def test_what_the_trusted_server_did_not_write_says_nothing(lines: list[str]) -> None:
    assert found(*lines) == Trust("unchecked", "hop", "hop_silent")


def test_servers_between_the_trusted_one_and_us_are_passed_by() -> None:
    later = "Received: from mx.shop.example by store.shop.example with LMTP"
    assert found(later, PASSED, TAKEN, FAILED, "Received: from x by y.example").why == "dmarc_pass"


def test_the_received_line_may_bear_another_name() -> None:
    raw = mail(PASSED.replace(HOP, "shop.example"), "Received: from a by in7.mail.example", "Received: from b by c")
    assert by_hop(parse(raw), "shop.example", "mail.example").verdict == "passed"


def test_a_trusted_server_that_passed_it_on_may_say_it_in_arc() -> None:
    kept = f"ARC-Authentication-Results: i=1; {HOP}; dkim=pass header.i=@customer.example; spf=softfail"
    assert found(kept, TAKEN) == Trust("passed", "hop", "dkim_pass", "softfail", "pass")
    assert found(FAILED, kept, TAKEN).verdict == "failed"  # its plain word comes first


def test_received_spf_counts_where_nothing_else_says_spf() -> None:
    line = f"Received-SPF: pass ({HOP}: allowed) receiver={HOP}; client-ip=192.0.2.1; envelope-from=m@customer.example"
    assert found(line, TAKEN) == Trust("passed", "hop", "spf_pass", "pass")
    assert found(line.replace("m@customer", "m@evil"), TAKEN).verdict == "unchecked"


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("dkim=fail header.d=customer.example", "failed"),
        ("dkim=fail header.d=customer.example; spf=pass smtp.mailfrom=evil.example", "failed"),
        ("dkim=fail header.d=customer.example; spf=pass smtp.mailfrom=b@customer.example", "passed"),
        ("dkim=fail header.d=customer.example; dkim=pass header.d=customer.example", "passed"),
        ("dkim=fail header.d=list.example", "unchecked"),
        ("dkim=pass header.d=list.example", "unchecked"),
        ("spf=fail smtp.mailfrom=customer.example", "unchecked"),
        ("dkim=pass header.d=example", "unchecked"),
        ("dkim=none; spf=none; dmarc=none", "unchecked"),
        ("none", "unchecked"),
        ("dmarc=pass header.from=evil.example", "failed"),  # it looked at another From than we show
        ("dmarc=pass header.from=customer.example; dmarc=fail header.from=customer.example", "failed"),
    ],
)
def test_who_counts_as_failing(said: str, verdict: str) -> None:
    assert found(f"Authentication-Results: {HOP} 1; {said}", TAKEN).verdict == verdict


def test_several_senders_are_nobody() -> None:
    two = "From: Boss <boss@customer.example>\r\nFrom: Mara <mara@customer.example>"
    assert found(PASSED, TAKEN, sender=two).why == "two_senders"
    assert found(PASSED, TAKEN, sender="From: a@customer.example, b@evil.example").why == "two_senders"
    twice = "From: Mara <mara@customer.example>\r\nFrom: mara@customer.example"
    assert found(PASSED, TAKEN, sender=twice).verdict == "passed"  # a gateway wrote the same line again


def test_comments_and_quotes_hide_nothing() -> None:
    (only,) = results(f'{HOP}; dkim=fail reason="x; dkim=pass" (a;(b; dmarc=pass) c) header.d=customer.example', HOP)
    assert (only.method, only.word, only.domain) == ("dkim", "fail", "customer.example")


def test_a_failing_sender_is_only_claimed() -> None:
    inbox = InboxRef(1, "support@shop.example", "k", {"trusted_server": HOP})
    message = translate(mail(FAILED, TAKEN), inbox, {}, NOON)
    assert isinstance(message, InboundMessage)
    assert message.doubtful
    assert message.sender.evidence == "claimed"
    passed = translate(mail(PASSED, TAKEN), inbox, {}, NOON)
    assert isinstance(passed, InboundMessage)
    assert (passed.sender.evidence, passed.doubtful) == ("inferred", False)


@given(st.text(max_size=200), st.sampled_from(["authentication-results", "received-spf", "received"]))
def test_whatever_stands_in_the_headers_it_is_never_an_error_and_never_a_pass(text: str, name: str) -> None:
    line = f"{name}: {' '.join(text.split())}"
    inbox = InboxRef(1, "support@shop.example", "k", {"trusted_server": HOP})
    told = translate(mail(line, TAKEN), inbox, {}, NOON)
    assert not isinstance(told, Bounce | Receipt)
    message = told.message if isinstance(told, Automatic) else told
    assert message.trust is not None
    assert message.trust.verdict != "passed"
