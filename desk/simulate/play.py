"""Plays a plan on a desk: each step at its moment, through the corridor and the public functions that people use."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from tqdm import tqdm

from desk import conversations, facts, inbound, intake, jobs, lifecycle, outbound, people, surveys, timeline
from desk.channels.email import reply_address
from desk.clock import SetClock
from desk.messages import Address, InboundMessage, Sender
from desk.parts import Desk
from desk.signals import JobsWaiting, Signal
from desk.simulate import mails, moods, phrases
from desk.simulate.hours import monday
from desk.simulate.scenery import Scenery
from desk.simulate.steps import (
    Act,
    Case,
    Note,
    Ordered,
    Plan,
    Reply,
    Resolve,
    Snooze,
    Step,
    Verdict,
    Write,
)
from desk.simulate.truth import ConversationTruth, EpisodeTruth, Truth

DOOR = "simulation"
TICK = timedelta(days=1)  # how often time alone is asked whether it moved somebody


@dataclass(frozen=True, slots=True)
class Answer:
    """The customer opens the link of an invitation and answers, or does what follows without a word."""

    case: Case
    verdict: Verdict
    token: str | None
    episode: EpisodeTruth | None


@dataclass(frozen=True, slots=True)
class Tick:
    """Another day."""


Event = Step | Ordered | Answer | Tick


@dataclass(slots=True)
class Thread:
    """What the player remembers of a case."""

    conversation_id: int
    tension: float = 0.0
    sent: int = 0
    last_reply: tuple[str, datetime, str] | None = None  # who, when, what: quoted below an answer


class Player:
    """Plays one plan. `desk` has a store whose clock is `clock`; `mark` names this history among those of the desk."""

    def __init__(
        self,
        desk: Desk,
        clock: SetClock,
        scenery: Scenery,
        truth: Truth,
        drain: Callable[[Desk], int],
        mark: str,
    ) -> None:
        self.desk, self.clock, self.scenery, self.truth = desk, clock, scenery, truth
        self.drain, self.mark = drain, mark
        self.threads: dict[int, Thread] = {}
        self.shelves: dict[int, set[str]] = {}  # buyer -> what kinds of things they have bought
        self.queue: list[tuple[datetime, int, int, Event]] = []
        self.number = 0
        self.waiting = False  # whether jobs were written since the last time that they were worked off
        self.end = clock.now()
        desk.store.listen(self._hear)

    def play(self, plan: Plan, *, progress: bool) -> None:
        """Runs the plan from its start to its end."""
        self.end = plan.end
        for ordered in plan.ordered:
            self._push(ordered.at, 0, ordered)
        for step in plan.steps:
            self._push(step.at, 2, step)
        at = plan.start + TICK
        while at < plan.end:
            self._push(at, 1, Tick())
            at += TICK
        with tqdm(
            total=len(self.queue), file=sys.stderr, desc="simulating", unit="step", disable=not progress, delay=0.5
        ) as bar:
            while self.queue:
                at, _, _, event = heapq.heappop(self.queue)
                self.clock.set(max(at, self.clock.now()))
                self._do(event)
                self._work()
                if isinstance(event, Resolve):
                    self._after_resolve(event)
                bar.total = bar.n + 1 + len(self.queue)  # answers join the queue on the way
                bar.update()
        self.clock.set(plan.end)
        self.waiting = True
        self._work()
        for thread in self.threads.values():
            known = self.truth.conversations[thread.conversation_id]
            known.tension_end = round(thread.tension, 3)
            known.frustrated_end = moods.mood(thread.tension) == "frustrated"

    def _hear(self, signal: Signal) -> None:
        self.waiting = self.waiting or isinstance(signal, JobsWaiting)

    def _work(self) -> None:
        """Works off the jobs that this moment has brought, before time goes on."""
        if self.waiting:
            self.drain(self.desk)
            self.waiting = False

    def _push(self, at: datetime, rank: int, event: Event) -> None:
        self.number += 1
        heapq.heappush(self.queue, (at, rank, self.number, event))

    def _do(self, event: Event) -> None:
        match event:
            case Write():
                self._write(event)
            case Reply():
                self._reply(event)
            case Resolve():
                self._resolve(event)
            case Act():
                self._act(event)
            case Note():
                with self.desk.store.transaction() as tx:
                    outbound.note(tx, self._id(event), self._staff(event), event.text)
                self.truth.count("notes")
            case Snooze():
                with self.desk.store.transaction() as tx:
                    conversations.snooze(tx, self._id(event), self._staff(event), event.until)
            case Ordered():
                self._ordered(event)
            case Answer():
                self._answer(event)
            case Tick():
                self._tick()

    def _id(self, step: Step) -> int:
        return self.threads[step.case.number].conversation_id

    def _staff(self, step: Act | Note | Reply | Snooze | Resolve) -> Any:
        return self.scenery.staff[step.agent.key]

    # what customers do

    def _write(self, step: Write) -> None:
        """A mail of the customer, as bytes through the door or as a message into the corridor."""
        case, buyer = step.case, step.case.buyer
        thread = self.threads.get(case.number)
        inbox = self.scenery.inboxes[case.topic.inbox]
        sent = thread.sent if thread else 0
        refs: list[str] = []
        to, token = inbox.address, None
        if thread is not None:
            with self.desk.store.reading() as tx:
                refs = timeline.thread_ids(tx, thread.conversation_id)
                token = conversations.reply_token(tx.keys, inbox.id, thread.conversation_id)
            if thread.last_reply is not None and not step.automatic:
                to = reply_address(inbox.address, token)
            else:
                token = None
        message_id = mails.message_id(buyer, self.mark, case.number, sent, step.at.isoformat())
        subject = step.subject if thread is None or step.automatic else f"Re: {step.subject}"
        whole = [step.text, *([step.mobile] if step.mobile else [])]
        if thread is not None and thread.last_reply is not None and not step.automatic:
            whole.append(phrases.quoted(buyer.locale, *thread.last_reply))
        full = "\n\n".join(whole)
        if step.raw:
            raw = mails.mail(
                step,
                inbox_id=inbox.id,
                message_id=message_id,
                to=to,
                text=full,
                subject=subject,
                thread=refs,
                at=self.clock.now(),
            )
            conversation_id = self._through_the_door(raw, inbox.id, "" if step.automatic else buyer.email, to)
        else:
            outcome = inbound.receive(
                self.desk,
                InboundMessage(
                    channel="email",
                    inbox_id=inbox.id,
                    external_id=message_id,
                    sender=Sender(
                        Address("email", buyer.email, buyer.name), "inferred", f"a mail came from {buyer.email}"
                    ),
                    sent_at=self.clock.now(),
                    text=step.text,
                    full_text=full if len(whole) > 1 else "",
                    subject=subject,
                    message_id=message_id,
                    reply_refs=tuple(reversed(refs)),
                    reply_token=token,
                    locale=buyer.locale,
                ),
            )
            if outcome.conversation_id is None:
                raise RuntimeError(f"a simulated message was not taken in: {outcome.state}, {outcome.reason}")
            conversation_id = outcome.conversation_id
        self._wrote(step, conversation_id)

    def _through_the_door(self, raw: bytes, inbox_id: int, mail_from: str, to: str) -> int:
        arrival_id = inbound.take_raw(
            self.desk,
            raw,
            channel="email",
            door=DOOR,
            inbox_id=inbox_id,
            envelope={"mail_from": mail_from, "rcpt_to": [to]},
        )
        assert arrival_id is not None  # only a door key can make it an old one
        self._work()
        with self.desk.store.reading() as tx:
            arrival = intake.get(tx, arrival_id)
            entry = timeline.one(tx, arrival.entry_id) if arrival.entry_id else None
        if entry is None or entry.conversation_id is None:
            raise RuntimeError(f"a simulated mail was not taken in: {arrival.state}, {arrival.reason}")
        return entry.conversation_id

    def _wrote(self, step: Write, conversation_id: int) -> None:
        case = step.case
        thread = self.threads.get(case.number)
        if thread is None:
            thread = self.threads[case.number] = Thread(conversation_id)
        thread.conversation_id = conversation_id  # a late answer may have begun another one
        thread.sent += 1
        known = self.truth.conversations.setdefault(
            conversation_id, ConversationTruth(topic=case.topic.key, locale=case.buyer.locale)
        )
        self.truth.count("messages")
        if not step.automatic:
            thread.tension = step.tension
            known.mood_last_message = moods.mood(step.tension)
            known.frustrated_last_message = known.mood_last_message == "frustrated"

    def _ordered(self, event: Ordered) -> None:
        """The shop reports orders: facts of the customer who has this address."""
        buyer = event.buyer
        with self.desk.store.transaction() as tx:
            identity = people.resolve(
                tx,
                Sender(Address("email", buyer.email, buyer.name), "inferred", "ordered in the shop with this address"),
                at=event.orders[0].at,
                locale=buyer.locale,
            )
            had = self.shelves.setdefault(buyer.number, set())
            for one in event.orders:
                facts.record(
                    tx,
                    identity.customer_id,
                    "order.placed",
                    float(one.value),
                    occurred_at=one.at,
                    identity_id=identity.id,
                )
                if one.item.shelf not in had:
                    had.add(one.item.shelf)
                    facts.record(
                        tx,
                        identity.customer_id,
                        "attribute.categories",
                        float(len(had)),
                        occurred_at=one.at,
                        identity_id=identity.id,
                    )
        self.truth.count("orders", len(event.orders))

    def _answer(self, event: Answer) -> None:
        verdict, thread = event.verdict, self.threads[event.case.number]
        if event.token is not None and event.episode is not None:
            with self.desk.store.reading() as tx:
                ready = surveys.open_link(tx, event.token, str(verdict.score)).kind == "ready"
            if ready:
                with self.desk.store.transaction() as tx:
                    surveys.answer(
                        tx, event.token, verdict.score, verdict.reasons, verdict.comment, verdict.may_contact
                    )
                event.episode.score = verdict.score
        if verdict.then:
            with self.desk.store.transaction() as tx:
                customer_id = conversations.get(tx, thread.conversation_id, None).customer_id
                facts.record(tx, customer_id, verdict.then, occurred_at=tx.now())

    # what agents do

    def _reply(self, step: Reply) -> None:
        thread, viewer = self.threads[step.case.number], self._staff(step)
        with self.desk.store.transaction() as tx:
            if step.label and step.label not in conversations.labels(tx, [thread.conversation_id]).get(
                thread.conversation_id, []
            ):
                conversations.label(tx, thread.conversation_id, viewer, step.label, True)
            outbound.reply(
                tx,
                thread.conversation_id,
                viewer,
                step.text,
                request_id=f"{self.mark}:{step.case.number}:{step.at.isoformat()}",
            )
        thread.last_reply = (viewer.name, step.at, step.text)
        thread.tension = max(0.0, thread.tension - step.eases)
        self.truth.count("replies")

    def _act(self, step: Act) -> None:
        conversation_id, viewer = self._id(step), self._staff(step)
        with self.desk.store.transaction() as tx:
            status = conversations.get(tx, conversation_id, viewer).status
            if step.what == "take":
                conversations.assign(tx, conversation_id, viewer, viewer.id)
            elif step.what == "urgent":
                conversations.set_priority(tx, conversation_id, viewer, 1)
            elif step.what == "pending" and status == "open":
                conversations.set_pending(tx, conversation_id, viewer)

    def _resolve(self, step: Resolve) -> None:
        with self.desk.store.transaction() as tx:
            conversation = conversations.get(tx, self._id(step), self._staff(step))
            if conversation.status != "resolved":
                conversations.resolve(tx, conversation.id, self._staff(step))
        self.threads[step.case.number].tension = step.verdict.tension

    def _after_resolve(self, step: Resolve) -> None:
        """The desk has decided by now whether to ask; whoever wants to answer will, in their own time."""
        case, verdict = step.case, step.verdict
        with self.desk.store.reading() as tx:
            conversation = conversations.get(tx, self._id(step), None)
            invitation = tx.scalar(
                select(surveys.Invitation).where(surveys.Invitation.episode_id == conversation.episode_id)
            )
            token = surveys.token_of(tx, invitation) if invitation is not None else None
        assert conversation.episode_id is not None  # what was resolved had an episode
        episode = EpisodeTruth(
            conversation_id=conversation.id,
            episode_id=conversation.episode_id,
            resolved_at=step.at.isoformat(),
            week=monday(step.at).isoformat(),
            agent=self._staff(step).name,
            topic=case.topic.key,
            theme=case.topic.theme,
            stage=invitation.stage if invitation is not None else None,
            would_score=verdict.score,
            asked=invitation is not None,
        )
        self.truth.episodes.append(episode)
        at = self.clock.now() + verdict.after
        speaks = token if verdict.answers else None
        if at <= self.end and (speaks or verdict.then):
            self._push(at, 3, Answer(case, verdict, speaks, episode))

    # what time does

    def _tick(self) -> None:
        """What the worker's schedule does by itself on a running desk."""
        with self.desk.store.transaction() as tx:
            conversations.wake_due(tx)
            jobs.prune(tx)
            for customer_id in lifecycle.due_for_consideration(tx, 2000):
                jobs.enqueue(
                    tx, "lifecycle.consider", {"customer_id": customer_id}, key=f"lifecycle:{customer_id}", priority=7
                )
