"""What every app of a run has alike is compiled once: a test has an app of its own, with some 500 routes and its pages,
and compiling these was half of what a test of a page took."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class Templates(BytecodeCache):
    """Compiled templates in memory, each for as long as its text is the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._known[bucket.key, bucket.checksum] = bucket.code


def compile_once() -> None:
    """Lets apps that are made from now on share compiled templates and compiled builders of addresses."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Templates()}
    compiled: dict[tuple[Any, ...], FunctionType] = {}
    compiling: Callable[..., Any] = Rule._compile_builder

    def builder(self: Rule, append_unknown: bool = True) -> Any:
        # All that the code is made of; converters it looks up in the rule that it is called for.
        key = (self.rule, tuple(self._trace), repr(sorted((self.defaults or {}).items())), append_unknown)
        if key not in compiled:
            compiled[key] = compiling(self, append_unknown)
        return compiled[key]

    Rule._compile_builder = builder  # type: ignore[method-assign, assignment]
