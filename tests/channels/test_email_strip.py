"""What the writer wrote new, in the languages and habits of many mail programs."""
# ruff: noqa: E501 - mails are quoted as they are

from __future__ import annotations

import pytest

from desk.channels.email import strip_text
from desk.channels.email.strip import strip_reply

# As Gmail, Apple Mail, Thunderbird, Yahoo, mail.ru and others write the line above a quotation.
ATTRIBUTIONS = {
    "en gmail": "On Tue, Mar 3, 2026 at 10:15 AM Shop Support <support@shop.example> wrote:",
    "en gmail wrapped": "On Tue, Mar 3, 2026 at 10:15 AM Shop Support with a long name\n<support@shop.example> wrote:",
    "en apple": "On 3 Mar 2026, at 10:15, Shop Support <support@shop.example> wrote:",
    "en thunderbird": "On 3/3/26 10:15, Shop Support wrote:",
    "en old": "At 10:15 AM 3/3/2026, Shop Support wrote:",
    "en zoho": "---- On Tue, 03 Mar 2026 10:15:00 +0100 Shop Support <support@shop.example> wrote ----",
    "en yahoo": "On Tuesday, March 3, 2026 at 10:15:00 AM GMT+1, Shop Support <support@shop.example> wrote:",
    "de gmail": "Am Di., 3. März 2026 um 10:15 Uhr schrieb Shop Support <support@shop.example>:",
    "de gmail android": "Shop Support <support@shop.example> schrieb am Di., 3. März 2026, 10:15:",
    "de apple": "Am 03.03.2026 um 10:15 schrieb Shop Support <support@shop.example>:",
    "de thunderbird": "Am 03.03.26 um 10:15 schrieb Shop Support:",
    "de gmx": "Gesendet: Dienstag, 03. März 2026 um 10:15 Uhr\nVon: support@shop.example\nAn: mara@customer.example\nBetreff: Ihre Frage",
    "fr gmail": "Le mar. 3 mars 2026 à 10:15, Shop Support <support@shop.example> a écrit :",
    "fr gmail wrapped": "Le mar. 3 mars 2026 à 10:15, Shop Support <support@shop.example> a\nécrit :",
    "fr thunderbird": "Le 03/03/2026 à 10:15, Shop Support a écrit :",
    "fr apple": "Le 3 mars 2026 à 10:15, Shop Support <support@shop.example> a écrit :",
    "es gmail": "El mar, 3 mar 2026 a las 10:15, Shop Support (<support@shop.example>) escribió:",
    "es thunderbird": "El 3/3/26 a las 10:15, Shop Support escribió:",
    "es apple": "El 3 mar 2026, a las 10:15, Shop Support <support@shop.example> escribió:",
    "pt gmail": "Em ter., 3 de mar. de 2026 às 10:15, Shop Support <support@shop.example> escreveu:",
    "pt apple": "No dia 03/03/2026, às 10:15, Shop Support <support@shop.example> escreveu:",
    "it gmail": "Il giorno mar 3 mar 2026 alle ore 10:15 Shop Support <support@shop.example> ha scritto:",
    "it thunderbird": "Il 03/03/26 10:15, Shop Support ha scritto:",
    "nl gmail": "Op di 3 mrt 2026 om 10:15 schreef Shop Support <support@shop.example>:",
    "nl apple": "Op 3 mrt. 2026 om 10:15 heeft Shop Support <support@shop.example> het volgende geschreven:",
    "pl gmail": "wt., 3 mar 2026 o 10:15 Shop Support <support@shop.example> napisał(a):",
    "pl thunderbird": "W dniu 3.03.2026 o 10:15, Shop Support pisze:",
    "ru gmail": "вт, 3 мар. 2026 г. в 10:15, Shop Support <support@shop.example>:",
    "ru apple": "3 марта 2026 г., в 10:15, Shop Support <support@shop.example> написал(а):",
    "ru mail.ru": "Вторник, 3 марта 2026, 10:15 +03:00 от Shop Support <support@shop.example>:",
    "ru thunderbird": "03.03.2026 10:15, Shop Support пишет:",
    "sv gmail": "Den tis 3 mars 2026 kl 10:15 skrev Shop Support <support@shop.example>:",
    "sv apple": "3 mars 2026 kl. 10:15 skrev Shop Support <support@shop.example>:",
    "da gmail": "Den tirs. 3. mar. 2026 kl. 10.15 skrev Shop Support <support@shop.example>:",
    "no gmail": "tir. 3. mars 2026 kl. 10:15 skrev Shop Support <support@shop.example>:",
    "fi gmail": "ti 3. maalisk. 2026 klo 10.15 Shop Support (support@shop.example) kirjoitti:",
    "fi apple": "Shop Support <support@shop.example> kirjoitti 3.3.2026 kello 10.15:",
    "cs gmail": "út 3. 3. 2026 v 10:15 odesílatel Shop Support <support@shop.example> napsal:",
    "cs thunderbird": "Dne 3.3.2026 v 10:15 Shop Support napsal(a):",
    "tr gmail": "Shop Support <support@shop.example>, 3 Mar 2026 Sal, 10:15 tarihinde şunu yazdı:",
    "zh gmail": "Shop Support <support@shop.example> 于2026年3月3日周二 10:15写道：",
    "zh apple": "在 2026年3月3日，10:15，Shop Support <support@shop.example> 写道：",
    "zh qq": "在 2026-03-03 10:15:00，\"Shop Support\" <support@shop.example> 写道：",
    "zh tw": "Shop Support <support@shop.example> 於 2026年3月3日 週二 上午10:15寫道：",
    "ja gmail": "2026年3月3日(火) 10:15 Shop Support <support@shop.example>:",
    "ja apple": "2026/03/03 10:15、Shop Support <support@shop.example>のメール:",
    "ja thunderbird": "On 2026/03/03 10:15, Shop Support wrote:",
    "ko gmail": "2026년 3월 3일 (화) 오전 10:15, Shop Support <support@shop.example>님이 작성:",
    "ko apple": "2026. 3. 3. 오전 10:15, Shop Support <support@shop.example> 작성:",
    "gmail without a verb": "2026-03-03 10:15 GMT+01:00 Shop Support <support@shop.example>:",
}  # fmt: skip

