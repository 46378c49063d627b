"""A message of ours as the bytes of a mail: text and HTML, threading headers, attachments, nothing that can be
injected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email import policy
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from desk.channels.email.addresses import ascii_domain
from desk.messages import Address, Attachment, OutboundMessage

_BREAKS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_ID = re.compile(r"^[!-;=?-~]{1,250}$")
_TYPE = re.compile(r"^[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}$")
_SURROGATES = re.compile("[\ud800-\udfff]")
MAX_REFERENCES = 20
_LONGEST_LINE = 998  # RFC 5322 2.1.1
OWN_HEADER = "X-Loopdesk"  # by which inbox a mail left: one that comes back to it is known, whoever rewrote its id


class _Folding(policy.EmailPolicy):
    """Folds a subject by `email.header`: the policy of Python before 3.12.5 loses the space at which it folds words
    beyond ASCII."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() == "subject" and not str(value).isascii():
            folded = Header(str(value), "utf-8", self.max_line_length, name).encode(linesep=self.linesep)
            return f"{name}: {folded}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


# SMTP with UTF-8 only in headers that need it; 76 columns keep encoded words short enough for every server.
_POLICY = _Folding(linesep="\r\n", max_line_length=76, cte_type="7bit")
_POLICY_UTF8 = policy.SMTPUTF8.clone(max_line_length=76)


class CannotCompose(ValueError):
    """The message lacks what a mail must have, or an address in it is none."""


def compose(message: OutboundMessage) -> bytes:
    """The mail. Raises CannotCompose with a sentence."""
    if message.sent_at is None:
        raise CannotCompose("a mail needs the time at which it is sent")
    mail = EmailMessage(policy=_POLICY)
    sender = Address("email", message.sender_address, message.sender_name)
    needs_utf8 = False
    fields = [("From", (sender,)), ("To", message.to), ("Cc", message.cc)]
    if message.reply_to:
        fields.append(("Reply-To", (Address("email", message.reply_to, message.sender_name),)))
    if not message.to and not message.cc:
        raise CannotCompose("this mail has no recipient")
    try:
        for name, addresses in fields:
            if addresses:
                made = [_header_address(a) for a in addresses]
                needs_utf8 = needs_utf8 or any(not a.addr_spec.isascii() for a in made)
                mail[name] = made
        mail["Subject"] = one_line(message.subject)
        mail["Date"] = format_datetime(message.sent_at)
        mail["Message-ID"] = f"<{_message_id(message.message_id)}>"
        if message.in_reply_to and _valid_id(message.in_reply_to):
            mail["In-Reply-To"] = f"<{_bare(message.in_reply_to)}>"
        mail[OWN_HEADER] = _header_address(Address("email", message.sender_address)).addr_spec
        references = _references(message)
        if references:
            mail["References"] = " ".join(f"<{r}>" for r in references)
        if message.automatic:
            mail["Auto-Submitted"] = "auto-replied" if message.answers else "auto-generated"
            mail["X-Auto-Response-Suppress"] = "All"
        if message.unsubscribe_url:
            mail["List-Unsubscribe"] = f"<{_url(message.unsubscribe_url)}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        _content(mail, message)
        return mail.as_bytes(policy=_POLICY_UTF8 if needs_utf8 else _POLICY)
    except (MessageError, UnicodeError, LookupError, TypeError, IndexError, AttributeError, ValueError) as error:
        if isinstance(error, CannotCompose):
            raise
        raise CannotCompose(f"this mail could not be put together: {error}") from error


def needs_smtputf8(message: OutboundMessage) -> bool:
    """Whether an address has letters beyond ASCII before the @, so that every server on the way must know SMTPUTF8."""
    every = (message.sender_address, *(a.value for a in (*message.to, *message.cc)))
    return any(not ascii_domain(a).isascii() for a in every)


def one_line(text: str) -> str:
    """Text that cannot begin a new header line."""
    return _SURROGATES.sub("\ufffd", _BREAKS.sub(" ", text)).strip()[:900]


def _header_address(address: Address) -> HeaderAddress:
    value = ascii_domain(address.value.strip())
    local, at, domain = value.rpartition("@")
    if not at or not local or not domain or _BREAKS.search(value) or any(c in ' <>,;"()[]\\' for c in value):
        raise CannotCompose(f"{address.value!r} is not an address that mail can be sent to")
    return HeaderAddress(display_name=one_line(address.name)[:200], username=local, domain=domain)


