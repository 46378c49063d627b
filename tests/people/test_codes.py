"""Proving an address: claims that prove nothing, codes that do, and links that record only what is posted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from desk import people
from desk.clock import SetClock
from desk.people import CannotAsk, Code, Confirmed, Identity, Refused
from desk.people import codes as codes_module
from desk.people.tables import Confirmation
from desk.store import Store, Tx
from tests.factories import make_customer, make_identity


def visitor(tx: Tx, name: str = "") -> Identity:
    """Somebody in the chat, of whom nothing is known but their browser."""
    person = make_customer(tx, name=name)
    return make_identity(tx, person, f"browser-{person.id}", kind="visitor", evidence="verified")


def claimed(tx: Tx, who: Identity, address: str = "dana@whitfield.example", kind: str = "email") -> Identity:
    return people.claim(tx, who.customer_id, kind, address, because="typed in the chat", at=tx.now(), by=who)


def wrong(code: Code) -> str:
    return f"{(int(code.digits) + 1) % 1_000_000:06}"


def test_a_claim_proves_nothing_and_is_noted_once(store: Store) -> None:
    with store.transaction() as tx:
        who = visitor(tx)
        first = claimed(tx, who)
        assert (first.evidence, first.customer_id, first.verified_at) == ("claimed", who.customer_id, None)
        assert claimed(tx, who, " DANA@whitfield.example ").id == first.id
        for bad in ("", "dana", "dana@", "a b@c.example", "x" * 400 + "@y.example", "a@b.example\nBcc: c@d.example"):
            with pytest.raises(people.BadClaim):
                claimed(tx, who, bad)


def test_one_person_cannot_claim_the_whole_world(store: Store) -> None:
    with store.transaction() as tx:
        who = visitor(tx)
        for n in range(10):
            claimed(tx, who, f"dana{n}@whitfield.example")
        with pytest.raises(people.BadClaim):
            claimed(tx, who, "one.more@whitfield.example")


@pytest.mark.parametrize("elsewhere", [None, "inferred", "verified"])
def test_whether_an_address_is_known_shows_in_nothing_that_the_typist_gets(store: Store, elsewhere: str | None) -> None:
    with store.transaction() as tx:
        if elsewhere is not None:
            owner = make_customer(tx, "owner@whitfield.example", name="Dana Whitfield")
            make_identity(tx, owner, "dana@whitfield.example", evidence=elsewhere)
        who = visitor(tx)
        claim = claimed(tx, who)
        seen = (claim.value, claim.name, claim.evidence, claim.because, claim.details)
        assert seen == ("dana@whitfield.example", "", "claimed", "typed in the chat", {})
        code = people.ask_code(tx, claim)
        assert code.send
        assert people.confirm(tx, claim.id, wrong(code)) == Refused("wrong", 4)
        assert people.confirm(tx, claim.id, "nonsense") == Refused("shape", 4)
        said = people.confirm(tx, claim.id, code.digits)
        assert said == Confirmed(claim.id, who.customer_id)


def test_what_is_asked_of_the_database_is_the_same_for_a_known_address(store: Store) -> None:
    """The same statements take the same time."""
    with store.transaction() as tx:
        owner = make_customer(tx, "owner@whitfield.example")
        make_identity(tx, owner, "dana@whitfield.example", evidence="verified")
        asked: dict[str, list[str]] = {}
        for address in ("dana@whitfield.example", "nobody@whitfield.example"):
            who, lines = visitor(tx), asked.setdefault(address, [])

            def note(_c: object, _cur: object, statement: str, *_more: object, into: list[str] = lines) -> None:
                into.append(statement)

            event.listen(store.engine, "before_cursor_execute", note)
            try:
                people.ask_code(tx, claimed(tx, who, address))
            finally:
                event.remove(store.engine, "before_cursor_execute", note)
        known, unknown = asked.values()
        assert known == unknown
        assert known


def test_the_code_that_was_sent_proves_the_address(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        claim = claimed(tx, visitor(tx))
        code = people.ask_code(tx, claim)
        row = tx.get_one(Confirmation, code.confirmation_id)
        assert code.digits not in (row.code_mac, row.secret), "nobody can read it in the database"
    clock.advance(timedelta(minutes=14))
    with store.transaction() as tx:
        spaced = f" {code.digits[:3]}-{code.digits[3:]} "
        assert isinstance(people.confirm(tx, claim.id, spaced), Confirmed)
        proved = people.identity(tx, claim.id)
        assert (proved.evidence, proved.because) == ("verified", "a code sent there came back")
        assert proved.verified_at == tx.now()


def test_a_code_ends_after_a_quarter_of_an_hour(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        claim = claimed(tx, visitor(tx))
        code = people.ask_code(tx, claim)
    clock.advance(timedelta(minutes=15))
    with store.transaction() as tx:
        assert people.confirm(tx, claim.id, code.digits) == Refused("expired")
        assert people.identity(tx, claim.id).evidence == "claimed"
        assert people.confirm(tx, claim.id, code.digits) == Refused("none")


def test_five_wrong_tries_end_a_code_and_the_right_one_comes_too_late(store: Store) -> None:
    with store.transaction() as tx:
        claim = claimed(tx, visitor(tx))
        code = people.ask_code(tx, claim)
    for left in (4, 3, 2, 1):
        with store.transaction() as tx:
            assert people.confirm(tx, claim.id, wrong(code)) == Refused("wrong", left)
    with store.transaction() as tx:
        assert people.confirm(tx, claim.id, wrong(code)) == Refused("tries")
    with store.transaction() as tx:
        assert people.confirm(tx, claim.id, code.digits) == Refused("tries")
        assert people.identity(tx, claim.id).evidence == "claimed"


def test_a_used_code_says_yes_again_and_changes_nothing(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        claim = claimed(tx, visitor(tx))
        code = people.ask_code(tx, claim)
        people.confirm(tx, claim.id, code.digits)
    clock.advance(timedelta(minutes=5))
    with store.transaction() as tx:
        before = people.identity(tx, claim.id).verified_at
        assert people.confirm(tx, claim.id, code.digits) == Confirmed(claim.id, claim.customer_id, again=True)
        assert people.confirm(tx, claim.id, wrong(code)) == Refused("none")
        assert people.identity(tx, claim.id).verified_at == before
        with pytest.raises(CannotAsk, match="verified"):
            people.ask_code(tx, claim)


def test_a_code_is_good_for_its_own_identity_alone(store: Store) -> None:
    with store.transaction() as tx:
        mine, theirs = claimed(tx, visitor(tx)), claimed(tx, visitor(tx))
        code = people.ask_code(tx, mine)
        people.ask_code(tx, theirs)
        said = people.confirm(tx, theirs.id, code.digits)
        assert said == Refused("wrong", 4) or said == Confirmed(theirs.id, theirs.customer_id)  # one in a million
        assert people.identity(tx, mine.id).evidence == "claimed"


def test_asking_again_ends_the_code_of_before(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        claim = claimed(tx, visitor(tx))
        first = people.ask_code(tx, claim)
        with pytest.raises(CannotAsk) as wait:
            people.ask_code(tx, claim)
        assert wait.value.why == "slow_down" and 0 < wait.value.retry_after <= 61
    clock.advance(timedelta(seconds=61))
    with store.transaction() as tx:
        second = people.ask_code(tx, claim)
        link = people.open_link(tx, first.url.rpartition("/")[2])
        assert link.kind == "replaced"
        if first.digits != second.digits:
            assert people.confirm(tx, claim.id, first.digits) == Refused("wrong", 4)
        assert isinstance(people.confirm(tx, claim.id, second.digits), Confirmed)


def test_codes_for_one_identity_one_customer_and_one_address_are_counted(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        who = visitor(tx)
        claim = claimed(tx, who)
    for _ in range(5):
        with store.transaction() as tx:
            people.ask_code(tx, claim)
        clock.advance(timedelta(minutes=2))
    with store.transaction() as tx, pytest.raises(CannotAsk, match="slow_down"):
        people.ask_code(tx, claim)
    with store.transaction() as tx:
        for n in range(5):
            people.ask_code(tx, claimed(tx, who, f"other{n}@whitfield.example"))
        with pytest.raises(CannotAsk, match="slow_down"):
            people.ask_code(tx, claimed(tx, who, "another@whitfield.example"))
        stranger = people.ask_code(tx, claimed(tx, visitor(tx)))
        assert not stranger.send, "five mails an hour reach one address, whoever asks; the asker is not told"
    clock.advance(timedelta(hours=2))
    with store.transaction() as tx:
        assert people.ask_code(tx, claim).send


def test_only_what_a_code_can_reach_is_asked(store: Store) -> None:
    with store.transaction() as tx, pytest.raises(CannotAsk, match="kind"):
        people.ask_code(tx, make_identity(tx, make_customer(tx), "4711", kind="user", evidence="claimed"))


def test_a_link_shows_and_records_only_when_it_is_followed(store: Store) -> None:
    with store.transaction() as tx:
        claim = claimed(tx, visitor(tx))
        token = people.ask_code(tx, claim).url.rpartition("/")[2]
    for _ in range(3):
        with store.reading() as tx:
            assert people.open_link(tx, token).kind == "ready"
            assert people.identity(tx, claim.id).evidence == "claimed"
    with store.transaction() as tx:
        assert people.follow_link(tx, token, mine=True).kind == "confirmed"
        assert people.identity(tx, claim.id).evidence == "verified"
    with store.transaction() as tx:
        assert people.follow_link(tx, token, mine=False).kind == "confirmed", "what was confirmed stays so"
        assert people.identity(tx, claim.id).evidence == "verified"


def test_who_says_that_it_was_not_them_ends_it_and_gets_no_more_for_a_day(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        claim = claimed(tx, visitor(tx))
        code = people.ask_code(tx, claim)
        assert people.follow_link(tx, code.url.rpartition("/")[2], mine=False).kind == "refused"
        assert people.confirm(tx, claim.id, code.digits) == Refused("refused")
        with pytest.raises(CannotAsk, match="refused"):
            people.ask_code(tx, claim)
        assert people.identity(tx, claim.id).details["refused_at"]
    clock.advance(timedelta(hours=25))
    with store.transaction() as tx:
        assert people.ask_code(tx, claim).send


@given(st.text(max_size=60))
def test_nothing_but_our_own_links_opens_anything(text: str) -> None:
    assert codes_module._TOKEN.fullmatch(text) is None or text.count(".") == 1


def test_forged_and_foreign_links_are_no_links(store: Store) -> None:
    with store.transaction() as tx:
        code = people.ask_code(tx, claimed(tx, visitor(tx)))
        row = tx.get_one(Confirmation, code.confirmation_id)
        token = code.url.rpartition("/")[2]
        other_purpose = f"{token.partition('.')[0]}.{tx.keys.mac('survey', f'{row.id}.{row.secret}')}"
        for bad in ("", "x", token[:-1], token + "a", f"zz.{token.partition('.')[2]}", other_purpose, "z" * 13 + token):
            assert people.open_link(tx, bad).kind == "invalid"
            assert people.follow_link(tx, bad, mine=True).kind == "invalid"


@given(st.text(alphabet="0123456789 -–.٣७４x", max_size=12))
def test_what_somebody_types_is_six_digits_or_nothing(text: str) -> None:
    found = codes_module.typed(text)
    if found is None:
        assert "x" in text or sum(c.isdigit() for c in text) != 6
    else:
        assert len(found) == 6 and found.isascii() and found.isdigit()


def test_a_code_written_as_a_message_is_taken(store: Store) -> None:
    with store.transaction() as tx:
        claim = claimed(tx, visitor(tx))
        code = people.ask_code(tx, claim)
        number = claim.customer_id
        assert people.capture_code(tx, number, "my code is 123456") is None
        assert people.capture_code(tx, number, "12345") is None
        assert isinstance(people.capture_code(tx, number, f"{code.digits}\n"), Confirmed)
        assert people.capture_code(tx, number, code.digits) is None, "nothing is open any more"
