"""Erasing a customer: their words are in no table and in no file afterwards, and every count is what it was."""

from __future__ import annotations

import json
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, String, Text, select

from desk import conversations, facts, files, inbound, merging, outbound, people, privacy, reactions, surveys, timeline
from desk.clock import SetClock
from desk.conversations.tables import Conversation, Episode
from desk.facts.tables import Fact
from desk.files.tables import Blob
from desk.knowledge.tables import Article, ArticleVote
from desk.lifecycle.tables import StageModel, Transition
from desk.outbound import uploads
from desk.parts import Desk
from desk.privacy import NotErased
from desk.sentiment.tables import Score
from desk.store import Base, Store, Tx
from desk.surveys.tables import Invitation, Response
from desk.timeline.tables import Entry
from desk.visitors.tables import Visitor
from desk.worker import drain
from tests.factories import make_conversation, make_customer, make_entry, make_inbox
from tests.inbound.messages import message
from tests.merging.lives import viewer_of

MARTA = "marta@lindqvist.example"
# What stands in Marta's messages, names and answers and nowhere else.
SECRETS = ("lindqvist", "marta", "quokka", "+15550177", "bergen")


@pytest.fixture
def store(store: Store) -> Store:
    store.react_with(reactions.react)
    return store


@pytest.fixture
def desk(desk: Desk, store: Store) -> Desk:
    return desk


def mail(text: str, n: int, sender: str = MARTA, **heads: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"Marta Lindqvist <{sender}>", "support@kiln.example", "A quokka kettle"
    made["Message-ID"], made["Date"] = f"<m{n}@lindqvist.example>", "Mon, 02 Mar 2026 08:59:00 +0000"
    made["Cc"] = "Ole Quokka <ole@quokka.example>"
    for name, value in heads.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    made.add_attachment(
        b"%PDF-1.4 quokka " + str(n).encode(), maintype="application", subtype="pdf", filename="quokka-leak.pdf"
    )
    return made.as_bytes()


class Life:
    """Marta's life with the desk: something of hers in every place that can hold it."""

    def __init__(self, desk: Desk, clock: SetClock) -> None:
        self.desk, self.clock = desk, clock
        with desk.store.transaction() as tx:
            surveys.install_defaults(tx)
            self.inbox_id = make_inbox(tx, config={"transport": "outbox"}).id
            self.agent, self.admin = viewer_of(tx), viewer_of(tx, "admin")
            article = Article(locale="en", slug="kettle", title="Kettle", created_at=tx.now(), updated_at=tx.now())
            tx.add(article)
            tx.flush()
            article_id = article.id
        self.came("My quokka kettle leaks.", 1)
        self.came("Still leaking, quokka! I am furious!", 2)
        with desk.store.reading() as tx:
            first = tx.scalars(select(Entry).where(Entry.kind == "message").order_by(Entry.id)).first()
            assert first is not None
            self.entry_id, self.number = first.id, first.conversation_id or 0
            self.customer_id = first.customer_id
        sha = desk.files.put(b"a draft of quokka")
        with desk.store.transaction() as tx:
            outbound.reply(tx, self.number, self.agent, "Dear Marta, the quokka is on its way.")
            conversations.resolve(tx, self.number, self.agent)
            outbound.note(tx, self.number, self.agent, "Marta is a quokka person.")
            wish = outbound.Wish(to=("supply@potter.example",), note="quokka?", lines=(self.entry_id,))
            outbound.send_forward(tx, desk.files, self.number, self.agent, wish)
            uploads.keep(
                tx, desk.files, self.agent, self.number, name="quokka.pdf", kind="application/pdf", sha256=sha, size=17
            )
            facts.record(tx, self.customer_id, "attribute.town", "Bergen", occurred_at=tx.now())
            facts.record(tx, self.customer_id, "order.placed", 40, occurred_at=tx.now())
            own = people.identities(tx, self.customer_id)[0]
            claim = people.claim(tx, self.customer_id, "phone", "+15550177", because="typed", at=tx.now(), by=own)
            people.ask_code(tx, claim)
            tx.add(
                Visitor(
                    id="browser",
                    inbox_id=self.inbox_id,
                    identity_id=own.id,
                    name="Marta",
                    page_title="Quokkas",
                    first_seen_at=tx.now(),
                    last_seen_at=tx.now(),
                )
            )
            tx.add(
                ArticleVote(
                    article_id=article_id, version=1, source="bot", helpful=False, words="no quokka",
                    entry_id=self.entry_id, at=tx.now(),
                )
            )  # fmt: skip
            model = StageModel(key="m", version=1, name="M", state="retired", definition={}, created_at=tx.now())
            tx.add(model)
            tx.flush()
            tx.add(
                Transition(
                    customer_id=self.customer_id, model_id=model.id, model_key="m", model_version=1, after="a",
                    rule="r", direction="enter", held_at=tx.now(), known_at=tx.now(),
                    evidence=[{"fact": "attribute.town", "shown": "town is Bergen", "value": "Bergen"}],
                )
            )  # fmt: skip
        drain(desk)
        with desk.store.transaction() as tx:
            invitation = tx.scalars(select(Invitation)).first()
            assert invitation is not None
            token = surveys.token_of(tx, invitation)
            surveys.answer(tx, token, 4, comment="A fine quokka")
            surveys.answer(tx, token, 5, comment="A finer quokka")
        # Mail of hers that became no line: one twice, and one that nobody could take in.
        inbound.take_raw(
            desk, mail("My quokka kettle leaks.", 1), channel="email", door="file", inbox_id=self.inbox_id,
            envelope={"mail_from": MARTA},
        )  # fmt: skip
        inbound.take_raw(desk, mail("Lost quokka", 9), channel="email", door="file", inbox_id=None)
        drain(desk)
        self.joined()
        self.copied()

    def came(self, text: str, n: int) -> None:
        self.clock.advance(timedelta(minutes=5))
        inbound.take_raw(
            self.desk, mail(text, n), channel="email", door="file", inbox_id=self.inbox_id,
            envelope={"mail_from": MARTA},
        )  # fmt: skip
        drain(self.desk)

    def joined(self) -> None:
        """Another record of hers, joined into this one."""
        said = message(self.inbox_id, self.clock.now(), "Also me, quokka", sender="m.l@lindqvist.example")
        other = inbound.receive(self.desk, said)
        with self.desk.store.transaction() as tx:
            self.merge_id = merging.join(
                tx, self.customer_id, other.customer_id or 0, because="agent", by=self.admin
            ).id
        drain(self.desk)

    def copied(self) -> None:
        """A conversation of somebody else's in which Marta wrote."""
        with self.desk.store.transaction() as tx:
            noor = make_customer(tx, "noor@home.example", name="Noor")
            talk = make_conversation(tx, noor, subject="Our order")
            make_entry(tx, talk, "We both wait")
            self.noor, self.shared = noor.id, talk.id
            token = conversations.reply_token(tx.keys, talk.inbox_id, talk.id)
        said = message(self.inbox_id, self.clock.now(), "It is my quokka as well", reply_token=token)
        inbound.receive(self.desk, said)
        drain(self.desk)

    def erase(self) -> privacy.Erasure:
        with self.desk.store.transaction() as tx:
            privacy.ask(tx, self.customer_id, self.admin, "They asked for it by mail", self.desk.files)
        drain(self.desk)
        with self.desk.store.reading() as tx:
            found = privacy.proof(tx, self.customer_id)
        assert found is not None
        return found


def told(tx: Tx) -> dict[str, list[str]]:
    """Every place of the database that holds one of the secrets."""
    found: dict[str, list[str]] = {}
    for name, table in Base.metadata.tables.items():
        for column in table.columns:
            if not isinstance(column.type, (String, Text, JSON)) and "JSON" not in str(column.type):
                continue
            for value in tx.scalars(select(column)):
                text = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).lower()
                if any(secret in text for secret in SECRETS):
                    found.setdefault(f"{name}.{column.name}", []).append(text[:200])
    return found


