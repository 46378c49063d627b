"""How one case goes, from the first mail to the verdict: waiting, chasing, answers that help or do not. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from desk.simulate import moods, phrases
from desk.simulate.hours import after_work, awake
from desk.simulate.steps import Act, Case, Note, Reply, Resolve, Step, Verdict, Write
from desk.simulate.world import Trait, World

MAX_ANSWERS = 3
HASTE = {"email": 1.0, "chat": 0.12, "sms": 0.4}  # how much shorter everybody's waits are than by mail


def agent_for(rng: Random, world: World, inbox: str, locale: str) -> Trait:
    """Who takes a case of that inbox: more likely whoever speaks the language and is quick."""
    able = [a for a in world.agents if inbox in a.inboxes]
    weights = [(3.0 if a.languages[0] == locale else 1.6 if locale in a.languages else 0.25) / a.pace for a in able]
    return rng.choices(able, weights)[0]


class Script:
    """Writes the steps of one case. `values` fill the braces of its texts; `at` is where the story stands."""

    def __init__(self, rng: Random, case: Case, agent: Trait, values: dict[str, str], at: datetime) -> None:
        self.rng, self.case, self.agent, self.values = rng, case, agent, values
        self.beside: Trait | None = None  # a colleague who helps
        self._at = at.replace(microsecond=0)
        self.values["agent"] = agent.name.split()[0]
        self.steps: list[Step] = []
        self.subject = ""
        self.brief = case.channel != "email"
        self.haste = HASTE[case.channel]
        buyer, topic = case.buyer, case.topic
        tension = topic.mood + 0.4 * (0.55 - buyer.patience) + 0.14 * case.carrier + rng.gauss(0, 0.11)
        self.tension = min(0.95, max(0.0, tension))
        self._forget()

    def _forget(self) -> None:
        """A new episode begins."""
        self.peak, self.failed, self.chasers, self.first_wait = self.tension, 0, 0, 0.0
        self.replied = False

    @property
    def at(self) -> datetime:
        """Where the story stands, in whole seconds."""
        return self._at

    @at.setter
    def at(self, at: datetime) -> None:
        self._at = at.replace(microsecond=0)

    @property
    def mood(self) -> str:
        return moods.mood(self.tension)

    # what the customer does

    def write(self, text: str, *, photo: bool = False) -> None:
        """The customer sends `text` now."""
        buyer = self.case.buyer
        mobile = ""
        if self.rng.random() < buyer.mobile:
            mobile = phrases.mobile_signature(self.rng, buyer.locale)
        self.steps.append(
            Write(
                self.at,
                self.case,
                text=text,
                subject=self.subject,
                tension=round(self.tension, 3),
                raw=not self.brief and (photo or (buyer.raw and self.rng.random() < 0.6)),
                mobile="" if self.brief else mobile,
                photo=photo and self.case.channel != "sms",
            )
        )

    def open(self) -> None:
        """The first mail."""
        buyer, topic = self.case.buyer, self.case.topic
        self.subject = phrases.subject(self.rng, buyer, topic.key, self.values)
        text = phrases.first_message(self.rng, buyer, topic.key, self.mood, self.values, brief=self.brief)
        self.write(text, photo=topic.key == "damaged" and self.rng.random() < 0.5)

    def says(self, kind: str) -> None:
        """`info`, `still` or `back`."""
        text = phrases.follow_up(
            self.rng, self.case.buyer, self.case.topic.key, kind, self.mood, self.values, brief=self.brief
        )
        self.write(text, photo=kind == "info" and self.case.topic.key == "damaged")

    def upset(self, more: float) -> None:
        self.tension = min(1.0, max(0.0, self.tension + more))
        self.peak = max(self.peak, self.tension)

    def chase(self, at: datetime) -> None:
        """Nobody answered, so the customer writes again at `at`."""
        self.at = at
        self.chasers += 1
        self.upset(0.2 + 0.08 * self.chasers)
        self.write(phrases.chaser(self.rng, self.case.buyer, self.mood, self.values, brief=self.brief))

    # what the agents do

    def wait_for_agent(self) -> None:
        """Lets the working time pass that the agent needs; an impatient customer writes again meanwhile."""
        rng, since = self.rng, self.at
        minutes = rng.lognormvariate(4.1, 0.85) * self.agent.pace * self.haste
        if self.case.carrier:
            minutes *= 1.7
        if rng.random() < 0.09:  # overlooked
            minutes += rng.uniform(500, 1500)
        answered = after_work(since, minutes)
        patience = timedelta(hours=18 + 66 * self.case.buyer.patience * rng.uniform(0.8, 1.3))
        while self.chasers < 3:
            impatient = awake(self.at + patience, rng)
            if impatient >= answered - timedelta(minutes=5):
                break
            self.chase(impatient)
            patience = timedelta(hours=rng.uniform(20, 34))
        if not self.replied:
            self.first_wait = (answered - since).total_seconds() / 3600
        self.at = answered

    def reply(self, kind: str) -> None:
        """The agent's answer: `ask`, `solve` or `again`."""
        rng = self.rng
        if not self.replied:
            taken = self._before(rng.randint(2, 12))
            if rng.random() < 0.35:
                self.steps.append(Act(taken, self.case, self.agent, "take"))
            if rng.random() < 0.13 + 0.2 * (self.chasers > 0):
                words = phrases.note(rng, self.case.buyer, taken_over=self.chasers > 0)
                self.steps.append(Note(self._before(1), self.case, self.agent, words))
        label = self.case.topic.label if not self.replied and rng.random() < 0.6 else ""
        text = phrases.answer(
            rng,
            self.case.buyer,
            self.case.topic.key,
            kind,
            self.values,
            waited=not self.replied and self.first_wait > 26,
            upset=self.mood == "frustrated" or (kind == "again" and self.mood == "strained"),
            brief=self.brief,
        )
        eases = 0.06 + 0.05 * max(-1.0, self.agent.skill)
        seen = timedelta(seconds=rng.randint(15, 240)) if self.brief else timedelta(0)
        self.steps.append(Reply(self.at, self.case, self.agent, text, label, eases, seen))
        self.tension = max(0.0, self.tension - eases)
        self.replied = True
        if rng.random() < 0.012 and not self.brief:
            subject, note = phrases.absence(self.case.buyer.locale)
            self.steps.append(
                Write(
                    self.at + timedelta(seconds=70),
                    self.case,
                    text=note,
                    subject=subject,
                    tension=round(self.tension, 3),
                    raw=True,
                    automatic=True,
                )
            )

    def _before(self, minutes: int) -> datetime:
        """Some minutes ago, but not before what happened last."""
        last = self.steps[-1].at if self.steps else self.at
        return max(self.at - timedelta(minutes=minutes), min(last + timedelta(seconds=20), self.at))

    def act(self, what: str, minutes: float) -> None:
        self.at += timedelta(minutes=minutes)
        self.steps.append(Act(self.at, self.case, self.agent, what))

    # the whole story

    def tell(self) -> None:
        """From the first mail to the last verdict."""
        self.open()
        if self.mood == "frustrated" and self.rng.random() < 0.5:
            self.steps.append(Act(self.at + timedelta(minutes=9), self.case, self.agent, "urgent"))
        episode = 1
        while True:
            happy = self._episode(episode)
            odds = 0.05 + 0.2 * (not happy) + 0.08 * self.case.topic.hard
            if episode == 2 or self.rng.random() >= odds:
                return
            episode += 1
            self.at = awake(self.at + timedelta(hours=self.rng.uniform(14, 110)), self.rng)
            self.tension = max(self.tension, self.case.topic.mood)
            self._forget()
            self.upset(0.12)
            self.says("back")

    def _episode(self, number: int) -> bool:
        """One episode up to its verdict; whether the customer is satisfied."""
        rng, topic = self.rng, self.case.topic
        self.wait_for_agent()
        if number == 1 and rng.random() < topic.asks:
            self.reply("ask")
            if rng.random() < 0.6:
                self.act("pending", 1)
            if rng.random() < 0.1:  # never answers: closed after some days
                return self._close(after_work(self.at, rng.uniform(1800, 3000)), given_up=True)
            self.at = awake(self.at + timedelta(hours=rng.lognormvariate(1.6, 1.0) * self.haste), rng)
            self.says("info")
            self.wait_for_agent()
        solved = False
        for turn in range(MAX_ANSWERS):
            self.reply("solve" if turn == 0 and number == 1 else "again")
            odds = 2.1 + 0.8 * self.agent.skill - 2.4 * topic.hard - 0.9 * self.case.carrier + 0.7 * turn
            solved = rng.random() < moods.chance(odds)
            if solved or turn == MAX_ANSWERS - 1:
                break
            if rng.random() < 0.25:  # gives up without a word
                break
            self.failed += 1
            self.at = awake(self.at + timedelta(hours=rng.uniform(9, 60) * self.haste), rng)
            self.upset(0.17)
            self.says("still")
            self.wait_for_agent()
        if solved:
            self.upset(-0.25)
            if rng.random() < 0.3:
                self.at = awake(self.at + timedelta(hours=rng.lognormvariate(0.6, 0.9) * self.haste), rng)
                grudging = self.peak >= moods.STRAINED_FROM
                self.write(phrases.thanks(rng, self.case.buyer, grudging, self.values, brief=self.brief))
                return self._close(after_work(self.at, rng.uniform(4, 90)), given_up=False)
            return self._close(after_work(self.at, rng.choice((2, 3, 6, 12, 240))), given_up=False)
        return self._close(after_work(self.at, rng.uniform(5, 900)), given_up=True)

    def _close(self, at: datetime, *, given_up: bool) -> bool:
        self.at = at
        verdict, satisfied = self.verdict(given_up)
        self.tension = verdict.tension
        self.steps.append(Resolve(self.at, self.case, self.agent, verdict))
        return satisfied

    def verdict(self, given_up: bool) -> tuple[Verdict, bool]:
        """What the customer thinks of the episode, and whether they will say so."""
        rng, buyer, topic = self.rng, self.case.buyer, self.case.topic
        course = moods.Course(
            happy=topic.happy,
            skill=self.agent.skill,
            warmth=buyer.warmth,
            first_wait_hours=self.first_wait,
            failed=self.failed,
            chasers=self.chasers,
            peak=self.peak,
            carrier=self.case.carrier,
            given_up=given_up,
            episode=1 + any(isinstance(s, Resolve) for s in self.steps),
        )
        satisfied = rng.random() < moods.satisfaction(course)
        score = moods.score(rng, satisfied, buyer.warmth, self.tension)
        shelf = moods.comments_on(score)
        tension = min(self.tension, 0.3) if satisfied else self.tension
        if score <= 2:
            tension = max(tension, 0.5 + 0.3 * rng.random())
        words = ""
        if rng.random() < moods.COMMENTS[score]:
            words = phrases.comment(rng, buyer.locale, topic.theme, shelf, self.values)
        after = timedelta(hours=min(160.0, rng.lognormvariate(1.5, 1.3)) * self.haste)
        verdict = Verdict(
            score=score,
            tension=round(tension, 3),
            answers=rng.random() < min(0.95, moods.ANSWERS[score] * buyer.answers),
            after=awake(self.at + after, rng) - self.at,
            reasons=moods.reasons(rng, score),
            comment=words,
            may_contact=rng.random() < 0.65 if score <= 2 and rng.random() < 0.6 else None,
            looks_after=timedelta(minutes=rng.uniform(1, 600)) if self.brief and rng.random() < 0.7 else None,
            then=self._then(score),
        )
        return verdict, satisfied

    def _then(self, score: int) -> str:
        """What some do after it: tell a friend, or leave."""
        if score == 5 and self.case.buyer.tendency.key in ("loyal", "growing") and self.rng.random() < 0.14:
            return "referral.made"
        return "account.closed" if score == 1 and self.rng.random() < 0.1 else ""
