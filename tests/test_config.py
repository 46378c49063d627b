"""A deployment's variables: what they default to, and what a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

import config


def test_a_desk_without_variables_runs_on_this_machine_only() -> None:
    values = config.read({})
    assert values["DATABASE_URL"] == f"sqlite:///{config.ROOT / 'data' / 'desk.sqlite'}"
    assert (values["HOST"], values["PUBLIC_URL"]) == ("127.0.0.1", "http://127.0.0.1:5000")
    assert values["SMTP_PORT"] == values["LMTP_PORT"] == values["TRUSTED_PROXIES"] == 0
    assert values["SESSION_COOKIE_NAME"] == "desk"
    assert not values["SESSION_COOKIE_SECURE"]


def test_the_address_follows_the_port_and_tls_makes_the_cookie_secure(tmp_path: Path) -> None:
    assert config.read({"PORT": "5055"})["PUBLIC_URL"] == "http://127.0.0.1:5055"
    values = config.read({"PUBLIC_URL": "https://desk.example.org/", "DATA": str(tmp_path)})
    assert values["PUBLIC_URL"] == "https://desk.example.org"
    assert values["SESSION_COOKIE_SECURE"]
    assert values["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert values["KEYS_FILE"] == tmp_path / "keys"


def test_plain_requests_keep_threads_beside_the_sockets() -> None:
    values = config.read({"SOCKET_CAP": "20", "VISITOR_SOCKET_CAP": "30", "REQUEST_THREADS": "8"})
    assert values["THREADS"] == 20 + 30 + 20 + 8  # twenty more to tell visitors past the cap why they are refused


@pytest.mark.parametrize("url", ["postgres://desk@db/desk", "postgresql://desk@db/desk"])
def test_a_postgresql_address_names_no_driver(url: str) -> None:
    assert config.read({"DATABASE_URL": url})["DATABASE_URL"] == "postgresql+psycopg://desk@db/desk"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("WORKER", "celery"),
        ("DATABASE_URL", "mysql://desk"),
        ("PUBLIC_URL", "desk.example.org"),
        ("PUBLIC_URL", "javascript:alert(1)"),
        ("LOG_LEVEL", "loud"),
        ("DEMO", "perhaps"),
        ("CLAMD", "clamd.example"),
        ("BLOBS", "ftp://kept"),
        ("BLOBS", "s3://"),
        ("BLOBS", "s3://key:secret@kept/here"),
        ("BLOBS_SECRET", "half of a key"),
        ("BLOBS_ENDPOINT", "storage.example"),
        ("BLOBS_ENDPOINT", "https://key:secret@storage.example"),
        ("BLOBS_TIMEOUT", "0"),
    ],
)
def test_a_wrong_variable_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(config.ConfigError, match=name) as error:
        config.read({name: value})
    assert "\n" not in str(error.value)


def test_the_key_of_the_storage_is_in_no_text_of_the_configuration() -> None:
    values = config.read({"BLOBS": "s3://kept/here/", "BLOBS_KEY": "a key of ours", "BLOBS_SECRET": "its secret"})
    assert values["BLOBS"] == "s3://kept/here"
    assert (values["BLOBS_ACCESS"]["key"], values["BLOBS_ACCESS"]["secret"]) == ("a key of ours", "its secret")
    assert "a key of ours" not in str(values)
    assert "its secret" not in f"{values}"
