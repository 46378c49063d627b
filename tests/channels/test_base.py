"""The contract of channels: found by themselves, and configured with what is checked."""

from __future__ import annotations

import pytest

from desk.channels import ConfigField, discover


def test_every_channel_is_found_by_its_name() -> None:
    found = discover()
    assert found["email"].name == "email"
    assert all(name == channel.name for name, channel in found.items())


def test_secrets_of_an_inbox_are_declared_as_such() -> None:
    secret = {f.name for f in discover()["email"].config_fields if f.secret}
    assert secret == {
        "smtp_password", "imap_password", "hook_secret", "oauth_client_secret", "oauth_refresh_token",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        (ConfigField("port", "Port", "number", minimum=1, maximum=65535), " 993 ", 993),
        (ConfigField("port", "Port", "number", default=25), "", 25),
        (ConfigField("on", "On", "flag"), "on", True),
        (ConfigField("on", "On", "flag"), "off", False),
        (ConfigField("host", "Server"), " mail.example ", "mail.example"),
        (ConfigField("password", "Password", "secret"), " kept as typed ", " kept as typed "),
    ],
)
def test_what_is_typed_becomes_its_type(field: ConfigField, typed: str, kept: object) -> None:
    assert field.clean(typed) == kept


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        (ConfigField("port", "Port", "number", minimum=1, maximum=65535), "0"),
        (ConfigField("port", "Port", "number"), "many"),
        (ConfigField("how", "How", "choice", choices=("a", "b")), "c"),
        (ConfigField("host", "Server", required=True), ""),
        (ConfigField("host", "Server"), "mail.example\r\nEHLO x"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_that_names_the_field(field: ConfigField, typed: str) -> None:
    with pytest.raises(ValueError, match=field.label):
        field.clean(typed)
