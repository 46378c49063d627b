"""The mail servers of the tests are real ones: what is handed in lands in a mailbox that IMAP reads."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

from tests.servers.mail import Dovecot, Postfix


def a_mail(to: str, subject: str = "Hello") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Maya <maya@customer.example>", to, subject
    mail.set_content("Wo bleibt meine Bestellung? Grüße")
    return mail


def test_a_delivery_is_read_by_imap(dovecot: Dovecot) -> None:
    dovecot.deliver("delivered+token@kiln.example", a_mail("delivered@kiln.example"))
    (mail,) = dovecot.wait("delivered@kiln.example")
    assert "Grüße" in mail.get_content()


def test_a_submission_is_delivered(postfix: Postfix, dovecot: Dovecot) -> None:
    with smtplib.SMTP(postfix.host, postfix.port) as smtp:
        smtp.login("support@kiln.example", postfix.password)
        smtp.send_message(a_mail("zoe@customer.example"))
    (mail,) = dovecot.wait("zoe@customer.example")
    assert mail["Subject"] == "Hello"
    assert "mail.example" in mail["Received"]


def test_a_domain_is_routed_to_another_server(postfix: Postfix, dovecot: Dovecot) -> None:
    postfix.route("routed.example", dovecot.lmtp_port, "lmtp")
    postfix.send(a_mail("you@routed.example"), "maya@customer.example", "you@routed.example")
    assert dovecot.wait("you@routed.example")
