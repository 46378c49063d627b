"""One turn: what it rests on is read, it is computed outside of any transaction, and written in a third step.

Between reading and writing people go on. So what was read is read again before anything is said: if the customer wrote
meanwhile, the turn is dropped and the job, asked for once more by that message, begins anew; if a person answered or
took over, nothing is said at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import select

from desk import conversations, flows, knowledge, people, settings, timeline
from desk.bot import guided, sayings
from desk.bot.decide import MOST_TURNS, Candidate, Case, Decision, decide
from desk.bot.guided import Guided, Standing
from desk.bot.mood import too_upset
from desk.bot.passage import LONGEST, choose, told
from desk.bot.phrases import Kind, folded, kind_of, number_of, wants_person
from desk.bot.service import Turn, helped, say, step_back
from desk.bot.shelf import SHELVES, Shelf, units
from desk.bot.tables import BotTurn
from desk.bot.wording import READ, cleaned
from desk.channels.email.language import language_of
from desk.flows import Facts, Live
from desk.i18n import best
from desk.knowledge import Published
from desk.nlp import Models
from desk.parts import Desk
from desk.store import Tx
from desk.timeline import EntryView

SEVERAL = 5  # messages in a row that are read as one
FOLLOW_UP = 7  # words of a turn that may lean on the question before it
LONG = 40  # words from which a text is a letter, in which the questions are looked for by themselves
SMS_PASSAGE = 240
_KINDS = ("message", "reply", "bot", "handover")
_QUESTION = re.compile(r"[^.!?\n]*\?")


@dataclass(frozen=True, slots=True)
class Situation:
    """What a turn rests on, read in one transaction. `texts` are the messages that nobody answered yet, oldest first;
    `before` is the question before them."""

    conversation_id: int
    question_id: int
    texts: tuple[str, ...]
    before: str
    upset: bool  # too frustrated for a machine
    channel: str
    brand: str
    brand_id: int | None
    locales: tuple[str, ...]  # to speak, best first, where the text itself does not tell
    written: tuple[str, ...]  # languages that somebody wrote articles in
    tried: frozenset[int]
    refused: frozenset[int]
    offered: tuple[Candidate, ...]
    answer_id: int | None  # the last turn, where it gave an article and nobody said yet whether it helped
    turns: int
    aside: bool  # asked beside the line, by somebody who waits for a person and goes on waiting
    standing: Standing | None = None  # the flow that goes on
    live: tuple[Live, ...] = ()
    facts: Facts | None = None  # None where there is no flow that could ask for them


def read(tx: Tx, conversation_id: int) -> Situation | None:
    """What there is to answer; None where it is not the bot's turn, or nothing waits for one."""
    conversation = conversations.get(tx, conversation_id, None)
    if conversation.bot not in ("talking", "handed_over"):
        return None
    if conversation.assignee_id is not None or conversation.status == "spam":
        return None
    said = [
        e
        for e in timeline.of_conversation(tx, conversation_id, limit=40, kinds=_KINDS)
        if not (e.kind == "message" and e.detail.get("automatic"))
    ]
    said.sort(key=lambda e: e.id)  # as it was taken in: a message that was long on its way is answered all the same
    unanswered: list[EntryView] = []
    for entry in reversed(said):
        if entry.kind != "message":
            break
        unanswered.insert(0, entry)
    if not unanswered:
        return None
    aside = conversation.bot == "handed_over"
    if aside and not unanswered[-1].detail.get("asks_bot"):
        return None  # they are in line for a person, and did not ask us
    earlier = [e for e in said if e.id < unanswered[0].id]
    # In this episode alone: what was tried long ago may be what helps today.
    mine = list(
        tx.scalars(
            select(BotTurn).where(BotTurn.episode_id == conversation.episode_id).order_by(BotTurn.entry_id).limit(40)
        )
    )
    last = earlier[-1] if earlier and earlier[-1].kind == "bot" else None
    questions = [e.text for e in earlier if e.kind == "message" and kind_of(e.text) == "question"]
    inbox = settings.inbox(tx, conversation.inbox_id)
    brand = settings.brand(tx, inbox.brand_id)
    before = mine[-1].locale if mine else None
    spoken = (before, people.customer(tx, conversation.customer_id).locale, inbox.locale)
    standing = guided.standing(tx, conversation_id, conversation.episode_id)
    live = () if aside else tuple(flows.live(tx))
    answered = last is not None and last.detail.get("outcome") == "answer" and last.detail.get("helped") is None
    return Situation(
        conversation_id=conversation_id,
        question_id=unanswered[-1].id,
        texts=tuple(e.text[:READ] for e in unanswered[-SEVERAL:]),
        before=questions[-1][:READ] if questions else "",
        upset=too_upset(tx, conversation.level),
        channel=conversation.channel,
        brand=brand.name,
        brand_id=brand.id,
        locales=tuple(dict.fromkeys(locale[:2] for locale in spoken if locale)),
        written=tuple(knowledge.locales(tx, brand.id)),
        tried=frozenset(t.article_id for t in mine if t.outcome == "answer" and t.article_id is not None),
        refused=frozenset(t.article_id for t in mine if t.helped is False and t.article_id is not None),
        offered=_offered(last),
        answer_id=last.id if last is not None and answered else None,
        turns=sum(t.outcome != "flow" for t in mine) + flows.begun(tx, conversation_id, conversation.episode_id),
        standing=standing,
        live=live,
        facts=guided.facts_of(tx, conversation, unanswered[-1]) if live or standing else None,
        aside=aside,
    )


