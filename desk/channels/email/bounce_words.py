"""The words by which mail systems say that, and why, something was not delivered."""

from __future__ import annotations

import re

SUBJECT = re.compile(
    r"undeliver|non[- ]?deliver|not deliver|deliver(?:y|ed)?.{0,30}(?:fail|problem|error|notification|unsuccessful|status|report|delay)"
    r"|fail(?:ed|ure).{0,30}(?:deliver|notice|mail|message|receipt)|returned (?:mail|to sender|message)|mail (?:delivery|returned|system error)"
    r"|could not send|unable to (?:deliver|send)|permanent (?:fatal )?error|delivery status|message (?:status|rejected|you sent)"
    r"|user unknown|rejected|warning: could not|bounce|unzustellbar|zustellung|unbestellbar|non remis|échec|impossible de|no se ha podido"
    r"|no entregado|não entregue|falha|mancata consegna|mancato recapito|onbestelbaar|niet bezorgd|niedostarcz|недостав|не доставлен|olevererbar"
    r"|kunde inte|ikke leveres|toimittamaton|nedoručiteln|teslim edilemedi|退信|无法投递|未送达|配信不能|エラー|不達|送信できません|반송|mail error|smtp error|"
    r"ndn:|nondeliverable|address(?:ee)? unknown|recipient .{0,20}(?:rejected|unknown)|システム",
    re.IGNORECASE,
)
FAILURE_WORDS = re.compile(
    r"undeliver|not (?:be )?deliver|could ?n[o']t be (?:sent|delivered|reached|found)|delivery (?:has )?(?:failed|to the following|of your)|fail(?:ed|ure)"
    r"|permanent(?: fatal)? error|fatal error|returned (?:to|mail|message)|user (?:unknown|not)|unknown (?:user|address|local)|no such (?:user|person|address)"
    r"|mailbox (?:is )?(?:full|unavailable|not)|does(?:n't| not) exist|over quota|quota exceed|recipient.{0,30}(?:reject|unknown|not|invalid)"
    r"|invalid (?:recipient|address|user|mailbox)|address(?:es)? (?:had|not|was|unknown|rejected)|unable to (?:deliver|send|reach)|rejected|was not (?:sent|accepted)"
    r"|address not found|unzustellbar|nicht zugestellt|konnte nicht|non remis|n'a pas pu|no se pudo|no se ha podido|não foi|impossibile|niet (?:worden )?bezorgd"
    r"|nie (?:został|można)|не (?:может|был|удалось)|無法|无法|投递失败|退信|配信|送信できません|不達|届け|エラー|could not be accepted|[45]\d\d[ -][45]\.\d+\.\d+|\b55\d[ -]",
    re.IGNORECASE,
)
ORIGINAL_FOLLOWS = re.compile(
    r"^[ \t>]{0,20}(?:[-=*_ ]{0,40}(?:below this line is a copy of the message|this is a copy of (?:the|your) message|original message(?: follows| headers?)?"
    r"|unsent message (?:below|follows)|returned (?:message|mail)(?: follows| below)?|message header|message text follows|copy of (?:the|your) (?:original )?message"
    r"|the (?:original|header of the original) (?:message|mail).{0,40}|returned message follows|undelivered[- ]message|begin (?:original )?message"
    r"|unsent message headers?|headers? of the (?:original )?message|original mail|transcript of message|your (?:original )?(?:message|mail) (?:follows|reads)"
    r"|message contents follow|start of (?:the )?returned message|ursprüngliche nachricht|message d'origine|mensaje original)[-=*_:. ]{0,40}$"
    r"|(?:received|return-path): .{5,200}$)",
    re.IGNORECASE | re.MULTILINE,
)

# From words to codes of RFC 3463, the most telling first. Codes of class 4 are those that pass by themselves.
_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, re.compile(words, re.IGNORECASE))
    for code, words in (
        ("5.2.2", r"mailbox (?:is )?full|over ?quota|quota (?:exceed|limit)|exceed(?:ed|s)?.{0,20}quota|insufficient (?:disk|storage|system storage)|storage limit|not enough (?:disk|space)|disk ?quota|mail ?box.{0,20}(?:exceed|full)|容量|いっぱい|user is over|espace insuffisant|postfach (?:ist )?voll"),
        ("5.1.1", r"user (?:is )?unknown|unknown (?:user|local|recipient|address|account|mailbox)|no such (?:user|person|recipient|address|mailbox|local)|does ?n[o']t exist|does not exist|not exist|user not found|address(?:ee)? (?:unknown|not found|invalid)|invalid (?:recipient|address|user|mailbox|local)|recipient (?:address )?(?:rejected|not found|unknown)|not a valid (?:user|mailbox|recipient|address)|no mailbox|mailbox (?:unavailable|not found)|not (?:our|a) (?:customer|local user)|unrouteable|can't create (?:user )?output|not listed in|have a(?:n)? .{0,30}account|bad destination|見つかりません|存在しません|宛先不明|nicht gefunden|inconnu|desconocid|no encontrad"),
        ("5.1.2", r"host(?:name)? (?:is )?(?:unknown|not found)|unknown host|host or domain|domain (?:name )?(?:not found|does)|name or service|no (?:such|route to) (?:host|domain)|unable to (?:resolve|route)|nxdomain|illegal host"),
        ("5.2.1", r"(?:account|mailbox|user).{0,30}(?:disabled|inactive|suspended|deactivated|locked|discontinued|not active)|no longer (?:active|valid|available|accept)"),
        ("5.3.4", r"(?:message|size).{0,30}(?:too (?:big|large)|exceeds?)|too (?:big|large)|size limit"),
        ("4.4.7", r"expired|too long in queue|retry time(?:out)?|giving up|delivery time|delayed|will (?:be )?(?:retried|keep trying|continue)|not yet been delivered|could not be delivered for"),
        ("4.4.1", r"timed? ?out|connection (?:refused|timed|lost|reset|dropped)|network (?:is )?unreachable|no answer|could not connect|unable to connect|couldn't (?:find|establish)"),
        ("4.2.1", r"try again later|temporar|greylist|graylist|deferred|too (?:many|fast)|rate limit|throttl"),
        ("5.7.1", r"spam|blacklist|blocked|block list|blocklist|black list|denied|not (?:allowed|permitted|authorized)|policy|prohibited|relay|rejected|virus|dmarc|spf|dkim|banned|refused|unauthori[sz]ed|reputation"),
    )
)  # fmt: skip


def status_of_words(text: str) -> str:
    """A code for what the words say; empty where they say nothing of the kind."""
    text = text[:4000]
    for code, words in _WORDS:
        if words.search(text):
            return code
    return ""
