"""The words that articles are found by: folded, without the endings that inflect them, and what they weigh."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+")
LONGEST = 40  # characters of a word that the index keeps
MOST_WORDS = 4000  # of one article

# Cut where enough of the word is left. Rough on purpose: both sides are cut alike, and a wrong cut finds too much,
# which the order mends, where a missing one would find nothing.
_ENDINGS = {
    "en": ("ingly", "edly", "ings", "ing", "ies", "ied", "est", "ed", "es", "s", "y", "e"),
    "de": ("ungen", "ung", "ern", "em", "en", "er", "es", "et", "e", "n", "s", "t"),
    "es": ("aciones", "amente", "ación", "ando", "iendo", "adas", "ados", "ada", "ado", "idas", "idos", "ida", "ido",
           "ar", "er", "ir", "os", "as", "es", "o", "a", "e", "s"),
}  # fmt: skip
_LEAST = 4  # letters that stay

# Words that say nothing of what is asked; they are skipped where the question has others.
_EMPTY = {
    "en": "a an and are as at be but by can could do does for from had has have how i if in is it its me my of on or "
    "our please so that the their there they this to was we what when where which who why will with would you your",
    "de": "aber als am an auch auf aus bei bin bis bitte da das dass dem den der des die dies dir du ein eine einem "
    "einen einer er es fur habe haben hat hatte ich ihr im in ist ja kann kannst konnen man mein meine mich mir mit "
    "muss nach nicht noch nur ob oder sich sie sind so und uns von was wann warum wer werden wie wir wird wo zu zum",
    "es": "a al como con cual cuando de del desde donde e el ella en era es esta este esto ha hay he la las le lo los "
    "me mi mis muy no o para pero por porque puede puedo que quien se si sin sobre su sus te tengo tu un una uno y ya",
}
EMPTY = {locale: frozenset(text.split()) for locale, text in _EMPTY.items()}


def fold(text: str) -> str:
    """Case, compatibility forms and accents away: people type "como" and mean "cómo"."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def stem(word: str, locale: str) -> str:
    """A folded word without its ending."""
    for ending in _ENDINGS.get(locale[:2], ()):
        if len(word) - len(ending) >= _LEAST and word.endswith(fold(ending)):
            return word[: -len(ending)]
    return word


def tokens(text: str) -> list[tuple[str, int, int]]:
    """The folded words of a text with their places in it."""
    return [(fold(m.group())[:LONGEST], m.start(), m.end()) for m in _WORD.finditer(text)]


def stems(text: str, locale: str) -> list[str]:
    return [stem(word, locale) for word, _start, _end in tokens(text) if word]


def asked(text: str, locale: str, most: int = 10) -> list[str]:
    """The stems of a query that say something, each once, in their order; all of them where none does."""
    empty = EMPTY.get(locale[:2], frozenset())
    words = [word for word, _start, _end in tokens(text[:2000]) if word]
    telling = [word for word in words if word not in empty] or words
    return list(dict.fromkeys(stem(word, locale) for word in telling))[:most]


def weights(parts: Iterable[tuple[str, float]], locale: str) -> dict[str, float]:
    """The words of an article with what they weigh, from its parts and how much a word counts in each.

    The saturating count of BM25 (Robertson, k1 = 1.2, b = 0.5) against a text of 250 words; how rare a word is among
    all articles is not in here, because it changes with each of them.
    """
    counts: Counter[str] = Counter()
    length = 0.0
    for text, weight in parts:
        found = stems(text, locale)
        length += len(found)
        for word in found:
            counts[word] += weight  # type: ignore[assignment]  # a Counter counts in any number
    norm = 1.2 * (0.5 + 0.5 * length / 250)
    best = counts.most_common(MOST_WORDS)
    return {word: round(count * 2.2 / (count + norm), 5) for word, count in best}


def rarity(articles: int, holding: int) -> float:
    """How much it says that an article holds a word which `holding` of `articles` hold."""
    return math.log(1 + articles / max(1, holding))