# As Outlook puts them above what it quotes, without a mark at the lines below.
HEADER_BLOCKS = {
    "en": "From: Shop <support@shop.example>\nSent: Tuesday, March 3, 2026 10:15 AM\nTo: Mara\nSubject: Your order",
    "de": "Von: Shop <support@shop.example>\nGesendet: Dienstag, 3. März 2026 10:15\nAn: Mara\nBetreff: Ihre Bestellung",
    "fr": "De : Shop <support@shop.example>\nEnvoyé : mardi 3 mars 2026 10:15\nÀ : Mara\nObjet : Votre commande",
    "es": "De: Shop <support@shop.example>\nEnviado: martes, 3 de marzo de 2026 10:15\nPara: Mara\nAsunto: Su pedido",
    "pt": "De: Shop <support@shop.example>\nEnviado: terça-feira, 3 de março de 2026 10:15\nPara: Mara\nAssunto: Pedido",
    "it": "Da: Shop <support@shop.example>\nInviato: martedì 3 marzo 2026 10:15\nA: Mara\nOggetto: Il suo ordine",
    "nl": "Van: Shop <support@shop.example>\nVerzonden: dinsdag 3 maart 2026 10:15\nAan: Mara\nOnderwerp: Uw bestelling",
    "pl": "Od: Shop <support@shop.example>\nWysłano: wtorek, 3 marca 2026 10:15\nDo: Mara\nTemat: Zamówienie",
    "ru": "От: Shop <support@shop.example>\nОтправлено: 3 марта 2026 г. 10:15\nКому: Мара\nТема: Ваш заказ",
    "sv": "Från: Shop <support@shop.example>\nSkickat: den 3 mars 2026 10:15\nTill: Mara\nÄmne: Din beställning",
    "da": "Fra: Shop <support@shop.example>\nSendt: 3. marts 2026 10:15\nTil: Mara\nEmne: Din ordre",
    "no": "Fra: Shop <support@shop.example>\nSendt: tirsdag 3. mars 2026 10:15\nTil: Mara\nEmne: Bestillingen din",
    "fi": "Lähettäjä: Shop <support@shop.example>\nLähetetty: tiistai 3. maaliskuuta 2026 10.15\nVastaanottaja: Mara\nAihe: Tilaus",
    "cs": "Od: Shop <support@shop.example>\nOdesláno: úterý 3. března 2026 10:15\nKomu: Mara\nPředmět: Objednávka",
    "tr": "Kimden: Shop <support@shop.example>\nGönderildi: 3 Mart 2026 Salı 10:15\nKime: Mara\nKonu: Siparişiniz",
    "zh": "发件人：Shop <support@shop.example>\n发送时间：2026年3月3日 10:15\n收件人：Mara\n主题：您的订单",
    "zh tw": "寄件者: Shop <support@shop.example>\n寄件日期: 2026年3月3日 10:15\n收件者: Mara\n主旨: 您的訂單",
    "ja": "差出人: Shop <support@shop.example>\n送信日時: 2026年3月3日 10:15\n宛先: Mara\n件名: ご注文",
    "ko": "보낸 사람: Shop <support@shop.example>\n보낸 날짜: 2026년 3월 3일 10:15\n받는 사람: Mara\n제목: 주문",
}  # fmt: skip

