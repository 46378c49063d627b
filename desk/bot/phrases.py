"""What a short message is beside a question: a greeting, thanks, a yes or no, or the wish for a person. Pure.

Three languages by word lists, because these few turns must never be left to a similarity: who asks for a person gets
one.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Kind = Literal["question", "greeting", "thanks", "bye", "yes", "no", "person", "nothing"]

_GREETINGS = """hi hii hello hey heya hiya howdy yo greetings good morning afternoon evening day there team all everyone
hallo hi moin servus gruezi guten tag morgen abend gruss gott zusammen liebes team
hola buenas buenos dias tardes noches que tal equipo saludos"""
_THANKS = """thanks thank thx ty cheers you very much so a lot many great perfect super lovely brilliant ok okay cool
nice wonderful appreciated for the help your fast quick answer all good awesome excellent got it understood
danke dankeschon vielen besten herzlichen dank schon sehr prima toll klasse alles klar fur die hilfe antwort schnelle
ihre eure euch ihnen dir verstanden
gracias muchas mil muchisimas vale perfecto genial estupendo muy amable por la ayuda respuesta rapida todo bien
entendido de acuerdo"""
_BYE = """bye goodbye ciao see you later have a nice good day evening weekend cu take care
tschuss tschuess auf wiedersehen wiederschauen schonen tag abend noch bis dann bald ade
adios hasta luego pronto chao que tenga tengas buen dia"""
_YES = """yes yeah yep yup ya sure correct right exactly it did does helped that this works worked please thanks thank
you perfect great
ja jap jo genau richtig stimmt hat geholfen das es danke super perfekt funktioniert
si claro exacto correcto eso es me ayudo ayudado ha gracias perfecto funciona"""
_NO = """no nope nah not really it did didnt doesnt does help that this helpful at all didn t doesn unfortunately sorry
nein ne nee leider nicht hat geholfen das es gar
nada para pero me ayudo ayuda eso esto ha ayudado lo siento"""

# At least one of these must be said: "for the help" alone is no thanks, "you" no greeting.
_HEADS: dict[Kind, str] = {
    "greeting": "hi hii hello hey heya hiya howdy yo greetings morning afternoon evening hallo moin servus gruezi "
    "guten gruss hola buenas buenos saludos",
    "thanks": "thanks thank thx ty cheers danke dankeschon dank gracias appreciated ok okay vale",
    "bye": "bye goodbye ciao tschuss tschuess wiedersehen ade adios chao luego",
    "yes": "yes yeah yep yup ya sure correct exactly ja jap jo genau richtig stimmt si claro exacto",
    "no": "no nope nah nein ne nee nicht didnt not didn doesnt doesn",
}
_WORDS: dict[Kind, str] = {
    "greeting": _GREETINGS,
    "thanks": _THANKS,
    "bye": f"{_BYE} {_THANKS}",
    "yes": _YES,
    "no": _NO,
}
# In this order: "yes, thanks" is a yes.
_SMALL: tuple[tuple[Kind, frozenset[str], frozenset[str]], ...] = tuple(
    (kind, frozenset(_HEADS[kind].split()), frozenset(_WORDS[kind].split()))
    for kind in ("yes", "no", "greeting", "thanks", "bye")
)
_MOST = 8  # words of a turn that is no more than that

_WHO_EN = (
    r"(?:a |an |the |some |any |your |real |actual |live |another |human |customer |support |service )*"
    r"(?:human(?: being)?|person|people|agents?|somebody|someone|representative|rep|operator|advisor|adviser|"
    r"staff(?: member)?|employee|colleague|manager|supervisor|support team|customer service|team member|real one)"
)
_WHO_DE = (
    r"(?:einem |einen |einer |eine |ein |dem |den |der |die |ihrem |ihren |eurem |euren |echten |echter |echtem |"
    r"richtigen |richtiger |lebenden |anderen |menschlichen )*"
    r"(?:mensch(?:en)?|mitarbeiter(?:in|innen|n)?|person|personen|jemand(?:em|en)?|berater(?:in|n)?|kundenberater(?:in)?|"
    r"kundenservice|kundendienst|support|sachbearbeiter(?:in)?|vorgesetzten?|ansprechpartner(?:in)?)"
)
_WHO_ES = (
    r"(?:una |un |la |el |alguna |algun |otra |otro |con |verdadera |verdadero |de |carne y hueso )*"
    r"(?:personas?|humanos?|humana|agente|alguien|operador(?:a)?|asesor(?:a)?|representante|empleado|empleada|"
    r"encargado|encargada|responsable|atencion al cliente|servicio al cliente)"
)
_PERSON = re.compile(
    "|".join(
        [
            rf"\b(?:talk|talking|speak|speaking|chat|chatting|write|connect(?: me)?|transfer(?: me)?|put me through|"
            rf"pass me(?: on)?|escalate(?: this| me)?|forward(?: me| this)?|get(?: me)?|need|want|prefer|contact|reach|"
            rf"hand me over|switch me)\b(?: to| with| over| on| through| a word with| contact with)* {_WHO_EN}\b",
            rf"\b(?:can|could|may) (?:i|we|you)(?: please)? (?:have|get)(?: me)? {_WHO_EN}\b",
            r"\b(?:not|no|stop|without|hate|instead of|rather than) (?:a |an |the |this |talking to a )*(?:ro)?bot\b",
            rf"\b(?:is there|are there)(?: any| a)? {_WHO_EN}(?: there| here| available| i can| who can)",
            rf"\b(?:mit|an|zu|von) {_WHO_DE} (?:\w+ ){{0,3}}?(?:sprechen|reden|schreiben|chatten|verbinden|verbunden|"
            rf"weiterleiten|weitergeleitet|telefonieren|telefonisch|kontakt|geholfen)\b",
            rf"\b(?:sprechen|reden|verbinden|chatten|schreiben) (?:\w+ ){{0,3}}?(?:mit|an) {_WHO_DE}\b",
            rf"\b(?:brauche|mochte|will|hatte gern(?:e)?|geben sie mir|gib mir|ich hatte gern(?:e)?) "
            rf"(?:bitte |jetzt |gern |gerne |endlich )*{_WHO_DE}$",
            r"\b(?:kein(?:en|em)?|nicht mit(?: einem)?) (?:ro)?bot\b",
            rf"\b(?:hablar|charlar|chatear|escribir|comunicar(?:me)?|comunicarme|conectar(?:me)?|contactar|pasar(?:me)?|"
            rf"paseme|pasenme|pasame|ponme|pongame|transferir(?:me)?|transfierame|derivar(?:me)?|atienda|atender)\b"
            rf"(?: por favor)?(?: directamente)?(?: con| a| por)* {_WHO_ES}\b",
            rf"\b(?:quiero|necesito|prefiero|quisiera) (?:a |por favor |que me atienda )*{_WHO_ES}$",
            r"\b(?:no quiero|sin|con) (?:hablar con )?(?:un |una )?(?:ro)?bot\b",
        ]
    )
)
# Said alone, one of these is enough.
_ALONE = re.compile(
    rf"(?:please |bitte |por favor )*(?:{_WHO_EN}|{_WHO_DE}|{_WHO_ES}|talk to a person|keep (?:a )?human)"
    r"(?: please| bitte| por favor| now| jetzt| ahora)*"
)
_NOT_LETTERS = re.compile(r"[^\w\s]|_")
_APOSTROPHES = re.compile(r"[’'`´]")
_UP, _DOWN = "👍👌🙏❤💚💙✅", "👎❌"


def folded(text: str) -> str:
    """Lower case, without accents and signs, one space between words."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(_NOT_LETTERS.sub(" ", _APOSTROPHES.sub("", plain)).split())


