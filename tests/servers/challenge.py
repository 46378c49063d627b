"""A provider of challenges on this machine: its script shows a button, and its answers are good once, as hCaptcha's."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from tests.servers.listening import Asked, Handler, listening

SITE_KEY, SECRET = "10000000-ffff-ffff-ffff-000000000001", "0x0000000000000000000000000000000000000000"
SCRIPT = """
window.NAME = {
  render(node, options) {
    const button = document.createElement("button");
    button.textContent = "I am human";
    button.onclick = async () => {
      options["open-callback"]?.();
      const answer = await fetch(new URL("/solve?key=" + options.sitekey, SOURCE));
      options.callback(await answer.text());
    };
    node.append(button);
    return "0";
  },
  reset() {},
};
window[new URL(SOURCE).searchParams.get("onload")]();
"""


@dataclass
class Provider(Asked):
    """`down` answers nothing that can be read; `good` are the answers that were given and not yet checked."""

    down: bool = False
    scripts: int = 0
    good: set[str] = field(default_factory=set)
    name: str = "hcaptcha"

    def solved(self) -> str:
        self.good.add(token := secrets.token_urlsafe(20))
        return token

    def settings(self, **more: object) -> dict[str, object]:
        """What an inbox is configured with."""
        return {
            "challenge": "always",
            "challenge_site_key": SITE_KEY,
            "challenge_secret": SECRET,
            "challenge_script": f"{self.url}/1/api.js",
            "challenge_verify": f"{self.url}/siteverify",
        } | more


class _Provider(Handler):
    asked: Provider

    def do_GET(self) -> None:
        self.hear()
        if self.asked.down:
            self.say(503, b"away", "text/plain")
            return
        if self.path.startswith("/solve"):
            self.say(200, self.asked.solved().encode(), "text/plain", **{"Access-Control-Allow-Origin": "*"})
            return
        self.asked.scripts += 1
        script = SCRIPT.replace("NAME", self.asked.name).replace("SOURCE", json.dumps(f"{self.asked.url}{self.path}"))
        self.say(200, script.encode(), "text/javascript")

    def do_POST(self) -> None:
        said = parse_qs(self.hear().decode())
        if self.asked.down:
            self.say(503, b"away", "text/plain")
            return
        token, secret = said.get("response", [""])[0], said.get("secret", [""])[0]
        if secret != SECRET:
            told: dict[str, object] = {"success": False, "error-codes": ["invalid-input-secret"]}
        elif token in self.asked.good:
            self.asked.good.discard(token)
            told = {"success": True, "hostname": "desk.example.org"}
        else:
            told = {"success": False, "error-codes": ["invalid-or-already-seen-response"]}
        self.say(200, json.dumps(told).encode())


@contextmanager
def provider() -> Iterator[Provider]:
    """Serves until the block ends."""
    asked = Provider()
    with listening(asked, _Provider):
        yield asked
