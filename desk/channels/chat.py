"""Chat: what a visitor of the widget sends becomes a message; the widget itself carries the answers."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from desk.channels.base import ConfigField, InboxRef, Plain, Step, Translated, Unreadable
from desk.http import Client, Unreachable
from desk.i18n import N_
from desk.messages import Address, Attachment, Carriage, InboundMessage, OutboundMessage, Sender, SendResult

LONGEST = 20_000  # characters of one message
MOST_FILES = 5
PER_MINUTE = 600  # messages of one inbox
CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
# By content, not by name: what a browser shows by itself and what people send to a shop. Nothing that can run.
FILE_TYPES = (
    "image/png image/jpeg image/gif image/webp image/heic application/pdf text/plain text/csv video/mp4 "
    "video/quicktime application/zip application/vnd.openxmlformats-officedocument.wordprocessingml.document "
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)


class Refused(Unreadable):
    """What a visitor sent cannot be taken. `code` and `values` are for a sentence in the visitor's own language."""

    def __init__(self, code: str, reason: str, **values: int) -> None:
        super().__init__(reason)
        self.code, self.values = code, values


def _types(text: str) -> None:
    strange = [t for t in text.split() if not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", t)]
    if strange:
        raise ValueError(f"“{strange[0]}” is no type of files: write them as image/png, with spaces between")


def _origins(text: str) -> None:
    for origin in text.split():
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}":
            raise ValueError(f"“{origin}” is no site: write it as https://shop.example.org, with spaces between")


def _address(text: str) -> None:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or not text.isascii():
        raise ValueError(f"“{text}” is no address: write it as https://js.hcaptcha.com/1/api.js")
    if any(c in text for c in " ;,'\""):
        raise ValueError("An address of a script has no spaces, commas, semicolons or quotes")


def origin_allowed(config: Mapping[str, Any], origin: str | None, own: str) -> bool:
    """Whether a page of `origin` may speak to the inbox. An empty list lets every site in; what is no browser sends
    no origin, and is held by its token and the limits like everybody."""
    allowed = str(config.get("origins") or "").split()
    return not allowed or not origin or origin in allowed or origin == own