def kind_of(text: str) -> Kind:
    """What a message is. A greeting before a question is a question; emoji alone say thanks, no, or nothing at all."""
    words = folded(text[:4000]).split()
    if not any(any(c.isalnum() for c in word) for word in words):
        if any(c in text for c in _DOWN):
            return "no"
        return "yes" if any(c in text for c in _UP) else "greeting" if _has_sign(text) else "nothing"
    if wants_person(text):
        return "person"
    if len(words) <= _MOST:
        said = frozenset(words)
        for kind, heads, all_words in _SMALL:
            if said & heads and said <= all_words:
                return kind
    return "question"


def _has_sign(text: str) -> bool:
    """Whether anything is there to see, like a smiley."""
    return any(unicodedata.category(c) in ("So", "Sk", "Po") for c in text)


def wants_person(text: str) -> bool:
    """Whether somebody asks in words for a person instead of the bot."""
    said = folded(text[:2000])
    return bool(_PERSON.search(said) or _ALONE.fullmatch(said))


def number_of(text: str) -> int | None:
    """The choice of a list that a message names by its number: "2", "2.", "no. 2"."""
    found = re.fullmatch(r"(?:nr|no|number|option|nummer|la|opcion)?\s*([1-9])", folded(text[:40]))
    return int(found.group(1)) if found else None
