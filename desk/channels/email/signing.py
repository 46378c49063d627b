"""What stands in a mail under or over its text, and is not the text: signatures, "Sent from my…", lines that scanners,
lists and company gateways add, in the languages that mails come in."""

from __future__ import annotations

import re

from desk.channels.email.quoting import RULE, SEPARATOR

SENT_FROM = re.compile(
    r"^\s*[*_(\[]{0,2}(?:sent (?:from|via|using|with)|sent on the go|get (?:outlook|bluemail|typeapp) for|download outlook|gesendet (?:mit|von|aus|über|via)"
    r"|diese nachricht wurde von mein\w+ .* gesendet|von (?:mein[\w/]+|samsung) .{2,40} gesendet|(?:holen sie sich|laden sie) outlook|outlook für .{2,10} beziehen|envoyé (?:depuis|de(?: mon)?|à partir|avec|via)"
    r"|télécharge[rz] outlook|obtenez outlook|provenance :|enviado (?:desde|de(?:sde)? mi|do (?:meu|yahoo|outlook|gmail)|a partir|via|con|pelo|através)"
    r"|obtener outlook|obtenha o outlook|obter (?:o )?outlook|inviato (?:da|dal|con|tramite)|ottien[ei](?:re)? outlook|ottenere outlook|scarica outlook|verzonden (?:vanaf|met|via|van)"
    r"|verstuurd vanaf|verstuurd met|outlook voor .* downloaden|wysłan[eoya] (?:z|przez|za pomocą)|pobierz (?:program )?outlook|отправлено (?:с|из|через)|скачать outlook"
    r"|skickat (?:från|med|via)|skickad(?:es)? från|hämta outlook|sendt (?:fra|med|via)|hent outlook|(?:skaff deg|få) outlook (?:til|for)|lähetetty (?:\w+sta|\w+ltä|\w+stä|\w+lta|.{2,30}(?:sta|stä|lta|ltä))"
    r"|hanki outlook|odesláno (?:z|ze|pomocí)|(?:získat|získejte|stáhněte si) outlook|.{2,30}(?:'?(?:den|dan|ten|tan|ımdan|imden|umdan|ümden)) gönderildi|yahoo .{2,30}gönderildi|(?:ios|android) için outlook .{2,25}edinin|outlook.{2,20}edinin|发自|发送自|發自|從我的|从我的|(?:获取|取得|下载).{0,12}outlook|[来來]自\S{0,4}邮箱"
    r"|來自我的|来自我的|我的\s?\w+\s?(?:发送|傳送)|由我的|.{1,20}から(?:送信|送られ)|iphoneから|outlook for \w+ ?(?:を入手|다운로드)|(?:ios|android)용 outlook|나의 .{1,30}(?:에서|로) 보냄|.{1,30}에서 (?:보냄|보낸 메일))",
    re.IGNORECASE,
)
_DEVICES = re.compile(
    r"(?:i ?phon|i ?pad|android|galaxy|samsung|blackberry|outlook|windows|mobile|mobil|handy|smartphone|móvil|celular|telefon|telefoon"
    r"|téléphone|telefono|yahoo|proton|gmail|mail|huawei|xiaomi|pixel|nokia|sony|phone|tablet|mac|телефон|айфон|smarttelefon|puhelim"
    r"|手机|手機|携帯|スマート|휴대|ipod|apple|яндекс|почт|邮箱|邮件|メール|메일|gmx|web\.de|t-online|orange|vodafone|telekom)",
    re.IGNORECASE,
)
_PROGRAM = re.compile(
    r"^\s*\S+ (?:\S+ ){1,2}(?:my )?[A-Z][\w'-]{1,20}(?: (?:for|für|pour|para|per) \w{2,10})?[.!]?\s*$"
)
# A person who writes about what was sent: "Sent from my desk, is much easier then my mobile phone."
_SENT_TALK = re.compile(r", \w+ \w+ \w+ \w+|[?!] |\b(?:is|are|was|were) ", re.IGNORECASE)
# Whatever else somebody made of that line: a few words, alone at the end.
_SENT_AS = re.compile(r"^\s*[*_(\[]{0,2}sent (?:from|via|using|with) [^,;:?]{2,60}$", re.IGNORECASE)
SIGNATURE = re.compile(r"^\s{0,3}(?:--|—|––)\s?$|^-- ?$")
# Lines that virus scanners append.
SCANNER = re.compile(
    r"^\s*(?:_{5,}\s*(?:information|informationen|informations|información)\b.{0,80}|virus-free\.?.{0,80}|this message was sent using imp\b.{0,80}"
    r"|this e-?mail has been (?:checked|scanned) (?:for viruses )?by .{0,80}"
    r"|diese e-?mail wurde (?:von|auf) .{0,60}(?:virus|viren|avast|avg).{0,60}|l'absence de virus dans ce courrier.{0,80}"
    r"|el software de antivirus .{0,80}|este (?:correo|e-?mail) .{0,40}(?:virus|antivirus|avast).{0,60})",
    re.IGNORECASE,
)

