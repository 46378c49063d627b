"""Staff: signing in, being switched off, and the first admin of an empty desk."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from desk import agents
from desk.agents import passwords
from desk.store import Store
from tests.factories import make_staff, make_team

PASSWORD = "warm kiln, cold clay"


def create(store: Store, email: str = "Lea@Kiln.example", role: str = "agent", password: str | None = PASSWORD) -> int:
    with store.transaction() as tx:
        return agents.create(tx, email=email, name="Léa Marti", role=role, password=password).id


def test_the_right_address_and_password_open_the_door_however_the_address_is_written(store: Store) -> None:
    staff_id = create(store)
    with store.reading() as tx:
        for address in ("lea@kiln.example", "LEA@KILN.EXAMPLE", "  Lea@kiln.example "):
            staff = agents.authenticate(tx, address, PASSWORD)
            assert staff is not None
            assert staff.id == staff_id
        assert agents.authenticate(tx, "lea@kiln.example", PASSWORD.upper()) is None
        assert agents.authenticate(tx, "nobody@kiln.example", PASSWORD) is None
        assert agents.authenticate(tx, "lea@kiln.example", "") is None


def test_both_ways_to_type_an_accented_letter_are_one_password(store: Store) -> None:
    create(store, password="caf\u00e9 in the morning")
    with store.reading() as tx:
        assert agents.authenticate(tx, "lea@kiln.example", "cafe\u0301 in the morning") is not None


def test_an_unknown_address_costs_the_same_work(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    create(store)
    create(store, email="new@kiln.example", password=None)
    checks: list[str] = []
    real = PasswordHasher.verify

    def counted(self: PasswordHasher, known: str, password: str) -> bool:
        checks.append(known)
        return real(self, known, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    with store.reading() as tx:
        for address in ("lea@kiln.example", "nobody@kiln.example", "new@kiln.example"):
            checks.clear()
            assert agents.authenticate(tx, address, "not the password") is None
            assert len(checks) == 1, address
        checks.clear()
        assert agents.authenticate(tx, "lea@kiln.example", "x" * 1_000_000) is None
        assert len(checks) == 1


def test_a_hash_costs_whoever_steals_it_fifty_milliseconds_a_guess(dear_hasher: PasswordHasher) -> None:
    assert (dear_hasher.time_cost, dear_hasher.memory_cost, dear_hasher.parallelism) == (3, 32 * 1024, 1)


def test_nobody_signs_in_by_the_password_of_nobody(store: Store) -> None:
    create(store, password=None)
    with store.reading() as tx:
        assert agents.authenticate(tx, "lea@kiln.example", "nobody has this password") is None
        assert agents.authenticate(tx, "other@kiln.example", "nobody has this password") is None


def test_a_hash_of_older_parameters_is_replaced_at_the_next_login(store: Store) -> None:
    staff_id = create(store)
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    with store.transaction() as tx:
        staff = agents.get(tx, staff_id)
        assert staff is not None
        staff.password_hash = weak
    with store.transaction() as tx:
        found = agents.authenticate(tx, "lea@kiln.example", PASSWORD)
        assert found is not None
        agents.signed_in(tx, found.id, PASSWORD)
    with store.reading() as tx:
        staff = agents.authenticate(tx, "lea@kiln.example", PASSWORD)
        assert staff is not None
        assert staff.password_hash not in (None, weak)
        assert not passwords.is_outdated(staff.password_hash or "")
        assert staff.seen_at == tx.now()


def test_somebody_switched_off_is_out_at_once_and_comes_back_with_a_new_session(store: Store) -> None:
    staff_id = create(store)
    with store.transaction() as tx:
        agents.deactivate(tx, staff_id)
    with store.reading() as tx:
        assert agents.authenticate(tx, "lea@kiln.example", PASSWORD) is None
        assert agents.viewer(tx, staff_id) is None
        assert agents.session_viewer(tx, staff_id, 0) is None
        assert agents.names(tx) == {staff_id: "Léa Marti"}  # what they wrote keeps their name
    with store.transaction() as tx:
        agents.reactivate(tx, staff_id)
    with store.reading() as tx:
        assert agents.authenticate(tx, "lea@kiln.example", PASSWORD) is not None
        assert agents.session_viewer(tx, staff_id, 0) is None
        assert agents.session_viewer(tx, staff_id, 1) is not None


def test_a_new_password_ends_the_sessions_there_were(store: Store) -> None:
    staff_id = create(store)
    with store.reading() as tx:
        assert agents.session_viewer(tx, staff_id, 0) is not None
    with store.transaction() as tx:
        agents.set_password(tx, staff_id, "another warm kiln")
    with store.reading() as tx:
        assert agents.session_viewer(tx, staff_id, 0) is None
        assert agents.authenticate(tx, "lea@kiln.example", PASSWORD) is None
        assert agents.authenticate(tx, "lea@kiln.example", "another warm kiln") is not None


def test_a_desk_always_keeps_one_active_admin(store: Store) -> None:
    first, second = create(store, "a@kiln.example", "admin"), create(store, "b@kiln.example", "admin")
    with store.transaction() as tx:
        agents.deactivate(tx, first)
    for refused in (lambda tx: agents.deactivate(tx, second), lambda tx: agents.change(tx, second, role="agent")):
        with pytest.raises(agents.StaffRefused, match="last_admin"), store.transaction() as tx:
            refused(tx)
    with store.reading() as tx:
        assert agents.counts(tx) == {"agent": 0, "supervisor": 0, "admin": 1}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"email": "no address"}, "address"),
        ({"email": "two@at@signs.example"}, "address"),
        ({"email": "a@b\nBcc: c@d.example"}, "address"),
        ({"email": f"{'a' * 320}@kiln.example"}, "address"),
        ({"email": "LEA@kiln.example"}, "taken"),
        ({"name": "   "}, "name"),
        ({"name": "n" * 121}, "name"),
        ({"role": "owner"}, "role"),
        ({"zone": "Mars/Olympus"}, "zone"),
    ],
)
def test_bad_input_is_refused_by_name_and_leaves_nothing(store: Store, change: dict[str, str], reason: str) -> None:
    create(store)
    values = {"email": "new@kiln.example", "name": "New", "role": "agent", "zone": "UTC"} | change
    with pytest.raises(agents.StaffRefused) as refused, store.transaction() as tx:
        agents.create(tx, **values)
    assert refused.value.reason == reason
    with store.reading() as tx:
        assert len(agents.names(tx)) == 1


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "short"),
        ("123456789", "short"),
        ("x" * 201, "long"),
        ("lea@kiln.example", "address"),
        ("LEA@KILN.EXAMPLE", "address"),
        ("password123", "common"),
        ("Password 123!", "common"),
        ("Loopdesk-123", "common"),
        ("aaaaaaaaaaaa", "common"),
        ("1212121212", "common"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(store: Store, password: str, reason: str) -> None:
    with pytest.raises(agents.PasswordRefused) as refused:
        create(store, email="lea@kiln.example", password=password)
    assert refused.value.reason == reason


def test_the_first_admin_is_made_once_and_its_password_works(store: Store) -> None:
    with store.transaction() as tx:
        made = agents.first_admin(tx)
    assert made is not None
    email, password = made
    assert len(password) >= 20
    with store.transaction() as tx:
        staff = agents.authenticate(tx, email, password)
        assert staff is not None
        assert staff.role == "admin"
        assert agents.first_admin(tx) is None


def test_a_viewer_knows_teams_and_preferences_in_one_query(store: Store) -> None:
    with store.transaction() as tx:
        staff = make_staff(tx, "supervisor", zone="Europe/Stockholm", locale="de")
        returns, home = make_team(tx, staff), make_team(tx, staff)
        make_team(tx)
    with store.reading() as tx:
        viewer = agents.viewer(tx, staff.id)
    assert viewer is not None
    assert viewer.team_ids == {returns.id, home.id}
    assert (viewer.role, viewer.zone, viewer.locale) == ("supervisor", "Europe/Stockholm", "de")


def test_pages_of_staff_run_by_name_without_gaps_or_repeats(store: Store) -> None:
    with store.transaction() as tx:
        for name in ("Cem", "ada", "Bo", "ada", "Émile"):
            make_staff(tx, name=name)
    seen: list[int] = []
    after = None
    with store.reading() as tx:
        while True:
            page = agents.page(tx, after=after, limit=2)
            seen += [row.id for row in page.rows]
            if page.next is None:
                break
            after = page.next
        assert sorted(seen) == sorted(agents.names(tx))
        assert len(seen) == len(set(seen)) == 5


def test_permissions_grow_with_the_role_and_nobody_has_none() -> None:
    viewers = {role: agents.Viewer(1, role, frozenset(), "", "", "en", "UTC") for role in agents.ROLES}
    for permission in agents.PERMISSIONS:
        held = [agents.may(viewers[role], permission) for role in agents.ROLES]
        assert held == sorted(held), permission
        assert held[-1], permission
        assert not agents.may(None, permission)
    assert agents.may(viewers["agent"], "conversation.reply")
    assert not agents.may(viewers["agent"], "report.read")
    assert agents.may(viewers["supervisor"], "outbox.read")
    assert not agents.may(viewers["supervisor"], "outbox.notices")
    with pytest.raises(KeyError):
        agents.may(viewers["admin"], "conversation.replay")
