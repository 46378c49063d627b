"""Turns of phrase that speak of frustration where a word list of moods hears nothing: repetition, waiting, giving up.

Each cue is a pattern with the weight, in log-odds, that it adds to a message. They were written by hand for English,
German and Spanish. Beside the trained head, which learned from English comments, they say what it could not learn
there: waiting, asking again, wanting the money back, and anger in two other languages. Without it they do what they can.
"""

# ruff: noqa: E501  a cue is read as one line

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

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
    # let down
    (1.0, r"\b(?:not|haven['’]t|nothing) (?:been )?(?:heard|told|happened|changed)(?: (?:anything|back|from))?\b|\b(?:getting|got) nowhere\b"),
    (1.0, r"\bnever (?:arrived|came|showed up|turned up|received|got (?:it|my|a|any|the)\b)"),
    (0.9, r"\b(?:give me|i want|where is|need) my (?:money|refund)(?: back)?\b|\bmy money back\b"),
    (0.9, r"\b(?:charged (?:me )?twice|double[- ]charged|overcharged|ripped off|rip-?off|scam(?:med|mers)?|thieves)\b"),
    (1.0, r"\bon hold (?:for|since)\b|\b(?:cut off|hung up on)(?: me)?\b"),
    (1.0, r"\b(?:no ?one|nobody) (?:will |can |seems to |wants to |even )?(?:help|answer|respond|care|pick|know|reply|repli|listen)\w*"),
    (0.9, r"\b(?:delayed|cancell?ed|broken|lost|wrong|late|down|failed|ignored) (?:yet )?again\b"),
    (1.1, r"\bhow (?:hard|difficult) (?:is|can|could) (?:it|this)\b|\bare you (?:kidding|serious|joking)\b|\byou(?: must|['’]ve got to) be kidding\b"),
    (1.1, r"\b(?:thanks for nothing|do your job|get your act together|give me a break|not good enough|what a (?:joke|mess|shame))\b"),
    (0.8, r"\b(?:for|over|in) (?:the )?(?:last|past) (?:\w+ )?(?:hours?|days?|weeks?|months?) (?:and|now|with|without)\b"),
    (1.1, r"\b(?:terrible|horrible|awful|poor|bad|appalling|disgusting|shocking|atrocious|rude) (?:customer )?(?:service|support|experience|communication|staff|company)\b"),
    (1.0, r"\bnever (?:flying|using|buying|ordering|shopping|staying|coming|again)\b"),
    # without a word
    (2.4, r"[😡🤬😠👿💢]+"),
    (1.2, r"[😤🙄👎😒😩😫🤦]+"),
    # had enough
    (1.6, r"\b(?:unacceptable|outrageous|ridiculous|a joke|disgrace(?:ful)?|shameful|pathetic|useless|incompetent)\b"),
    (1.4, r"\b(?:fed up|had enough|sick of|sick and tired|last straw|losing (?:my )?patience|run(?:ning)? out of patience)\b"),
    (1.3, r"\b(?:never (?:buy|order|shop)\w*(?: \w+){0,3} again|cancel (?:everything|my (?:account|order|subscription)))\b"),
    (1.2, r"\b(?:lawyer|chargeback|consumer (?:protection|rights)|small claims|report you|trading standards)\b"),
    (1.0, r"\b(?:waste of (?:my )?time|wasting my time|forget it|worst (?:\w+ )?(?:service|support|company|experience))\b"),
    (2.3, r"\b(?:inakzeptabel|unverschämt(?:heit|e\w*)?|frechheit|lächerlich|unfassbar|saftladen|katastroph\w+|unzumutbar|armselig|unterirdisch)\b"),
    (2.0, r"\b(?:schei(?:ß|ss)\w*|verdammt\w*|zum kotzen|abzocke|betrüger|betrug|verarsch\w*|das (?:aller)?letzte|so ein mist)\b"),
    (1.4, r"\b(?:peinlich|nervt|genervt|nervig|miserab\w+|mieser?|schlechter? (?:service|kundendienst|support)|so geht das nicht)\b"),
    (1.2, r"\b(?:niemand|keiner) (?:antwortet|meldet|hilft|reagiert|kümmert|interessiert|geht)\b"),
    (1.2, r"\bwie (?:lange|oft) (?:soll|muss|darf) ich (?:\w+ )?(?:noch|denn)\b|\bseit (?:\w+ )?(?:tagen|wochen|monaten)\b"),
    (1.0, r"\b(?:mein )?geld zurück\b(?! erhalten)|\bsofort(?:ige)? (?:mein|die|eine)\b"),
    (1.9, r"\b(?:mir reicht['’]?s|(?:jetzt )?reicht es|habe? (?:langsam )?genug|die nase voll|verarschen|stornier\w+ alles|nie wieder)\b"),
    (1.2, r"\b(?:anwalt|verbraucherzentrale|rechtsanwalt)\b"),
    (1.5, r"\b(?:sehr |maßlos |schwer |stink)?(?:enttäuscht|verärgert|sauer|wütend)\b"),
    (2.3, r"\b(?:inaceptable|vergüenza|vergonzos[oa]|ridícul[oa]|indignante|tomadura de pelo|lamentable|inadmisible|intolerable)\b"),
    (2.0, r"\b(?:mierda|joder|estaf(?:a|adores)|ladrones|sinvergüenzas|qué asco|una broma)\b"),
    (1.4, r"\b(?:pésim[oa]s?|inútil(?:es)?|desastre|muy mal servicio|mal servicio|incompetentes?|cansad[oa] de)\b"),
    (1.2, r"\bnadie (?:me )?(?:responde|contesta|ayuda|atiende|hace)\b"),
    (1.2, r"\bcuánt(?:o|as) (?:tiempo|veces) (?:más|tengo)\b|\bdesde hace (?:\w+ )?(?:días|semanas|meses)\b|\bhace (?:\w+ )?(?:semanas|meses) que\b"),
    (1.0, r"\b(?:quiero|devuélvanme|devolvedme|devuélveme) (?:ya )?mi dinero\b"),
    (1.9, r"\b(?:estoy (?:muy )?hart[oa]|hart[oa] de|ya basta|nunca más|me tomáis el pelo|cancel\w+ todo)\b"),
    (1.2, r"\b(?:abogado|consumo|hoja de reclamaciones|denunci\w+)\b"),
    (1.5, r"\b(?:muy |totalmente )?(?:decepcionad[oa]|enfadad[oa]|indignad[oa]|furios[oa])\b"),
)  # fmt: skip

