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


OUTLOOK = [
    "Received: from AM9PR04MB8274.eurprd04.prod.outlook.com (2603:10a6::1) by VI1PR04MB4047.eurprd04.prod.outlook.com"
    " with HTTPS; Tue, 3 Mar 2026 12:00:03 +0000",
    "Received: from DB5EUR01FT005.eop-EUR01.prod.protection.outlook.com by DB6PR0301CA0018.outlook.office365.com with"
    " Microsoft SMTP Server via Frontend Transport; Tue, 3 Mar 2026 12:00:02 +0000",
    "Authentication-Results: spf=pass (sender IP is 192.0.2.7) smtp.mailfrom=customer.example; dkim=pass (signature was"
    " verified) header.d=customer.example;dmarc=pass action=none header.from=customer.example;compauth=pass reason=100",
    "Received-SPF: Pass (protection.outlook.com: domain of customer.example designates 192.0.2.7 as permitted sender)"
    " receiver=protection.outlook.com; client-ip=192.0.2.7; helo=mail.customer.example; pr=C",
    "Received: from mail.customer.example (192.0.2.7) by DB5EUR01FT005.mail.protection.outlook.com (10.152.4.240) with"
    " Microsoft SMTP Server; Tue, 3 Mar 2026 12:00:01 +0000",
]
GMAIL = [
    "Received: by 2002:a05:6a10:f9:b0:1 with SMTP id 1csp1; Tue, 3 Mar 2026 04:00:02 -0800 (PST)",
    "ARC-Seal: i=1; a=rsa-sha256; t=1; cv=none; d=google.com; s=arc-20160816; b=x",
    "ARC-Authentication-Results: i=1; mx.google.com; dkim=pass header.i=@customer.example header.s=a header.b=x;"
    " spf=pass (google.com: domain of mara@customer.example designates 192.0.2.7 as permitted sender)"
    " smtp.mailfrom=mara@customer.example; dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=customer.example",
    "Return-Path: <mara@customer.example>",
    "Received: from mail.customer.example (mail.customer.example. [192.0.2.7]) by mx.google.com with ESMTPS id x;"
    " Tue, 03 Mar 2026 04:00:01 -0800 (PST)",
]
FASTMAIL = [
    "Received: from compute1.internal (compute1.nyi.internal [10.202.2.41]) by sloti.nyi.internal (Cyrus) with LMTPA",
    "Authentication-Results: mx1.messagingengine.com; dkim=pass (2048-bit rsa key sha256) header.d=customer.example"
    " header.i=@customer.example header.s=a x-bits=2048; dmarc=pass policy.published-domain-policy=reject"
    " policy.applied-disposition=none policy.evaluated-disposition=none (p=reject,d=none,d.eval=none)"
    " policy.policy-from=p header.from=customer.example; iprev=pass smtp.remote-ip=192.0.2.7;"
    " spf=pass smtp.mailfrom=mara@customer.example smtp.helo=mail.customer.example",
    "Received: from mail.customer.example by mx1.messagingengine.com (Postfix) with ESMTPS",
]


@pytest.mark.parametrize(
    ("lines", "server", "received"),
    [
        pytest.param(OUTLOOK, "mail.protection.outlook.com", "", id="Microsoft 365"),
        pytest.param(GMAIL, "mx.google.com", "", id="Gmail"),
        pytest.param(FASTMAIL, "mx1.messagingengine.com", "", id="Fastmail"),
        pytest.param(["Received: from mx.shop.example by box with LMTP (Dovecot)", PASSED, TAKEN], HOP, "", id="Sieve"),
    ],
)
def test_what_real_servers_write_is_understood(lines: list[str], server: str, received: str) -> None:
    assert by_hop(parse(mail(*lines)), server, received).why == "dmarc_pass"
    failing = [line.replace("dmarc=pass", "dmarc=fail") for line in lines]
    assert by_hop(parse(mail(*failing)), server, received).verdict == "failed"
    outside = [lines[-1], *(line for line in lines if "uthentication-" in line)]  # the same words, sent along
    assert by_hop(parse(mail(*outside)), server, received).verdict == "unchecked"


