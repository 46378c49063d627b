"""The links: what they show, whom they let in, and that looking records nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import people, surveys
from desk.clock import SetClock
from desk.keys import KeyRing
from desk.store import Store
from desk.surveys.links import _base36
from desk.surveys.tables import Invitation
from tests.surveys.situations import asked, everything


def test_a_link_fits_a_mail_line_and_survives_what_mail_does_to_it(store: Store) -> None:
    with store.transaction() as tx:
        ask = asked(tx)
        url = surveys.url_of(tx, tx.get_one(Invitation, ask.invitation_id))
        assert len(f"{url}?score=5") < 78
        assert url.endswith(ask.token)
        for mangled in (ask.token.upper(), f" {ask.token}\n"):
            assert surveys.open_link(tx, mangled).kind == "ready"


@given(st.integers(0, 2**63 - 1))
def test_base36_is_what_int_reads(number: int) -> None:
    assert int(_base36(number), 36) == number


def test_every_other_token_is_invalid(store: Store) -> None:
    with store.transaction() as tx:
        ask, other = asked(tx), asked(tx)
        number, _, mac = ask.token.partition(".")
        forged = [
            "",
            ".",
            ask.token[:-1],
            ask.token[: len(ask.token) // 2],
            f"{ask.token}a",
            f"{number}.{'a' * 26}",
            f"{other.token.partition('.')[0]}.{mac}",  # another invitation's number under this one's signature
            f"{_base36(999_999)}.{mac}",
            f"{_base36(2**63)}.{mac}",
            "zzzzzzzzzzzzz." + mac,
            f"{number}.{tx.keys.mac('reset', f'{ask.invitation_id}.x')}",
            f"{number}.{mac[:-1]}é",
            "९." + mac,  # a digit, but not one of ours
            f"{number}.{mac}\x00",
            "x" * 100_000,
        ]
        for token in forged:
            assert surveys.open_link(tx, token) == surveys.LinkState("invalid"), token[:60]
            with pytest.raises(surveys.LinkClosed) as closed:
                surveys.answer(tx, token, 5)
            assert closed.value.kind == "invalid"
            assert surveys.stop(tx, token).kind == "invalid"


def test_no_single_changed_letter_is_let_in(store: Store) -> None:
    with store.transaction() as tx:
        ask = asked(tx)
        for i, letter in enumerate(ask.token):
            for instead in "a2.z":
                if instead != letter:
                    assert surveys.open_link(tx, ask.token[:i] + instead + ask.token[i + 1 :]).kind == "invalid"


def test_replaced_links_end_and_the_new_one_works(store: Store) -> None:
    with store.transaction() as tx:
        ask = asked(tx)
        fresh = surveys.replace_links(tx, ask.invitation_id)
        assert surveys.open_link(tx, ask.token).kind == "invalid"
        assert surveys.open_link(tx, fresh).kind == "ready"


def test_links_outlive_a_new_key_but_not_the_loss_of_theirs(store: Store) -> None:
    with store.transaction() as tx:
        ask = asked(tx)
        old = b"a key of thirty-two bytes, no less"
        new = b"another key of thirty-two bytes!!"
        tx.keys = KeyRing([new, old])
        assert surveys.open_link(tx, ask.token).kind == "ready"
        tx.keys = KeyRing([new])
        assert surveys.open_link(tx, ask.token).kind == "invalid"


def test_a_link_closes_at_its_time(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ask = asked(tx)
    clock.advance(timedelta(days=14) - timedelta(seconds=1))
    with store.reading() as tx:
        assert surveys.open_link(tx, ask.token).kind == "ready"
    clock.advance(timedelta(seconds=1))
    with store.transaction() as tx:
        assert surveys.open_link(tx, ask.token).kind == "expired"
        with pytest.raises(surveys.LinkClosed) as closed:
            surveys.answer(tx, ask.token, 5)
        assert closed.value.kind == "expired"


@pytest.mark.parametrize(
    ("score", "picked"),
    [("4", 4), ("1", 1), ("5", 5), ("0", None), ("6", None), ("9", None), ("-1", None), ("4.0", None), ("", None),
     ("٤", None), ("1e0", None), ("999999999999", None), (None, None)],
)  # fmt: skip
def test_what_a_link_proposes(store: Store, score: str | None, picked: int | None) -> None:
    with store.transaction() as tx:
        assert surveys.open_link(tx, asked(tx).token, score).preselect == picked


def test_looking_records_nothing(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ask = asked(tx)
    with store.reading() as tx:
        before = everything(tx)
    with store.transaction() as tx:  # in a transaction that could write, even
        for score in (None, "1", "5", "9"):
            surveys.open_link(tx, ask.token, score)
    with store.reading() as tx:
        assert everything(tx) == before


def test_stopping_and_taking_it_back(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ask = asked(tx)
        assert surveys.stop(tx, ask.token).kind == "stopped"
    first_stop = clock.now()
    clock.advance(timedelta(days=30))  # from a link that has expired by now, and twice
    with store.transaction() as tx:
        state = surveys.stop(tx, ask.token)
        assert (state.kind, state.stopped) == ("expired", True)
        assert people.customer(tx, ask.customer_id).surveys_stopped_at == first_stop
    with store.transaction() as tx:
        assert surveys.resume(tx, ask.token).stopped is False
        assert people.customer(tx, ask.customer_id).surveys_stopped_at is None
