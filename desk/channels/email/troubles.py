"""Why a mail server could not be used, in words that say what to change, whichever library stumbled over it."""

from __future__ import annotations

import smtplib
import socket
import ssl

from imap_tools.errors import UnexpectedCommandStatusError

# X509_V_ERR_… of OpenSSL.
_CERTIFICATE = {
    9: "its certificate is not valid yet: is the clock of one of the two machines wrong?",
    10: "its certificate has expired",
    18: "its certificate is self-signed: no authority vouches for it",
    19: "its certificate is signed by an authority of its own, which this machine does not know",
    20: "this machine does not know the authority that signed its certificate",
    21: "its certificate comes without the chain that leads to a known authority",
    62: "its certificate is for another name than the one that is set here",
    64: "its certificate is for another name than the address that is set here",
}
_TLS = {
    "WRONG_VERSION_NUMBER": "it does not speak TLS on this port: another port or another encryption may be right",
    "RECORD_LAYER_FAILURE": "it does not speak TLS on this port: another port or another encryption may be right",
    "UNSUPPORTED_PROTOCOL": "it speaks only versions of TLS that are no longer safe",
    "NO_PROTOCOLS_AVAILABLE": "it speaks only versions of TLS that are no longer safe",
}
_PLAIN: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "it did not answer in time"),
    (ConnectionRefusedError, "nothing listens there"),
    (socket.gaierror, "no server has that name"),
    (smtplib.SMTPServerDisconnected, "it ended the connection"),
    (ConnectionResetError, "it ended the connection"),
    (BrokenPipeError, "it ended the connection"),
)
_IMAP = (
    ("unexpected response", "what answers on this port is no IMAP server"),
    ("TLS not supported", "it offers no encryption (STARTTLS)"),
    ("EOF", "it ended the connection"),
)


def in_words(error: BaseException) -> str:
    """One clause about the server ("it …"), or its own words. It may still hold a secret."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE.get(error.verify_code, f"its certificate is not accepted: {error.verify_message}")
    if isinstance(error, ssl.SSLEOFError):
        return "it ended the connection before it was encrypted"
    if isinstance(error, ssl.SSLError) and error.reason:
        return _TLS.get(error.reason, f"no encryption came about: {error.reason.replace('_', ' ').lower()}")
    for kind, words in _PLAIN:
        if isinstance(error, kind):
            return words
    if isinstance(error, UnexpectedCommandStatusError):
        return _server_said(error)
    if isinstance(error, smtplib.SMTPResponseException):
        if not 100 <= error.smtp_code < 600:
            return "what answers on this port is no SMTP server"
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    text = _text(error.args[0] if error.args and isinstance(error.args[0], bytes) else str(error))
    return next((words for sign, words in _IMAP if sign in text), text) or type(error).__name__


def _server_said(error: UnexpectedCommandStatusError) -> str:
    """What stands behind NO or BAD, without the brackets that are for programs."""
    lines = error.command_result[1] if len(error.command_result) > 1 else None
    found = next((_text(line) for line in lines or () if isinstance(line, bytes | str)), "")
    bare = found.partition("] ")[2] if found.startswith("[") else found
    return bare or found or f"it answered {error.command_result[0]}"


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:400]
