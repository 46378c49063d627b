"""Turns of phrase that a person should look at: what is said, what is denied, and what is only like it."""

# ruff: noqa: E501  sentences are read side by side

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.nlp import risks

SAID = {
    "leaving": (
        "I will cancel my account if this goes on", "Could you please cancel our membership?", "Never ordering from you again",
        "You have lost me as a customer.", "Ich werde meinen Vertrag kündigen!", "Ich bestelle nie wieder etwas bei euch",
        "ich kuendige", "Je vais résilier mon abonnement", "Quiero darme de baja", "Vou mudar para a concorrência",
        "mai più compro da voi",
    ),
    "legal": (
        "If you don't refund me I will call my lawyer", "see you in court", "I’ll sue", "I filed a complaint with the ombudsman",
        "Ich gehe zur Verbraucherzentrale", "Ohne Antwort gehe ich zum Anwalt", "Mon avocat vous écrira", "je vais porter plainte",
        "Voy a hablar con mi abogado", "Vou processar vocês", "Vado dal mio avvocato",
    ),
    "safety": (
        "The kettle caught fire", "The charger \"exploded\" yesterday", "I got an electric shock", "smoke came out of it",
        "my son swallowed a screw", "Das Gerät raucht", "Ich habe einen Stromschlag bekommen", "l'appareil a pris feu",
        "Me quemé la mano", "Levei um choque elétrico", "La batteria è esplosa",
    ),
    "public": (
        "I'll post this on Twitter", "expect a bad review", "I am going to the press", "Ich schreibe eine schlechte Bewertung",
        "Ich gehe damit an die Presse", "je vais publier ça sur les réseaux sociaux", "Voy a publicarlo en redes sociales",
        "vou deixar uma avaliação negativa", "una recensione negativa",
    ),
    "self_harm": (
        "I want to die", "I don't want to live any more", "Ich will nicht mehr leben", "je veux mourir", "ya no quiero vivir",
        "quero morrer", "voglio morire",
    ),
}  # fmt: skip
CALM = (
    "I don't want to cancel my subscription", "How do I cancel my order?", "I don't think I will cancel my account",
    "Why did you cancel my subscription?", "Please cancel the appointment on Monday", "Where can I buy a fire extinguisher?",
    "I am a lawyer and need a desk", "I have no lawyer", "I left you a great review", "My order went to the hospital, thanks",
    "I nearly died laughing", "want to die of embarrassment", 'Your page says "you will be taken to court at once", why?',
    "> I will call my lawyer", "Es ist kein Stromschlag passiert", "Ich kündige nicht, keine Sorge", "Ich möchte meine Bestellung stornieren",
    "Je n'ai pas porté plainte", "No quiero cancelar mi cuenta", "Non voglio disdire l'abbonamento", "Thanks, it works again",
)  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in SAID.items() for text in texts])
def test_what_is_said_plainly_is_found_where_it_stands(kind: str, text: str) -> None:
    found = {risk.kind: text[risk.start : risk.end] for risk in risks.find(f"Hello,\n{text}\nAda")}
    assert kind in found


@pytest.mark.parametrize("text", CALM)
def test_what_is_denied_or_only_like_it_is_not(text: str) -> None:
    assert risks.find(text) == ()


def test_the_gravest_comes_first_and_each_kind_once() -> None:
    text = "I will call my lawyer, and my lawyer will call the press. It caught fire!"
    assert [(r.kind, text[r.start : r.end]) for r in risks.find(text)] == [
        ("safety", "caught fire"), ("legal", "my lawyer"),
    ]  # fmt: skip


WORDS = st.sampled_from(
    [phrase for texts in SAID.values() for phrase in texts]
    + ["not", "nicht", "“", "”", '"', "\n", "> ", "É", "ß", "İ", "ﬁ"]
)


@given(st.lists(st.one_of(WORDS, st.text(max_size=12)), max_size=40).map(" ".join))
def test_whatever_is_written_places_are_of_the_text_itself(text: str) -> None:
    found = risks.find(text)
    assert all(0 <= risk.start < risk.end <= len(text) and text[risk.start : risk.end].strip() for risk in found)
    assert [risk.kind for risk in found] == [kind for kind in risks.KINDS if kind in {r.kind for r in found}]


@given(st.text(st.characters(categories=["Lu", "Ll", "Zs"]), max_size=200))
def test_where_it_stands_does_not_hang_on_what_stands_before(before: str) -> None:
    text = f"{before}. I will call my lawyer"
    assert any(text[risk.start : risk.end] == "my lawyer" for risk in risks.find(text))