def _offered(last: EntryView | None) -> tuple[Candidate, ...]:
    if last is None or last.detail.get("outcome") != "did_you_mean":
        return ()
    return tuple(Candidate(int(c[0]), str(c[1]), float(c[2])) for c in last.detail.get("candidates") or ())


def variants(situation: Situation) -> list[str]:
    """What is held against the articles: the text; of a letter, its questions; each by itself."""
    text = cleaned("\n".join(situation.texts))
    out = [text]
    if len(text.split()) > LONG:
        out += [q.strip() for q in _QUESTION.findall(text) if len(q.split()) > 2][:5]
    return [t for t in dict.fromkeys(out) if t]


def language(situation: Situation) -> str:
    """In which language the question is; where it does not tell, as the customer is known to speak."""
    found = language_of("\n".join(situation.texts))
    if found is not None:
        return found[:2]
    return next((locale for locale in situation.locales if locale in situation.written), situation.locales[-1])


@dataclass(frozen=True, slots=True)
class Answered:
    """What was computed: the turn to say, and whether a "yes" to the answer before it goes with it."""

    turn: Turn
    helped: int | None = None
    guided: Guided | None = None


def compute(desk: Desk, situation: Situation) -> Answered:
    """The turn for a situation. Uses the models; holds no transaction while it does."""
    joined = "\n".join(situation.texts)
    kind: Kind = "person" if any(wants_person(t) for t in situation.texts) else kind_of(joined)
    locale = language(situation)
    chosen = _chosen(situation)
    shelf: Shelf | None = None
    ranked: tuple[Candidate, ...] = ()
    if kind == "question" or chosen is not None:
        shelf = SHELVES.get(desk, locale) if locale in situation.written else None
        if shelf is not None and chosen is None:
            ranked = candidates(shelf, situation)
    found = _in_a_flow(desk, situation, kind, locale, shelf) if chosen is None else None
    if found is not None:
        return found
    decision = decide(
        Case(
            kind=kind,
            candidates=ranked,
            threshold=shelf.threshold.value if shelf else 1.0,
            floor=shelf.floor if shelf else 1.0,
            upset=situation.upset,
            spoken=locale in situation.written or not situation.written,
            tried=situation.tried,
            refused=situation.refused,
            offered=situation.offered,
            chosen=chosen,
            answered=situation.answer_id is not None,
            turns=situation.turns,
        )
    )
    confirmed = situation.answer_id if decision.because == "helped" else None
    spoken = best(locale, *situation.locales)
    return Answered(_worded(desk, situation, decision, shelf, spoken, ranked), confirmed)


def _in_a_flow(desk: Desk, situation: Situation, kind: Kind, locale: str, shelf: Shelf | None) -> Answered | None:
    """The next words of the flow that goes on, or the first of one that the question begins. People come first: who
    asks for one, or is frustrated, is in no flow."""
    facts = situation.facts
    if facts is None or kind == "person" or situation.upset or situation.aside:
        return None
    rich = situation.channel == "chat"
    if situation.standing is not None:
        found = guided.go_on(situation.standing, situation.texts, facts)
    elif kind == "question" and situation.turns < MOST_TURNS:
        text = variants(situation)[0] if variants(situation) else ""
        found = guided.start(desk, situation.texts[-1], text, locale, situation.live, shelf, facts)
    else:
        found = None
    if found is None:
        return None
    return Answered(found.turn(rich=rich, question_id=situation.question_id), guided=found)


def _chosen(situation: Situation) -> Candidate | None:
    """The choice of "did you mean" that the last message takes, by its title or its number."""
    if not situation.offered:
        return None
    last = situation.texts[-1]
    number = number_of(last)
    if number is not None and number <= len(situation.offered):
        return situation.offered[number - 1]
    said = folded(last)
    if len(situation.offered) == 1 and kind_of(last) == "yes":
        return situation.offered[0]
    return next((c for c in situation.offered if folded(c.title) == said), None)