def _bare(message_id: str) -> str:
    return message_id.strip().strip("<>").strip()


def _valid_id(message_id: str) -> bool:
    return _ID.match(_bare(message_id)) is not None


def _message_id(message_id: str) -> str:
    if not _valid_id(message_id) or "@" not in message_id:
        raise CannotCompose(f"{message_id!r} is not a message id")
    return _bare(message_id)


def _references(message: OutboundMessage) -> list[str]:
    """The thread, oldest first, what is answered last; the first one and the newest ones where there are too many."""
    known = list(dict.fromkeys(_bare(r) for r in message.references if _valid_id(r)))
    answered = _bare(message.in_reply_to)
    if answered and _valid_id(answered):
        known = [r for r in known if r != answered] + [answered]
    if len(known) > MAX_REFERENCES:
        known = known[:1] + known[-(MAX_REFERENCES - 1) :]
    return known


def _url(url: str) -> str:
    if not re.match(r"^(?:https?://|mailto:)[!-;=?-~]{3,900}$", url):
        raise CannotCompose("the unsubscribe link is not a link")
    return url


def _content(mail: EmailMessage, message: OutboundMessage) -> None:
    text = _SURROGATES.sub("\ufffd", message.text.replace("\x00", "")).replace("\r\n", "\n").replace("\r", "\n")
    mail.set_content(text or "\n", subtype="plain", charset="utf-8", cte="quoted-printable")
    inline, files = _parted(message)
    if message.html:
        html = _SURROGATES.sub("\ufffd", message.html.replace("\x00", ""))
        mail.add_alternative(html, subtype="html", charset="utf-8", cte="quoted-printable")
        html_part = mail.get_payload()[1]  # type: ignore[index]
        for one in inline:
            maintype, subtype = _content_type(one)
            html_part.add_related(  # type: ignore[union-attr]
                one.content,
                maintype=maintype,
                subtype=subtype,
                cid=f"<{one.content_id}>",
                filename=_filename(one),
                disposition="inline",  # with a name alone it would be said to be an attachment, and listed twice
            )
    for one in files:
        if one.content_type.lower() == "message/rfc822" and (whole := _mail_as_it_is(one.content or b"")) is not None:
            _attach_mail(mail, whole, _filename(one))
            continue
        maintype, subtype = _content_type(one)
        mail.add_attachment(one.content, maintype=maintype, subtype=subtype, filename=_filename(one))


def _parted(message: OutboundMessage) -> tuple[Sequence[Attachment], Sequence[Attachment]]:
    """Images of the HTML, and files. A file whose bytes were not loaded is an error, never silently left out."""
    for one in message.attachments:
        if one.content is None:
            raise CannotCompose(f"the attachment {one.filename!r} was not loaded")
    inline = [a for a in message.attachments if a.inline and message.html and a.content_id and _valid_id(a.content_id)]
    return inline, [a for a in message.attachments if a not in inline]


def _content_type(attachment: Attachment) -> tuple[str, str]:
    kind = attachment.content_type.lower()
    # Text and mails travel as bytes as well: a digest of what arrives is then the digest of what was sent.
    if not _TYPE.match(kind) or kind.startswith(("multipart/", "message/", "text/")):
        return ("text", kind[5:]) if kind.startswith("text/") and _TYPE.match(kind) else ("application", "octet-stream")
    maintype, _, subtype = kind.partition("/")
    return maintype, subtype


def _filename(attachment: Attachment) -> str:
    return one_line(attachment.filename.replace("/", "_").replace("\\", "_"))[:150] or "attachment"


def _mail_as_it_is(raw: bytes) -> str | None:
    """A mail that may stand inside another one byte for byte: RFC 2046 allows no encoding around it. None where its
    bytes would not arrive as they are; then it goes as a file."""
    lines = raw.split(b"\r\n")
    bare = any(b in line for line in lines for b in (b"\r", b"\n", b"\x00"))
    if bare or not raw.isascii() or any(len(line) > _LONGEST_LINE for line in lines):
        return None
    return raw.decode("ascii")


def _attach_mail(mail: EmailMessage, whole: str, filename: str) -> None:
    mail.add_attachment(b"", maintype="application", subtype="octet-stream", filename=filename)
    part = mail.get_payload()[-1]  # type: ignore[index]
    part.replace_header("Content-Type", "message/rfc822")  # type: ignore[union-attr]
    del part["Content-Transfer-Encoding"]  # type: ignore[union-attr]
    part.set_payload(whole)  # type: ignore[union-attr]
