"""Turns of phrase that speak of frustration where a word list of moods hears nothing: repetition, waiting, giving up.

Each cue is a pattern with the weight, in log-odds, that it adds to a message. They were written by hand for English,
German and Spanish and stand in until a trained head replaces them; corrections by agents are kept to learn from.
"""

# ruff: noqa: E501  a cue is read as one line

from __future__ import annotations

import re
from dataclasses import dataclass

from desk.sentiment.features import READ

_TABLE: tuple[tuple[float, str], ...] = (
    # asked before
    (1.5, r"\b(?:second|third|fourth|fifth|sixth|2nd|3rd|4th|5th)\s+(?:time|e-?mail|mail|message|request|attempt)\b"),
    (1.2, r"\bas i (?:have )?(?:already )?(?:wrote|written|said|told you)(?: \w+){0,2}\b"),
    (1.2, r"\bhow many (?:more )?times\b"),
    (1.0, r"\b(?:yet )?again and again\b|\byet again\b|\bonce again\b"),
    (1.5, r"\bzum (?:zweiten|dritten|vierten|fünften|x-?ten|wiederholten) mal\b"),
    (1.2, r"\bwie (?:bereits|schon)(?: \w+){0,2} (?:geschrieben|gesagt|erwähnt)\b"),
    (1.2, r"\bschon wieder\b"),
    (1.5, r"\b(?:segunda|tercera|cuarta|quinta|enésima) vez\b"),
    (1.2, r"\bcomo ya (?:he )?(?:dicho|dije|escrito|escribí)\b"),
    # still waiting
    (1.1, r"\bstill (?:no \w+|not|nothing|waiting|haven['’]?t|hasn['’]?t|don['’]?t|missing|broken)\b"),
    (1.0, r"\b(?:no|without) (?:any )?(?:reply|answer|response|word|news)\b"),
    (0.9, r"\bnobody (?:answers|replies|cares|responds|answered|replied)\b"),
    (0.9, r"\b(?:waiting|waited) (?:for )?(?:over |more than )?(?:\w+ )?(?:days?|weeks?|months?|hours?)\b"),
    (0.9, r"\bany(?:one|body) (?:there|alive|reading)\b"),
    (1.1, r"\bimmer noch (?:kein\w* \w+|nichts?|auf)\b"),
    (1.0, r"\b(?:keine|ohne) (?:antwort|rückmeldung|reaktion)\b"),
    (0.9, r"\bwarte(?:n)? (?:jetzt |nun )?(?:schon |bereits )?seit\b(?: \w+){0,2}"),
    (1.1, r"\b(?:todavía|aún) (?:no \w+|nada|sin \w+|sigo)\b"),
    (1.0, r"\b(?:ninguna|sin) (?:respuesta|contestación|noticia)s?\b"),
    (0.9, r"\bllevo (?:\w+ ){1,3}esperando\b"),
    # had enough
    (1.6, r"\b(?:unacceptable|outrageous|ridiculous|a joke|disgrace(?:ful)?|shameful|pathetic|useless|incompetent)\b"),
    (1.4, r"\b(?:fed up|had enough|sick of|sick and tired|last straw|losing (?:my )?patience|run(?:ning)? out of patience)\b"),
    (1.3, r"\b(?:never (?:buy|order|shop)\w*(?: \w+){0,3} again|cancel (?:everything|my (?:account|order|subscription)))\b"),
    (1.2, r"\b(?:lawyer|chargeback|consumer (?:protection|rights)|small claims|report you|trading standards)\b"),
    (1.0, r"\b(?:waste of (?:my )?time|wasting my time|forget it|worst (?:\w+ )?(?:service|support|company|experience))\b"),
    (1.6, r"\b(?:inakzeptabel|unverschämt(?:heit)?|frechheit|lächerlich|unfassbar|saftladen|katastrophe|unzumutbar|armselig)\b"),
    (1.3, r"\b(?:mir reicht['’]?s|(?:jetzt )?reicht es|habe? (?:langsam )?genug|die nase voll|verarschen|stornier\w+ alles|nie wieder)\b"),
    (1.2, r"\b(?:anwalt|verbraucherzentrale|rechtsanwalt)\b"),
    (1.0, r"\b(?:sehr |maßlos |schwer )?(?:enttäuscht|verärgert|sauer|wütend)\b"),
    (1.6, r"\b(?:inaceptable|vergüenza|vergonzoso|ridículo|indignante|tomadura de pelo|lamentable|inadmisible)\b"),
    (1.3, r"\b(?:estoy hart[oa]|hart[oa] de|ya basta|nunca más|me tomáis el pelo|cancel\w+ todo)\b"),
    (1.2, r"\b(?:abogado|consumo|hoja de reclamaciones|denunci\w+)\b"),
    (1.0, r"\b(?:muy |totalmente )?(?:decepcionad[oa]|enfadad[oa]|indignad[oa]|furios[oa])\b"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cue:
    """A found turn of phrase: where it stands, and what it weighs in log-odds."""

    start: int
    end: int
    weight: float


_PATTERNS = tuple((weight, re.compile(pattern, re.I)) for weight, pattern in _TABLE)
_SHOUT = re.compile(r"[!?]{2,}")


def find(text: str) -> list[Cue]:
    """The cues of a text in reading order, none inside another."""
    text = text[:READ]
    found = [Cue(m.start(), m.end(), weight) for weight, pattern in _PATTERNS for m in pattern.finditer(text)]
    found.sort(key=lambda cue: (cue.start, -cue.end))
    kept: list[Cue] = []
    for cue in found:
        if not kept or cue.start >= kept[-1].end:
            kept.append(cue)
    return kept


def loudness(text: str) -> float:
    """What shouting adds, in log-odds: runs of ! and ?, and words in capitals where the rest is not."""
    text = text[:READ]
    words = re.findall(r"[^\W\d_]{3,}", text)
    loud = sum(1 for w in words if w.isupper())
    capitals = 0.6 if words and 2 <= loud < len(words) else 0.0
    if words and loud == len(words) and len(words) > 3:
        capitals = 0.8
    return min(1.2, 0.35 * len(_SHOUT.findall(text)) + capitals)
