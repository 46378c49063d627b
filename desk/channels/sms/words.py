"""The words by which people stop texts, begin them again, or ask what this is; in every language at once.

A word counts in whatever language the inbox has: somebody who writes STOPP to an English number wants it to stop.
"""

from __future__ import annotations

import unicodedata
from typing import Literal

Command = Literal["", "stop", "start", "help"]

# What carriers and providers honour (CTIA, Short Code Monitoring Handbook; Twilio's default keywords), and the same in
# German, Spanish, French, Italian, Portuguese and Dutch; without accents. "YES" lifts a stop as well with some of
# them; it is what people answer to any question, so only the provider's own word counts.
_STOP = (
    "STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT",
    "STOPP", "ABMELDEN", "ABBESTELLEN", "ALTO", "BAJA", "PARAR", "CANCELAR", "DARME DE BAJA",
    "ARRET", "ARRETER", "ARRETEZ", "DESABONNER", "DESINSCRIRE", "DESINSCRIPTION", "BASTA", "PARE", "AFMELDEN",
)  # fmt: skip
_START = (
    "START", "UNSTOP", "ANMELDEN", "STARTEN", "INICIAR", "ALTA", "COMENZAR", "DEMARRER", "REPRENDRE", "COMMENCER",
)  # fmt: skip
_HELP = ("HELP", "INFO", "HILFE", "AYUDA", "AIDE", "AIUTO", "AJUDA")
_COMMANDS: dict[str, Command] = {
    **dict.fromkeys(_STOP, "stop"),
    **dict.fromkeys(_START, "start"),
    **dict.fromkeys(_HELP, "help"),
}  # fmt: skip


# Whose language a word is, where it is one language's alone: whoever asks AIDE reads French, whatever the inbox speaks.
_LANGUAGES = {"HILFE": "de", "AYUDA": "es", "AIDE": "fr", "AIUTO": "it", "AJUDA": "pt"}


def command(text: str, said: str = "") -> Command:
    """Whether a message is one of these words and nothing else; `said` is the provider's own word for it."""
    if said.upper() in ("STOP", "START", "HELP"):
        return _COMMANDS[said.upper()]
    if len(text) > 60:
        return ""
    return _COMMANDS.get(_bare(text), "")


def language(text: str) -> str:
    """The language in which somebody asked what this is; empty where the word does not tell."""
    return _LANGUAGES.get(_bare(text[:60]), "")


def _bare(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.strip(" \t\n\r.,;!¡\"'“”„«»").upper().split())
