"""What is written down with a change: the fields that count, who did it, no secret, nothing that was rolled back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from desk import agents, assigning, audit, automation, calendars, notices, settings, views
from desk.clock import SetClock
from desk.store import Store, Tx
from tests.factories import make_brand, make_inbox, make_staff, make_team

BROWSER = {
    "endpoint": "https://push.maker.example/one",
    "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
}


def last(tx: Tx) -> audit.Change:
    return audit.page(tx, limit=1).rows[0]


def test_a_change_says_what_it_was_and_what_it_became(store: Store) -> None:
    with store.transaction() as tx:
        staff = make_staff(tx, "agent", name="Elif")
    with store.transaction() as tx:
        agents.change(tx, staff.id, role="admin", name="Elif")
        found = last(tx)
    assert (found.kind, found.key, found.title, found.what) == ("person", str(staff.id), "Elif", "changed")
    assert (found.before, found.after) == ({"role": "agent"}, {"role": "admin"})


def test_what_changes_nothing_and_what_does_not_count_leave_no_line(store: Store) -> None:
    with store.transaction() as tx:
        staff, inbox = make_staff(tx), make_inbox(tx)
        before = last(tx).id
    with store.transaction() as tx:
        agents.change(tx, staff.id, name=staff.name, theme="dark")
        agents.signed_in(tx, staff.id)
        settings.keep_cursor(tx, inbox.id, "5/77")
        settings.note_trouble(tx, inbox.id, "The server is away.")
        tx.flush()
        assert last(tx).id == before


def test_what_is_rolled_back_was_never_changed(store: Store) -> None:
    with store.transaction() as tx:
        staff = make_staff(tx)
        before = last(tx).id
    with pytest.raises(RuntimeError), store.transaction() as tx:
        agents.change(tx, staff.id, role="admin")
        raise RuntimeError
    with store.reading() as tx:
        assert last(tx).id == before


def test_it_says_who_acts_and_forgets_them(store: Store) -> None:
    with store.transaction() as tx:
        staff = make_staff(tx)
    audit.acts(staff.id)
    try:
        with store.transaction() as tx:
            make_team(tx, name="Returns")
            assert last(tx).staff_id == staff.id
    finally:
        audit.acts(None)
    with store.transaction() as tx:
        make_team(tx, name="Delivery")
        assert last(tx).staff_id is None


def test_secrets_of_an_inbox_are_told_as_secrets(store: Store) -> None:
    with store.transaction() as tx:
        brand = make_brand(tx)
        made = settings.create_inbox(
            tx,
            channel="email",
            name="Support",
            address="help@kiln.example",
            brand_id=brand.id,
            config={"smtp_host": "smtp.kiln.example", "smtp_password": "first clay", "auth_token": "not sealed"},
            secret_fields=frozenset({"smtp_password"}),
        )
    with store.transaction() as tx:
        settings.change_inbox(
            tx,
            made.id,
            name="Support",
            address="help@kiln.example",
            brand_id=brand.id,
            team_id=None,
            locale="en",
            active=True,
            config={"smtp_host": "mail.kiln.example", "smtp_password": "second clay"},
            secret_fields=frozenset({"smtp_password"}),
        )
        found = last(tx)
        told = json.dumps([[row.before, row.after] for row in tx.scalars(select(audit.Change))])
    assert found.before["config.smtp_host"] == "smtp.kiln.example"
    assert found.after["config.smtp_host"] == "mail.kiln.example"
    assert found.before["config.smtp_password"] == found.after["config.smtp_password"] == {"secret": True}
    for secret in ("first clay", "second clay", "not sealed", made.config["smtp_password"]["sealed"]):
        assert secret not in told


def test_passwords_links_and_ended_sessions_are_told_without_their_secret(store: Store) -> None:
    with store.transaction() as tx:
        staff = make_staff(tx)
        link = agents.invite(tx, staff.id)
    with store.transaction() as tx:
        agents.finish_reset(tx, link.secret, "warm kiln, cold clay")
        rows = audit.of(tx, "person", staff.id)
        told = json.dumps([[row.before, row.after] for row in rows])
    assert [set(row.after) for row in rows[:3]] == [{"sessions"}, {"password"}, {"link"}]
    assert rows[1].staff_id == staff.id
    assert link.secret not in told and "warm kiln" not in told


def test_teams_of_a_person_and_hours_are_told_by_name(store: Store) -> None:
    with store.transaction() as tx:
        staff = make_staff(tx)
        one, two = make_team(tx, name="Returns"), make_team(tx, name="Delivery")
        agents.set_teams(tx, staff.id, frozenset({one.id}))
        agents.set_teams(tx, staff.id, frozenset({one.id, two.id}))
        found = last(tx)
        assert (found.before, found.after) == ({"teams": ["Returns"]}, {"teams": ["Delivery", "Returns"]})
        kept = calendars.save(tx, staff.id, name="Office", zone="UTC", hours="Mo-Fr 9:00-18:00")
        calendars.save(tx, staff.id, name="Office", zone="UTC", hours="Mo-Fr 9:00-17:00", calendar_id=kept.id)
        found = last(tx)
        assert (found.before, found.after) == ({"hours": "Mo-Fr 9:00-18:00"}, {"hours": "Mo-Fr 9:00-17:00"})


def test_the_log_is_read_page_by_page_and_narrowed(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        staff = make_staff(tx)
    for n in range(7):
        clock.advance(timedelta(hours=1))
        with store.transaction() as tx:
            make_team(tx, name=f"Team {n} of many")
            settings.set(tx, "desk.name", f"Desk {n}", staff.id if n % 2 else None)
    with store.reading() as tx:
        seen, place = list[int](), None
        while True:
            found = audit.page(tx, before=place, limit=4)
            seen += [row.id for row in found.rows]
            place = found.next
            if place is None:
                break
        assert seen == sorted(seen, reverse=True) and len(seen) == len(set(seen)) == 15
        assert [row.id for row in audit.each(tx, audit.Sieve())] == seen
        hers = audit.page(tx, audit.Sieve(staff_id=staff.id)).rows
        assert [row.after["value"] for row in hers] == ["Desk 5", "Desk 3", "Desk 1"]
        assert {row.staff_id for row in audit.page(tx, audit.Sieve(nobody=True)).rows} == {None}
        assert len(audit.page(tx, audit.Sieve(kind="team")).rows) == 7
        since = clock.now() - timedelta(hours=2)
        lately = audit.page(tx, audit.Sieve(kind="team", since=since, until=clock.now())).rows
        assert [row.title for row in lately] == ["Team 5 of many", "Team 4 of many"]


def test_what_is_ones_own_is_not_the_desks_until_it_is_shared(store: Store) -> None:
    with store.transaction() as tx:
        viewer = agents.viewer(tx, make_staff(tx, "supervisor").id)
        assert viewer is not None
        before = last(tx).id
        wanted = {"name": "Hello", "filters": "is:open", "sort": "urgency", "team_id": None}
        view = views.create(tx, viewer, shared="private", **wanted)
        texts = [{"locale": "en", "text": "What I tell my friends"}]
        mine = automation.save_canned(tx, viewer, {"name": "Mine", "whose": "own", "texts": texts})
        views.change(tx, view.id, viewer, shared="private", **wanted | {"name": "Hello again"})
        assert last(tx).id == before
    with store.transaction() as tx:
        views.change(tx, view.id, viewer, shared="everybody", **wanted)
        made = last(tx)
        assert (made.kind, made.what, made.before, made.after["name"]) == ("view", "made", {}, "Hello")
        automation.save_canned(tx, viewer, {"name": "Mine", "whose": "everybody", "texts": texts}, mine.id)
        made = last(tx)
        assert (made.kind, made.what, made.after["texts"]) == ("canned", "made", texts)
    with store.transaction() as tx:
        automation.save_canned(tx, viewer, {"name": "Ours", "whose": "everybody", "texts": texts}, mine.id)
        changed = last(tx)
        assert (changed.what, changed.before, changed.after) == ("changed", {"name": "Mine"}, {"name": "Ours"})
        views.change(tx, view.id, viewer, shared="private", **wanted)
        gone = last(tx)
        assert (gone.what, gone.before["name"], gone.after) == ("removed", "Hello", {})
        newest = gone.id
    with store.transaction() as tx:
        views.remove(tx, view.id, viewer)
        assert last(tx).id == newest


def test_a_shared_view_that_is_removed_leaves_a_line(store: Store) -> None:
    with store.transaction() as tx:
        viewer = agents.viewer(tx, make_staff(tx).id)
        assert viewer is not None
        view = views.create(tx, viewer, name="Glazes", filters="is:open", sort="urgency", shared="everybody")
        views.remove(tx, view.id, viewer)
        found = last(tx)
    assert (found.kind, found.what, found.title, found.before["filters"]) == ("view", "removed", "Glazes", "is:open")


def test_how_work_is_given_out_and_what_people_take_is_written_down(store: Store) -> None:
    with store.transaction() as tx:
        by, team = make_staff(tx, "admin"), make_team(tx)
        assigning.save_policy(tx, by.id, team.id, assigning.Wanted("load", away_minutes=20))
        assigning.save_policy(tx, by.id, team.id, assigning.Wanted("round", away_minutes=20))
        found = last(tx)
        assert (found.kind, found.before, found.after) == ("assignment", {"mode": "load"}, {"mode": "round"})
        assigning.save_work(tx, by.id, assigning.Able(capacity=4, most={"chat": 2}, skills=frozenset({"Glazes"})))
        found = last(tx)
        assert (found.kind, found.key, found.before["capacity"]) == ("person", str(by.id), 10)
        assert found.after == {"capacity": 4, "most.chat": 2, "skills": ["glazes"]}
        newest = found.id
        assigning.save_work(tx, by.id, assigning.Able(capacity=4, most={"chat": 2}, skills=frozenset({"glazes"})))
        assert last(tx).id == newest


def test_how_somebody_wants_to_be_told_is_written_down_without_where_a_browser_is_reached(store: Store) -> None:
    with store.transaction() as tx:
        staff = make_staff(tx)
        notices.choose(tx, staff.id, notices.Choice(names_in_push=False))
        notices.choose(tx, staff.id, notices.Choice(names_in_push=True))
        found = last(tx)
        assert (found.kind, found.before, found.after) == ("notices", {"names_in_push": False}, {"names_in_push": True})
        notices.add_browser(tx, staff.id, BROWSER, "Firefox")
        found = last(tx)
        assert (found.kind, found.title, found.what) == ("browser", "Firefox", "made")
        assert found.after == {"label": "Firefox", "staff_id": staff.id}
        notices.drop_browser(tx, staff.id, str(BROWSER["endpoint"]))
        assert last(tx).what == "removed"
