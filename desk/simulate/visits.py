"""Plays the questions of chat visitors: the bot answers with the desk's own models, and they do something about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from desk import bot, conversations, knowledge, timeline
from desk.parts import Desk
from desk.simulate.doors import Doors, Then
from desk.simulate.hours import after_work
from desk.simulate.library import library
from desk.simulate.steps import Case, Question, React, Reply, Resolve, Step, Verdict, Write
from desk.simulate.truth import QuestionTruth, Truth
from desk.store import Tx
from desk.visitors.words import wants_person

LOOKS = timedelta(minutes=2)  # until a visitor sees what a person answered

Say = Callable[[Write, Then | None], int]  # takes a message in and gives its conversation
Over = Callable[[Case, Verdict], None]  # an episode ended without an agent


def prepare(desk: Desk, quick: Desk) -> None:
    """Learns the articles now, for both who answer in the history: `desk` with its models and `quick` without.

    Before time is set back, so that what was learned is dated today; the desk's own last, because the lab shows what
    was learned last.
    """
    with desk.store.reading() as tx:
        locales = knowledge.locales(tx)
    for locale in locales:
        bot.SHELVES.get(quick, locale)
        bot.SHELVES.get(desk, locale)


def shelf_keys(tx: Tx) -> dict[int, tuple[str, str]]:
    """The invented shop's articles on this desk: id -> (language, key). Empty where the desk has a help centre of its
    own, or none."""
    keys = {(locale, row["title"]): row["key"] for locale, rows in library().items() for row in rows}
    found = {p.id: (p.locale, keys.get((p.locale, p.title), "")) for p in knowledge.published(tx)}
    return {article_id: known for article_id, known in found.items() if known[1]}


class Visits:
    """Questions under way. `asking` is the desk with its models; `say`, `push`, `work` and `over` are the player's."""

    def __init__(
        self,
        asking: Desk,
        doors: Doors,
        truth: Truth,
        *,
        say: Say,
        push: Callable[[Step], None],
        work: Callable[[Desk], None],
        over: Over,
    ) -> None:
        self.desk, self.doors, self.truth = asking, doors, truth
        self._say, self._push, self._work, self._over = say, push, work, over
        self._asked: dict[int, tuple[Question, QuestionTruth]] = {}  # by the case's number
        with asking.store.reading() as tx:
            self._keys: Mapping[int, tuple[str, str]] = shelf_keys(tx)

    def ask(self, question: Question) -> None:
        """The visitor types the question, and the bot has its turn."""
        conversation_id = self._writes(question, question.text)
        here = (question.case.buyer.locale, question.article) in self._keys.values()
        known = QuestionTruth(
            conversation_id=conversation_id,
            locale=question.case.buyer.locale,
            article=question.article if here else "",
        )
        self.truth.questions.append(known)
        self._asked[question.case.number] = question, known
        self._follow(question, known)

    def react(self, step: React) -> None:
        """The visitor has read what the bot said."""
        question, known = self._asked[step.case.number]
        with self.desk.store.reading() as tx:
            talking = conversations.get(tx, known.conversation_id, None).bot == "talking"
            turn = timeline.one(tx, step.turn_id)
        if not talking or turn is None:  # the desk thought them frustrated meanwhile
            self._handed_over(question, known)
            return
        self.doors.looks(known.conversation_id)
        outcome = turn.detail.get("outcome")
        if outcome == "did_you_mean" and (number := self._choice(known, turn.detail)):
            self._writes(question, str(number))
            self._follow(question, known)
        elif outcome == "answer":
            self._judge(question, known, step.turn_id)
        else:
            self._wants_person(question, known)

    def left(self, case: Case) -> Verdict | None:
        """What a visitor thinks whose conversation was closed because they left; None where it was no such question."""
        if case.number not in self._asked:
            return None
        question, known = self._asked[case.number]
        return question.content if known.right else question.let_down

    def _writes(self, question: Question, text: str, then: Then | None = None) -> int:
        now = self._now()
        conversation_id = self._say(Write(now, question.case, text=text, subject="", tension=question.tension), then)
        self._work(self.desk)
        return conversation_id

    def _now(self) -> datetime:
        return self.desk.store.clock.now()

    def _follow(self, question: Question, known: QuestionTruth) -> None:
        """What comes after a message of the visitor: they read what the bot said, or a person takes over."""
        with self.desk.store.reading() as tx:
            talking = conversations.get(tx, known.conversation_id, None).bot == "talking"
            turns = timeline.of_conversation(tx, known.conversation_id, 1, ("bot",))
        if not talking or not turns:
            self._handed_over(question, known)
            return
        if turns[0].detail.get("outcome") == "answer":
            known.answered = True
            locale, key = self._keys.get(int(turns[0].detail["article_id"]), ("", ""))
            known.right = bool(key) and (locale, key) == (known.locale, known.article)
        self._push(React(self._now() + question.reads, question.case, turns[0].id))

    def _choice(self, known: QuestionTruth, detail: Mapping[str, Any]) -> int:
        """The number of the right article among the choices; 0 where it is not there."""
        found = [self._keys.get(int(choice[0]), ("", "")) for choice in detail.get("candidates") or ()]
        wanted = known.locale, known.article
        return found.index(wanted) + 1 if known.article and wanted in found else 0

    def _judge(self, question: Question, known: QuestionTruth, turn_id: int) -> None:
        """What they do about an article."""
        does = question.right if known.right else question.wrong
        known.said = does
        if does == "person":
            self._wants_person(question, known)
        elif does:
            with self.desk.store.transaction() as tx:
                bot.helped(tx, turn_id, does == "helped")
            if does == "helped":
                self._over(question.case, question.content)
            else:
                self._handed_over(question, known)

    def _wants_person(self, question: Question, known: QuestionTruth) -> None:
        """The button in the widget: it writes in the visitor's name, and the bot hands over."""
        known.said = "person"

        def hand_over(tx: Tx, conversation_id: int) -> None:
            bot.hand_over(tx, conversation_id, "customer", at=tx.now())

        self._writes(question, wants_person(known.locale), hand_over)
        self._handed_over(question, known)

    def _handed_over(self, question: Question, known: QuestionTruth) -> None:
        """An agent answers in working time, and resolves it a while later."""
        known.handed_over = True
        case, agent = question.case, question.agent
        at = after_work(self._now(), question.works).replace(microsecond=0)
        self._push(Reply(at, case, agent, question.answer, seen_after=LOOKS))
        closed = after_work(at, question.closes).replace(microsecond=0)
        self._push(Resolve(closed, case, agent, question.served))