SENT_FROM = [
    "Sent from my iPhone", "Sent from Outlook for Android", "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Sent from Yahoo Mail on Android", "Sent from Proton Mail for iOS", "Von meinem iPhone gesendet",
    "Gesendet mit der GMX Mail App", "Von meinem Samsung Galaxy Smartphone gesendet.", "Envoyé de mon iPhone",
    "Envoyé depuis mon téléphone Orange", "Enviado desde mi iPhone", "Enviado do meu iPhone", "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone", "Wysłane z iPhone'a", "Отправлено с iPhone", "Skickat från min iPhone",
    "Sendt fra min iPhone", "Lähetetty iPhonesta", "Odesláno z iPhonu", "iPhone'umdan gönderildi", "发自我的 iPhone", "從我的 iPhone 傳送",
    "iPhoneから送信", "나의 iPhone에서 보냄",
]  # fmt: skip


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS.keys())
def test_a_quotation_below_the_answer_is_cut_with_what_announces_it(attribution: str) -> None:
    marked = f"Thank you, that helps.\n\nMara\n\n{attribution}\n\n> Hello Mara,\n>\n> it is on its way.\n"
    assert strip_text(marked) == "Thank you, that helps.\n\nMara"
    unmarked = f"Thank you, that helps.\n\nMara\n\n{attribution}\n\nHello Mara,\n\nit is on its way.\n"
    assert strip_text(unmarked) == "Thank you, that helps.\n\nMara"


@pytest.mark.parametrize("block", HEADER_BLOCKS.values(), ids=HEADER_BLOCKS.keys())
@pytest.mark.parametrize("above", ["", "________________________________\n", "\n-----Original Message-----\n"])
def test_a_block_of_headers_cuts_off_what_is_below(block: str, above: str) -> None:
    assert (
        strip_text(f"Still nothing here.\n\n{above}{block}\n\nHello Mara,\nit is on its way.") == "Still nothing here."
    )


@pytest.mark.parametrize("block", [HEADER_BLOCKS["en"], HEADER_BLOCKS["de"], HEADER_BLOCKS["fr"]])
def test_a_block_of_headers_in_bold_and_with_empty_lines(block: str) -> None:
    bold = "\n\n".join(f"*{line.split(':')[0].strip()}:*{line.split(':', 1)[1]}" for line in block.split("\n"))
    assert strip_text(f"Still nothing here.\n\n{bold}\n\nHello Mara") == "Still nothing here."


@pytest.mark.parametrize("line", SENT_FROM)
def test_what_a_phone_adds_is_cut(line: str) -> None:
    assert strip_text(f"Thank you!\n\n{line}") == "Thank you!"
    quoted = ATTRIBUTIONS["en gmail"] + "\n> old"
    assert strip_text(f"Thank you!\n\n{line}\n\n{quoted}") == "Thank you!"


@pytest.mark.parametrize(
    "mark",
    [
        "---------- Forwarded message ---------",
        "-------- Weitergeleitete Nachricht --------",
        "---------- Message transféré ----------",
        "---------- Mensaje reenviado ---------",
        "---------- Mensagem encaminhada ---------",
        "-------- Messaggio inoltrato --------",
        "-------- Doorgestuurd bericht --------",
        "-------- Пересылаемое сообщение --------",
        "-------- Välitetty viesti --------",
        "---------- 转发的邮件 ---------",
        "---------- 転送メッセージ ---------",
        "---------- 전달된 메시지 ----------",
        "Begin forwarded message:",
        "Anfang der weitergeleiteten Nachricht:",
        "Début du message réexpédié :",
    ],
)
def test_a_forward_is_kept_whole(mark: str) -> None:
    body = f"Can you help with this?\n\n{mark}\n{HEADER_BLOCKS['en']}\n\nDear customer,\nyour invoice.\n\n-- \nShop"
    assert "your invoice." in strip_text(body)
    assert mark in strip_text(body)


def test_outlooks_forward_is_told_by_its_subject() -> None:
    body = f"Can you help with this?\n\n{HEADER_BLOCKS['de']}\n\nIhre Rechnung."
    assert strip_reply(body, "WG: Rechnung") == (body, "")
    assert strip_reply(body, "AW: Rechnung")[0] == "Can you help with this?"


def test_a_mail_that_is_nothing_but_a_forward() -> None:
    body = f"{HEADER_BLOCKS['en']}\n\nDear customer, your invoice."
    assert strip_text(body) == body


@pytest.mark.parametrize("mark", ["-- ", "--", "—"])
def test_a_signature_is_cut(mark: str) -> None:
    assert strip_text(f"Please call me.\n\nMara\n{mark}\nMara Lindqvist\n+46 8 123") == "Please call me.\n\nMara"


