"""Whether other words say no more, no less and nothing else than the passage that they put differently. Pure.

What writes them may be any model, so that nothing is asked of it: its words are held against the passage, and one that
is not there drops them all. Too strict is right here, because the passage itself is a good answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

# Words that may come and go without changing what a sentence promises. Short on purpose: "or", "until", "must" and
# "two" are not among them, and whoever says "not" or "only" is looked at by themselves.
_SMALL = {
    "en": "a an the this that these those it its they them their there here you your yours we our us i my he she is "
    "are was were be been being am do does did have has had of to in on at for with by as and so please then "
    "which who what whose just also about into it's you're we're they're that's there's you'll we'll you've "
    "we've i'm let's",
    "de": "der die das den dem des ein eine einen einem einer eines dieser diese dieses diesen diesem es er sie ihr "
    "ihre ihren ihrem ihrer ihnen sich wir uns unser unsere unseren ich man du dein deine bitte ist sind war "
    "waren sein hat haben wird werden zu zum zur in im an am auf für mit bei beim von vom und so dann dass "
    "welche welcher welches da dazu damit auch hier dort",
    "fr": "le la les l' un une des du de d' ce cet cette ces il elle ils elles on nous vous votre vos notre nos "
    "leur leurs y en est sont était être a ont avoir avez avons êtes à au aux dans sur pour avec par et alors "
    "qui que qu' c' s' se n'hésitez hésitez aussi ici là",
    "es": "el la los las lo un una unos unas este esta estos estas eso esto es son era ser está están ha han haber "
    "su sus tu tus nuestro nuestra nuestros nuestras se le les usted ustedes nosotros de del a al en para con "
    "por y que entonces también aquí ahí",
    "pt": "o a os as um uma uns umas este esta estes estas isso isto é são era ser está estão há ter tem têm seu "
    "sua seus suas nosso nossa nossos nossas se lhe você vocês nós de do da dos das ao à aos às em no na nos "
    "nas para com por e que então também aqui aí",
    "it": "il lo la i gli le l' un uno una un' questo questa questi queste è sono era essere ha hanno avere suo sua "
    "suoi sue nostro nostra nostri nostre si vi ci lei voi noi di del della dei delle dell' a al alla ai alle "
    "all' in nel nella nei nelle nell' per con da dal dalla su sul sulla e che allora anche qui lì",
}
_NOT = {
    "en": "no not never none nobody nothing nowhere neither nor cannot without hardly except excluding unless only "
    "if but however although though when whenever until till before after within provided depending",
    "de": "nicht nie niemals kein keine keinen keinem keiner keines nichts niemand weder noch ohne außer "
    "ausgenommen nur wenn falls sofern sobald solange bis bevor nachdem innerhalb aber jedoch obwohl",
    "fr": "ne n' pas jamais aucun aucune rien personne ni sans sauf excepté hormis seulement uniquement si quand "
    "lorsque jusqu' jusque avant après mais cependant toutefois bien",
    "es": "no nunca jamás ningún ninguna ninguno nada nadie ni sin salvo excepto sólo solo solamente si cuando "
    "hasta antes después pero aunque",
    "pt": "não nunca jamais nenhum nenhuma nada ninguém nem sem salvo exceto só somente apenas se quando até antes "
    "depois mas embora",
    "it": "non mai nessun nessuno nessuna niente nulla né senza salvo eccetto tranne solo soltanto solamente se "
    "quando fino finché prima dopo ma però sebbene",
}  # what turns a sentence round or holds it back
LOCALES = frozenset(_SMALL)
NOT = {locale: frozenset(words.casefold().split()) for locale, words in _NOT.items()}
# A word that can be either ("se" in Portuguese) is looked at.
SMALL = {locale: frozenset(words.casefold().split()) - NOT[locale] for locale, words in _SMALL.items()}

_LONGER = 1.4  # times the passage, at most
_WORD = re.compile(
    r"[$€£¥]?\d[\d.,:/\u00a0\u202f-]*\d(?:\s?[%$€£¥°])?|[$€£¥]?\d(?:\s?[%$€£¥°])?|\w+(?:['’\-.@/]\w+)*['’]?", re.UNICODE
)
_ELIDED = re.compile(r"^(n|l|d|c|s|qu|jusqu|un|all|dell|nell)'(.+)$")
_SENTENCE = re.compile(r"(?<=[.!?…:;])\s+|\n+")
_CAPITALS = re.compile(r"\b[^\W\d_a-zß-öø-ÿ]{2,}\b")
_MARKUP = re.compile(r"[<>{}\[\]|`*_#\\]|https?:|www\.")


def refusal(text: str, passage: str, locale: str) -> str:
    """Why these words must not stand for the passage, in one of the words below; "" where they may.

    `empty`, `long`, `language` (one whose small words nobody listed), `markup` (signs of markup that the passage has
    not), `word` (one that is not in the passage), `apart` (a sentence that joins words of several), `turned` (a "not",
    "only" or "if" that is gone, new, or beside another word), `number` (numbers in another order or beside another
    word), `missing` (a sentence of the passage that holds something back, or has a number, is not there)."""
    language = locale[:2]
    if language not in LOCALES:
        return "language"
    if not text.strip():
        return "empty"
    if len(text) > _LONGER * len(passage) + 40:
        return "long"
    if Counter(_MARKUP.findall(text)) - Counter(_MARKUP.findall(passage)) or _signs(text) - _signs(passage):
        return "markup"
    if set(_CAPITALS.findall(text)) - set(_CAPITALS.findall(passage)):  # "IT" is no "it"
        return "word"
    known = set(_words(passage))
    small, turning = SMALL[language], NOT[language]
    told = [words for part in _SENTENCE.split(passage) if (words := _words(part))]
    said = [words for part in _SENTENCE.split(text) if (words := _words(part))]
    if not any(_weighty(words, small) for words in said):
        return "empty"
    if any(word not in known and word not in small for words in said for word in words):
        return "word"
    used: set[int] = set()
    for words in said:
        if not _weighty(words, small):
            continue
        worst = "apart"
        for place, source in enumerate(told):
            found = _against(words, source, small, turning)
            if not found:
                used.add(place)
                worst = ""
                break
            worst = found if found != "apart" else worst
        if worst:
            return worst
    needed = (place for place, source in enumerate(told) if any(w in turning or _has_digit(w) for w in source))
    return "missing" if any(place not in used for place in needed) else ""


def _against(words: Sequence[str], source: Sequence[str], small: frozenset[str], turning: frozenset[str]) -> str:
    """One sentence against one of the passage: "" where it says the same."""
    mine, theirs = _weighty(words, small), _weighty(source, small)
    if Counter(mine) - Counter(theirs):
        return "apart"
    if _beside(mine, turning) != _beside(theirs, turning):
        return "turned"
    numbers = [w for w in mine if _has_digit(w)]
    if numbers != [w for w in theirs if _has_digit(w)]:
        return "number"
    if len(numbers) > 1 and not _in_order(mine, theirs):
        return "number"
    after = {pair for pair in pairwise(theirs) if _has_digit(pair[0])}
    if any(_has_digit(a) and (a, b) not in after for a, b in pairwise(mine)):
        return "number"
    return ""


def _beside(words: Sequence[str], turning: frozenset[str]) -> Counter[tuple[str, str]]:
    """Each word that turns or holds back, with the weighty word that follows it (at the end: that went before)."""
    out: Counter[tuple[str, str]] = Counter()
    for place, word in enumerate(words):
        if word in turning:
            near = words[place + 1] if place + 1 < len(words) else words[place - 1] if place else ""
            out[(word, near)] += 1
    return out


def _in_order(words: Sequence[str], source: Sequence[str]) -> bool:
    rest = iter(source)
    return all(word in rest for word in words)


def _weighty(words: Sequence[str], small: frozenset[str]) -> list[str]:
    return [word for word in words if word not in small]


def _has_digit(word: str) -> bool:
    return any(c.isdigit() for c in word)


def _signs(text: str) -> set[str]:
    """Signs such as €, % and emoji."""
    return {c for c in text if unicodedata.category(c)[0] == "S" or c == "%"}


def _words(text: str) -> list[str]:
    """The words of a text, folded; numbers with their signs; "don't" as "do" and "not", "l'heure" as two words."""
    out: list[str] = []
    for found in _WORD.findall(unicodedata.normalize("NFKC", text).replace("’", "'")):
        word = re.sub(r"\s", "", found).casefold().rstrip(".,:/-")
        if word in ("cannot", "can't"):
            out += ["can", "not"]
        elif word == "won't":
            out += ["will", "not"]
        elif word.endswith("n't"):
            out += [word[:-3], "not"]
        elif elided := _ELIDED.match(word):
            out += [elided[1] + "'", elided[2]]
        elif word.strip("'"):
            out.append(word if word.endswith("'") and len(word) < 6 else word.rstrip("'"))
    return out
