"""What in an answer of a colleague may sound sharp to whoever reads it: blame, impatience, contempt, shouting.

Only what is written down here is found, and each find is a place in the text: no model guesses at a mood, because an
answer that names the customer's trouble ("I am sorry that this was so bad") has the words of anger and none of its tone.
The turns of phrase were written by hand for English and the five other languages that customers are scored in.
"""

# ruff: noqa: E501  a turn of phrase is read as one line

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal["blame", "impatience", "contempt", "shouting"]

_TABLE: tuple[tuple[Kind, str], ...] = (
    # English
    ("impatience", r"\b(?:as|like) (?:i|we)(?:['’]ve| have)? (?:already |clearly |repeatedly )*(?:said|told you|explained|mentioned|written|wrote)(?: (?:before|already|many times|several times))?\b"),
    ("impatience", r"\b(?:i|we)(?:['’]ve| have)? (?:already|repeatedly) (?:told|explained (?:this |that |it )?to) you\b|\bper my (?:last|previous) (?:e-?mail|message)\b"),
    ("impatience", r"\bhow many (?:more )?times (?:do|must|should) (?:i|we)\b|\bfor the (?:umpteenth|hundredth) time\b|\bfor the last time[,:]"),
    ("impatience", r"\bstop (?:asking|writing|bothering|complaining|whining|wasting|shouting|yelling)\b|\bwast(?:e|ing) (?:my|our|everyone['’]s) time\b|\bcalm down\b"),
    ("blame", r"\b(?:it(?:['’]s| is)|this is|that(?:['’]s| is)) (?:entirely |all |clearly )?your (?:own )?(?:fault|problem|mistake)\b|\byour own fault\b"),
    ("blame", r"\byou (?:clearly |obviously |simply |just )?(?:should|could) have (?:read|checked|known|listened|thought|looked)\b|\byou (?:failed|neglected|forgot) to\b|\byou (?:didn['’]t|did not) (?:even |bother to )+\w+|\byou (?:didn['’]t|did not) (?:read|listen)\b"),
    ("blame", r"\b(?:if|had) you (?:had |actually |bothered (?:to )?|only )*(?:read|listened|paid attention|bothered)\b"),
    ("contempt", r"\bnot (?:my|our) (?:problem|fault|job)\b|\b(?:i|we) (?:really )?(?:don['’]t|do not|couldn['’]t|could not) care\b|\b(?:just|must|have to) deal with it\b(?=[.!,]|$)|\bwhat (?:did|do) you expect\b|\b(?:it(?:['’]s| is)|this is)(?:n['’]t| not) (?:that|so) (?:hard|difficult|complicated)\b"),
    ("contempt", r"\b(?:stupid|idiots?|idiotic|moron(?:s|ic)?|dumb|ridiculous|nonsense|pathetic|shut up|bullshit|damn(?: it)?|wtf|ffs|crap)\b|\byou people\b|\bcommon sense\b|\bobviously,? you\b|\byou obviously\b"),
    # Deutsch
    ("impatience", r"\bwie (?:ich|wir|man)(?: ihnen| dir)? (?:bereits|schon)(?: \w+){0,3} (?:gesagt|geschrieben|erklärt|erwähnt|mitgeteilt)\b|\bwie (?:bereits|schon) (?:mehrfach|mehrmals|x-?mal|hundertmal)\b(?: \w+){0,2}|\bzum letzten mal\b|\bwie oft (?:soll|muss|müssen|sollen)\b"),
    ("impatience", r"\bhören sie (?:endlich )?auf\b|\bberuhigen sie sich\b|\b(?:meine|unsere) zeit (?:zu )?(?:verschwende\w*|stehlen)\b"),
    ("blame", r"\b(?:ihre|deine) (?:eigene )?schuld\b|\bselbst (?:schuld|dran schuld)\b|\bihr (?:eigener )?fehler\b|\bihr (?:eigenes )?problem\b|\bhätten sie (?:doch |nur |einfach |mal |eben )*(?:\w+ ){0,3}(?:gelesen|zugehört|aufgepasst|nachgesehen|nachgedacht)\b|\bwenn sie (?:\w+ ){0,4}gelesen hätten\b"),
    ("contempt", r"\bnicht (?:mein|unser) (?:problem|fehler|bier)\b|\b(?:mir|uns) (?:doch |völlig |ganz )*egal\b|\bdamit müssen sie leben\b|\bwas (?:haben|hatten) sie (?:denn )?erwartet\b|\bso schwer ist das (?:doch )?nicht\b|\b(?:dumm|idiot\w*|lächerlich\w*|unsinn|blödsinn|quatsch|unverschämt\w*|verdammt\w*|scheiß\w*)\b|\bgesunde[rn]? menschenverstand\b"),
    # Español
    ("impatience", r"\bcomo ya (?:le |te |les )?(?:he |hemos |había )?(?:dicho|dije|dijimos|expliqué|explicado|escribí|escrito|mencioné)\b|\bpor (?:última|enésima) vez\b|\bcuántas veces (?:tengo|debo|tenemos|hay)\b|\bdeje de (?:quejarse|preguntar|escribir|molestar|gritar)\b|\bcálm(?:ese|ate)\b|\bperder (?:mi|el|nuestro) tiempo\b"),
    ("blame", r"\b(?:es|fue) (?:culpa suya|su (?:propia )?culpa|tu culpa)\b|\bculpa (?:suya|tuya)\b|\b(?:debería|tendría|tenía) (?:que )?haber (?:leído|mirado|escuchado|comprobado|sabido)\b|\bsi (?:usted )?hubiera (?:leído|escuchado|prestado)\b"),
    ("contempt", r"\bno es (?:mi|nuestro) problema\b|\b(?:me|nos) da igual\b|\b(?:no (?:me|nos) importa)\b|\bqué esperaba\b|\bno es tan difícil\b|\b(?:estúpid[oa]s?|idiotas?|ridícul[oa]s?|tonterías?|mierda|maldit[oa]s?)\b|\bsentido común\b"),
    # Français
    ("impatience", r"\bcomme (?:je|nous) (?:vous |te )?(?:l['’])?(?:ai|avons) déjà (?:dit|écrit|expliqué|indiqué)\b|\bpour la (?:dernière|énième) fois\b|\bcombien de fois (?:dois|devons|faut)\b|\b(?:arrêtez|cessez) de (?:vous plaindre|demander|écrire|crier|nous)\b|\bcalmez[- ]vous\b|\bperdre (?:mon|notre|du) temps\b"),
    ("blame", r"\b(?:c['’]est|c['’]était) (?:de )?votre (?:propre )?faute\b|\bvous (?:auriez dû|n['’]aviez qu['’]à)(?: \w+){0,2}|\bsi vous aviez (?:lu|écouté|fait attention|pris la peine)\b|\bvous n['’]avez (?:même )?pas (?:lu|écouté)\b"),
    ("contempt", r"\b(?:pas|n['’]est pas) (?:mon|notre) problème\b|\b(?:je m['’]en|on s['’]en) (?:fiche|moque|fous)\b|\b(?:ça|cela) (?:m['’]|nous )est égal\b|\bce n['’]est pas (?:si|bien) (?:compliqué|difficile)\b|\bà quoi vous attendiez[- ]vous\b|\b(?:stupides?|idiote?s?|ridicules?|n['’]importe quoi|merde|imbéciles?)\b|\bbon sens\b"),
    # Português
    ("impatience", r"\bcomo (?:eu |nós )?já (?:lhe |te )?(?:disse|dissemos|expliquei|explicámos|explicamos|escrevi|mencionei)\b|\bpela (?:última|enésima) vez\b|\bquantas vezes (?:tenho|devo|preciso|temos)\b|\bpare de (?:reclamar|perguntar|escrever|gritar|incomodar)\b|\bacalme-se\b|\bperder (?:o meu|meu|nosso|o nosso) tempo\b"),
    ("blame", r"\b(?:a )?culpa é sua\b|\bé (?:culpa sua|sua culpa)\b|\b(?:deveria|devia) ter (?:lido|verificado|ouvido|visto|sabido)\b|\bse (?:o senhor |a senhora |você )?tivesse (?:lido|ouvido|prestado)\b"),
    ("contempt", r"\bnão é (?:o )?(?:meu|nosso) problema\b|\b(?:tanto )?(?:me|nos) faz\b|\bnão (?:me|nos) importa\b|\bo que (?:é que )?esperava\b|\bnão é (?:assim )?tão difícil\b|\b(?:estúpid[oa]s?|idiotas?|ridícul[oa]s?|disparates?|merda)\b|\bbom senso\b"),
    # Italiano
    ("impatience", r"\bcome (?:le |ti )?(?:ho|abbiamo) già (?:detto|scritto|spiegato|comunicato)\b|\bper l['’](?:ultima|ennesima) volta\b|\bquante volte (?:devo|dobbiamo)\b|\bla smetta\b|\bsmetta di (?:lamentarsi|chiedere|scrivere|urlare)\b|\bsi calmi\b|\bperdere (?:tempo|il mio tempo|il nostro tempo)\b"),
    ("blame", r"\bè (?:solo )?colpa sua\b|\bcolpa (?:sua|vostra|tua)\b|\b(?:doveva|avrebbe dovuto) (?:leggere|controllare|ascoltare|saperlo|guardare)\b|\bse avesse (?:letto|ascoltato|prestato)\b"),
    ("contempt", r"\bnon è (?:un )?(?:mio|nostro) problema\b|\bnon (?:mi|ci) (?:importa|interessa)\b|\bcosa (?:si )?aspettava\b|\bnon è (?:così|poi così) difficile\b|\b(?:stupid[oaie]|idiot[ai]|ridicol[oaie]|sciocchezze|assurdità|merda)\b|\bbuon senso\b"),
)  # fmt: skip
# Four words in capitals in a row, or three with a mark behind: names of products and codes are shorter or have figures.
_CAPITALS = r"[^\W\d_a-zß-öø-ÿ]{2,}"
_SHOUTING = re.compile(
    rf"(?<![\w'’])(?:(?:{_CAPITALS},?[ ]+){{3,}}{_CAPITALS}[!?.]*|(?:{_CAPITALS},?[ ]+){{2,}}{_CAPITALS}!+)(?![\w'’])"
)
# "It is not your fault" takes the blame away.
_DENIED = re.compile(
    r"(?:\b(?:not|never|isn['’]t|wasn['’]t|nicht|keine|keineswegs|keinesfalls|no|nunca|pas|jamais|non|mai|não|nem)\W+)(?:\w+\W+){0,2}$",
    re.IGNORECASE,
)
_MARKS = re.compile(r"(?:\?!|!\?|\?\?\?)[?!]*")
_QUOTED = re.compile(r"^>.*$|^```.*?^```|`[^`\n]*`|https?://\S+", re.MULTILINE | re.DOTALL)
MOST = 5  # finds that are told


@dataclass(frozen=True, slots=True)
class Sharp:
    """A place in an answer, in characters, and what it may sound like."""

    kind: Kind
    start: int
    end: int


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    kinds: dict[Kind, list[str]] = {}
    for kind, pattern in _TABLE:
        kinds.setdefault(kind, []).append(pattern)
    return tuple((kind, re.compile("|".join(found), re.IGNORECASE)) for kind, found in kinds.items())


def sharp(text: str) -> list[Sharp]:
    """What in an answer may sound sharp, by place, five at most, none within another. What it quotes, code and
    addresses are not the writer's words."""
    own = _QUOTED.sub(lambda found: " " * (found.end() - found.start()), text)
    found = [
        Sharp(kind, hit.start(), hit.end())
        for kind, pattern in _patterns()
        for hit in pattern.finditer(own)
        if kind != "blame" or not _DENIED.search(own[max(0, hit.start() - 40) : hit.start()])
    ]
    found += [Sharp("shouting", hit.start(), hit.end()) for hit in _SHOUTING.finditer(own)]
    found += [Sharp("impatience", hit.start(), hit.end()) for hit in _MARKS.finditer(own)]
    told: list[Sharp] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if not told or one.start >= told[-1].end:
            told.append(one)
    return told[:MOST]
