"""Proof joins who is one person by itself; what was only typed never leads anywhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import func, select

from desk import conversations, inbound, merging, people, reactions, timeline
from desk.clock import SetClock
from desk.i18n import texts
from desk.merging import Merge, Suggestion
from desk.messages import Address, Sender
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.people import Code, Confirmed, Identity
from desk.store import Store, Tx
from desk.timeline.tables import Entry
from tests.factories import make_conversation, make_customer, make_identity, make_inbox
from tests.inbound.messages import message
from tests.merging.lives import viewer_of, visitor

MAIL = "marta@lindqvist.example"


@pytest.fixture
def store(store: Store) -> Store:
    """With what follows from a signal, as in a running desk."""
    store.react_with(reactions.react)
    return store


def asked(tx: Tx, who: Identity, address: str = MAIL, kind: str = "email") -> tuple[Identity, Code]:
    claim = people.claim(tx, who.customer_id, kind, address, because="typed in the chat", at=tx.now(), by=who)
    return claim, people.ask_code(tx, claim)


def merges(tx: Tx) -> list[Merge]:
    return list(tx.scalars(select(Merge).order_by(Merge.id)))


@pytest.mark.parametrize("evidence", ["inferred", "verified"])
def test_a_code_that_comes_back_makes_one_customer_and_the_older_stays(
    desk: Desk, store: Store, clock: SetClock, evidence: str
) -> None:
    with store.transaction() as tx:
        inbox = make_inbox(tx)
    mailed = inbound.receive(desk, message(inbox.id, clock.now(), "By mail"))
    with store.transaction() as tx:
        if evidence == "verified":
            people.verify(tx, people.identities(tx, mailed.customer_id or 0)[0], "answered a mail", tx.now())
        browser = visitor(tx, "Marta")
        claim, code = asked(tx, browser)
    assert browser.customer_id != mailed.customer_id, "typing it leads nowhere"
    with store.transaction() as tx:
        assert isinstance(people.confirm(tx, claim.id, code.digits), Confirmed)
    with store.reading() as tx:
        (merge,) = merges(tx)
        assert (merge.keep_id, merge.because, merge.staff_id) == (mailed.customer_id, "proved", None)
        one = people.identity(tx, browser.id).customer_id
        assert one == mailed.customer_id
        known = people.speaks_for(tx, "email", MAIL)
        assert known is not None and (known.customer_id, known.evidence) == (one, "verified")
        line = timeline.page(tx, one)[-1]
        assert (line.kind, line.author, line.detail["because"]) == ("merge", "desk", "proved")


def test_a_claimed_address_of_somebody_else_never_leads_to_their_timeline(
    desk: Desk, store: Store, clock: SetClock
) -> None:
    with store.transaction() as tx:
        inbox = make_inbox(tx)
    inbound.receive(desk, message(inbox.id, clock.now(), "My private matter"))
    with store.transaction() as tx:
        browser = visitor(tx)
        asked(tx, browser)
    typed = Sender(Address("email", MAIL, "Not Marta"), "claimed", "typed in a form")
    said = inbound.receive(desk, message(inbox.id, clock.now(), "Tell me all", external_id="form-1", channel="email"))
    with store.transaction() as tx:
        stranger = people.resolve(tx, typed, at=tx.now())
        owner = people.speaks_for(tx, "email", MAIL)
        assert owner is not None and said.customer_id == owner.customer_id, "a mail is no claim"
        for other in (browser, stranger):
            assert other.customer_id != owner.customer_id
            assert timeline.page(tx, other.customer_id) == []
            assert conversations.of_customer(tx, other.customer_id, viewer_of(tx, "admin")) == []
        assert merges(tx) == []


def test_mail_that_only_came_from_an_address_joins_nobody(desk: Desk, store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        inbox = make_inbox(tx)
        browser = visitor(tx)
        asked(tx, browser)  # typed, a code is under way, nobody has answered it
    mailed = inbound.receive(desk, message(inbox.id, clock.now(), "Marta, I swear"))
    with store.reading() as tx:
        assert mailed.customer_id != people.identity(tx, browser.id).customer_id
        assert merges(tx) == []


def test_an_inferred_address_beside_somebody_elses_proof_waits_for_a_person(store: Store) -> None:
    """Whoever proves the address is no proof of the phone that the other customer is known by."""
    with store.transaction() as tx:
        other = make_customer(tx, MAIL, name="Marta Lindqvist")
        make_identity(tx, other, "+15550100", kind="phone", evidence="verified")
        browser = visitor(tx)
        claim, code = asked(tx, browser)
        people.confirm(tx, claim.id, code.digits)
    with store.transaction() as tx:
        assert merges(tx) == []
        assert people.identity(tx, claim.id).details["proved_at"]
        (offer,) = merging.suggestions(tx, other.id)
        assert (offer.customer_id, offer.strength) == (browser.customer_id, "strong")
        # Once the address is proved there as well, the two proofs meet.
        known = people.speaks_for(tx, "email", MAIL)
        assert known is not None
        people.verify(tx, known, "answered a mail that only this address had received", tx.now())
    with store.reading() as tx:
        assert len(merges(tx)) == 1


def test_two_proofs_of_one_new_address_make_one_customer(store: Store) -> None:
    with store.transaction() as tx:
        first, second = visitor(tx), visitor(tx)
        one, other = asked(tx, first), asked(tx, second)
    for claim, code in (one, other):
        with store.transaction() as tx:
            people.confirm(tx, claim.id, code.digits)
    with store.reading() as tx:
        (merge,) = merges(tx)
        assert (merge.keep_id, merge.join_id) == (first.customer_id, second.customer_id)


def test_what_somebody_parted_the_desk_does_not_join_again(desk: Desk, store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        other = make_customer(tx, MAIL, name="Marta Lindqvist")
        agent = viewer_of(tx)
        browser = visitor(tx)
        number = browser.customer_id
        claim, code = asked(tx, browser)
        people.confirm(tx, claim.id, code.digits)
    with store.transaction() as tx:
        merging.undo(tx, merges(tx)[0].id, agent)
        assert merging.kept_apart(tx, other.id, number)
        assert merging.suggestions(tx, other.id) == [], "they were told apart knowing the proof"
        people.verify(tx, people.identity(tx, claim.id), "again", tx.now())
    with store.transaction() as tx:
        assert [m.undone_at is None for m in merges(tx)] == [False]
        merging.join(tx, other.id, number, because="agent", by=agent)
        assert not merging.kept_apart(tx, other.id, number), "a person has decided otherwise since"


def test_the_same_code_in_two_tabs_at_once_makes_one_merge(store: Store) -> None:
    with store.transaction() as tx:
        make_customer(tx, MAIL)
        claim, code = asked(tx, visitor(tx))
    token = code.url.rpartition("/")[2]
    start = Barrier(2)

    def typed() -> object:
        start.wait()
        return store.attempt(lambda tx: people.confirm(tx, claim.id, code.digits))

    def pressed() -> object:
        start.wait()
        return store.attempt(lambda tx: people.follow_link(tx, token, mine=True)).kind

    with ThreadPoolExecutor(2) as pool:
        answers = [job.result() for job in (pool.submit(typed), pool.submit(pressed))]
    assert isinstance(answers[0], Confirmed) and answers[1] == "confirmed"
    with store.reading() as tx:
        assert len(merges(tx)) == 1
        assert tx.scalar(select(func.count()).where(Entry.kind == "merge")) == 1


def test_two_browsers_that_prove_one_address_at_once_become_one_customer(store: Store) -> None:
    with store.transaction() as tx:
        both = [asked(tx, visitor(tx)) for _ in range(2)]
    start = Barrier(2)

    def prove(claim: Identity, code: Code) -> object:
        start.wait()
        return store.attempt(lambda tx: people.confirm(tx, claim.id, code.digits))

    with ThreadPoolExecutor(2) as pool:
        said = [pool.submit(prove, *one) for one in both]
        assert all(isinstance(job.result(), Confirmed) for job in said)
    with store.reading() as tx:
        assert len({people.identity(tx, claim.id).customer_id for claim, _ in both}) == 1
        assert len(merges(tx)) == 1


def test_two_addresses_of_one_browser_that_are_proved_at_once_all_meet(store: Store) -> None:
    with store.transaction() as tx:
        addresses = [f"marta{n}@lindqvist.example" for n in range(3)]
        before = [make_customer(tx, address) for address in addresses[:2]]
        browser = visitor(tx)
        after = make_customer(tx, addresses[2])
        codes = [asked(tx, browser, address) for address in addresses]
    start = Barrier(4)

    def prove(claim: Identity, code: Code) -> object:
        start.wait()
        return store.attempt(lambda tx: people.confirm(tx, claim.id, code.digits))

    def by_hand() -> object:
        start.wait()
        return store.attempt(lambda tx: merging.join(tx, before[1].id, after.id, because="agent", by=None))

    with ThreadPoolExecutor(4) as pool:
        jobs = [*(pool.submit(prove, *one) for one in codes), pool.submit(by_hand)]
        said = [job.exception() for job in jobs]
    assert [type(error) for error in said if error is not None] in ([], [merging.BadMerge]), "one already"
    with store.reading() as tx:
        assert {people.current_id(tx, c.id) for c in (*before, after)} == {before[0].id}
        assert people.current_id(tx, browser.origin_customer_id) == before[0].id
        assert len(merges(tx)) == 3


def test_mail_that_comes_in_while_two_are_joined_is_not_left_behind(desk: Desk, store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        inbox = make_inbox(tx)
        older = make_customer(tx, "older@x.example")
    mailed = inbound.receive(desk, message(inbox.id, clock.now(), "First"))
    assert mailed.customer_id is not None
    start = Barrier(5)

    def write(n: int) -> object:
        start.wait()
        return inbound.receive(desk, message(inbox.id, clock.now(), f"More {n}"))

    def join() -> object:
        start.wait()
        with store.transaction() as tx:
            return merging.join(tx, older.id, mailed.customer_id or 0, because="agent", by=None)

    with ThreadPoolExecutor(5) as pool:
        for job in [*(pool.submit(write, n) for n in range(4)), pool.submit(join)]:
            job.result()
    with store.reading() as tx:
        assert timeline.count_of(tx, mailed.customer_id) == 0
        words = {e.text for e in timeline.page(tx, older.id)}
        assert words >= {"First", "More 0", "More 1", "More 2", "More 3"}


def test_a_code_written_in_the_chat_is_heard(desk: Desk, store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        inbox = make_inbox(tx)
        owner = make_customer(tx, MAIL)
        browser = visitor(tx)
        _, code = asked(tx, browser)
    sender = Sender(Address("visitor", browser.value), "verified", "a signed token")
    written = replace(message(inbox.id, clock.now(), f"{code.digits} "), sender=sender)
    said = inbound.receive(desk, written)
    assert said.state == "accepted"
    with store.reading() as tx:
        assert people.identity(tx, browser.id).customer_id == owner.id


# The code goes out by the brand's own inbox, and is not kept.


def test_the_mail_with_the_code_speaks_for_the_brand_in_the_customers_language(store: Store) -> None:
    with store.transaction() as tx:
        inbox = make_inbox(tx)
        who = visitor(tx)
        people.set_locale(tx, who.customer_id, "de")
        claim = people.claim(tx, who.customer_id, "email", MAIL, because="typed", at=tx.now())
        code = merging.ask_code(tx, claim, inbox_id=inbox.id)
        mail = tx.scalars(select(Delivery)).one()
        assert (mail.purpose, mail.recipient, mail.customer_id) == ("code", MAIL, None)
        sent = mail.message
        subject = texts("de").gettext("Confirm your address for %(brand)s")
        assert sent["subject"] == subject % {"brand": "Kiln & Clay"} and not subject.startswith("Confirm")
        spaced = f"{code.digits[:3]} {code.digits[3:]}"
        assert spaced in sent["text"] and code.url in sent["text"]
        assert spaced in sent["html"] and code.url in sent["html"]
        assert code.digits not in sent["subject"], "a locked screen shows subjects"
        assert (sent["sender_address"], sent["sender_name"]) == (inbox.address, "Kiln & Clay")


def test_a_desk_that_reaches_no_phone_asks_none(store: Store) -> None:
    with store.transaction() as tx:
        inbox = make_inbox(tx)
        who = visitor(tx)
        claim = people.claim(tx, who.customer_id, "phone", "+15550111", because="typed", at=tx.now())
        with pytest.raises(people.CannotAsk, match="kind"):
            merging.ask_code(tx, claim, inbox_id=inbox.id)


def test_a_text_with_a_code_fits_a_phone(store: Store) -> None:
    with store.transaction() as tx:
        inbox = make_inbox(tx)
        make_inbox(tx, channel="sms", address="+15550100")
        who = visitor(tx)
        claim = people.claim(tx, who.customer_id, "phone", "+15550111", because="typed", at=tx.now())
        code = merging.ask_code(tx, claim, inbox_id=inbox.id)
        text = tx.scalars(select(Delivery)).one()
        assert (text.channel, text.recipient) == ("sms", "+15550111")
        assert text.message["text"].startswith(code.digits) and code.url in text.message["text"]
        assert len(text.message["text"]) < 306, "two parts"


# Who may be the same person.


def shown(offers: list[Suggestion]) -> list[tuple[int, str, list[tuple[str, str]]]]:
    return [(o.customer_id, o.strength, [(e.weight, e.key) for e in o.evidence]) for o in offers]


def test_a_typed_address_is_offered_to_a_person_on_both_sides(store: Store) -> None:
    with store.transaction() as tx:
        owner = make_customer(tx, MAIL, name="Marta Lindqvist")
        browser = visitor(tx)
        asked(tx, browser)
        assert shown(merging.suggestions(tx, owner.id)) == [(browser.customer_id, "weak", [("weak", "typed")])]
        assert shown(merging.suggestions(tx, browser.customer_id)) == [(owner.id, "weak", [("weak", "typed")])]


def test_what_speaks_against_it_stands_beside_it(store: Store) -> None:
    with store.transaction() as tx:
        owner = make_customer(tx, MAIL, name="Marta Lindqvist")
        make_identity(tx, owner, "4711", kind="user", evidence="verified")
        browser = visitor(tx, "Sverre")
        make_identity(tx, people.customer(tx, browser.customer_id), "4712", kind="user", evidence="verified")
        _, code = asked(tx, browser)
        people.follow_link(tx, code.url.rpartition("/")[2], mine=False)
        assert shown(merging.suggestions(tx, owner.id)) == [
            (
                browser.customer_id,
                "weak",
                [("weak", "typed"), ("against", "not_me"), ("against", "other_name"), ("against", "two_logins")],
            )
        ]


def test_a_name_alone_says_nothing_and_with_a_phone_says_something(store: Store) -> None:
    with store.transaction() as tx:
        one = make_customer(tx, "m@x.example", name="Maria Garcia")
        make_customer(tx, "n@x.example", name="maria garcia")
        assert merging.suggestions(tx, one.id) == []
        two = make_customer(tx, "o@x.example", name="Maria Garcia")
        make_identity(tx, one, "+34 600 123 456", kind="phone", evidence="claimed")
        make_identity(tx, two, "600123456", kind="phone", evidence="verified")
        assert shown(merging.suggestions(tx, one.id)) == [(two.id, "fair", [("weak", "name"), ("weak", "phone")])]


def test_a_no_is_remembered_until_there_is_new_proof(store: Store) -> None:
    with store.transaction() as tx:
        owner = make_customer(tx, MAIL)
        make_identity(tx, owner, "+15550100", kind="phone", evidence="verified")
        browser = visitor(tx)
        claim, code = asked(tx, browser)
        merging.keep_apart(tx, browser.customer_id, owner.id, viewer_of(tx))
        assert merging.suggestions(tx, owner.id) == merging.suggestions(tx, browser.customer_id) == []
        people.confirm(tx, claim.id, code.digits)
    with store.transaction() as tx:
        assert merges(tx) == [], "somebody said no, so somebody has to say yes"
        assert shown(merging.suggestions(tx, owner.id)) == [(browser.customer_id, "strong", [("for", "proved")])]


def test_an_answer_in_somebody_elses_thread_is_a_hint(store: Store) -> None:
    with store.transaction() as tx:
        owner, stranger = make_customer(tx, "a@x.example"), make_customer(tx, "b@x.example")
        thread = make_conversation(tx, owner)
        make_conversation(tx, stranger, linked_id=thread.id)
        (offer,) = merging.suggestions(tx, stranger.id)
        assert offer.customer_id == owner.id and [e.key for e in offer.evidence] == ["thread"]