def test_greetings_at_the_end_stay() -> None:
    body = "Please call me.\n\nBest regards,\nMara Lindqvist\nHead of Parcels"
    assert strip_text(body) == body


def test_an_answer_below_the_quotation() -> None:
    body = f"{ATTRIBUTIONS['en gmail']}\n\n> Did it arrive?\n\nNo, it did not.\n\nMara"
    assert strip_text(body) == "No, it did not.\n\nMara"


def test_answers_between_quoted_lines_keep_the_questions() -> None:
    body = (
        f"{ATTRIBUTIONS['de gmail']}\n\n> Did it arrive?\n\nNo.\n\n> Is the address right?\n\nYes, it is.\n\n> Shop\n"
    )
    assert strip_text(body) == "> Did it arrive?\n\nNo.\n\n> Is the address right?\n\nYes, it is."


def test_a_name_below_the_quotation_stays_with_the_answer() -> None:
    body = f"It arrived.\n\n{ATTRIBUTIONS['en apple']}\n> Did it?\n> Shop\n\nMara"
    assert strip_text(body) == "It arrived.\n\nMara"


def test_nested_quotations() -> None:
    body = f"Third.\n\n{ATTRIBUTIONS['fr gmail']}\n\n> Second.\n>\n> {ATTRIBUTIONS['en gmail']}\n>> First.\n"
    assert strip_text(body) == "Third."


@pytest.mark.parametrize(
    "body",
    [
        "On Monday I wrote to you and nobody answered.",
        "I was told: from now on, send it to the shop.",
        "Subject: I have a question about my order",
        "Date: it should arrive on 3 March 2026.\nTo: my neighbour, please.",
        "My friend wrote:\n\nthe parcel is here",
        "From my point of view: this is wrong.\nTo be honest: very wrong.",
        "2026-03-03 is the date on the invoice, 10:15 the time.",
        "Options:\n- red\n- blue\n\n-----\n\nI take red.",
        "x > y and a > b",
        "Price: 10\nFrom: Berlin\nSize: 3",
        "I am sent from one person to the next.",
        "Hello,\n\nAm 3.3. habe ich bestellt, am 5.3. bezahlt.\n\nGruß",
    ],
)
def test_words_that_only_look_like_a_quotation_stay(body: str) -> None:
    assert strip_text(body) == body


def test_nothing_but_quoted_lines_that_nobody_announced() -> None:
    assert strip_text("> This is all I have to say.") == "> This is all I have to say."


def test_the_rest_of_the_mail_is_given_too() -> None:
    new, quoted = strip_reply(f"New.\n\n{ATTRIBUTIONS['en gmail']}\n> old")
    assert new == "New."
    assert quoted == f"{ATTRIBUTIONS['en gmail']}\n> old"
    assert strip_reply("Only new.") == ("Only new.", "")


def test_windows_line_ends_and_indentation() -> None:
    assert strip_text("    def f(x):\r\n        return x\r\n\r\n-- \r\nM") == "    def f(x):\n        return x"


@pytest.mark.parametrize(
    "announcement",
    [
        "John Doe wrote:",
        "Quoting John Doe <john@customer.example>:",
        "* John Doe <john@customer.example>:",
        "Excerpts from John's message of Tue Mar 3:",
        "Max Mustermann schrieb:",
    ],
)
def test_a_short_announcement_counts_where_a_quotation_follows_at_once(announcement: str) -> None:
    assert strip_text(f"Yes.\n\n{announcement}\n> Did it arrive?\n") == "Yes."
    alone = f"Yes.\n\n{announcement}\n\nall of it."
    assert strip_text(alone) == alone


def test_the_writers_own_announcement_stays_where_they_answer() -> None:
    body = "Hello,\n\nyour clerk wrote:\n> No refund.\n\nThat is wrong."
    assert strip_text(body) == body


@pytest.mark.parametrize(
    "line",
    [
        "##- Please type your reply above this line -##",
        "--- Reply above this line ---",
        "=== Bitte antworten Sie oberhalb dieser Linie ===",
    ],
)
def test_a_desks_line_to_answer_above(line: str) -> None:
    assert strip_text(f"Yes.\n\n{line}\n\nYour request 17 was updated.") == "Yes."


@pytest.mark.parametrize(
    "footer",
    [
        "__________ Information from ESET Antivirus, version 1 __________\n\nThe message was checked.\n\nhttp://x.example",
        "---\nThis email has been checked for viruses by Avast antivirus software.\nhttps://x.example",
        "_______________________________________________\nriak mailing list\nlist@lists.example\nhttp://lists.example",
    ],
)
def test_what_scanners_and_lists_append(footer: str) -> None:
    assert strip_text(f"Yes, please.\n\nMara\n\n{footer}") == "Yes, please.\n\nMara"