# The notices of companies' gateways: how the paragraph begins, and a word that only such a notice has.
_NOTICE = re.compile(
    r"^\W*(?:(?:confidentiality|legal|privacy) (?:notice|note|disclaimer)\b|e-?mail disclaimer\b|disclaimer\s*:"
    r"|(?:this|the (?:information|contents?)(?: contained)? (?:in|of) this) (?:e-?mail|electronic mail|message|communication"
    r"|transmission)\b|diese (?:e-?mail|nachricht)\b|der inhalt dieser (?:e-?mail|nachricht)\b|ce (?:message|courriel|mail|courrier)"
    r"|cet e-?mail|este (?:mensaje|correo)|aviso (?:legal|de confiden)|la información contenida|esta mensagem|este e-?mail"
    r"|questo messaggio|questa e-?mail|le informazioni contenute|dit (?:bericht|e-?mail)|deze e-?mail|de informatie in d"
    r"|(?:ta|niniejsza) wiadomość|treść (?:tej|niniejszej) wiadomości|(?:это|данное|настоящее) (?:электронное )?(?:сообщение|письмо)"
    r"|detta (?:meddelande|e-?post)|denna e-?post|denne (?:e-?mail|mail|e-post|meddelelse)|tämä (?:viesti|sähköposti)"
    r"|tat?o zpráva|tento e-?mail|bu (?:e-?posta|mesaj|ileti)|(?:本|此)(?:电子)?(?:邮件|郵件|電子郵件)|(?:本|この)メール"
    r"|(?:본|이) (?:이?메일|메시지))",
    re.IGNORECASE,
)
_CONFIDENTIAL = re.compile(
    r"confidential|privileged|intended (?:solely|only|for)|vertraulich|confidentiel|confidencia|confidenzial|riservat"
    r"|vertrouwelijk|poufn|конфиденциальн|konfidenti|fortrolig|luottamuksel|důvěrn|gizli|保密|机密|機密|秘密|기밀|비밀",
    re.IGNORECASE,
)
_PRINTING = re.compile(
    r"^\W*(?:please (?:consider|think of) the environment before|bitte (?:denken sie an|prüfen sie) .{0,40}umwelt"
    r"|pensez à l['’]environnement avant|antes de imprimir|prima di stampare|denk aan het milieu voor)",
    re.IGNORECASE,
)
# What the receiving company's gateway sets above a mail from outside.
_BANNER = re.compile(
    r"^\W*\[?external(?: e-?mail| sender| message)?[\]:]?\W*$|^\W*(?:(?:caution|warning|attention|external(?: e-?mail| sender| message)?|notice|be careful)\W.{0,60})?"
    r"(?:(?:this|the) (?:e-?mail|message) (?:originated|came|was sent|comes|is) from (?:outside|an external)"
    r"|(?:this is an )?external e-?mail\W.{0,20}(?:do not|think|be care|use caution)"
    r"|diese (?:e-?mail|nachricht) (?:stammt|kommt|wurde) .{0,20}(?:außerhalb|extern)"
    r"|ce (?:message|courriel|mail) (?:provient|vient) .{0,20}extérieur"
    r"|este (?:correo|mensaje) (?:procede|proviene|se originó) .{0,20}(?:fuera|extern))",
    re.IGNORECASE,
)


def is_sent_from(line: str) -> bool:
    """A line that a phone or web mailer added by itself: "Sent from my iPhone"."""
    if len(line) >= 160 or SENT_FROM.match(line) is None:
        return False
    if _SENT_TALK.search(line):
        return False
    return _DEVICES.search(line) is not None or _PROGRAM.match(line) is not None


def without_signature(lines: list[str]) -> list[str]:
    """Cuts at a signature mark, at a rule with a list's footer below and at a company's notice; drops "Sent from…" and
    rules at the end."""
    out: list[str] = []
    for i, line in enumerate(lines):
        if _ends_text(lines, i, out):
            break
        if not is_sent_from(line):
            out.append(line)
    _drop_end(out)
    if len(out) > 1 and _SENT_AS.match(out[-1]) and not out[-2].strip() and not out[-1].rstrip().endswith("."):
        out.pop()
        _drop_end(out)
    return out


def without_banner(lines: list[str]) -> list[str]:
    """Drops the first paragraph where the gateway wrote it."""
    start = 0
    while start < len(lines) and not lines[start].strip():
        start += 1
    words, end = _paragraph(lines, start)
    return lines[end:] if _BANNER.match(words) and any(x.strip() for x in lines[end:]) else lines


def _ends_text(lines: list[str], at: int, before: list[str]) -> bool:
    """Whether nothing of the text comes from this line on."""
    line = lines[at]
    if SIGNATURE.match(line) and (line == "-- " or len(lines) - at <= 20):
        return True
    if RULE.match(line) and at and len(lines) - at <= 20:
        below = [x for x in lines[at + 1 :] if x.strip()]
        if 0 < len(below) <= 6 and _is_footer(below):
            return True
    if SCANNER.match(line) and len(lines) - at <= 12:
        return True
    opens = at > 0 and len(lines) - at <= 60 and (not lines[at - 1].strip() or SEPARATOR.match(lines[at - 1]))
    if not opens or not any(x.strip() for x in before):
        return False
    if _PRINTING.match(line):
        return True
    if not _NOTICE.match(line):
        return False
    words, _ = _paragraph(lines, at)
    return len(words) >= (40 if _is_wide(words) else 90) and _CONFIDENTIAL.search(words) is not None


def _is_wide(words: str) -> bool:
    """Chinese, Japanese and Korean say it in fewer letters."""
    return sum(x > "\u2e80" for x in words[:40]) > 10


def _paragraph(lines: list[str], start: int) -> tuple[str, int]:
    end = start
    while end < len(lines) and end - start < 12 and lines[end].strip():
        end += 1
    return " ".join(x.strip() for x in lines[start:end]), end


def _drop_end(out: list[str]) -> None:
    while out and (not out[-1].strip() or SEPARATOR.match(out[-1])):
        out.pop()


def _is_footer(rest: list[str]) -> bool:
    text = " ".join(rest).casefold()
    return any(word in text for word in ("mailing list", "unsubscribe", "http://", "https://", "list-", "@"))
