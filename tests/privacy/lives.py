"""A customer with something of theirs in every place that can hold it, and where it is looked for."""

from __future__ import annotations

import json
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, String, Text, select

from desk import conversations, facts, flows, inbound, merging, outbound, people, privacy, search, surveys, tasks
from desk.blocking.tables import Block
from desk.clock import SetClock
from desk.conversations.tables import Conversation, Episode
from desk.facts.tables import Fact
from desk.imports.tables import Import, ImportRefusal
from desk.knowledge.tables import Article, ArticleVote
from desk.lifecycle.tables import StageModel, Transition
from desk.merging.tables import TalkMove
from desk.outbound import uploads
from desk.parts import Desk
from desk.questions.tables import DraftSource
from desk.sentiment.tables import Score
from desk.store import Base, Tx
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
            self.task_id = tasks.add(tx, self.number, self.agent, "Send Marta a quokka", assignee_id=self.agent.id).id
            tasks.remind(tx, self.number, self.agent, clock.now() + timedelta(days=30))
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
            people.stop(tx, own, tx.now(), people.Known("staff", "Said to a quokka"))
            people.resume(tx, own)
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
            flow = flows.save(tx, "name: A\nstart: {button: B}\nsteps:\n  - ask: {key: town, text: 'Where?'}\n", None)
            begun = flows.publish(tx, flow.id, None)
            flows.begin_run(
                tx, flow.id, begun.id, self.number, None, "en", flows.State(0, "asking", {"town": "Quokka Town"})
            )
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
        self.kept_elsewhere()

    def kept_elsewhere(self) -> None:
        """Her address on a list that was brought in and among the blocks; her words in what a merge keeps."""
        listed = f"name;email\nMarta;{MARTA}\n".encode()
        sha = self.desk.files.put(listed)
        with self.desk.store.transaction() as tx:
            self.desk.files.refer(tx, sha, len(listed))
            row = Import(
                staff_id=self.admin.id,
                made_at=tx.now(),
                name="friends.csv",
                sha256=sha,
                size=len(listed),
                rows=1,
                encoding="utf-8",
                delimiter=";",
                header=["name", "email"],
                examples={"made": ["Marta"]},
                state="done",
            )
            tx.add(row)
            tx.flush()
            tx.add(ImportRefusal(import_id=row.id, line=2, why="Marta is there twice"))
            tx.add(
                Block(
                    kind="email",
                    value=MARTA,
                    value_folded=MARTA,
                    why="quokka",
                    created_at=tx.now(),
                    lifted_at=tx.now(),
                    messages=0,
                )
            )
            tx.add(
                TalkMove(
                    kind="merge",
                    from_id=self.number,
                    to_id=self.number,
                    kept={"row": {"preview": "quokka"}},
                    staff_id=self.admin.id,
                    at=tx.now(),
                )
            )
            article = Article(
                locale="en", slug="a-quokka-kettle", title="A quokka kettle", examples=["A quokka kettle leaks"],
                body="Kettles are repaired.\n\nThe quokka goes first.", drafted=True, created_at=tx.now(),
                updated_at=tx.now(),
            )  # fmt: skip
            tx.add(article)
            tx.flush()
            for kind, text in (("passage", "The quokka goes first."), ("example", "A quokka kettle leaks")):
                tx.add(DraftSource(article_id=article.id, entry_id=self.entry_id, kind=kind, text=text))
            privacy.hold(tx, self.number, self.admin, "A quarrel about a quokka")
            privacy.lift(tx, self.number, self.admin)
        drain(self.desk)

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
        search.work(self.desk)  # as the worker does when it has nothing else to do
        with self.desk.store.reading() as tx:
            found = privacy.proof(tx, self.customer_id)
        assert found is not None
        return found


def told(tx: Tx, secrets: tuple[str, ...] = SECRETS) -> dict[str, list[str]]:
    """Every place of the database that holds one of the secrets."""
    found: dict[str, list[str]] = {}
    for name, table in Base.metadata.tables.items():
        for column in table.columns:
            if not isinstance(column.type, (String, Text, JSON)) and "JSON" not in str(column.type):
                continue
            for value in tx.scalars(select(column)):
                text = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).lower()
                if any(secret in text for secret in secrets):
                    found.setdefault(f"{name}.{column.name}", []).append(text)
    return found


def on_disk(folder: Path, secrets: tuple[str, ...] = SECRETS) -> list[str]:
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes().lower()
            found += [f"{path.name}: {secret}" for secret in secrets if secret.encode() in content]
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
