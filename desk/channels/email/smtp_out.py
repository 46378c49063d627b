"""One try to hand a mail to a server by SMTP, and what its outcome means for trying again."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Literal

from desk.channels.email import oauth
from desk.channels.email.addresses import ascii_domain
from desk.channels.email.compose import CannotCompose, compose, needs_smtputf8
from desk.channels.email.dkim_sign import CannotSign, sign
from desk.channels.email.troubles import in_words
from desk.messages import OutboundMessage, SendResult

TIMEOUT = 60.0  # seconds for each answer of the server; RFC 5321 4.5.3.2 asks for minutes after DATA
DATA_TIMEOUT = 600.0
_CODE = {"plain": 25, "starttls": 587, "tls": 465}

_QUEUED = re.compile(r"\b(?:queued as|queued for delivery|message accepted|id)[ =:]*<?([\w.@+-]{2,})", re.IGNORECASE)

Outcome = Literal["accepted", "retry", "refused", "unknown"]


def send(
    message: OutboundMessage, config: Mapping[str, Any], *, on_data: Callable[[], None] | None = None
) -> SendResult:
    """Sends a mail to the server that the inbox is configured with.

    `config`: smtp_host, smtp_port, smtp_security (`starttls`, `tls` or `plain`), smtp_user, smtp_login, smtp_password,
    smtp_verify (false accepts any certificate, for a server on the same machine), smtp_name (what we greet with),
    timeout (seconds), dkim (domain, selector and secret of the key that signs). `on_data` is called when the content is
    about to go out: from then on the outcome may stay unknown.

    Raises nothing. `accepted`: the server took it for every recipient, but for copies that it refused for good
    (`missed`). `retry`: it certainly did not, and may later
    (4xx, no connection, a wrong login that an admin can mend). `refused`: it never will (5xx). `unknown`: the
    connection broke after the content went out and before the answer.
    """
    try:
        raw = compose(message)
    except CannotCompose as error:
        return SendResult("refused", detail=str(error))
    if config.get("dkim"):
        try:
            raw = sign(raw, config["dkim"])
        except CannotSign as error:  # unsigned, it might count as forged; an admin can mend or retire the key
            return SendResult("retry", detail=str(error))
    recipients = [ascii_domain(a.value) for a in (*message.to, *message.cc)]
    copies = {ascii_domain(a.value): a.value for a in message.cc}
    for one in message.to:
        copies.pop(ascii_domain(one.value), None)
    sender = "" if config.get("null_sender") else ascii_domain(str(config.get("return_path") or message.sender_address))
    utf8 = needs_smtputf8(message)
    try:
        server = _connect(config)
    except _Failure as failure:
        return SendResult(failure.outcome, detail=failure.detail)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return SendResult("retry", detail=f"no connection to the mail server: {_said(error, config)}")
    try:
        return _transfer(server, sender, recipients, copies, raw, utf8, config, on_data)
    finally:
        _close(server)


class _Failure(Exception):
    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome: Outcome = outcome
        self.detail = detail


def check(config: Mapping[str, Any]) -> str | None:
    """Whether the server answers and takes the login: None, or a sentence that says what is wrong."""
    try:
        server = _connect(config)
    except _Failure as failure:
        return failure.detail
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return f"no connection to the mail server: {_said(error, config)}"
    _close(server)
    return None


def _connect(config: Mapping[str, Any]) -> smtplib.SMTP:
    host = str(config.get("smtp_host") or "").strip()
    if not host:
        raise _Failure("retry", "no mail server is configured for this inbox")
    security = str(config.get("smtp_security") or "starttls")
    if security not in _CODE:
        raise _Failure("retry", f"{security!r} is not a way to secure a connection")
    port = int(config.get("smtp_port") or _CODE[security])
    timeout = float(config.get("timeout") or TIMEOUT)
    name = str(config.get("smtp_name") or "") or None
    context = _context(config)
    server: smtplib.SMTP
    if security == "tls":
        server = smtplib.SMTP_SSL(host, port, local_hostname=name, timeout=timeout, context=context)
    else:
        server = smtplib.SMTP(host, port, local_hostname=name, timeout=timeout)
    try:
        server.ehlo_or_helo_if_needed()
        if security == "starttls":
            if not server.has_extn("starttls"):
                raise _Failure("retry", "the mail server offers no encryption (STARTTLS); nothing was sent")
            server.starttls(context=context)
            server.ehlo()
        user = str(config.get("smtp_user") or "")
        if user:
            try:
                _log_in(server, user, config)
            except smtplib.SMTPAuthenticationError as error:
                why = f"the mail server refused the login of {user}: {_said(error, config)}"
                raise _Failure("retry", why) from None
            except smtplib.SMTPNotSupportedError:
                raise _Failure("retry", "the mail server takes no login on this connection") from None
    except BaseException:
        _close(server)
        raise
    return server


def _log_in(server: smtplib.SMTP, user: str, config: Mapping[str, Any]) -> None:
    if config.get("smtp_login") != "oauth2":
        server.login(user, str(config.get("smtp_password") or ""))
        return
    try:
        try:
            _show_token(server, user, oauth.access_token(config))
        except smtplib.SMTPAuthenticationError:  # a token may be revoked before its time
            _show_token(server, user, oauth.access_token(config, fresh=True))
    except oauth.NoToken as error:
        raise _Failure("retry", error.reason) from None


def _show_token(server: smtplib.SMTP, user: str, token: str) -> None:
    # A refusal comes as a challenge that says why, in JSON; it wants an empty answer before the refusal itself.
    words = oauth.said(user, token)
    server.auth("XOAUTH2", lambda challenge=None: words if challenge is None else "")


def _context(config: Mapping[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if config.get("smtp_verify") is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _transfer(
    server: smtplib.SMTP,
    sender: str,
    recipients: list[str],
    copies: Mapping[str, str],
    raw: bytes,
    utf8: bool,
    config: Mapping[str, Any],
    on_data: Callable[[], None] | None,
) -> SendResult:
    """MAIL, RCPT and DATA one by one: the library's sendmail() hides at which of them a connection broke."""
    options: list[str] = []
    if utf8:
        if not server.has_extn("smtputf8"):
            return SendResult("refused", detail="an address has letters that this mail server cannot carry (SMTPUTF8)")
        options.append("SMTPUTF8")
    if server.has_extn("8bitmime"):
        options.append("BODY=8BITMIME")
    if server.has_extn("size"):
        limit = server.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(raw):
            return SendResult(
                "refused", detail=f"the mail is larger ({len(raw)} bytes) than the mail server takes ({limit})"
            )
        options.append(f"SIZE={len(raw)}")
    if utf8:
        server.command_encoding = "utf-8"
    try:
        code, text = server.mail(sender, options)
        if code >= 400:
            return _refusal(code, text, "the mail server refused the sender", config)
        refused: dict[str, tuple[int, bytes]] = {}
        for one in recipients:
            code, text = server.rcpt(one)
            if code >= 400:
                refused[one] = (code, text)
        # A copy that is refused for good keeps nobody else from the answer: no other try is made for it.
        hopeless = [one for one, (code, _) in refused.items() if one in copies and 500 <= code < 600]
        missed = tuple((copies[one], f"{refused[one][0]} {_clip(refused[one][1])}") for one in hopeless)
        if len(hopeless) < len(refused):
            # Else all or nothing: with a part of them accepted, another try would reach the others twice.
            first = next(one for one in refused if one not in hopeless)
            code, text = refused[first]
            server.rset()
            return _refusal(code, text, f"the mail server refused {first}", config)
        code, text = server.docmd("DATA")
        if code != 354:
            return _refusal(code, text, "the mail server refused the mail", config)
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        return SendResult("retry", detail=f"the connection broke before the mail was sent: {_said(error, config)}")
    if on_data is not None:
        on_data()
    try:
        if server.sock is not None:
            server.sock.settimeout(float(config.get("data_timeout") or DATA_TIMEOUT))
        server.send(_stuffed(raw))
        code, text = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return SendResult(
            "unknown", detail=f"the connection broke while the mail was on its way: {_said(error, config)}"
        )
    if code == 250:
        return SendResult("accepted", provider_id=_queue_id(text), detail=_clip(text), missed=missed)
    if code == 421 or 200 <= code < 400:
        return SendResult("unknown", detail=f"the mail server answered {code} {_clip(text)}")
    return _refusal(code, text, "the mail server refused the mail", config)


def _stuffed(raw: bytes) -> bytes:
    """The content as DATA carries it (RFC 5321 4.5.2)."""
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    if raw.startswith(b"."):
        raw = b"." + raw
    return raw.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def _refusal(code: int, text: bytes, what: str, config: Mapping[str, Any]) -> SendResult:
    outcome: Outcome = "refused" if 500 <= code < 600 else "retry"
    return SendResult(outcome, detail=_without_secrets(f"{what}: {code} {_clip(text)}", config))


def _queue_id(text: bytes) -> str:
    """What the server calls the mail, as Postfix, Exim, Sendmail and Exchange say it."""
    found = _QUEUED.search(text.decode("utf-8", "replace"))
    return found.group(1)[:200] if found else ""


def _clip(text: bytes) -> str:
    return " ".join(text.decode("utf-8", "replace").split())[:400]


def _said(error: Exception, config: Mapping[str, Any]) -> str:
    """What went wrong, in words, with no secret in them."""
    return _without_secrets(in_words(error), config)


def _without_secrets(text: str, config: Mapping[str, Any]) -> str:
    secret = str(config.get("smtp_password") or "")
    return oauth.without(text.replace(secret, "…") if secret else text, config)


def _close(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()