# The words of a bare answer: "no, it didn't help".
ANSWERS = frozenset(
    re.findall(
        r"\S+",
        """no nope nah not yet really quite at all it it's this that that's these those them they is was isn't wasn't did
        does didn't doesn't don't haven't hasn't can't cannot could couldn't work worked help helped wrong none neither of
        one nothing never mind i you we sorry thanks thank still stop cancel wait yes yeah ok okay sure please a the my me
        so but""",
    )
)


@dataclass(frozen=True, slots=True)
class Cue:
    """A found turn of phrase: where it stands, and what it weighs in log-odds."""

    start: int
    end: int
    weight: float


_PATTERNS = tuple((weight, re.compile(pattern, re.I)) for weight, pattern in _TABLE)
_SHOUT = re.compile(r"[!?]{2,}")


def find(text: str) -> tuple[Cue, ...]:
    """The cues of a text in reading order, none inside another."""
    return _find(text[:READ])


@lru_cache(maxsize=64)  # one message is looked at for its score, its flag and its words
def _find(text: str) -> tuple[Cue, ...]:
    found = [Cue(m.start(), m.end(), weight) for weight, pattern in _PATTERNS for m in pattern.finditer(text)]
    found.sort(key=lambda cue: (cue.start, -cue.end))
    kept: list[Cue] = []
    for cue in found:
        if not kept or cue.start >= kept[-1].end:
            kept.append(cue)
    return tuple(kept)


def loudness(text: str) -> float:
    """What shouting adds, in log-odds: runs of ! and ?, and words in capitals where the rest is not."""
    text = text[:READ]
    words = re.findall(r"[^\W\d_]{3,}", text)
    loud = sum(1 for w in words if w.isupper())
    capitals = 0.6 if words and 2 <= loud < len(words) else 0.0
    if words and loud == len(words) and len(words) > 3:
        capitals = 0.8
    return min(1.2, 0.35 * len(_SHOUT.findall(text)) + capitals)
