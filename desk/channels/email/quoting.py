"""How mail programs of eighteen languages announce what they quote and forward: tables and the patterns made of
them."""

from __future__ import annotations

import re

# What a header block calls its lines. From RFC 5322's fields as Outlook, Apple Mail, Thunderbird, Lotus Notes and web
# mailers translate them: en de fr es pt it nl pl ru sv da no fi cs tr zh ja ko.
_FROM = """from von de da di van od от från fra avs frå lähettäjä kimden gönderen 发件人 寄件者 寄件人 差出人 送信者 送信元 보낸사람
보낸|사람 발신자 发件|人 mittente remitente expediteur expéditeur remetente afzender nadawca отправитель avsändare afsender
avsender odesílatel absender od|kogo от|кого lähettänyt"""
_DATE = """sent date gesendet datum envoyé envoye|le envoyé|le date|d'envoi enviado|el enviado fecha data enviada|em enviado|em
inviato inviata verzonden wysłano wyslano wysłane отправлено дата skickat datum dato sendt lähetetty päivämäärä päiväys
odesláno datum|odeslání gönderildi gönderme|tarihi tarih gönderilen 发送时间 发送日期 日期 时间 寄件日期 傳送時間 送信日時
日時 送信日 日付 보낸|날짜 날짜 보냄 일시 发件日期 fecha|de|envío fecha|de|envio data|de|envio sent|on sent|at gesendet|am
verstuurd sendt|den"""
_TO = """to an à a para per aan do кому till til vastaanottaja komu pro kime alıcı 收件人 收件者 宛先 받는사람 받는|사람 받은|사람 받은사람 수신자 수신
destinatario destinataire destinatário odbiorca получатель mottagare modtager mottaker ontvanger empfänger adresát"""
_CC = """cc kopie copie copia cópia dw udw копия kopia kopi kopio bilgi 抄送 副本 참조 참고 ccn kopija copie|à copia|a kopie|an kopi|til kopia|till bcc"""
_SUBJECT = """subject betreff objet sujet asunto assunto oggetto onderwerp temat тема ämne emne aihe předmět předm konu 主题 主題 主旨 件名
제목 re"""
_REPLY_TO = """reply-to antwort|an répondre|à responder|a responder|para risposta rispondi|a antwoord|aan odpowiedz|do
svara|till svar|til vastaus|osoite odpověď yanıtla 回复 回覆 返信先 답장 importance priority wichtigkeit organization attachments
anlagen bijlagen allegati adjuntos anexos cc|n"""


def _labels(words: str) -> list[str]:
    return sorted({w.replace("|", " ") for w in words.split()}, key=len, reverse=True)


LABEL_KINDS = {
    label: kind
    for kind, words in (
        ("other", _REPLY_TO),
        ("cc", _CC),
        ("to", _TO),
        ("subject", _SUBJECT),
        ("date", _DATE),
        ("from", _FROM),
    )
    for label in _labels(words)
}
# "a" and "da" are a recipient's and a sender's label in Italian, "data" is a date in Polish, Portuguese and Italian.
_HEADER = re.compile(r"^\s*[*_]{0,2}([^:：*_]{1,30})[*_]{0,2}\s?[:：]\s*[*_]{0,2}\s*(\S.*)?$")
QUOTE = re.compile(r"^\s{0,3}(?:>|＞|&gt;)")


def header(line: str) -> tuple[str, str] | None:
    """(kind, value) of a line like "Von: Ann": from, to, cc, date, subject or other."""
    match = _HEADER.match(line.lstrip())
    if match is None:
        return None
    kind = LABEL_KINDS.get(" ".join(match.group(1).split()).casefold())
    return None if kind is None else (kind, match.group(2) or "")