def test_results_without_a_name_count_for_microsoft_alone() -> None:
    nameless = "Authentication-Results: dmarc=pass header.from=customer.example"
    assert found(nameless, TAKEN).verdict == "unchecked"
    lines = [nameless, "Received: from a by mx.evil.example"]
    assert by_hop(parse(mail(*lines)), "mail.protection.outlook.com").verdict == "unchecked"
    assert by_hop(parse(mail(OUTLOOK[-1], nameless)), "mail.protection.outlook.com", below=True).verdict == "unchecked"


# Postfix with milters: what they find stands below the line that Postfix writes itself.
POSTFIX = [
    f"Received: from mail.customer.example (mail.customer.example [192.0.2.7]) by {HOP} (Postfix) with ESMTPS id 4Xq",
    f"Authentication-Results: {HOP}; dmarc=WORD (p=reject dis=none) header.from=customer.example",
    f"Authentication-Results: {HOP}; spf=pass smtp.mailfrom=customer.example",
    f"Authentication-Results: {HOP}; dkim=WORD (2048-bit key; unprotected) header.d=customer.example header.s=a",
    "DKIM-Signature: v=1; a=rsa-sha256; d=customer.example; s=a; h=from; bh=x; b=y",
    "Received: from [10.0.0.5] by mail.customer.example with ESMTPSA",
]


def below(*lines: str, word: str = "pass") -> Trust:
    return by_hop(parse(mail(*(line.replace("WORD", word) for line in lines))), HOP, below=True)


def test_a_server_that_writes_below_its_line_counts_where_an_admin_has_said_so() -> None:
    assert below(*POSTFIX) == Trust("passed", "hop", "dmarc_pass", "pass", "pass", "pass")
    assert below(*POSTFIX, word="fail").verdict == "failed"
    assert found(*(line.replace("WORD", "pass") for line in POSTFIX)).verdict == "unchecked"  # and only there
    assert below("Received: from mx by store with LMTP", *POSTFIX).verdict == "passed"
    assert below(PASSED, TAKEN).verdict == "passed"  # what stands above still counts
    assert below(FAILED, *POSTFIX).verdict == "failed"  # and comes first


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([TAKEN, POSTFIX[4], PASSED], id="in the sender's part: behind their signature"),
        pytest.param([TAKEN, "Received: from a by b.example", PASSED], id="below the next hop's line"),
        pytest.param([TAKEN, "Date: Tue, 3 Mar 2026 12:00:00 +0000", PASSED], id="among the sender's own lines"),
        pytest.param([TAKEN, PASSED, POSTFIX[4], PASSED], id="it lets words under its name through"),
        pytest.param([TAKEN, PASSED, PASSED], id="two lines of one method, of which one is the sender's"),
        pytest.param(["Received: from a by mx.evil.example", PASSED], id="its own line is not known"),
        pytest.param([TAKEN, PASSED.replace(HOP, "mx.evil.example")], id="under another name"),
    ],
)
def test_a_sender_who_writes_results_themselves_gains_nothing(lines: list[str]) -> None:
    assert below(*lines).verdict == "unchecked"


def test_a_forged_pass_does_not_hide_a_failure() -> None:
    forged = PASSED.replace("dmarc=pass", "dkim=pass header.d=customer.example; dmarc=pass")
    assert below(TAKEN, FAILED, forged).verdict == "failed"
    assert below(TAKEN, forged, FAILED).verdict == "failed"
    assert below(TAKEN, FAILED, POSTFIX[4], forged).verdict == "failed"


@given(st.text(max_size=200), st.sampled_from(["authentication-results", "received-spf", "received"]))
def test_whatever_stands_in_the_headers_it_is_never_an_error_and_never_a_pass(text: str, name: str) -> None:
    line = f"{name}: {' '.join(text.split())}"
    inbox = InboxRef(1, "support@shop.example", "k", {"trusted_server": HOP})
    told = translate(mail(line, TAKEN), inbox, {}, NOON)
    assert not isinstance(told, Bounce | Receipt)
    message = told.message if isinstance(told, Automatic) else told
    assert message.trust is not None
    assert message.trust.verdict != "passed"
