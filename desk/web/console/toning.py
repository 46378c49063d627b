"""An answer that may sound sharp: whoever sends it is shown the words, and then decides."""

from __future__ import annotations

from flask import Response, render_template
from flask_babel import gettext as _

from desk import sentiment, settings
from desk.store import Tx

MEANT = ":meant"  # at the end of `then`: it goes as it is, and that was asked


class Sharp(Exception):
    """An answer has words that may sound sharp. `found`: the words, each with what they may sound like."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        super().__init__()
        self.found = found


def read_then(text: str) -> tuple[str, bool]:
    """What follows an answer, and whether its writer has said that it goes as it is."""
    return text.removesuffix(MEANT), text.endswith(MEANT)


def check(tx: Tx, text: str, meant: bool) -> None:
    """Raises Sharp where the desk asks about the tone of answers, and nobody was asked about this one."""
    if meant or not settings.get(tx, "answer.tone"):
        return
    found = sentiment.sharp(text)
    if found:
        raise Sharp([(" ".join(text[one.start : one.end].split()), one.kind) for one in found])


def asked(sharp: Sharp, then: str, seen: str) -> Response:
    """What the script shows above the draft: the words with what they may sound like, and both ways on."""
    words = {
        "blame": _("may sound like blame"),
        "impatience": _("may sound impatient"),
        "contempt": _("may sound like contempt"),
        "shouting": _("reads as shouting"),
    }
    found = [(quote, words[kind]) for quote, kind in sharp.found]
    html = render_template("console/tone.html", found=found, then=f"{then}{MEANT}", seen=seen)
    return Response(html, status=409)