_ORIGINAL = """original message|original mail|original appointment|reply message|reply to message|urspr(?:ü|ue)ngliche nachricht
|originalnachricht|original-nachricht|urspr(?:ü|ue)ngliche e-mail|message d['’]origine|message original|message initial
|courriel original|mensaje original|mensaje de origen|mensagem original|messaggio originale|messaggio di origine
|oorspronkelijk bericht|origineel bericht|oryginalna wiadomo(?:ść|sc)|wiadomo(?:ść|sc) oryginalna
|pierwotna wiadomo(?:ść|sc)|исходное сообщение|исходное письмо|оригинальное сообщение|ursprungligt meddelande
|ursprungligt mail|originalmeddelande|oprindelig meddelelse|original besked|oprindelig besked|opprinnelig melding
|opprinnelig meddelelse|alkuperäinen viesti|p(?:ů|u)vodní (?:zpráva|e-?mail)|özgün (?:i|İ)leti|orijinal (?:mesaj|ileti)
|orjinal mesaj|原始邮件|原始信息|邮件原件|原始郵件|原始訊息|回复的邮件|元のメッセージ|オリジナル ?メッセージ|원본 ?메시지
|원본 ?메일|원래 ?메시지"""
_FORWARDED = """forwarded message|forwarded by|begin forwarded message|forwarded mail|weitergeleitete nachricht
|anfang der weitergeleiteten (?:nachricht|e-mail)|weitergeleitet von|message transféré|message transfere
|début du message (?:transféré|réexpédié)|début du message transféré|message réexpédié|courriel transféré|mensaje reenviado
|inicio del mensaje reenviado|mensagem encaminhada|mensagem reencaminhada|início da mensagem (?:encaminhada|reencaminhada)
|messaggio inoltrato|inizio messaggio inoltrato|inizio del messaggio inoltrato|doorgestuurd bericht
|begin doorgestuurd bericht|wiadomość przekazana dalej|przekazana wiadomość|wiadomość przekazana
|początek przekazywanej wiadomości|пересылаемое сообщение|пересланное сообщение|начало переадресованного (?:сообщения|письма)
|переадресованное сообщение|vidarebefordrat meddelande|vidarebefordrat brev|vidarebefordrat mail
|börja(?:n)? på (?:det )?vidarebefordra(?:t|de) (?:brev|meddelande)|videresendt (?:meddelelse|besked|mail|melding)
|start på videresendt (?:besked|meddelelse|melding)|begynnelsen på videresendt (?:melding|e-post)
|videresendt e-post|välitetty viesti|edelleenlähetetty viesti|välitetyn viestin alku|přeposlaná zpráva
|začátek přeposlané zprávy|předaná zpráva|iletilen mesaj|iletilmiş ileti|iletilen ileti|yönlendirilen (?:mesaj|ileti)
|转发的邮件|转发邮件信息|转发的郵件|已转发邮件|轉寄的郵件|轉寄郵件|已轉寄的訊息|下面是转发的邮件|転送メッセージ|転送された(?:メッセージ|メール)
|転送メール|전달된 ?메시지|전달된 ?메일|전달한 ?메시지|forwarded conversation|fwd"""


def _choice(table: str) -> str:
    return table.replace("\n", "")


ORIGINAL = re.compile(
    rf"^[\s>]*[-_*=–—‐‑―─]{{2,}}\s*(?:{_choice(_ORIGINAL)})[^-\n]{{0,30}}[-_*=–—‐‑―─\s]*[:：]?\s*$", re.IGNORECASE
)
ORIGINAL_BARE = re.compile(rf"^\s*(?:{_choice(_ORIGINAL)})\s*[:：]?\s*$", re.IGNORECASE)
FORWARDED = re.compile(
    rf"^[>\s]*(?:[-_*=–—‐‑―─]{{2,}}\s*)(?:{_choice(_FORWARDED)})[^-\n]{{0,60}}[-_*=–—‐‑―─\s]*[:：]?\s*$"
    rf"|^[>\s]*(?:begin |anfang der |début du |inicio del |início da |inizio (?:del )?|start på |начало |začátek |下面是)"
    rf"?(?:{_choice(_FORWARDED)})\s*[:：]\s*$",
    re.IGNORECASE,
)
FORWARD_SUBJECT = re.compile(
    r"^\s*(?:fwd?|wg|tr|rv|enc|i|fs|vs|doorst|pd|vb|vl|přep|ilt|转发|轉寄|転送|전달)\s*[:：]", re.IGNORECASE
)

