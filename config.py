"""How this desk is deployed, read from the environment. What an admin changes while it runs is a setting."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent


_ACCESS = ("ENDPOINT", "REGION", "KEY", "SECRET", "TOKEN")


class Secrets(dict[str, str]):
    """Values that no log and no page shows, be it by accident."""

    def __repr__(self) -> str:
        return "(not shown)"


class ConfigError(ValueError):
    """A variable of the environment that cannot be right; the message says which, and what it takes."""


def read(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The configuration of one desk, for `app.config`. Raises ConfigError."""
    port = _number(environ, "PORT", 5000, 1, 65535)
    data = Path(environ.get("DATA") or ROOT / "data").expanduser().resolve()
    public_url = _public_url(environ.get("PUBLIC_URL") or f"http://127.0.0.1:{port}")
    secure = public_url.startswith("https://")
    sockets = _number(environ, "SOCKET_CAP", 200, 1, 20000)
    visitors = _number(environ, "VISITOR_SOCKET_CAP", 200, 1, 20000)
    database = _database(environ.get("DATABASE_URL") or f"sqlite:///{data / 'desk.sqlite'}")
    return {
        # The folder of the database (SQLite), the files, the key ring and the logs of first start. Back this up.
        "DATA_DIR": data,
        # sqlite:///… for one process on one machine; postgresql://… where the desk runs in several processes.
        "DATABASE_URL": database,
        # Passed to the engine. A web process asks for one connection a busy thread; idle sockets hold none.
        "ENGINE_OPTIONS": _engine_options(database),
        # One base64 secret a line, newest first; made on the first start. Signs links and seals stored passwords.
        "KEYS_FILE": Path(environ.get("KEYS_FILE") or data / "keys").expanduser().resolve(),
        # Where customers and staff reach this desk. Links in mails and the addresses in them are made from it.
        "PUBLIC_URL": public_url,
        # Where the web server listens. 127.0.0.1 keeps a desk without a proxy to its own machine.
        "HOST": environ.get("HOST") or "127.0.0.1",
        "PORT": port,
        # How many proxies in front of us speak the truth in X-Forwarded-*; more than there are lets visitors lie.
        "TRUSTED_PROXIES": _number(environ, "TRUSTED_PROXIES", 0, 0, 10),
        # Open browser sockets that one process takes; one past it is refused cleanly, and its page polls instead.
        "SOCKET_CAP": sockets,
        # The same for visitors of the widget, who have an engine of their own: a crowd there closes no console.
        "VISITOR_SOCKET_CAP": visitors,
        # Threads of the web server: every socket holds one, and plain requests need a reserve of their own.
        "THREADS": sockets + visitors + 20 + _number(environ, "REQUEST_THREADS", 16, 4, 1000),
        # `thread`: the web process works the jobs off. `none`: `flask worker` processes do (PostgreSQL).
        "WORKER": _choice(environ, "WORKER", ("thread", "none")),
        # redis://… wakes workers and carries pushes between web processes; one process needs none.
        "REDIS_URL": environ.get("REDIS_URL", ""),
        # Our own mail receiver. 0 switches a door off.
        "SMTP_HOST": environ.get("SMTP_HOST") or "127.0.0.1",
        "SMTP_PORT": _number(environ, "SMTP_PORT", 0, 0, 65535),
        "LMTP_PORT": _number(environ, "LMTP_PORT", 0, 0, 65535),
        # The biggest mail that this machine takes by SMTP and IMAP, in bytes, whatever the setting "Largest mail" says.
        "MAIL_MAX_BYTES": _number(environ, "MAIL_MAX_BYTES", 50 << 20, 1 << 20, 1 << 30),
        # A ClamAV daemon that looks at files of mails before anybody can have them: host:port, or its socket file.
        "CLAMD": _clamd(environ.get("CLAMD", "").strip()),
        # Where raw mails and files are kept: `disk` (in DATA), or s3://bucket/prefix of any storage that speaks S3; see
        # docs/files.md. BLOBS_ENDPOINT names one that is not Amazon's.
        "BLOBS": _blobs(environ.get("BLOBS", "").strip()),
        "BLOBS_ACCESS": _access(environ),
        # Seconds that one request to it may take; a file of more than eight megabytes is several.
        "BLOBS_TIMEOUT": _number(environ, "BLOBS_TIMEOUT", 10, 1, 600),
        # The biggest body of a web request, and of all the plain fields of a form together, in bytes.
        "MAX_CONTENT_LENGTH": _number(environ, "MAX_CONTENT_LENGTH", 32 << 20, 1 << 16, 1 << 30),
        "MAX_FORM_MEMORY_SIZE": 1 << 20,
        # 1: calls of the desk may go into private networks, where a provider or a webhook of your own stands in one.
        "ALLOW_PRIVATE": _choice(environ, "ALLOW_PRIVATE", ("0", "1")) == "1",
        # `__Host-` ties the cookie to this host and to TLS, where there is TLS.
        "SESSION_COOKIE_NAME": "__Host-desk" if secure else "desk",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        # A local Hugging Face folder to embed texts with, on PyTorch (the extra [torch]); empty: the model we ship.
        "MODEL_DIR": Path(environ["MODEL_DIR"]).expanduser().resolve() if environ.get("MODEL_DIR") else None,
        # A model that may put the bot's answers in other words, where an admin switches it on: the address of anything
        # that speaks as OpenAI's interface does, such as http://127.0.0.1:11434/v1. See docs/models.md.
        "WRITER_URL": _web(environ, "WRITER_URL"),
        "WRITER_MODEL": environ.get("WRITER_MODEL", "").strip(),
        "WRITER_KEY": environ.get("WRITER_KEY", "").strip(),
        "WRITER_SECONDS": _number(environ, "WRITER_SECONDS", 6, 1, 60),
        # debug, info, warning or error.
        "LOG_LEVEL": _choice(environ, "LOG_LEVEL", ("info", "debug", "warning", "error")).upper(),
        # Whether the first start fills an empty desk with the sample data.
        "DEMO": _choice(environ, "DEMO", ("1", "0")) == "1",
        # The login of the first admin, made on the first start with a random password that is printed once.
        "ADMIN_EMAIL": environ.get("ADMIN_EMAIL") or "admin@desk.example",
    }


