"""The key ring: sealed secrets, signatures by purpose, rotation."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.keys import BadSignature, KeyRing

OLD, NEW = b"o" * 32, b"n" * 32
ring = KeyRing([NEW])


@given(st.text())
def test_a_sealed_secret_opens_again_and_is_not_readable(clear: str) -> None:
    sealed = ring.seal(clear)
    assert ring.open(sealed) == clear
    if len(clear) > 3:
        assert clear not in sealed


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=4))
def test_a_token_is_good_for_its_purpose_only(payload: dict[str, int | str]) -> None:
    token = ring.sign("survey", payload)
    assert ring.verify("survey", token) == payload
    with pytest.raises(BadSignature):
        ring.verify("reset", token)


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_token_is_refused(place: int, by: int) -> None:
    token = ring.sign("survey", {"id": 12, "n": "abc"})
    place %= len(token)
    changed = token[:place] + chr(33 + (ord(token[place]) - 33 + by) % 90) + token[place + 1 :]
    if changed.lower() == token.lower() and place > token.rfind("."):
        return  # the signature survives folding of case, on purpose
    if changed != token:
        with pytest.raises(BadSignature):
            ring.verify("survey", changed)


@given(st.text())
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadSignature):
        ring.verify("survey", text)


def test_rotation_opens_what_the_old_key_sealed_and_seals_with_the_new_one() -> None:
    before, after, without = KeyRing([OLD]), KeyRing([NEW, OLD]), KeyRing([NEW])
    sealed, token = before.seal("pass"), before.sign("survey", {"id": 1})
    assert after.open(sealed) == "pass"
    assert after.verify("survey", token) == {"id": 1}
    assert without.open(after.seal("word")) == "word"
    with pytest.raises(BadSignature):
        without.open(sealed)


def test_the_ring_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys"
    first = KeyRing.load(path)
    assert KeyRing.load(path).verify("x", first.sign("x", {"a": 1})) == {"a": 1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["keys"]
