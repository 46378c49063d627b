"""Small talk, yes and no, and the wish for a person: told apart from questions in three languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.bot.phrases import kind_of, number_of, wants_person

PERSON = """talk to a human
Talk to a person, please
can I speak to someone?
I want to speak with a real person
Could you please connect me to an agent
get me a human being
human
agent!
a real person please
I don't want to talk to a bot, put me through to your staff
this is not helping, I need somebody
is there anybody there? no bot please
can i have a human
Ich möchte mit einem Menschen sprechen
Kann ich bitte mit einem Mitarbeiter reden?
Verbinden Sie mich mit einem echten Menschen
Mensch bitte
kann ich mit jemandem schreiben
ich will keinen Bot
ich brauche einen Mitarbeiter
quiero hablar con una persona
¿Puedo hablar con un agente?
páseme con alguien por favor
necesito un humano
persona
no quiero hablar con un bot
quisiera que me atienda una persona"""

QUESTIONS = """Where is my parcel?
hi, where is my parcel
How many people does the kettle serve?
Can a person with one hand lift it?
Is the casserole safe on induction?
Does someone deliver on Saturdays
My agent code does not work
yes but where is my refund
no, the blue one
thanks, and how do I return it?
Hallo, wo ist mein Paket?
Kann man den Becher in die Spülmaschine stellen?
Für wie viele Personen reicht der Topf?
Hola, ¿dónde está mi pedido?
¿Cuántas personas caben?
good kettle?
morning delivery
it did not arrive
Not working"""


@pytest.mark.parametrize("text", PERSON.splitlines())
def test_whoever_asks_for_a_person_is_understood(text: str) -> None:
    assert kind_of(text) == "person"
    assert wants_person(text.upper())


@pytest.mark.parametrize("text", QUESTIONS.splitlines())
def test_a_question_is_a_question(text: str) -> None:
    assert kind_of(text) == "question"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *(
            (t, "greeting")
            for t in ("hi", "Hello!", "hey there", "Good morning", "Hallo zusammen", "¡Hola!", "🙂", "...")
        ),
        *((t, "thanks") for t in ("thanks", "Thank you so much!!", "ok thanks", "Vielen Dank", "muchas gracias", "ok")),
        *((t, "bye") for t in ("bye", "Goodbye, thanks", "Auf Wiedersehen", "hasta luego")),
        *((t, "yes") for t in ("yes", "Yes, thanks!", "ja", "ja danke", "sí", "yes it did", "👍", "👍🏽")),
        *(
            (t, "no")
            for t in ("no", "No, it didn't help", "nein leider nicht", "not really", "👎", "no, not helpful at all")
        ),
        *((t, "nothing") for t in ("", "   ", "\n\t", "\u200b")),
    ],
)
def test_small_talk_is_told_apart(text: str, kind: str) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    ("text", "number"), [("2", 2), (" 3. ", 3), ("No. 1", 1), ("0", None), ("22", None), ("x", None)]
)
def test_a_choice_is_named_by_its_number(text: str, number: int | None) -> None:
    assert number_of(text) == number


@given(st.text(max_size=300))
def test_any_text_at_all_is_something(text: str) -> None:
    assert kind_of(text) in ("question", "greeting", "thanks", "bye", "yes", "no", "person", "nothing")


def test_a_very_long_text_takes_no_long_time() -> None:
    for text in ("a " * 25_000, "talk to " * 7_000, "mit einem " * 5_000, "hablar con " * 5_000, "🙂" * 50_000):
        kind_of(text)