def clean_text(text: str) -> str:
    """What a person typed, without what no person types: control characters, NUL, lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode("utf-8")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc").strip()


class Chat(Plain):
    """The widget on a site. Its socket proves who writes (`envelope`), and this says what was written."""

    name = "chat"
    kinds = ("visitor", "user")
    direct = True
    formats = True
    repeatable = True
    config_fields = (
        ConfigField(
            "welcome", N_("Words of welcome"), group=N_("Widget"), help=N_("Empty: the widget says “How can we help?”.")
        ),
        ConfigField(
            "origins",
            N_("Sites that may show it"),
            group=N_("Widget"),
            help=N_("Such as https://shop.example.org, with spaces between. Empty: any site."),
            check=_origins,
        ),
        ConfigField(
            "file_types",
            N_("Files that visitors may send"),
            group=N_("Widget"),
            default=FILE_TYPES,
            help=N_("Types such as image/png, with spaces between. The content decides, not the name."),
            check=_types,
        ),
        ConfigField(
            "file_megabytes", N_("Largest file, in MB"), "number", N_("Widget"), default=10, minimum=1, maximum=25
        ),
        ConfigField(
            "per_minute",
            N_("Messages a minute, of all visitors together"),
            "number",
            N_("Protection"),
            default=PER_MINUTE,
            minimum=10,
            maximum=100_000,
            help=N_(
                "Whoever writes past that is asked to wait some seconds. Beside it, each visitor and each address has "
                "its own limit."
            ),
        ),
        ConfigField(
            "challenge",
            N_("Ask strangers to show that they are people"),
            "choice",
            N_("Protection"),
            default="off",
            choices=("off", "busy", "always"),
            help=N_(
                "busy: while many begin at once, or a first message looks strange. always: each visitor once, before "
                "their first message. Who is signed in, or has written before, is never asked. See docs/widget.md."
            ),
        ),
        ConfigField(
            "challenge_site_key",
            N_("Site key"),
            group=N_("Protection"),
            help=N_("Of hCaptcha, or of one that does as it."),
        ),
        ConfigField("challenge_secret", N_("Secret"), "secret", N_("Protection")),
        ConfigField(
            "challenge_script",
            N_("Address of the provider's script"),
            group=N_("Protection"),
            default="https://js.hcaptcha.com/1/api.js",
            check=_address,
        ),
        ConfigField(
            "challenge_verify",
            N_("Address that checks answers"),
            group=N_("Protection"),
            default="https://api.hcaptcha.com/siteverify",
            check=_address,
        ),
        ConfigField(
            "challenge_busy",
            N_("Busy from, in new visitors who write a minute"),
            "number",
            N_("Protection"),
            default=20,
            minimum=1,
            maximum=10_000,
        ),
        ConfigField(
            "challenge_down",
            N_("While the provider cannot be reached"),
            "choice",
            N_("Protection"),
            default="pass",
            choices=("pass", "later"),
            help=N_(
                "pass: ten new visitors a minute are let through, with the label “not checked”. later: they "
                "are asked to try again."
            ),
        ),
        ConfigField("bot", N_("The assistant answers first"), "flag", N_("Answers"), default=True),
        ConfigField(
            "mail_minutes",
            N_("Mail an unseen answer after, in minutes"),
            "number",
            N_("Answers"),
            default=5,
            minimum=1,
            maximum=1440,
            help=N_(
                "Where the visitor left an address and looks at the widget no more. One mail for all that is unseen."
            ),
        ),
        ConfigField(
            "user_secret",
            N_("Secret for signed-in users"),
            "secret",
            N_("Signed-in users"),
            help=N_("The site's server signs with it who is signed in (JWT, HS256); see docs/widget-protocol.md."),
            before="user_secret_before",
        ),
        ConfigField(
            "user_secret_before",
            N_("The secret of before"),
            "secret",
            N_("Signed-in users"),
            help=N_(
                "Good as well, while the site's servers change over. A secret that is replaced stays here until you "
                "forget it."
            ),
        ),
        ConfigField(
            "trust_email",
            N_("Believe the address in a signed token"),
            "flag",
            N_("Signed-in users"),
            default=False,
            help=N_("Only where the site itself has made sure that its users own their addresses."),
        ),
    )

    def address(self, text: str) -> str:
        """The site that the widget stands on: a host name, as it is shown to colleagues."""
        text = super().address(text).casefold()
        if "/" in text or "@" in text:
            raise ValueError("Write the name of the site alone, such as shop.example.org.")
        return text

    def translate(self, raw: bytes, inbox: InboxRef, envelope: Mapping[str, Any], received_at: datetime) -> Translated:
        """`raw` is the JSON that the widget sent. `envelope` is what our own socket knows of it: `visitor` or `user`
        (proved), `conversation` (our reply token for the open one), `fresh`, `files` (that we stored), `locale`."""
        try:
            said = json.loads(raw)
        except (ValueError, RecursionError):
            raise Refused("shape", "This is no JSON.") from None
        if not isinstance(said, dict):
            raise Refused("shape", "This is no JSON object.")
        client_id, text = said.get("client_id"), said.get("text", "")
        if not isinstance(client_id, str) or not CLIENT_ID.fullmatch(client_id):
            raise Refused("client_id", "A message needs a client_id of 8 to 64 letters, digits, - or _.")
        if not isinstance(text, str):
            raise Refused("shape", "The text is no text.")
        text = clean_text(text)
        if len(text) > LONGEST:
            raise Refused("long", f"It has {len(text)} characters; a message holds {LONGEST}.", n=len(text))
        files = tuple(_file(f) for f in envelope.get("files") or ())
        if len(files) > MOST_FILES:
            raise Refused("files", f"It has {len(files)} files; a message holds {MOST_FILES}.", n=MOST_FILES)
        if not text and not files:
            raise Refused("text", "It says nothing.")
        visitor, user = str(envelope.get("visitor") or ""), envelope.get("user") or {}
        if user:
            sender = Address("user", f"{user['sub']}@{inbox.address}"[:320], str(user.get("name") or "")[:200])
            because = "the site's signed token says who is signed in"
        elif visitor:
            sender = Address("visitor", visitor, str(envelope.get("name") or "")[:200])
            because = "the signed token of this browser"
        else:
            raise Refused("visitor", "It does not say whose message it is.")
        return InboundMessage(
            channel=self.name,
            inbox_id=inbox.id,
            external_id=f"{visitor}:{client_id}",
            sender=Sender(sender, "verified", because),
            sent_at=received_at,
            text=text,
            subject="" if text else files[0].filename,
            reply_token=envelope.get("conversation") or None,
            client_id=client_id,
            fresh=bool(envelope.get("fresh")),
            attachments=files,
            locale=envelope.get("locale") or None,
        )

    def carriage(self, config: Mapping[str, Any]) -> Carriage:
        """The widget shows them."""
        return Carriage("screen")

    def compose(self, message: OutboundMessage) -> bytes:
        return json.dumps({"id": message.message_id, "text": message.text}, ensure_ascii=False).encode()

    def send(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        """Nothing is left to do: the widget hears of an answer by the commit that recorded it."""
        return SendResult("accepted", provider_id=message.message_id, detail="shown in the widget")

    def check(self, config: Mapping[str, Any]) -> list[Step]:
        """The contract of `Checked.check`: reads the first page of the `site` and looks for the tag of this inbox."""
        began = time.monotonic()
        site, steps = str(config.get("site") or ""), []

        def step(ok: bool, title: str, detail: str) -> None:
            steps.append(Step(ok, title, detail, round(time.monotonic() - began, 2)))

        if not origin_allowed(config, f"https://{site}", str(config.get("own") or "")):
            step(False, "Allowed sites", f"the list of sites does not name https://{site}, so its pages cannot chat")
        try:
            url, page = _page_of(site, bool(config.get("allow_private")))
        except Unreachable as error:
            step(False, "Your site: find the page", str(error))
            return steps
        step(True, "Your site: find the page", f"{url} answers")
        step(*_tag_on(page, str(config.get("site_key") or "")))
        return steps


def _page_of(site: str, allow_private: bool) -> tuple[str, str]:
    """The address and the HTML of a site's first page. Raises Unreachable."""
    client = Client(allow_private=allow_private)
    try:
        try:
            answer = client.call("GET", f"https://{site}/")
        except Unreachable:
            answer = client.call("GET", f"http://{site}/")
    finally:
        client.close()
    if answer.status >= 400:
        raise Unreachable(f"{answer.url} answers with {answer.status}")
    return answer.url, answer.content.decode("utf-8", "replace")


def _tag_on(page: str, key: str) -> tuple[bool, str, str]:
    """Whether a page carries the tag of an inbox, in a sentence that says what to do."""
    title = "Your site: the script tag"
    if key and key in page and "widget.js" in page:
        return True, title, "the tag of this inbox is on the page"
    if "widget.js" in page:
        return False, title, "the page carries a tag, and not that of this inbox: paste the one above in its place"
    return (
        False,
        title,
        "the page does not carry the tag: paste it before the end of the body; what a tag manager adds later cannot be "
        "seen from here",
    )


def _file(told: Mapping[str, Any]) -> Attachment:
    return Attachment(
        filename=str(told["name"])[:200],
        content_type=str(told["type"])[:100],
        size=int(told["size"]),
        sha256=str(told["sha256"]),
        inline=False,
    )


CHANNEL = Chat()
