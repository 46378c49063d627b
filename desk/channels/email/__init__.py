"""Mail: in by IMAP and by our own receiver, out by SMTP. Here its parts become one channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from desk.channels.abilities import Hook
from desk.channels.base import ConfigField, Cost, InboxRef, Plain, Step, Translated
from desk.channels.email import automatic, bounces, dkim_check, hook, oauth_providers, smtp_out, trust
from desk.channels.email.addresses import is_same_mailbox, new_message_id, reply_address, token_from
from desk.channels.email.check import check
from desk.channels.email.compose import CannotCompose, compose
from desk.channels.email.framed import framed, own_pictures, waiting
from desk.channels.email.imap_in import Fetched, Mailbox, MailboxTrouble, watch
from desk.channels.email.parse import ParsedMail, parse
from desk.channels.email.receiver import Receiver, Refused
from desk.channels.email.sanitise import safe_html
from desk.channels.email.scanning import scanned
from desk.channels.email.strip import strip_reply, strip_text
from desk.channels.email.strip_html import strip_mail
from desk.channels.email.translate import translate
from desk.i18n import N_
from desk.messages import Carriage, InboundMessage, OutboundMessage, SendResult

_SECURITY = ("tls", "starttls", "plain")
_LOGIN = ("password", "oauth2")

LONGEST_SIGNATURE = 1000
# Mail servers commonly take 25 MB, and files grow by 37 % on the way (four letters for three bytes, in lines of 76).
MAIL_BYTES = 25_000_000
FILES_BYTES = 18_000_000


def _signature(text: str) -> None:
    if len(text) > LONGEST_SIGNATURE:
        raise ValueError(f"What stands below a name has {LONGEST_SIGNATURE} characters at most")


CONFIG_FIELDS = (
    ConfigField(
        "transport",
        N_("Send mails"),
        "choice",
        N_("Outgoing"),
        default="outbox",
        choices=("outbox", "smtp"),
        help=N_("outbox: nothing is sent, mails are shown at /admin/outbox; smtp: by the server below"),
    ),
    ConfigField("smtp_host", N_("Server"), group=N_("Outgoing")),
    ConfigField(
        "smtp_port", N_("Port"), "number", N_("Outgoing"), minimum=1, maximum=65535, help=N_("empty: the usual one"),
    ),
    ConfigField("smtp_security", N_("Encryption"), "choice", N_("Outgoing"), default="starttls", choices=_SECURITY),
    ConfigField("smtp_user", N_("User"), group=N_("Outgoing")),
    ConfigField("smtp_login", N_("Log in by"), "choice", N_("Outgoing"), default="password", choices=_LOGIN),
    ConfigField("smtp_password", N_("Password"), "secret", N_("Outgoing")),
    ConfigField("smtp_verify", N_("Check the server's certificate"), "flag", N_("Outgoing"), default=True),
    ConfigField("sender_name", N_("Name beside the address"), group=N_("Outgoing"), help=N_("empty: the brand's name")),
    ConfigField(
        "signature", N_("Below the name in each answer"), "lines", N_("Outgoing"), check=_signature,
        help=N_("address, opening hours, company register; empty: the brand's name"),
    ),
    ConfigField(
        "imap_host", N_("Server"), group=N_("Incoming"),
        help=N_("empty: nothing is fetched (mail comes by our receiver)"),
    ),
    ConfigField(
        "imap_port", N_("Port"), "number", N_("Incoming"), minimum=1, maximum=65535, help=N_("empty: the usual one"),
    ),
    ConfigField("imap_security", N_("Encryption"), "choice", N_("Incoming"), default="tls", choices=_SECURITY),
    ConfigField("imap_user", N_("User"), group=N_("Incoming")),
    ConfigField("imap_login", N_("Log in by"), "choice", N_("Incoming"), default="password", choices=_LOGIN),
    ConfigField("imap_password", N_("Password"), "secret", N_("Incoming")),
    ConfigField("imap_verify", N_("Check the server's certificate"), "flag", N_("Incoming"), default=True),
    ConfigField("imap_folder", N_("Folder"), group=N_("Incoming"), default="INBOX"),
    ConfigField("imap_idle", N_("Be told of new mail at once (IDLE)"), "flag", N_("Incoming"), default=True),
    ConfigField(
        "imap_poll_seconds", N_("Seconds between looks"), "number", N_("Incoming"), default=60, minimum=5, maximum=3600,
        help=N_("where the server cannot tell of new mail"),
    ),
    ConfigField(
        "imap_after", N_("What was fetched"), "choice", N_("Incoming"), default="seen", choices=("seen", "move"),
    ),
    ConfigField("imap_move_to", N_("Move it to the folder"), group=N_("Incoming")),
    ConfigField(
        "hook_secret", N_("Secret of the webhook"), "secret", N_("Incoming"), check=hook.check_secret,
        help=N_("where a provider posts mails to this desk: the same secret is typed there"),
    ),
    *oauth_providers.FIELDS,
    ConfigField(
        "trusted_server", N_("Server whose checks count"), group=N_("Trust"),
        help=N_("the name that it writes first in Authentication-Results, such as mx.example.org; empty: only the"
        " signatures of mails (DKIM) are looked at, here"),
    ),
    ConfigField(
        "trusted_received", N_("Its name in Received lines"), group=N_("Trust"), help=N_("empty: the same name"),
    ),
    ConfigField(
        "trusted_below", N_("It writes below its own Received line"), "flag", N_("Trust"), default=False,
        help=N_("as Postfix does with OpenDKIM, OpenDMARC or Rspamd. Only where that server takes out results that come"
        " from outside under its name: else a sender could write their own"),
    ),
    ConfigField(
        "check_dkim", N_("Look at signatures"), "flag", N_("Trust"), default=True,
        help=N_("where no server is named above: asks the name servers (DNS) for the sender's key"),
    ),
    ConfigField("bot", N_("The assistant answers first"), "flag", N_("Answers"), default=False),
)  # fmt: skip


class EmailChannel(Plain):
    """The contract of desk.channels.base, for mail."""

    name = "email"
    config_fields = CONFIG_FIELDS
    kinds = ("email",)
    repeatable = True  # under the same Message-ID
    formats = True
    hook_answer = ("text/plain; charset=utf-8", b"kept\n")
    hook_bytes = hook.MAX_BYTES

    def address(self, text: str) -> str:
        text = text.strip()
        local, at, domain = text.rpartition("@")
        if not (local and at and domain) or len(text) > 320 or any(c.isspace() or c in '<>,;"' for c in text):
            raise ValueError("That is not a mail address.")
        return text.casefold()

    def translate(self, raw: bytes, inbox: InboxRef, envelope: Mapping[str, Any], received_at: datetime) -> Translated:
        """See `translate.translate`."""
        return translate(raw, inbox, envelope, received_at)

    def send(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        """See `smtp_out.send`. An inbox whose transport is the outbox is kept by outbound and never comes here."""
        return smtp_out.send(message, config)

    def compose(self, message: OutboundMessage) -> bytes:
        """The bytes that would be sent. Raises CannotCompose."""
        return compose(message)

    def cost(self, text: str) -> Cost:
        """A mail is one mail, however long."""
        return Cost(len(text), 1 if text else 0, words="one mail")

    def carriage(self, config: Mapping[str, Any]) -> Carriage:
        """In the mail, so many that it stays below what servers take."""
        return Carriage("bytes", total=FILES_BYTES)

    def verify(self, call: Hook, config: Mapping[str, Any]) -> str:
        """See `hook.verify`."""
        return hook.verify(call, config)

    def unwrap(self, call: Hook) -> tuple[bytes, dict[str, Any]]:
        """See `hook.unwrap`."""
        return hook.unwrap(call)

    def asks(self, message: InboundMessage, config: Mapping[str, Any]) -> bool:
        """Whether a signature waits for its key, or a file for the scanner."""
        signed = message.trust is not None and message.trust.pending
        return signed or (bool(config.get("clamd")) and any(not a.held for a in message.attachments))

    def asked(self, raw: bytes, message: InboundMessage, config: Mapping[str, Any]) -> InboundMessage:
        """The message with what its signature and the scanner say. Waits for both; raises nothing."""
        if message.trust is not None and message.trust.pending:
            message = trust.judged(message, dkim_check.look(parse(raw), raw))
        return scanned(message, str(config.get("clamd") or ""), bool(config.get("hold_unscanned", True)))

    def check(self, config: Mapping[str, Any]) -> list[Step]:
        """See `check.check`."""
        return check(config)


CHANNEL = EmailChannel()


def parsed_as_json(raw: bytes) -> dict[str, Any]:
    """A mail as `flask mail parse` prints it. Raises Unreadable."""
    mail = parse(raw)
    notice = bounces.bounce(mail)

    def boxes(found: tuple[Any, ...]) -> list[dict[str, str]]:
        return [{"email": b.email, "name": b.name} for b in found]

    return {
        "from": {"email": mail.sender.email if mail.sender else "", "name": mail.sender.name if mail.sender else ""},
        "to": boxes(mail.to),
        "cc": boxes(mail.cc),
        "reply_to": boxes(mail.reply_to),
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "message_id": mail.message_id,
        "in_reply_to": next(iter(mail.in_reply_to), ""),
        "references": list(mail.references),
        "text": mail.text,
        "html": mail.html,
        "reply": strip_mail(mail)[0],
        "attachments": [
            {"filename": a.filename, "content_type": a.content_type, "size": a.size, "sha256": a.sha256}
            for a in mail.attachments
        ],
        "automatic": automatic.reason(mail),
        "bounce": None
        if notice is None
        else {"recipients": [{"email": r.address, "status": r.status, "kind": r.kind} for r in notice.recipients]},
    }


__all__ = [
    "CHANNEL",
    "CONFIG_FIELDS",
    "CannotCompose",
    "EmailChannel",
    "Fetched",
    "Mailbox",
    "MailboxTrouble",
    "ParsedMail",
    "Receiver",
    "Refused",
    "compose",
    "framed",
    "is_same_mailbox",
    "new_message_id",
    "own_pictures",
    "parse",
    "parsed_as_json",
    "reply_address",
    "safe_html",
    "strip_mail",
    "strip_reply",
    "strip_text",
    "token_from",
    "translate",
    "waiting",
    "watch",
]
