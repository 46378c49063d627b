"""Links that set a password: one use, one hour, the newest alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import agents
from desk.agents.tables import PasswordReset
from desk.clock import SetClock
from desk.store import Store

NEW = "a wholly new password"


@pytest.fixture
def lea(store: Store) -> int:
    with store.transaction() as tx:
        return agents.create(tx, email="lea@kiln.example", name="Léa", role="agent", password="warm kiln, cold clay").id


def start(store: Store, email: str = "lea@kiln.example") -> str:
    with store.transaction() as tx:
        link = agents.start_reset(tx, email)
        assert link is not None
        return link.secret


def test_the_link_sets_the_password_ends_sessions_and_works_once(store: Store, lea: int) -> None:
    secret = start(store)
    with store.transaction() as tx:
        assert agents.finish_reset(tx, secret, NEW).id == lea
    with store.reading() as tx:
        assert agents.authenticate(tx, "lea@kiln.example", NEW) is not None
        assert agents.session_viewer(tx, lea, 0) is None
    with pytest.raises(agents.LinkVoid), store.transaction() as tx:
        agents.finish_reset(tx, secret, "and another password")


def test_the_database_never_holds_the_secret(store: Store, lea: int) -> None:
    secret = start(store)
    with store.reading() as tx:
        row = tx.query(PasswordReset).one()
        assert secret not in repr(vars(row))
        assert len(row.digest) == 64


def test_a_link_is_good_for_an_hour_and_not_a_second_more(store: Store, clock: SetClock, lea: int) -> None:
    secret = start(store)
    clock.advance(timedelta(minutes=59, seconds=59))
    with store.reading() as tx:
        assert agents.reset_for(tx, secret).id == lea
    clock.advance(timedelta(seconds=1))
    with store.reading() as tx, pytest.raises(agents.LinkVoid):
        agents.reset_for(tx, secret)


def test_a_newer_link_voids_the_older_and_a_password_change_voids_all(store: Store, lea: int) -> None:
    old, new = start(store), start(store)
    with store.reading() as tx:
        with pytest.raises(agents.LinkVoid):
            agents.reset_for(tx, old)
        agents.reset_for(tx, new)
    with store.transaction() as tx:
        agents.set_password(tx, lea, NEW)
    with store.reading() as tx, pytest.raises(agents.LinkVoid):
        agents.reset_for(tx, new)


def test_a_refused_password_leaves_the_link_good(store: Store, lea: int) -> None:
    secret = start(store)
    with pytest.raises(agents.PasswordRefused), store.transaction() as tx:
        agents.finish_reset(tx, secret, "short")
    with store.transaction() as tx:
        agents.finish_reset(tx, secret, NEW)


def test_strangers_and_people_who_left_get_no_link(store: Store, lea: int) -> None:
    secret = start(store)
    with store.transaction() as tx:
        agents.create(tx, email="boss@kiln.example", name="Boss", role="admin")
        agents.deactivate(tx, lea)
        assert agents.start_reset(tx, "lea@kiln.example") is None
        assert agents.start_reset(tx, "nobody@kiln.example") is None
        assert agents.start_reset(tx, "") is None
        for forged in (secret, "", "x" * 5000, "\udcff", "' OR 1=1 --"):
            with pytest.raises(agents.LinkVoid):
                agents.reset_for(tx, forged)


def test_an_invitation_lasts_a_week_and_gives_the_first_password(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        staff = agents.create(tx, email="new@kiln.example", name="New", role="agent")
        link = agents.invite(tx, staff.id)
        assert set(agents.waiting(tx)) == {staff.id}
    clock.advance(timedelta(days=6))
    with store.transaction() as tx:
        agents.finish_reset(tx, link.secret, NEW)
        assert agents.authenticate(tx, "new@kiln.example", NEW) is not None
        assert agents.waiting(tx) == {}
