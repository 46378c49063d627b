"""Plays a plan on a desk: each step at its moment, through the corridor and the public functions that people use."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from desk import bot, conversations, facts, jobs, lifecycle, outbound, sla, surveys
from desk.clock import SetClock
from desk.parts import Desk
from desk.signals import JobsWaiting, Signal
from desk.simulate import moods
from desk.simulate.doors import Doors, Then, Thread
from desk.simulate.hours import monday
from desk.simulate.scenery import Scenery
from desk.simulate.steps import (
    Act,
    Case,
    Note,
    Ordered,
    Plan,
    Question,
    React,
    Reply,
    Resolve,
    Snooze,
    Step,
    Verdict,
    Write,
)
from desk.simulate.truth import ASSISTANT, ConversationTruth, EpisodeTruth, Truth
from desk.simulate.visits import Visits

TICK = timedelta(days=1)  # how often time alone is asked whether it moved somebody
MOST = 5000  # conversations that one day leaves behind
# Whom the bot left alone with a complaint is not happy, and tells nobody.
ABANDONED = Verdict(score=3, tension=0.5, answers=False, after=timedelta(0), reasons=(), comment="", may_contact=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """The customer answers a question, or does what follows without a word."""

    case: Case
    verdict: Verdict
    invitation_id: int | None
    episode: EpisodeTruth | None


@dataclass(frozen=True, slots=True)
class Look:
    """A visitor comes back to the chat and looks at it."""

    conversation_id: int


@dataclass(frozen=True, slots=True)
class Over:
    """An episode has ended just now: by whom, and what its customer thinks of it."""

    case: Case
    verdict: Verdict
    agent: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Tick:
    """Another day."""


Event = Step | Ordered | Answer | Look | Tick


class Player:
    """Plays one plan. `desk` has a store whose clock is `clock`, and so has `asking`, whose models answer what visitors
    ask the help centre; `mark` names this history among those of the desk."""

    def __init__(
        self,
        desk: Desk,
        asking: Desk,
        clock: SetClock,
        scenery: Scenery,
        truth: Truth,
        drain: Callable[[Desk], int],
        mark: str,
    ) -> None:
        self.desk, self.asking, self.clock, self.scenery, self.truth = desk, asking, clock, scenery, truth
        self.drain, self.mark = drain, mark
        self.doors = Doors(desk, scenery, mark, self._work)
        self.visits = Visits(
            asking, self.doors, truth, say=self._write, push=self._later, work=self._work, over=self._over_by_bot
        )
        self.threads: dict[int, Thread] = {}
        self.cases: dict[int, Case] = {}  # by conversation
        self.ended: list[Over] = []  # since the jobs were last worked off
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
        for step in (*plan.steps, *plan.questions):
            self._push(step.at, 2, step)
        at = plan.start + TICK
        while at < plan.end:
            self._push(at, 1, Tick())
            at += TICK
        with (
            logging_redirect_tqdm() if progress else nullcontext(),
            tqdm(
                total=len(self.queue), file=sys.stderr, desc="simulating", unit="step", disable=not progress, delay=0.5
            ) as bar,
        ):
            while self.queue:
                at, _, _, event = heapq.heappop(self.queue)
                self.clock.set(max(at, self.clock.now()))
                self._do(event)
                self._work()
                while self.ended:
                    self._after_resolve(self.ended.pop(0))
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

    def _work(self, desk: Desk | None = None) -> None:
        """Works off the jobs that this moment has brought, before time goes on."""
        if self.waiting:
            self.drain(desk or self.desk)
            self.waiting = False

    def _push(self, at: datetime, rank: int, event: Event) -> None:
        self.number += 1
        heapq.heappush(self.queue, (at, rank, self.number, event))

    def _later(self, step: Step) -> None:
        if step.at <= self.end:
            self._push(step.at, 2, step)

    def _do(self, event: Event) -> None:
        match event:
            case Question():
                self.visits.ask(event)
            case React():
                self.visits.react(event)
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
            case Look():
                self.doors.looks(event.conversation_id)
            case Tick():
                self._tick()

    def _id(self, step: Step) -> int:
        return self.threads[step.case.number].conversation_id

    def _staff(self, step: Act | Note | Reply | Snooze | Resolve) -> Any:
        return self.scenery.staff[step.agent.key]

    # what customers do

    def _write(self, step: Write, then: Then | None = None) -> int:
        """What the customer writes, by the door of its channel; gives the conversation."""
        thread = self.threads.get(step.case.number)
        conversation_id = self.doors.write(step, thread, self.clock.now(), then)
        self._wrote(step, conversation_id)
        return conversation_id

    def _wrote(self, step: Write, conversation_id: int) -> None:
        case = step.case
        thread = self.threads.get(case.number)
        if thread is None:
            thread = self.threads[case.number] = Thread(conversation_id)
        thread.conversation_id = conversation_id  # a late answer may have begun another one
        self.cases[conversation_id] = case
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
            identity = self.doors.identity(tx, buyer, event.orders[0].at)
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
        episode, asked = event.episode, event.invitation_id
        if asked is not None and episode is not None and self.doors.rate(event.case, asked, verdict, self.clock.now()):
            episode.score = verdict.score
            self.truth.count("messages", episode.channel == "sms")  # the text with the number is one, too
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
        if step.case.channel == "chat":
            self._look(step.seen_after, thread.conversation_id)
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
        self._over(step.case, step.verdict, self._staff(step).name, step.at)

    def _over(self, case: Case, verdict: Verdict, agent: str, at: datetime) -> None:
        self.threads[case.number].tension = verdict.tension
        self.ended.append(Over(case, verdict, agent, at))

    def _over_by_bot(self, case: Case, verdict: Verdict) -> None:
        self._over(case, verdict, ASSISTANT, self.clock.now())

    def _after_resolve(self, over: Over) -> None:
        """The desk has decided by now whether to ask; whoever wants to answer will, in their own time."""
        case, verdict = over.case, over.verdict
        with self.desk.store.reading() as tx:
            conversation = conversations.get(tx, self.threads[case.number].conversation_id, None)
            invitation = tx.scalar(
                select(surveys.Invitation).where(surveys.Invitation.episode_id == conversation.episode_id)
            )
        assert conversation.episode_id is not None  # what was resolved had an episode
        episode = EpisodeTruth(
            conversation_id=conversation.id,
            episode_id=conversation.episode_id,
            resolved_at=over.at.isoformat(),
            week=monday(over.at).isoformat(),
            agent=over.agent,
            topic=case.topic.key,
            theme=case.topic.theme,
            stage=invitation.stage if invitation is not None else None,
            channel=conversation.channel,
            would_score=verdict.score,
            asked=invitation is not None,
        )
        self.truth.episodes.append(episode)
        at = self.clock.now() + verdict.after
        speaks = invitation.id if invitation is not None and verdict.answers else None
        if at <= self.end and (speaks or verdict.then):
            self._push(at, 3, Answer(case, verdict, speaks, episode))
        if conversation.channel == "chat" and verdict.looks_after is not None:
            self._look(verdict.looks_after, conversation.id)

    def _look(self, after: timedelta, conversation_id: int) -> None:
        if (at := self.clock.now() + after) <= self.end:
            self._push(at, 3, Look(conversation_id))

    # what time does

    def _tick(self) -> None:
        """What the worker's schedule does by itself on a running desk."""
        with self.desk.store.transaction() as tx:
            left = conversations.left_with_bot(tx, tx.now() - conversations.LEFT_AFTER, MOST)
            bot.look_after(tx, MOST)
            conversations.wake_due(tx)
            jobs.prune(tx)
            for customer_id in lifecycle.due_for_consideration(tx, 2000):
                jobs.enqueue(
                    tx, "lifecycle.consider", {"customer_id": customer_id}, key=f"lifecycle:{customer_id}", priority=7
                )
            late = sla.due_now(tx, MOST)
            for conversation_id in late:
                sla.tick(tx, conversation_id)
        for conversation_id in left:
            if (case := self.cases.get(conversation_id)) is not None:
                self._over_by_bot(case, self.visits.left(case) or ABANDONED)
