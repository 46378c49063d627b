"""What the writer wrote new, exactly, in eighteen languages and the programs that people use there; and what holds for
any mail."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from desk.channels.email import parse, strip_mail
from desk.channels.email.strip import strip_reply
from tests.channels.mails import html

LANGUAGES = "en de fr es pt it nl pl ru sv da no fi cs tr zh ja ko".split()
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
    found = []
    for language in LANGUAGES:
        for piece in (FOLDER / f"{language}.txt").read_text("utf-8").split("%% ")[1:]:
            title, _, body = piece.partition("\n")
            if title == "writes":
                name, subject, sent = found.pop()
                found.append(Reply(f"{language} {name}", subject, sent, body.rstrip("\n")))
            else:
                name, _, subject = title.partition(" | ")
                found.append((name, subject or "Re: a question", body))
    return found


REPLIES = _replies()


@pytest.mark.parametrize("reply", REPLIES, ids=[r.name for r in REPLIES])
def test_what_the_writer_wrote(reply: Reply) -> None:
    assert reply.stripped()[0] == reply.writes
