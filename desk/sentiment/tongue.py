"""Which language a message is in, as far as its mood is concerned: one we hear, one we do not, or nobody can tell."""

from __future__ import annotations

import re
from functools import lru_cache

from desk.channels.email.language import language_of

HEARD = ("en", "de", "es", "fr", "it", "pt")  # the languages in which we know what frustration sounds like
STRANGE = "und"  # ISO 639: undetermined. Letters that none of those languages are written in
READ = 1500  # characters: a language shows soon
DIFFERENT = 4  # words that a text needs for its language to be told
ENGLISH_FROM = 2  # different words of English that outweigh a guess at another language
# Words that hardly any text in English is without, and that few of the languages around it have.
_ENGLISH = re.compile(
    r"\b(?:the|you|your|and|of|that|this|what|why|how|it|it['’]s|i['’]m|my|not|don['’]?t|are|for|with|have|they|just"
    r"|be)\b",
    re.I,
)
_WORD = re.compile(r"[^\W\d_]+")
# Those of them that stand in no name of a firm and in no other language: one is enough.
_SURELY_ENGLISH = re.compile(
    r"\b(?:you|your|that|that['’]s|this|what|with|they|it['’]s|i['’]m|don['’]t|doesn['’]t|didn['’]t|can['’]t|isn['’]t)\b",
    re.I,
)
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[A-Za-zªºÀ-ɏḀ-ỿ]")
# Of texts that are too short to tell their language: signs and words that English does not have.
_OTHER = re.compile(
    r"[äöüßñ¿¡çãõ]|\b(?:ich|nicht|und|wir|bitte|danke|ist|das|mein\w*|dein\w*|noch|wo|sie|está|dónde|gracias|pedido|qué|muy"
    r"|je|vous|merci|où|pas|colis|sono|mio|grazie|perché|meu|minha|obrigad[oa]|onde|não|você)\b",
    re.I,
)


def tongue(text: str) -> str:
    """An ISO 639 code; `und` for a writing that is none of ours; empty where a text is too short to tell."""
    return _tongue(text[:READ])


@lru_cache(maxsize=256)  # a message is asked about for its cues, its score and its words
def _tongue(text: str) -> str:
    if not _LETTER.search(text):
        return ""
    latin = _LATIN.search(text) is not None
    if latin and len({word.casefold() for word in _WORD.findall(text)}) < DIFFERENT:
        return ""  # "wait wait wait" is not French
    found = language_of(text)
    if found in HEARD:
        return found
    if _SURELY_ENGLISH.search(text) or len({word.casefold() for word in _ENGLISH.findall(text)}) >= ENGLISH_FROM:
        return "en"
    return found or ("" if latin else STRANGE)


def is_heard(text: str) -> bool:
    """False for a message whose language we surely do not know. What is too short to tell is given the benefit."""
    return tongue(text) in (*HEARD, "")


def is_foreign(text: str) -> bool:
    """Whether a text is in another language than English, as far as one can tell.

    VADER's list takes the German "die" and "war" for death and war.
    """
    if _ENGLISH.search(text[:READ]):
        return False
    found = tongue(text)
    return found != "en" if found else bool(_OTHER.search(text[:READ]))
