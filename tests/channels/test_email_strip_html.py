"""Quotations in HTML answers, found by what mail programs leave in the document."""
# ruff: noqa: E501 - mails are quoted as they are

from __future__ import annotations

import pytest

from desk.channels.email import parse, strip_mail
from tests.channels.mails import html, recorded

GMAIL_QUOTE = 'class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex"'
ANSWERS = {
    "gmail, in a language that nobody listed": (
        '<div dir="ltr">It works, <b>thank you</b>.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
        f"Skrifað af Shop þann 3:<br></div><blockquote {GMAIL_QUOTE}>Old words</blockquote></div>"
    ),
    "outlook on the web": (
        '<div class="elementToProof">It works, thank you.</div><div id="appendonsend"></div><hr tabindex="-1">'
        '<div id="divRplyFwdMsg" dir="ltr"><font><b>Sendandi:</b> Shop<br><b>Dags:</b> 3</font></div><div>Old words</div>'
    ),
    "outlook on a desk": (
        '<div class="WordSection1"><p class="MsoNormal">It works, thank you.</p><div><div style="border:none;'
        'border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>Sendandi:</b> Shop '
        "&lt;support@shop.example&gt;</p></div></div><p>Old words</p></div>"
    ),
    "outlook on a phone": (
        '<div dir="auto">It works, thank you.</div><div id="mail-editor-reference-message-container">Old words</div>'
    ),
    "thunderbird": (
        '<p>It works, thank you.</p><div class="moz-cite-prefix">Þann 3 reit Shop:<br></div>'
        '<blockquote type="cite" cite="mid:x"><p>Old words</p></blockquote>'
    ),
    "apple mail": (
        "<div>It works, thank you.</div><div><br><blockquote type='cite'><div>On 3 Mar 2026, at 10:15, Shop &lt;"
        "support@shop.example&gt; wrote:</div><br><div>Old words</div></blockquote></div>"
    ),
    "yahoo": '<div>It works, thank you.</div><div id="ydp1yahoo_quoted_1" class="yahoo_quoted"><div>Old words</div></div>',
    "proton": '<div>It works, thank you.</div><div class="protonmail_quote">Old words<blockquote>x</blockquote></div>',
    "zoho": '<div>It works, thank you.</div><div class="zmail_extra"><div>Old words</div></div>',
    "tutanota": '<div>It works, thank you.</div><div class="tutanota_quote">Old words</div>',
}  # fmt: skip


@pytest.mark.parametrize("body", ANSWERS.values(), ids=ANSWERS.keys())
def test_the_quotation_is_cut_whatever_the_language(body: str) -> None:
    new, quoted = strip_mail(parse(html(f"<html><body>{body}</body></html>")))
    assert new == "It works, thank you."
    assert "Old words" in quoted


def test_gmail_with_both_versions() -> None:
    assert strip_mail(parse(recorded("gmail_reply")))[0] == "It has just arrived, thank you!"


def test_answers_between_quotations_keep_them() -> None:
    body = (
        '<div class="gmail_quote"><div class="gmail_attr">Shop:</div>'
        f"<blockquote {GMAIL_QUOTE}>Did it arrive?</blockquote><div>No.</div>"
        f"<blockquote {GMAIL_QUOTE}>Is the address right?</blockquote><div>Yes.</div></div>"
    )
    new, _ = strip_mail(parse(html(body)))
    assert new.split("\n") == ["> Did it arrive?", "No.", "> Is the address right?", "Yes."]


def test_an_answer_below_the_quotation() -> None:
    body = '<div class="moz-cite-prefix">Shop:</div><blockquote type="cite">Did it arrive?</blockquote><p>No, it did not.</p>'
    assert strip_mail(parse(html(body)))[0] == "No, it did not."


def test_a_forward_is_kept_whole() -> None:
    gmail = (
        '<div>See below.</div><div class="gmail_quote"><div class="gmail_attr">---------- Framsent ---------<br>From: x</div>'
        "<p>The invoice.</p></div>"
    )
    assert "The invoice." in strip_mail(parse(html(gmail, "Fwd: invoice")))[0]
    outlook = ANSWERS["outlook on the web"]
    assert "Old words" in strip_mail(parse(html(outlook, "FW: invoice")))[0]


def test_a_paragraph_that_is_only_indented_stays() -> None:
    body = '<p>I quote the law:</p><blockquote style="margin:0 0 0 40px;border:none;padding:0">Nobody pays twice.</blockquote>'
    assert "Nobody pays twice." in strip_mail(parse(html(body)))[0]


def test_nothing_new_shows_the_words_that_there_are() -> None:
    body = f"<blockquote {GMAIL_QUOTE}>Only this.</blockquote>"
    assert "Only this." in strip_mail(parse(html(body)))[0]


def test_a_mail_that_is_a_signature_keeps_it() -> None:
    assert strip_mail(parse(html('<div id="Signature"><div>Mara</div></div><div id="Signature">Lund</div>'))) == (
        "Mara\nLund",
        "",
    )


def test_nothing_but_a_quotation_gives_nothing_new_and_all_of_the_rest() -> None:
    body = f'<div class="gmail_quote"><div class="gmail_attr">Shop:</div><blockquote {GMAIL_QUOTE}>Old words</blockquote></div>'
    new, quoted = strip_mail(parse(html(body)))
    assert new == ""
    assert "Old words" in quoted


def test_a_header_block_without_own_words_is_what_is_sent_on() -> None:
    body = (
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><b>From:</b> Shop &lt;a@shop.example&gt;<br><b>Sent:</b> 3 March 2026 10:15'
        "<br><b>To:</b> Mara<br><b>Subject:</b> x</div><p>The invoice.</p>"
    )
    assert "The invoice." in strip_mail(parse(html(body)))[0]


def test_an_attribution_inside_of_a_forwarded_mail_keeps_its_words() -> None:
    body = (
        "<div>See below.</div><div>---------- Forwarded message ---------<br>From: x</div><p>Yes.</p>"
        f'<div class="gmail_attr">Mara schrieb:</div><blockquote {GMAIL_QUOTE}>Really?</blockquote>'
    )
    new, _ = strip_mail(parse(html(body, "Fwd: x")))
    assert "Mara schrieb:\n> Really?" in new
    assert "quoted.invalid" not in new