def candidates(shelf: Shelf, situation: Situation) -> tuple[Candidate, ...]:
    """The articles of the customer's brand, best first. A short turn that says little by itself is read together with
    the question before it."""
    texts = variants(situation)
    if not texts:
        return ()
    found = _best_of(shelf, texts, situation.brand_id)
    sure = bool(found) and found[0].confidence >= shelf.threshold.value
    if not sure and situation.before and len(texts[0].split()) <= FOLLOW_UP:
        together = _best_of(shelf, [f"{cleaned(situation.before)} {texts[0]}"], situation.brand_id)
        own = found[0].confidence if found else 0.0
        if together and together[0].article_id not in situation.tried and together[0].confidence >= own:
            return together
    return found


def _best_of(shelf: Shelf, texts: list[str], brand_id: int | None) -> tuple[Candidate, ...]:
    confidence: dict[int, float] = {}
    for ranked in shelf.matcher.score(texts):
        for article_id, value in ranked.candidates:
            article = shelf.articles[int(article_id)]
            if brand_id is None or article.brand_id in (None, brand_id):
                confidence[article.id] = max(value, confidence.get(article.id, 0.0))
    order = sorted(confidence.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Candidate(article_id, shelf.articles[article_id].title, value) for article_id, value in order)


def passage(models: Models, article: Published, question: str, longest: int = LONGEST) -> str:
    """The piece of an article that is most like the question."""
    pieces = units(article.body)
    if not pieces:
        return article.title
    vectors = models.embed([question, *(f"{heading}\n{text}" if heading else text for heading, text in pieces)])
    locale = article.locale
    words = told(
        knowledge.asked(question, locale),
        [(knowledge.asked(heading, locale), knowledge.stems(text, locale)) for heading, text in pieces],
    )
    likeness = [float(x) + more for x, more in zip(vectors[1:] @ vectors[0], words, strict=True)]
    return choose(pieces, likeness, longest)


def _worded(
    desk: Desk,
    situation: Situation,
    decision: Decision,
    shelf: Shelf | None,
    locale: str,
    ranked: tuple[Candidate, ...],
) -> Turn:
    rich = situation.channel == "chat"
    article, words = None, ""
    base = desk.store.public_url
    if decision.outcome == "answer" and decision.article is not None and shelf is not None:
        article = shelf.articles.get(decision.article.article_id)
    if decision.outcome == "answer" and article is None:  # a choice that was taken back meanwhile
        decision = Decision("hand_over", "unsure")
    if article is not None:
        question = situation.before if decision.because == "chosen" else variants(situation)[0]
        words = passage(
            desk.models, article, question or article.title, SMS_PASSAGE if situation.channel == "sms" else LONGEST
        )
        link = sayings.Link(article.title, f"{base}/help/{article.slug}")
        text = sayings.answer(locale, words, link, rich=rich)
    elif decision.outcome == "did_you_mean":
        links = [
            sayings.Link(c.title, f"{base}/help/{shelf.articles[c.article_id].slug}" if shelf else "")
            for c in decision.choices
        ]
        text = sayings.did_you_mean(locale, links, rich=rich)
    elif decision.outcome == "greeting":
        text = sayings.greeting(locale, decision.because, situation.brand.rstrip("."))
    else:
        text = sayings.hand_over(locale, decision.because)
    return Turn(
        decision=decision,
        locale=locale,
        text=text,
        article=article,
        threshold=shelf.threshold.value if shelf else None,
        candidates=ranked[:3],
        question_id=situation.question_id,
        passage=words,
    )


def write(tx: Tx, situation: Situation, answered: Answered) -> bool:
    """Says the turn, if everything is still as it was read. False where it was dropped."""
    now = read(tx, situation.conversation_id)  # takes the conversation's row: whoever else changes it waits
    read_then = (situation.question_id, situation.upset, situation.standing)
    if now is None or (now.question_id, now.upset, now.standing) != read_then:
        return False
    turn, at = answered.turn, tx.now()
    conversation = conversations.get(tx, situation.conversation_id, None)
    if answered.guided is not None:
        guided.write(tx, conversation, answered.guided, turn, at)
        return True
    if now.aside:  # a person comes in any case, and the place in line is not lost by asking
        say(tx, conversation, turn, at)
        if answered.helped is not None:
            helped(tx, answered.helped, True)
        return True
    if turn.decision.because == "not_helped" and situation.answer_id is not None:
        say(tx, conversation, turn, at)
        helped(tx, situation.answer_id, False, told=True)
        return True
    say(tx, conversation, turn, at)
    if turn.decision.outcome == "hand_over":
        step_back(tx, conversation, turn.decision.why, at)
        return True
    flows.close(tx, conversation.id, "over")
    conversations.bot_answered(tx, conversation, turn.text, at)
    if answered.helped is not None:
        helped(tx, answered.helped, True)
    return True
