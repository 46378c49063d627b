"""Trying out an inbox's servers, step by step, for the page on which an admin sets them up."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from desk.channels.base import Step
from desk.channels.email import smtp_out
from desk.channels.email.imap_in import Mailbox, MailboxTrouble

PATIENCE = 10.0  # seconds for each server; a person waits in front of it


def check(config: Mapping[str, Any]) -> list[Step]:
    """Connects and logs in where the inbox fetches and sends; sends nothing, marks nothing. Stops at what is wrong on
    each side. Raises nothing."""
    config = dict(config) | {"timeout": PATIENCE}
    steps: list[Step] = []
    if config.get("imap_host") and _tried(steps, "Incoming: find the server", lambda: _reach(config, "imap")):
        _tried(steps, "Incoming: log in and open the folder", lambda: _mailbox(config))
    if config.get("transport") == "smtp":
        if _tried(steps, "Outgoing: find the server", lambda: _reach(config, "smtp")):
            _tried(steps, "Outgoing: connect and log in", lambda: _server(config))
    else:
        steps.append(Step(True, "Outgoing", "mails are kept in the outbox of this desk, none is sent", 0.0))
    return steps


def _tried(steps: list[Step], title: str, attempt: Callable[[], str]) -> bool:
    began = time.monotonic()
    try:
        detail, ok = attempt(), True
    except MailboxTrouble as error:
        detail, ok = error.reason, False
    except (OSError, ValueError) as error:
        detail, ok = str(error) or type(error).__name__, False
    steps.append(Step(ok, title, detail, round(time.monotonic() - began, 2)))
    return ok


def _reach(config: Mapping[str, Any], kind: str) -> str:
    host = str(config.get(f"{kind}_host") or "")
    if not host:
        raise ValueError("no server is named")
    ports = {"imap": {"tls": 993}, "smtp": {"tls": 465, "plain": 25}}
    standard = ports[kind].get(str(config.get(f"{kind}_security")), 143 if kind == "imap" else 587)
    port = int(config.get(f"{kind}_port") or standard)
    try:
        with socket.create_connection((host, port), PATIENCE):
            return f"{host} answers on port {port}"
    except socket.gaierror:
        raise ValueError(f"no server is called {host}") from None
    except TimeoutError:
        raise ValueError(f"{host} does not answer on port {port}; a firewall may be in between") from None
    except ConnectionRefusedError:
        raise ValueError(f"nothing listens on port {port} of {host}") from None


def _mailbox(config: Mapping[str, Any]) -> str:
    with Mailbox(config) as mailbox:
        return f"the folder is open (UIDVALIDITY {mailbox.uid_validity})"


def _server(config: Mapping[str, Any]) -> str:
    wrong = smtp_out.check(config)
    if wrong:
        raise ValueError(wrong)
    return "the server takes mail from us"
