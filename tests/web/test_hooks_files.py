"""Files that come with a text: judged by their bytes, limited as those of a mail, each for itself."""

from __future__ import annotations

import socket
from datetime import timedelta

from flask.testing import FlaskClient

from desk import settings, timeline
from desk.clock import SetClock
from desk.parts import Desk
from desk.worker import drain
from tests.servers.clamd import EICAR, Daemon
from tests.servers.twilio import Provider
from tests.web.test_hooks import PNG, call, conversation, inbox, message, provider

__all__ = ["inbox", "provider"]


def media(provider: Provider, *contents: bytes) -> dict[str, str]:
    """The fields of a message with these files, each of which the provider calls a picture."""
    found = {"NumMedia": str(len(contents))}
    for n, content in enumerate(contents):
        provider.files[f"/files/{n}"] = ("image/png", content)
        found |= {f"MediaUrl{n}": f"{provider.url}/files/{n}", f"MediaContentType{n}": "image/png"}
    return found


def test_a_file_of_a_text_is_what_its_bytes_say_and_waits_where_that_of_a_mail_would(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider
) -> None:
    sent = media(provider, b"MZ" + b"\0" * 80, b"<html><script>1</script>", b"\xff\xd8\xff\xe0rest", b"no picture")
    call(client, f"/hooks/sms/{inbox.key}", message("Look", "SM1") | sent)
    drain(desk)
    with desk.store.reading() as tx:
        (entry,) = timeline.of_conversation(tx, conversation(desk).id, kinds=("message",))
    program, page, picture, unknown = entry.attachments
    assert (program.get("held"), page.get("held")) == ("program", "page")
    assert (picture["content_type"], picture.get("held")) == ("image/jpeg", None)
    assert unknown["content_type"] == "application/octet-stream", "nobody's browser draws it on the provider's word"


def test_a_virus_in_a_text_is_held_by_the_scanner_s_name(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider
) -> None:
    scanner = Daemon(socket.create_server(("127.0.0.1", 0)))
    desk.config = dict(desk.config) | {"CLAMD": f"127.0.0.1:{scanner.listening.getsockname()[1]}"}
    call(client, f"/hooks/sms/{inbox.key}", message("Look", "SM1") | media(provider, PNG + EICAR, PNG))
    drain(desk)
    scanner.close()
    with desk.store.reading() as tx:
        (entry,) = timeline.of_conversation(tx, conversation(desk).id, kinds=("message",))
    assert [file.get("held") for file in entry.attachments] == ["virus Eicar-Test-Signature", None]


def test_what_is_too_large_or_gone_does_not_take_the_other_files_along(
    client: FlaskClient, desk: Desk, inbox: settings.Inbox, provider: Provider, clock: SetClock
) -> None:
    with desk.store.transaction() as tx:
        settings.set(tx, "mail.max_megabytes", 1, None)
    sent = media(provider, PNG + b"\0" * 700_000, PNG + b"\0" * 400_000, PNG)
    provider.files["/files/0"] = ("gone", b"")
    provider.files["/files/2"] = ("image/png", PNG + b"\0" * 700_000)
    call(client, f"/hooks/sms/{inbox.key}", message("Look", "SM1") | sent)
    for _ in range(6):
        drain(desk)
        clock.advance(timedelta(seconds=20))
    with desk.store.reading() as tx:
        (entry,) = timeline.of_conversation(tx, conversation(desk).id, kinds=("message",))
    assert [file["filename"] for file in entry.attachments] == ["file-2.png"]
    assert entry.detail["missing"] == 2