def on_disk(folder: Path) -> list[str]:
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes().lower()
            found += [f"{path.name}: {secret}" for secret in SECRETS if secret.encode() in content]
    return found


def counts(tx: Tx) -> dict[str, Any]:
    """What reports count."""
    return {
        "lines": sorted((e.kind, e.author, e.occurred_at, e.channel or "") for e in tx.scalars(select(Entry))),
        "conversations": len(list(tx.scalars(select(Conversation)))),
        "episodes": sorted((e.opened_at, str(e.first_reply_at), e.replies) for e in tx.scalars(select(Episode))),
        "scores": sorted((s.occurred_at, s.frustration) for s in tx.scalars(select(Score))),
        "answers": [(r.kind, r.score, r.version) for r in tx.scalars(select(Response))],
        "events": sorted((f.name, f.number or 0) for f in tx.scalars(select(Fact)) if f.text is None),
        "customers": people.count(tx),
    }


HOLDS = {
    "customers.name", "identities.value", "identities.name", "contents.text", "contents.subject",
    "contents.attachments",
    "conversations.subject", "conversations.preview", "conversations.customer_name", "conversations.reply_address",
    "participants.address", "participants.name", "deliveries.message", "deliveries.recipient", "outbox_mails.subject",
    "outbox_mails.recipient", "uploads.name", "facts.text", "confirmations.value_folded", "visitors.name",
    "visitors.page_title", "article_votes.words", "transitions.evidence", "responses.comment",
    "response_versions.comment", "arrivals.envelope", "message_refs.message_id",
    "merges.kept",
}  # fmt: skip


def test_nothing_that_a_customer_said_is_left_anywhere(desk: Desk, clock: SetClock, tmp_path: Path) -> None:
    life = Life(desk, clock)
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
