"""Reads a flow from YAML, and says of everything that is wrong with it what it is and in which line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlsplit

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from desk.flows.definition import CUSTOMER, KINDS, METHODS, Ask, Call, Flow, FlowError, Kind, Said, Step
from desk.flows.nodes import LONGEST_TEXT, PLAIN, Nodes, parsed
from desk.flows.patterns import BadPattern, checked_pattern
from desk.flows.templates import names_in
from desk.i18n import languages

MOST_STEPS, MOST_CHOICES, MOST_EXAMPLES, MOST_FIELDS = 30, 9, 60, 20
LONGEST_EXAMPLE, LONGEST_URL = 200, 500
SLOWEST = 20.0  # seconds that a call may take
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,59}\Z")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-type", "idempotency-key"})
_RESERVED = frozenset({"http", "open", "customer", "secret"})
_DOES = ("say", "ask", "call", "hours", "person")


@lru_cache(maxsize=64)
def read(text: str) -> Flow:
    """A flow from its YAML. Raises FlowError with every problem that it finds."""
    return _Reader().flow(parsed(text))


class _Reader(Nodes):
    """Reads one flow."""

    def __init__(self) -> None:
        super().__init__()
        self.known: set[str] = set()  # what is filled in before the step that is being read
        self.secrets: tuple[str, ...] = ()

    def said(self, node: Node, what: str, longest: int = LONGEST_TEXT) -> Said:
        """One text, or one for each language."""
        if isinstance(node, ScalarNode):
            value = self.text(node, what, longest)
            self.fills(node, value)
            return Said((("en", value),))
        out = []
        for locale, one in self.fields(node, what, languages()).items():
            value = self.text(one, f"{what} in {locale}", longest)
            self.fills(one, value)
            out.append((locale, value))
        if not out:
            self.wrong(node, f"{what} is empty.")
            return Said((("en", ""),))
        return Said(tuple(out))

    def fills(self, node: Node, text: str, also: Iterable[str] = ()) -> None:
        """Each {{ name }} of a text must be known where it stands."""
        allowed = self.known | set(also)
        for name in names_in(text):
            if name not in allowed:
                near = f"known here: {', '.join(sorted(allowed))}" if allowed else "nothing is known here yet"
                self.wrong(node, f"“{{{{ {name} }}}}” is not known at this place; {near}.")

    # What they say

    def flow(self, node: Node) -> Flow:
        given = self.fields(node, "A flow", ("name", "start", "secrets", "steps"))
        name = self.text(given["name"], "The name", 80) if "name" in given else ""
        if "name" not in given:
            self.wrong(node, "A flow has a name.")
        button, examples = self.start(given["start"]) if "start" in given else (None, ())
        if button is None and not examples:
            self.wrong(given.get("start", node), "Say how it starts: start: with a button, or with examples, or both.")
        self.secrets = tuple(self.key(one, "A secret") for one in self.items(given.get("secrets"), "Secrets", 10))
        steps = tuple(self.step(one) for one in self.items(given.get("steps"), "Steps", MOST_STEPS))
        if not steps:
            self.wrong(given.get("steps", node), "A flow has at least one step.")
        if self.problems:
            raise FlowError(self.problems)
        return Flow(name, steps, button, examples, self.secrets)

    def key(self, node: Node, what: str) -> str:
        value = self.text(node, what, 40)
        if value and not KEY.match(value):
            self.wrong(node, f"{what} is named by small letters, digits and _, as order_number.")
        return value

    def start(self, node: Node) -> tuple[Said | None, tuple[tuple[str, tuple[str, ...]], ...]]:
        given = self.fields(node, "start", ("button", "examples"))
        button = self.said(given["button"], "The button", 60) if "button" in given else None
        examples = []
        if "examples" in given:
            for locale, rows in self.fields(given["examples"], "examples", languages()).items():
                found = [
                    self.text(one, "An example", LONGEST_EXAMPLE) for one in self.items(rows, "Examples", MOST_EXAMPLES)
                ]
                examples.append((locale, tuple(found)))
        return button, tuple(examples)

    def step(self, node: Node) -> Step:
        given = self.fields(node, "A step", (*_DOES, "when", "end"))
        does = [name for name in _DOES if name in given]
        line = node.start_mark.line + 1 if node.start_mark is not None else 1
        if len(does) != 1:
            self.wrong(node, f"A step does one thing: {', '.join(_DOES)}.")
            return Step("say", line)
        when = self.when(given["when"]) if "when" in given else ()
        end = self.truth(given.get("end"), "end")
        inside, kind = given[does[0]], does[0]
        if end and kind not in ("say", "hours"):
            self.wrong(given["end"], "Only a step that says something ends a flow; person ends it by itself.")
        if kind == "ask":
            return Step("ask", line, when, ask=self.ask(inside))
        if kind == "call":
            return Step("call", line, when, call=self.call(inside))
        if kind == "hours":
            if not self.truth(inside, "hours"):
                self.wrong(inside, "hours: true says when somebody is there.")
            self.known.add("open")
            return Step("hours", line, when, end=end)
        return Step(cast(Any, kind), line, when, say=self.said(inside, kind), end=end)

    def when(self, node: Node) -> tuple[tuple[str, tuple[str, ...]], ...]:
        out = []
        for name, value in self.fields(node, "when", ()).items():
            if name not in self.known:
                self.wrong(
                    value,
                    f"“{name}” is not known at this step; known here: {', '.join(sorted(self.known)) or 'nothing'}.",
                )
            several = self.items(value, name, 20) if isinstance(value, SequenceNode) else [value]
            words = [self.text(one, name, 100) for one in several]
            out.append((name, tuple({"true": "yes", "false": "no"}.get(w, w) for w in words)))
        return tuple(out)

    def ask(self, node: Node) -> Ask:
        known = ("key", "type", "text", "again", "pattern", "min", "max", "when", "proven", "choices")
        given = self.fields(node, "ask", known)
        for needed in ("key", "text"):
            if needed not in given:
                self.wrong(node, f"ask has a {needed}.")
        kind = cast(Kind, self.one_of(given["type"], "type", KINDS)) if "type" in given else "text"
        only: dict[str, Kind] = {
            "pattern": "text",
            "min": "number",
            "max": "number",
            "when": "date",
            "proven": "email",
            "choices": "choice",
        }
        for name, of in only.items():
            if name in given and kind != of:
                self.wrong(given[name], f"{name} belongs to a question of the type {of}.")
        text = self.said(given["text"], "text") if "text" in given else Said((("en", ""),))
        again = self.said(given["again"], "again") if "again" in given else None
        pattern = self.pattern(given["pattern"]) if "pattern" in given else ""
        choices = self.choices(given.get("choices"), node) if kind == "choice" else ()
        key = self.key(given["key"], "key") if "key" in given else ""
        if key in _RESERVED:
            self.wrong(given["key"], f"“{key}” is a name of the desk's own.")
        elif key in self.known:
            self.wrong(given["key"], f"“{key}” is filled already.")
        self.known.add(key)
        return Ask(
            key=key,
            kind=kind,
            text=text,
            again=again,
            pattern=pattern,
            least=self.number(given.get("min"), "min", -1e12, 1e12),
            most=self.number(given.get("max"), "max", -1e12, 1e12),
            when=cast(Any, self.one_of(given["when"], "when", ("past", "future"))) if "when" in given else "",
            proven=self.truth(given.get("proven"), "proven"),
            choices=choices,
        )

    def pattern(self, node: Node) -> str:
        value = self.text(node, "pattern", 200)
        try:
            checked_pattern(value)
        except BadPattern as bad:
            self.wrong(node, f"The pattern cannot be used: {bad}.")
        return value

    def choices(self, node: Node | None, about: Node) -> tuple[tuple[str, Said], ...]:
        out: dict[str, Said] = {}
        for one in self.items(node, "choices", MOST_CHOICES):
            given = self.fields(one, "A choice", ("key", "text"))
            if set(given) == {"key", "text"}:
                key = self.key(given["key"], "A choice")
                if key in out:
                    self.wrong(one, f"The choice “{key}” stands here twice.")
                out[key] = self.said(given["text"], "text", 60)
            else:
                self.wrong(one, "A choice has a key and a text.")
        if len(out) < 2 and not self.problems:
            self.wrong(node or about, "A question of the type choice has at least two choices.")
        return tuple(out.items())

    def call(self, node: Node) -> Call:
        known = (
            "method",
            "url",
            "query",
            "headers",
            "json",
            "form",
            "timeout",
            "ok",
            "saves",
            "verified",
            "waiting",
            "failed",
        )
        given = self.fields(node, "call", known)
        verified = self.truth(given.get("verified"), "verified")
        also = CUSTOMER if verified else ()
        method = self.one_of(given["method"], "method", METHODS) if "method" in given else "GET"
        url = self.url(given["url"], also) if "url" in given else ""
        if not url and "url" not in given:
            self.wrong(node, "call has a url.")
        if "json" in given and "form" in given:
            self.wrong(given["form"], "A call has a json or a form, not both.")
        for name in ("json", "form"):
            if name in given and method == "GET":
                self.wrong(given[name], f"GET carries no {name}: use query, or another method.")
        secrets = tuple(f"secret.{name}" for name in self.secrets)
        body = self.body(given["json"], (*also, *secrets)) if "json" in given else None
        form = self.pairs(given.get("form"), "form", (*also, *secrets))
        query = self.pairs(given.get("query"), "query", also)
        headers = self.headers(given.get("headers"), secrets)
        timeout = self.number(given.get("timeout"), "timeout", 1, SLOWEST) or 8.0
        ok = tuple(int(self.number(one, "ok", 200, 499) or 200) for one in self.items(given.get("ok"), "ok", 10))
        waiting = self.said(given["waiting"], "waiting") if "waiting" in given else None
        failed = self.said(given["failed"], "failed") if "failed" in given else None
        saves = []
        if "saves" in given:
            for name, path in self.fields(given["saves"], "saves", ()).items():
                if not KEY.match(name) or name in _RESERVED or name in self.known:
                    self.wrong(
                        path, f"“{name}” cannot be a name here: it is taken, or not of small letters, digits and _."
                    )
                saves.append((name, tuple(self.text(path, name, 200).split("."))))
                self.known.add(name)
        self.known.add("http")
        return Call(
            method=method,
            url=url,
            query=query,
            headers=headers,
            json=body,
            form=form,
            timeout=timeout,
            ok=ok or Call("GET", "").ok,
            saves=tuple(saves[:MOST_FIELDS]),
            verified=verified,
            waiting=waiting,
            failed=failed,
        )

    def url(self, node: Node, also: Iterable[str]) -> str:
        value = self.text(node, "url", LONGEST_URL)
        try:
            parts = urlsplit(value)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            self.wrong(node, "That is not an address.")
            return value
        del port
        if parts.scheme not in ("http", "https") or not host or "{" in parts.netloc or "@" in parts.netloc:
            self.wrong(node, "url begins with https:// and names a host, in which nothing is filled in.")
        if parts.query or parts.fragment:
            self.wrong(node, "What comes after the ? belongs into query, where it is encoded.")
        self.fills(node, value, also)
        return value

    def pairs(self, node: Node | None, what: str, also: Iterable[str]) -> tuple[tuple[str, str], ...]:
        if node is None:
            return ()
        out = []
        for name, one in self.fields(node, what, ()).items():
            value = self.text(one, name, LONGEST_TEXT)
            self.fills(one, value, also)
            out.append((name, value))
        return tuple(out[:MOST_FIELDS])

    def headers(self, node: Node | None, secrets: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Only what an admin wrote stands in a header: no word of a customer's, however it were encoded."""
        out = []
        for name, one in self.fields(node, "headers", ()).items() if node is not None else ():
            value = self.text(one, name, 500)
            if not _HEADER.match(name) or name.lower() in _OURS:
                self.wrong(one, f"“{name}” cannot be set as a header.")
            if "\n" in value or not value.isascii():
                self.wrong(one, f"The header {name} is one line of plain letters.")
            for filled in names_in(value):
                if filled not in secrets:
                    self.wrong(
                        one,
                        f"In a header only secrets are filled in ({', '.join(secrets) or 'none'}), not “{filled}”.",
                    )
            out.append((name, value))
        return tuple(out[:MOST_FIELDS])

    def body(self, node: Node, also: Iterable[str]) -> Any:
        """JSON as it is written, its texts to be filled in."""
        if isinstance(node, MappingNode):
            return {name: self.body(one, also) for name, one in self.fields(node, "json", ()).items()}
        if isinstance(node, SequenceNode):
            return [self.body(one, also) for one in self.items(node, "json", 50)]
        assert isinstance(node, ScalarNode)
        if node.tag not in PLAIN:
            self.wrong(node, "json is made of texts, numbers, lists and names with values.")
            return None
        kind = node.tag.rpartition(":")[2]
        plain: dict[str, Callable[[str], Any]] = {
            "int": int,
            "float": float,
            "null": lambda _: None,
            "bool": lambda v: v.lower() in ("true", "yes", "on"),
        }
        if kind in plain:
            try:
                return plain[kind](node.value)
            except ValueError:
                return node.value
        self.fills(node, node.value, also)
        return node.value
