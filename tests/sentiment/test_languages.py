"""Six languages are heard; of any other the desk says that it did not score, and never that somebody is calm."""

from __future__ import annotations

import pytest

from desk.sentiment import FLAGGED_AT
from desk.sentiment.scoring import score
from desk.sentiment.tongue import tongue

ANGRY = {
    "fr": [
        "C'est la troisième fois que je vous écris et toujours aucune réponse !",
        "J'en ai marre, ça fait deux semaines que j'attends mon colis",
        "C'est inadmissible, je veux être remboursée immédiatement",
        "Votre service client est lamentable, personne ne répond au téléphone",
        "Vous vous moquez de moi ? La bouilloire est encore en panne",
        "Quelle honte, plus jamais je ne commanderai chez vous",
        "Je suis tres decue, vous etes des voleurs",
        "Combien de fois dois-je le répéter ? Ras-le-bol",
    ],
    "it": [
        "È la terza volta che scrivo e ancora nessuna risposta",
        "Sono stufo di aspettare, è una vergogna",
        "Servizio pessimo, nessuno mi ha risposto",
        "Rivoglio i miei soldi subito, siete dei ladri",
        "Mi prendete in giro? Il bollitore è di nuovo rotto",
        "Sono molto delusa, mai più acquisti da voi",
        "E' inaccettabile, aspetto da tre settimane",
        "Non ne posso più, quante volte devo chiamare?",
    ],
    "pt": [
        "Já é a terceira vez que escrevo e ainda não tenho resposta",
        "Estou farta de esperar, isto é uma vergonha",
        "Péssimo atendimento, ninguém me responde há semanas",
        "Quero o meu dinheiro de volta já, isto é um roubo",
        "Que falta de respeito, nunca mais compro aqui",
        "Estou muito decepcionado com a empresa, ninguem resolve nada",
        "Isto é inaceitável, há duas semanas à espera da encomenda",
        "Vou fazer queixa no livro de reclamações, perdi a paciência",
    ],
}
CALM = {
    "fr": [
        "Bonjour, où en est ma commande s'il vous plaît ?",
        "Merci beaucoup, tout fonctionne très bien",
        "Livrez-vous aussi en Belgique et combien cela coûte-t-il ?",
        "Je voudrais changer l'adresse de livraison de ma commande",
        "Comment détartrer la bouilloire ?",
        "Personne n'était à la maison hier, pouvez-vous repasser ?",
    ],
    "it": [
        "Buongiorno, dove si trova il mio ordine?",
        "Grazie mille, adesso funziona benissimo",
        "Spedite anche in Svizzera e quanto costa?",
        "Vorrei cambiare l'indirizzo di consegna del mio ordine",
        "Come si pulisce il bollitore?",
        "Ieri non c'era nessuno a casa, potete ripassare domani?",
    ],
    "pt": [
        "Bom dia, onde está a minha encomenda?",
        "Muito obrigado, já está tudo a funcionar",
        "Também entregam nos Açores e quanto custa?",
        "Gostava de mudar a morada de entrega da encomenda",
        "Comprei esta chaleira há um mês, como se limpa?",
        "Ontem não estava ninguém em casa, podem voltar amanhã?",
    ],
}
STRANGE = {
    "nl": "Waar blijft mijn pakket? Ik wacht al drie weken en er komt geen antwoord",
    "pl": "Gdzie jest moja paczka? Czekam już trzy tygodnie i nikt nie odpowiada",
    "sv": "Var är mitt paket? Jag har väntat i tre veckor och ingen svarar mig",
    "da": "Hvornår kommer min pakke? Det er for sent og ingen svarer mig nu",
    "tr": "Kargom nerede? Üç haftadır bekliyorum ve kimse cevap vermiyor",
    "ru": "Где мой заказ? Я жду уже три недели, и никто не отвечает",
    "ja": "注文した商品はどこですか。三週間も待っています",
}


@pytest.mark.parametrize("language", ANGRY)
def test_anger_is_heard_and_plain_questions_raise_no_flag(language: str) -> None:
    heard = {text: score(text).frustration for text in ANGRY[language]}
    assert {text: value for text, value in heard.items() if value is None or value < FLAGGED_AT} == {}
    calm = {text: score(text).frustration for text in CALM[language]}
    assert {text: value for text, value in calm.items() if value is None or value >= FLAGGED_AT} == {}


@pytest.mark.parametrize("language", ANGRY)
def test_what_was_angry_about_it_is_shown_in_its_place(language: str) -> None:
    for text in ANGRY[language]:
        assert all(text[start:end].strip() for start, end, _weight in score(text).words)
        assert score(text).words, text


def test_accents_and_capitals_that_were_left_out_change_nothing() -> None:
    assert (
        score("C'est inadmissible, toujours pas reçu").frustration
        == score("c'est INADMISSIBLE, toujours pas recu").frustration
    )
    assert score("Já chega, é inaceitável").frustration == score("ja chega, e inaceitavel").frustration


@pytest.mark.parametrize(("language", "text"), STRANGE.items())
def test_a_language_that_nobody_hears_is_not_scored_and_never_called_calm(language: str, text: str) -> None:
    found = score(text)
    assert found.frustration is None
    assert found.words == ()
    assert found.language == language


def test_an_angry_face_needs_no_language() -> None:
    found = score(STRANGE["pl"] + " 😡")
    assert found.frustration is not None and found.frustration >= FLAGGED_AT


def test_a_few_words_that_tell_no_language_are_given_the_benefit() -> None:
    for text in ("ok", "hallo?", "KK-20418", "", "wait " * 400):
        assert tongue(text) == ""
        assert score(text).frustration is not None


def test_letters_of_another_writing_are_strange_however_few() -> None:
    assert (tongue("爱"), score("爱").frustration) == ("und", None)


def test_english_that_was_taken_for_something_else_is_english() -> None:
    assert tongue("lol nvm got it, ty for the help") in ("en", "")
    assert score("INTERNAL h265 rip of that is what you are for").frustration is not None
