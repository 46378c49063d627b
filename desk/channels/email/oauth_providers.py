"""Where mailboxes get their consent: Google, Microsoft 365, and the addresses that an inbox tells itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from desk.channels.base import ConfigField
from desk.i18n import N_

GROUP = N_("OAuth 2.0")
OTHER = N_("OAuth 2.0, another provider")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TENANT = re.compile(r"[A-Za-z0-9.-]{1,100}")
_ABOUT_US = frozenset({"openid", "email", "profile", "offline_access"})  # ask who it is and for how long, not for mail


def check_url(text: str) -> None:
    """Raises ValueError with a sentence where a code or a token could be read on its way."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        raise ValueError("That is not an address") from None
    if not host or parts.username or parts.fragment:
        raise ValueError("Type an address such as https://login.example.org/token")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise ValueError("The address must begin with https://")


def check_tenant(text: str) -> None:
    if not _TENANT.fullmatch(text):
        raise ValueError("A tenant is a domain or an ID, or one of common, organizations and consumers")


FIELDS = (
    ConfigField("oauth_provider", N_("Provider"), "choice", GROUP, default="other",
                choices=("google", "microsoft", "other")),
    ConfigField("oauth_client_id", N_("Client ID"), group=GROUP,
                help=N_("of the application that you registered at the provider, with the redirect address below")),
    ConfigField("oauth_client_secret", N_("Client secret"), "secret", GROUP, help=N_("empty for public clients")),
    ConfigField("oauth_tenant", N_("Tenant (Microsoft 365)"), group=GROUP, check=check_tenant,
                help=N_("its domain or ID; empty: any organisation")),
    ConfigField("oauth_refresh_token", N_("Refresh token"), "secret", GROUP,
                help=N_("made by connecting; typed only where it was granted elsewhere")),
    ConfigField("oauth_authorize_url", N_("Address for consent"), group=OTHER, check=check_url, of="other"),
    ConfigField("oauth_token_url", N_("Address for tokens"), group=OTHER, check=check_url, of="other"),
    ConfigField("oauth_revoke_url", N_("Address for revoking"), group=OTHER, check=check_url, of="other",
                help=N_("empty: tokens are only forgotten here")),
    ConfigField("oauth_scope", N_("Scopes"), group=OTHER, of="other",
                help=N_("parted by spaces; with offline_access where the provider needs it for a refresh token")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Provider:
    """One place that gives consent. `hint` goes along with the question, `servers` stand in for what is empty."""

    name: str  # as a page says it
    authorize: str
    token: str
    revoke: str  # empty where there is none
    scope: str
    hint: tuple[tuple[str, str], ...] = ()
    servers: tuple[tuple[str, str], ...] = ()

    def missing(self, granted: str) -> list[str]:
        """Which of the scopes that mail needs were not granted. Providers write a scope with or without its address."""
        have = {_bare(scope) for scope in granted.split()}
        return [s for s in self.scope.split() if s.casefold() not in _ABOUT_US and _bare(s) not in have]


def _bare(scope: str) -> str:
    return scope.casefold().rstrip("/").rpartition("/")[2]


def provider(config: Mapping[str, Any]) -> Provider:
    """The provider of an inbox, by its configuration; what is not told is empty."""
    chosen = config.get("oauth_provider")
    if chosen == "google":
        return Provider(
            "Google",
            "https://accounts.google.com/o/oauth2/v2/auth",
            "https://oauth2.googleapis.com/token",
            "https://oauth2.googleapis.com/revoke",
            "openid email https://mail.google.com/",
            # Without these two, Google gives a refresh token the very first time only.
            (("access_type", "offline"), ("prompt", "consent")),
            (("imap_host", "imap.gmail.com"), ("smtp_host", "smtp.gmail.com")),
        )
    if chosen == "microsoft":
        base = f"https://login.microsoftonline.com/{config.get('oauth_tenant') or 'organizations'}/oauth2/v2.0"
        outlook = "https://outlook.office.com/"
        return Provider(
            "Microsoft 365",
            f"{base}/authorize",
            f"{base}/token",
            "",
            f"openid email offline_access {outlook}IMAP.AccessAsUser.All {outlook}SMTP.Send",
            (("prompt", "select_account"),),
            (("imap_host", "outlook.office365.com"), ("smtp_host", "smtp.office365.com")),
        )
    token = str(config.get("oauth_token_url") or "")
    return Provider(
        urlsplit(token).hostname or "",
        str(config.get("oauth_authorize_url") or ""),
        token,
        str(config.get("oauth_revoke_url") or ""),
        " ".join(str(config.get("oauth_scope") or "").split()),
    )
