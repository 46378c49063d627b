"""What the writer wrote new, exactly, in eighteen languages and the programs that people use there; and what holds for
any mail."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.channels.email import parse, strip_mail
from desk.channels.email.strip import strip_reply
from tests.channels.mails import html

LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "ru", "sv", "da", "no", "fi", "cs", "tr", "zh", "ja", "ko")
FOLDER = Path(__file__).parent / "replies"


@dataclass(frozen=True)
class Reply:
    """One mail of a language's file: its program, its subject, the body as sent and what its writer wrote."""

    name: str
    subject: str
    body: str
    writes: str

    @property
    def is_html(self) -> bool:
        return " html" in self.name

    def stripped(self) -> tuple[str, str]:
        if self.is_html:
            return strip_mail(parse(html(self.body, self.subject)))
        return strip_reply(self.body, self.subject)


def _replies() -> list[Reply]:
    """Each begins with "%% program | subject", and after "%% writes" stands what is expected."""
    found: list[Reply] = []
    sent = ("", "", "")
    for language in (*LANGUAGES, "clients"):
        for piece in (FOLDER / f"{language}.txt").read_text("utf-8").split("%% ")[1:]:
            title, _, body = piece.partition("\n")
            if title == "writes":
                found.append(Reply(*sent, body.rstrip("\n")))
            else:
                name, _, subject = title.partition(" | ")
                sent = (f"{language} {name}", subject or "Re: a question", body)
    return found


REPLIES = _replies()


@pytest.mark.parametrize("reply", REPLIES, ids=[r.name for r in REPLIES])
def test_what_the_writer_wrote(reply: Reply) -> None:
    assert reply.stripped()[0] == reply.writes


@pytest.mark.parametrize("line", (FOLDER / "sent_from.txt").read_text("utf-8").splitlines())
def test_what_phones_and_web_mailers_add_is_no_part_of_the_text(line: str) -> None:
    assert strip_reply(f"Thank you!\n\n{line}")[0] == "Thank you!"


@pytest.mark.parametrize(
    "line",
    [
        "Sent from Berlin on Monday.",
        "Gesendet von Hamburg am Montag.",
        "Envoyé de Lyon lundi.",
        "Inviato da Roma ieri.",
        "Enviado desde Madrid el lunes.",
        "Verzonden vanaf Utrecht op maandag.",
        "Wysłane z Krakowa w poniedziałek.",
        "Отправлено из Москвы в понедельник.",
        "Skickat från Malmö i måndags.",
        "Sendt fra Oslo på mandag.",
        "Odesláno z Brna v pondělí.",
        "Get it for me please",
        "Von meinem Konto wurde Geld abgebucht.",
        "Von meinem Telefon aus geht es nicht.",
        "Získat slevu chci také.",
        "Few outlook problems since the update",
    ],
)
def test_what_people_say_about_sending_stays(line: str) -> None:
    assert strip_reply(f"Hello,\n\n{line}")[0] == f"Hello,\n\n{line}"


@pytest.mark.parametrize("reply", REPLIES, ids=[r.name for r in REPLIES])
def test_stripping_again_takes_nothing_more(reply: Reply) -> None:
    new, _ = reply.stripped()
    assert strip_reply(new, reply.subject)[0] == new


@pytest.mark.parametrize("reply", REPLIES, ids=[r.name for r in REPLIES])
def test_no_word_of_the_mail_is_lost(reply: Reply) -> None:
    new, quoted = reply.stripped()
    whole = parse(html(reply.body)).text if reply.is_html else reply.body
    assert _missing(whole, f"{new}\n{quoted}") == []


def _missing(whole: str, shown: str) -> list[str]:
    left = Counter(shown.replace(">", " ").split())
    left.subtract(whole.replace(">", " ").split())
    return [word for word, count in left.items() if count < 0]


# Lines that mean something to the rules, and lines that mean nothing, in any order.
LINES = st.one_of(
    st.sampled_from(
        [
            "", "", "> quoted", ">> twice", ">", "-- ", "--", "—", "___", "_" * 40, "Yes, please.", "Mara", "-----",
            "On Tue, Mar 3, 2026 at 10:15 AM Shop <a@shop.example> wrote:", "Am 03.03.26 um 10:15 schrieb Shop:",
            "On 3 March you wrote:", "From: Shop <a@shop.example>", "Sent: 3 March 2026 10:15", "To: Mara",
            "Subject: x", "-----Original Message-----", "---------- Forwarded message ---------",
            "> Begin forwarded message:", "Sent from my iPhone", "http://lists.example", "Quoting Mara:",
            "差出人: a@shop.example",
            "This message is confidential and intended only for the one person that it names in the line above.",
            "Please consider the environment before printing this.", "Caution: this email originated from outside.",
        ]
    ),
    st.text(max_size=60),
)  # fmt: skip
MAILS = st.integers(0, 50).flatmap(lambda n: st.lists(LINES, min_size=n, max_size=n)).map("\n".join)
SUBJECTS = st.sampled_from(["", "Re: a question", "Fwd: a question"])


@given(MAILS, SUBJECTS)
def test_any_text_is_stripped_without_loss_and_only_once(text: str, subject: str) -> None:
    new, quoted = strip_reply(text, subject)
    assert _missing(text.replace("\x00", " "), f"{new}\n{quoted}".replace("\x00", " ")) == []
    assert strip_reply(new, subject)[0] == new


@given(MAILS)
def test_any_document_is_stripped_without_an_exception(text: str) -> None:
    body = text.replace("> quoted", "<blockquote type='cite'>quoted").replace("Mara", "<div class='yahoo_quoted'>")
    strip_mail(parse(html(body.replace("\x00", " "))))


WORDS = st.text(st.characters(whitelist_categories=["L", "Nd"]), min_size=1, max_size=12)
SENTENCES = st.lists(WORDS, min_size=1, max_size=12).map(lambda words: f"{' '.join(words)}.")


@given(st.lists(st.lists(SENTENCES, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=6))
def test_a_text_without_any_quotation_comes_back_whole(paragraphs: list[str]) -> None:
    text = "\n\n".join(paragraphs)
    assert strip_reply(text) == (text, "")


MADE_TO_BE_SLOW = {
    "marks": ">" * 1_000_000,
    "quoted lines": ">\n" * 500_000,
    "beginnings of attributions": "On " * 333_333,
    "lines of them": "On On On\n" * 111_111,
    "long lines of them": f"{'On ' * 60}\n" * 5_555,
    "headers": "From: a@b.example\n" * 55_555,
    "blank lines": " \n" * 500_000,
    "answers between": "> a\n\nb\n\n" * 125_000,
    "addresses": f"{'a@' * 100}\n" * 5_000,
    "dates": f"{'1.1.' * 50}\n" * 5_000,
    "signatures": "-- \n" * 250_000,
    "dashes": "-" * 1_000_000,
    "notices": "this message\n\n" * 70_000,
}


@pytest.mark.parametrize("text", MADE_TO_BE_SLOW.values(), ids=MADE_TO_BE_SLOW.keys())
def test_a_megabyte_made_to_be_slow_takes_about_as_long_as_any_other(text: str) -> None:
    plain = "Hello there, the parcel has come and all of it is well, thank you.\n" * 15_000
    assert _seconds(text) < 8 * _seconds(plain) + 0.1
    small, large = (_seconds(text[:size]) for size in (250_000, 1_000_000))
    assert large < 8 * small + 0.1, "time grows with the mail, not with its square"


def _seconds(text: str) -> float:
    began = time.process_time()
    strip_reply(text)
    return time.process_time() - began
