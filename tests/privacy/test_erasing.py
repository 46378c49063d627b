"""Erasing a customer: their words are in no table and in no file afterwards, and every count is what it was."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from desk import conversations, files, inbound, merging, outbound, people, privacy, search, tasks, timeline
from desk.clock import SetClock
from desk.files.tables import Blob
from desk.parts import Desk
from desk.privacy import NotErased
from desk.store import Base
from desk.worker import drain
from tests.inbound.messages import message
from tests.privacy.lives import Life, counts, on_disk, told

HOLDS = {
    "consent_changes.address", "consent_changes.evidence",
    "customers.name", "identities.value", "identities.name", "contents.text", "contents.subject",
    "contents.attachments",
    "conversations.subject", "conversations.preview", "conversations.customer_name", "conversations.reply_address",
    "participants.address", "participants.name", "deliveries.message", "deliveries.recipient", "outbox_mails.subject",
    "outbox_mails.recipient", "uploads.name", "facts.text", "confirmations.value_folded", "visitors.name",
    "visitors.page_title", "article_votes.words", "transitions.evidence", "responses.comment",
    "response_versions.comment", "arrivals.envelope", "message_refs.message_id",
    "merges.kept", "search_lines.words", "search_threads.words", "search_people.names", "search_people.words",
    "search_spellings.word", "blocks.value", "blocks.why", "imports.examples", "import_refusals.why", "talk_moves.kept",
    "conversation_holds.reason", "flow_runs.state",
    "articles.title", "articles.slug", "articles.body", "articles.examples", "draft_sources.text",
}  # fmt: skip


def test_nothing_that_a_customer_said_is_left_anywhere(desk: Desk, clock: SetClock, tmp_path: Path) -> None:
    life = Life(desk, clock)
    search.work(desk)
    with desk.store.reading() as tx:
        before, held = counts(tx), told(tx)
    assert set(held) >= HOLDS, "every place that can hold words of hers holds some, or this test shows nothing"
    assert on_disk(tmp_path / "files") != []
    proof = life.erase()
    assert proof.state == "done" and privacy.holds_good(proof)
    with desk.store.reading() as tx:
        assert told(tx) == {}
        after = counts(tx)
        assert [one for one in after.pop("lines") if one[0] != "erased"] == before.pop("lines")
        assert after == before
        kept = set(tx.scalars(select(Blob.sha256).where(Blob.refs > 0)))
    for _ in range(2):  # a file is set aside first, and removed a grace later
        clock.advance(timedelta(days=400))
        assert files.sweep(desk.store, desk.files.store) is None
    assert on_disk(tmp_path / "files") == []
    for sha256 in kept:
        desk.files.get(sha256)


def test_the_others_keep_what_is_theirs(desk: Desk, clock: SetClock) -> None:
    life = Life(desk, clock)
    life.erase()
    with desk.store.reading() as tx:
        lines = timeline.page(tx, life.noor)
        assert [(line.text, line.erased) for line in lines if line.kind == "message"] == [("We both wait", False)]
        assert [line.erased for line in lines if line.kind == "participant"] == [True]
        assert people.customer(tx, life.noor).name == "Noor"


def test_whoever_writes_again_is_somebody_new(desk: Desk, clock: SetClock) -> None:
    life = Life(desk, clock)
    with desk.store.reading() as tx:
        token = conversations.reply_token(tx.keys, life.inbox_id, life.number)
    life.erase()
    clock.advance(timedelta(days=1))
    said = inbound.receive(desk, message(life.inbox_id, clock.now(), "Hello again", reply_token=token))
    assert said.customer_id != life.customer_id and said.conversation_id != life.number
    assert said.state == "accepted"


def test_nothing_is_left_to_be_done_for_them(desk: Desk, clock: SetClock) -> None:
    life = Life(desk, clock)
    life.erase()
    with desk.store.reading() as tx:
        found = tasks.one(tx, life.task_id)
        assert found is not None and (found.text, found.done_at is not None) == ("", True)
        assert tasks.counts(tx, life.admin)["team"] == 0 and tasks.reminders(tx, life.agent) == []


def test_a_joined_customer_goes_whole_and_is_not_parted_again(desk: Desk, clock: SetClock) -> None:
    life = Life(desk, clock)
    life.erase()
    with desk.store.transaction() as tx, pytest.raises(merging.BadMerge, match="erased"):
        merging.undo(tx, life.merge_id, life.admin)
    with desk.store.transaction() as tx, pytest.raises(merging.BadMerge, match="erased"):
        merging.join(tx, life.noor, life.customer_id, because="agent", by=life.admin)


def test_what_waits_to_be_sent_is_not_sent(desk: Desk, clock: SetClock) -> None:
    life = Life(desk, clock)
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, life.number, life.agent, "One more quokka")
    life.erase()
    clock.advance(timedelta(hours=1))
    drain(desk)
    with desk.store.reading() as tx:
        assert outbound.delivery_of(tx, [entry.id])[entry.id].state == "withdrawn"
        assert told(tx) == {}


def test_the_proof_says_who_when_and_how_much_and_shows_a_change(desk: Desk, clock: SetClock) -> None:
    life = Life(desk, clock)
    with desk.store.reading() as tx:
        before = privacy.preview(tx, life.customer_id)
    assert before.joined == 1 and before.goes["identities"] == 3 and before.goes["comments"] == 1
    proof = life.erase()
    assert (proof.staff_id, proof.reason) == (life.admin.id, "They asked for it by mail")
    assert proof.went["identities"] == before.goes["identities"]
    assert proof.went["messages"] >= before.goes["messages"]
    assert proof.went["files"] >= before.goes["files"] > 0
    assert proof.stayed["lines"] == before.stays["lines"]
    proof.went = proof.went | {"messages": 0}
    assert not privacy.holds_good(proof)


def test_a_customer_is_erased_once_and_only_with_a_reason(desk: Desk, clock: SetClock) -> None:
    life = Life(desk, clock)
    with desk.store.transaction() as tx:
        with pytest.raises(NotErased, match="why"):
            privacy.ask(tx, life.customer_id, life.admin, "  ", desk.files)
        with pytest.raises(LookupError):
            privacy.ask(tx, 999_999, life.admin, "No such", desk.files)
    life.erase()
    with desk.store.transaction() as tx, pytest.raises(NotErased, match="already"):
        privacy.ask(tx, life.customer_id, life.admin, "Again", desk.files)


def test_a_crash_between_two_slices_costs_nothing(desk: Desk, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.privacy.erasing.SLICE", 3)
    life = Life(desk, clock)
    calls = []

    def falls(*args: Any) -> list[Any]:
        calls.append(args)
        if len(calls) == 3:
            raise RuntimeError("the process died here")
        return timeline_next(*args)

    timeline_next = timeline.next_lines
    monkeypatch.setattr("desk.timeline.next_lines", falls)
    with desk.store.transaction() as tx:
        privacy.ask(tx, life.customer_id, life.admin, "They asked", desk.files)
    drain(desk)
    clock.advance(timedelta(minutes=10))
    drain(desk)
    with desk.store.reading() as tx:
        proof = privacy.proof(tx, life.customer_id)
        assert proof is not None and proof.state == "done"
        assert told(tx) == {}


# Places that hold no word of a customer's: names of the desk's own things, keys, states, digests.
NOT_THEIRS = {
    "agents", "article_versions", "article_words", "beats", "blobs", "bot_episodes", "bot_fits",
    "bot_suggestions", "bot_turns", "brands", "scheduled_answers", "conversation_labels", "customer_stages", "rules",
    "changes", "labels", "rule_changes", "rule_firings", "customers_apart", "erasures", "archives",
    "episodes", "inboxes", "password_resets", "segment_members", "segments", "sentiment_corrections",
    "sentiment_layers", "sentiment_scores", "sentiment_samples", "sentiment_sampled", "risk_flags", "setting_changes",
    "settings", "signing_keys", "staff", "stage_models",
    "segment_uses", "survey_audiences", "survey_decisions", "survey_suppressions", "surveys",
    "team_members", "teams", "visitor_threads", "invitations", "jobs",
    "search_progress", "search_queue", "attributes", "challenge_tokens", "timeline_looks",
    "retention_rules", "retention_runs", "brand_logos",
    "article_blobs", "article_uses",  # pictures that colleagues put into articles
    "tasks", "reminders", "canned", "mentions", "first_run_steps",
    "calendars", "calendar_versions", "sla_policies", "sla_clocks", "conversation_links", "status_names",
    "presences", "staff_work", "staff_skills", "assignment_policies", "assignments", "assignment_waits",
    "notices", "notice_choices", "notice_looks", "push_browsers",
    "views", "view_places", "bulk_runs", "bulk_items",
    # Which line asked, and what it means in numbers, which go with its words (tests/questions/test_groups.py).
    "questions", "question_groups", "question_lenses",
    "reasons", "reason_groups", "episode_reasons",  # the desk's own tree, and numbers
    "flows", "flow_versions", "flow_secrets", "flow_trials",
    # Which line asked, and what answers it; else what a colleague typed or brought, as the examples of articles.
    "bot_sets", "bot_questions", "bot_replays", "bot_replayed",
    "rule_trials", "bot_trials",  # what a colleague typed into the lab; gone after a day
}  # fmt: skip


def test_every_table_was_thought_of() -> None:
    """Who adds a table says here whether a customer's words can stand in it; where they can, erasing must reach it."""
    filled = {place.partition(".")[0] for place in HOLDS} | {"entries", "entry_keys"}
    assert set(Base.metadata.tables) - filled - NOT_THEIRS == set()


def test_nobody_is_erased_whose_words_have_to_stay(desk: Desk, clock: SetClock) -> None:
    life = Life(desk, clock)
    with desk.store.transaction() as tx:
        privacy.hold(tx, life.number, life.admin, "A case before the court")
    with desk.store.transaction() as tx, pytest.raises(NotErased, match=f"#{life.number} is on hold"):
        privacy.ask(tx, life.customer_id, life.admin, "They asked", desk.files)
    with desk.store.transaction() as tx, pytest.raises(privacy.NotRedacted, match="on hold"):
        privacy.redact(tx, desk.files, life.entry_id, life.admin, "Private")
    with desk.store.transaction() as tx:
        privacy.lift(tx, life.number, life.admin)
    assert life.erase().state == "done"
