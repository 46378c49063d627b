"""Whether a short text answers a survey: a score first, then perhaps a remark. Pure; in doubt it is a message."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from desk.surveys.scales import COMMENT_LIMIT, SCALES

# A customer answers in the language that they think in, whatever the question was written in. Left out is what means
# something else to somebody who writes another language: "um", "to", "on", "et", "nul", "fire", "sex".
_BY_SCORE = {
    0: "zero null cero zéro ноль sıfır صفر 零 〇",
    1: "one eins uno un une één een jeden один bir yksi واحد 一",
    2: "two zwei zwo dos deux dois duas due twee dwa два två iki kaksi اثنان اثنين 二",
    3: "three drei tres trois três tre drie trzy три üç kolme ثلاثة ثلاث 三",
    4: "four vier cuatro quatre quatro quattro cztery четыре fyra dört neljä أربعة اربعة أربع 四",
    5: "five fünf fuenf cinco cinq cinque vijf pięć пять fem beş viisi خمسة خمس 五",
    6: "six sechs seis sei zes sześć шесть altı kuusi ستة ست 六",
    7: "seven sieben siete sept sete sette zeven siedem семь sju syv yedi seitsemän سبعة سبع 七",
    8: "eight acht ocho huit oito otto osiem восемь åtta otte sekiz kahdeksan ثمانية ثمان 八",
    9: "nine neun nueve neuf nove negen dziewięć девять nio dokuz yhdeksän تسعة تسع 九",
    10: "ten zehn diez dix dez dieci tien dziesięć десять tio kymmenen عشرة عشر 十",
}
_NAMES = [word for words in _BY_SCORE.values() for word in words.split()]
_WORDS = {word.replace("ı", "i"): score for score, words in _BY_SCORE.items() for word in words.split()}
# Words that are no number to others ("Due: tomorrow", "Otto, the neighbour"): a score only where nothing else is said.
_ALONE = frozenset({"due", "sei", "een", "tre", "fem", "tio", "bir", "nove", "otto", "otte", "zes"})

_NUMBER = rf"(?:\d{{1,2}}|{'|'.join(sorted(_NAMES, key=len, reverse=True))})(?!\w)"
_UNIT = (
    r"(?:\s*(?:\*|(?:stars?|stern|sterne|estrellas?|étoiles?|estrelas?|stell[ae]|ster(?:ren)?|gwiazdk[ai]|gwiazdek|"
    r"зв[её]зд[аы]?|stjärnor|yıldız|tähteä|نجوم|نجمات|points?|punkte?|puntos?|pontos?|punt[io]|punten|punkt(?:y|ów)|"
    r"балл(?:а|ов)?|poäng|puan)(?!\w)))?"
)
_HEAD = re.compile(
    rf"(?P<score>{_NUMBER}){_UNIT}"
    rf"(?:\s*(?:[/／]|out\s+of|of|von|de|sur|em|di|su|van|z|из|av|من)\s*(?P<top>{_NUMBER}))?{_UNIT}",
    re.IGNORECASE,
)
# Who says that it is a score: then the number need not stand first. A number of anything else has its name behind it
# ("I give you 5 days"), and stays a message by that.
_GIVING = re.compile(
    r"(?:(?:my|meine?|mi|ma|minha|mijn)\s+)?(?:score|rating|bewertung|wertung|puntuación|calificación|nota|voto|"
    r"avaliação|cijfer|ocena|оценка|betyg|puan|التقييم)(?:\s+(?:is|ist|es|est|é|è)\s+|\s*[:=]\s*|\s+)"
    r"|(?:i(?:['’]?d|\s+would|['’]?ll|\s+will)?\s+(?:give|rate|say)(?:\s+(?:it|you|this|that|them|us))?"
    r"|(?:ich\s+)?gebe?(?:\s+(?:euch|ihnen|dir|dem))?|(?:yo\s+)?(?:(?:le|les|os|te)\s+)?(?:doy|daría)"
    r"|(?:je\s+)?(?:(?:vous|te|lui)\s+)?(?:donne|mets|donnerais)|(?:eu\s+)?(?:dou|daria)(?:-lhes?)?"
    r"|(?:io|vi|ti|gli)\s+do|ik\s+geef(?:\s+(?:het|jullie|u|je))?|daję|ставлю|jag\s+ger(?:\s+er)?|definitely|absolutely)"
    r"\s+(?:(?:a|an|eine?n?|une?|uma?|een|en|ett)\s+)?"
    r"|(?:a|an|eine?|une?|uma?|een)\s+(?=\d)",
    re.IGNORECASE,
)
# A remark begins behind one of these. A digit behind it makes it something else ("4, 5 or 6", "4:30", "3 - 4"), and a
# full stop or a dash needs its space ("4.30", "5-pack").
_MARK = re.compile(
    r"(?P<weak>\s*[,;!，；！،؛]+\s*|\s*\.+\s+|\s*。+\s*|\s*(?=\())|(?P<strong>\s*[-–—]+\s+|\s*[:：]\s*|[^\S\n]*\n\s*)"
)
# Behind a number that says it is a score a reason is a remark too.
_BECAUSE = re.compile(
    r"\s+(?=(?:because|cause|since|but|weil|denn|aber|porque|pero|parce\s+que|car|mais|mas|perché|ma|omdat|maar)(?!\w))",
    re.IGNORECASE,
)
# With nothing between the number and what follows ("5 thanks"), only thanks are plainly no message.
_THANKS = re.compile(
    r"(?:many\s+thanks|thanks?|thx|ty|cheers|danke|vielen\s+dank|gracias|muchas\s+gracias|merci|obrigad[oa]|grazie|"
    r"bedankt|dank\s+je|dziękuję|dzięki|спасибо|tack|kiitos|teşekkürler|شكرا|شكرًا|谢谢|ありがとう)(?!\w)",
    re.I,
)
_REQUEST = re.compile(
    r"[?¿？؟]|(?<!\w)(?:please|pls|plz|bitte|por\s+favor|svp|s'il\s+vous\s+pla[iî]t|per\s+favore|alstublieft|proszę|"
    r"пожалуйста|lütfen|من\s+فضلك)(?!\w)",
    re.I,
)
_LIST = re.compile(r"\n\s*\(?\d{1,2}\s*[.):-]")
_KEYCAP = re.compile(r"(?<=\d)\ufe0f?\u20e3")
_OPENING = "¡([\"'“”„«‘*"
_NO_FACE = frozenset("°?¿？؟%‰&@#/\\\"'”’´`′″")  # "5°", "5'", "#5": measures, names and questions


@dataclass(frozen=True, slots=True)
class Read:
    """A score of the scale and the remark behind it, as it was written.

    `asks` tells that the remark wants something ("2 - still broken, when will you come?"): it is an answer, and a
    message that waits for one of ours.
    """

    score: int
    comment: str = ""
    asks: bool = False


def read(kind: str, text: str) -> Read | None:
    """The answer that a text gives to a question of this kind, or None where it is a message and nothing else.

    Taken are a number of the scale, in digits or as a word of a dozen languages, with punctuation, faces or the scale's
    top around it ("5!", "(5)", "5/5", "5 of 5", "five stars"), behind words that give a score ("I give it a 4"), and
    behind a mark or with thanks a remark ("4 - thanks", "4 thank you"). A list, a unit ("5 pots"), a time, a date, two
    numbers, one off the scale: messages.
    """
    if len(text) > COMMENT_LIMIT + 60:
        return None
    plain = _KEYCAP.sub("", _digits(unicodedata.normalize("NFC", text)).replace("🔟", "10")).strip()
    bare = plain.lstrip(_OPENING + " \t\n")
    while bare and _emoji(bare[0]):
        bare = bare[1:].lstrip()
    opened = plain[: len(plain) - len(bare)]
    giving = _GIVING.match(bare)
    bare = bare[giving.end() :] if giving is not None else bare
    head = _HEAD.match(bare)
    if head is None:
        return None
    word = _folded(head["score"])
    score = int(word) if word.isdigit() else _WORDS[word]
    scale = SCALES[kind]
    if score not in scale or (word.isdigit() and str(score) != word):
        return None
    top = _folded(head["top"]) if head["top"] is not None else None
    if top is not None and str(_WORDS.get(top, top)) != str(scale.highest):
        return None
    rest = bare[head.end() :]
    if opened:
        rest = rest.lstrip(")]\"'“”»’*") if rest[:1] in ")]\"'“”»’*" else rest
    if all(_face(c) for c in rest):
        return Read(score)
    if word in _ALONE:
        return None
    return _with_remark(score, rest, spoken=head["top"] is not None or giving is not None, given=giving is not None)


def _with_remark(score: int, rest: str, *, spoken: bool, given: bool) -> Read | None:
    mark = _MARK.match(rest) or (_BECAUSE.match(rest) if given else None)
    if mark is not None:
        remark = rest[mark.end() :].strip()
        strong = spoken or mark.groupdict().get("strong") is not None
    else:
        remark = rest.lstrip()
        while remark and _face(remark[0]):
            remark = remark[1:].lstrip()
        if remark == rest or not _THANKS.match(remark):
            return None
        remark, strong = rest.strip(" \t\n)]"), False
    if not remark or remark[0].isdigit() or _LIST.search(rest) or len(remark) > COMMENT_LIMIT:
        return None
    if not any(c.isalpha() for c in remark):
        return None
    asks = _REQUEST.search(remark) is not None
    if asks and (not strong or len(remark.split()) < 3):
        return None  # "2, please", "5?": how many, or which
    return Read(score, remark, asks)


def _folded(word: str) -> str:
    """A word as the table has it. Where case is ignored, the two kinds of i that Turkish has match each other."""
    return word.casefold().replace("i\u0307", "i").replace("ı", "i")


def _digits(text: str) -> str:
    """Decimal digits of every script as 0 to 9, so that a keyboard's own count too."""
    return "".join(c if c.isascii() or not c.isdecimal() else str(unicodedata.decimal(c)) for c in text)


def _face(c: str) -> bool:
    """Whether a character says nothing beside a number: spaces, punctuation, emoji."""
    return _emoji(c) or (c not in _NO_FACE and unicodedata.category(c)[0] in "ZP") or unicodedata.category(c) == "Cc"


def _emoji(c: str) -> bool:
    """Whether a character is a picture or a part of one."""
    return c not in _NO_FACE and unicodedata.category(c) in ("So", "Sk", "Mn", "Me", "Cf")