# The word that says "wrote"; it ends an attribution, or stands in the middle with the name behind it.
VERB = re.compile(
    r"(?:\b(?:wrote|writes|said|schrieb(?:en)?|a écrit|a ecrit|ecrit|écrit|escribi[oó]|escribe|escreveu|ha scritto"
    r"|scriveva|scrive|schreef|geschreven|napisał(?:\(a\)|a|/a|\(-a\))?|napisal(?:\(a\))?|pisze|pisał(?:\(a\))?"
    r"|пишет|писал(?:\(а\)|а)?|написал(?:\(а\)|а|\(a\))?|skrev(?: følgende| följande)?|skriver|kirjoitti"
    r"|napsal(?:\(a\)|a)?|yazdı|yazmış|viết|написа)(?!\w)"
    r"|写道|寫道|写了|wrote|のメッセージ|のメール|さんは書きました|さんが書きました|は書きました|님이 작성|작성|쓴 글|씀|şunları yazdı)",
    re.IGNORECASE,
)
_MONTHS = (
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mrz|mai|okt|dez|janv|févr|fév|avr|juin|juil|août|déc|ene|abr|ago"
    r"|dic|fev|out|set|gen|mag|giu|lug|ott|maart|mrt|mei|sty|lut|kwi|maj|cze|lip|sie|wrz|paź|lis|gru|янв|фев|мар|апр|мая|май"
    r"|июн|июл|авг|сен|окт|ноя|дек|tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu|led|úno|bře|dub|kvě"
    r"|čer|srp|zář|říj|pro|oca|şub|nis|haz|tem|ağu|eyl|eki|kas|ara"
)
DATE = re.compile(
    rf"\d{{1,2}}[./-]\s?\d{{1,2}}[./-]\s?\d{{2,4}}|\b\d{{1,2}}[- ](?:{_MONTHS})\w*[- ,]{{1,2}}\d{{2,4}}|\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{4}}\. \w{{3,12}}\.? \d{{1,2}}\.|\d{{4}}\s?[年년]|\d{{1,2}}\s?月"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th|er|º)?\.?,?\s(?:de\s|d['’])?(?:{_MONTHS})\w*|\b(?:{_MONTHS})\w*\.?\s\d{{1,2}}\b",
    re.IGNORECASE,
)
TIME = re.compile(r"\b\d{1,2}[:.h]\s?\d{2}\b|\d{1,2}\s?[時时点點시]", re.IGNORECASE)
EMAIL = re.compile(r"[\w.+%=-]@[\w-]")  # whether there is one, not which
# How an attribution may begin: a word of its language, a date, a weekday, a quotation mark or the writer's name with an
# address.
START = re.compile(
    r"^\s*(?:[-–—*]{2,}\s*)?(?:on|am|at|le|el|em|no dia|il|il giorno|op|w dniu|dnia|dne|den|w|в|от|el día|ma|tarihinde"
    r"|mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|pon|wt|śr|czw|pt|sob|nie?dz?|po|út|st|čt|pá|ne"
    r"|пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|ma|ti|ke|to|pe|la|su|in|im"
    r"|在|於|于|en date|a)\b",
    re.IGNORECASE,
)
BARE_DATED = re.compile(
    r"^\s*\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[ T,]+\d{1,2}:\d{2}(?::\d{2})?)?(?:\s(?:AM|PM))?(?:\s*(?:GMT|UTC)?\s?[+-]\d{1,2}:?\d{0,2})?[ ,]"
)

# What desks and lists put into their own mails, so that an answer is written above it.
ABOVE_LINE = re.compile(
    r"^[>\s]*(?:##- .{3,120} -##|[-=*_#~–—]{2,} ?[^-=*_#~–—]{0,40}\b(?:above|oberhalb|au-dessus|encima|acima|sopra|boven|powyżej|выше|ovanför)\b[^-=*_#~–—]{0,40}[-=*_#~–—]{0,40})\s*$",
    re.IGNORECASE,
)
# "John Doe wrote:", "Quoting John Doe:": too weak to announce a quotation, unless one with marks follows at once.
WEAK_ANNOUNCEMENT = re.compile(
    r"^\s*(?:[*>-]{0,3}\s?)(?:(?:quoting|excerpts? from|zitat von|zitiere|citando|selon|according to)\b.{2,120}[:：]"
    r"|[^:.!?]{2,60}\s(?:wrote|writes|said|schrieb|a écrit|escribió|escreveu|ha scritto|schreef|napisał\(?a?\)?|писал\(?а?\)?|skrev|kirjoitti|napsal|yazdı)\s?[:：]"
    r"|.{0,80}[\w.+-]@[\w.-]+>?.{0,80}[:：])\s*$",
    re.IGNORECASE,
)
SEPARATOR = re.compile(r"^\s*(?:[-–—‐‑―_=*#~+]\s?){2,}$|^\s*[ᐧ·\u200b\u200c\u200d\ufeff]+\s*$|^\s*—\s*$")
RULE = re.compile(r"^\s*(?:_{10,}|-{20,}|={20,}|\*{10,}|[─━]{5,})\s*$")