def _number(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name, "").strip()
    try:
        value = int(text or default)
    except ValueError:
        raise ConfigError(f"{name} must be a whole number, not {text!r}") from None
    if not low <= value <= high:
        raise ConfigError(f"{name} must be from {low} to {high}, not {value}")
    return value


def _choice(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = environ.get(name, "").strip().lower() or choices[0]
    if value not in choices:
        raise ConfigError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
    return value


def _web(environ: Mapping[str, str], name: str) -> str:
    url = environ.get(name, "").strip().rstrip("/")
    if url and not url.startswith(("http://", "https://")):
        raise ConfigError(f"{name} must begin with http:// or https://, not {url!r}")
    return url


def _clamd(address: str) -> str:
    host, _, port = address.rpartition(":")
    if address and not address.startswith("/") and not (host and port.isdigit() and 0 < int(port) < 65536):
        raise ConfigError(f"CLAMD must be host:port or the path of a socket, not {address!r}")
    return address


def _blobs(place: str) -> str:
    parts = urlsplit(place)
    if place in ("", "disk"):
        return "disk"
    if parts.scheme != "s3" or not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc) or parts.query:
        raise ConfigError("BLOBS must be disk, or look like s3://bucket/prefix")
    return place.rstrip("/")


def _access(environ: Mapping[str, str]) -> Secrets:
    """How the object storage is reached. Half a key is refused here, because the storage would only say that it is
    wrong."""
    found = Secrets({name.lower(): environ.get(f"BLOBS_{name}", "").strip() for name in _ACCESS})
    if bool(found["key"]) != bool(found["secret"]):
        raise ConfigError("BLOBS_KEY and BLOBS_SECRET must both be set, or neither")
    if found["endpoint"] and not re.match(r"https?://[^/@]+/?$", found["endpoint"]):
        raise ConfigError("BLOBS_ENDPOINT must look like https://storage.example.org")
    return found


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(f"PUBLIC_URL must look like https://desk.example.org, not {url!r}")
    return url.rstrip("/")


def _database(url: str) -> str:
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigError("DATABASE_URL must begin with sqlite:/// or postgresql://")
    return url


def _engine_options(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"pool_size": 16, "max_overflow": 32}
    # The connection that was used last is used next: each plans statements by itself, and a cold one does it anew.
    return {"pool_size": 8, "max_overflow": 24, "pool_recycle": 1800, "pool_use_lifo": True}
