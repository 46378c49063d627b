"""Suggested answers: the article that fits what a customer asks, for the colleague who answers; used only when chosen.

It is computed by a job, for questions that somebody has before them, by the same articles and the same threshold as the
bot's own answers: below it nothing is said, because a wrong suggestion costs more than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update

from desk import conversations, knowledge, people, settings, timeline
from desk.agents import Viewer
from desk.bot.decide import Candidate
from desk.bot.mood import too_upset
from desk.bot.passage import LONGEST
from desk.bot.phrases import kind_of
from desk.bot.shelf import SHELVES
from desk.bot.tables import BotSuggestion, BotTurn
from desk.bot.turn import SEVERAL, SMS_PASSAGE, Situation, candidates, language, passage, variants
from desk.bot.wording import READ
from desk.conversations import Conversation
from desk.jobs import Leased, enqueue, finish
from desk.knowledge import Published
from desk.parts import Desk
from desk.signals import SuggestionReady
from desk.store import Tx
from desk.timeline import EntryView

LOOKED_AT = 40  # lines of a conversation
COUNTED = timedelta(days=90)
_KINDS = ("message", "reply")


@dataclass(frozen=True, slots=True)
class Suggested:
    """What stands beside the composer: the article, the piece of it that answers, and how sure that is."""

    id: int
    article_id: int
    title: str
    url: str
    passage: str
    confidence: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What there is for a conversation now. `waits`: a job is finding out; `new`: nobody has asked yet, and there is
    something to ask about."""

    found: Suggested | None = None
    waits: bool = False
    new: bool = False


def standing(tx: Tx, conversation_id: int, viewer: Viewer) -> Asked:
    """The suggestion for what waits for an answer in a conversation, as far as it is known. Raises NotVisible."""
    conversation = conversations.get(tx, conversation_id, viewer)
    questions, brand_id = _unanswered(tx, conversation), _brand_id(tx, conversation)
    if not questions or not knowledge.locales(tx, brand_id):
        return Asked()
    row = _row(tx, conversation.id, questions[-1].id)
    if row is None:
        return Asked(new=True)
    return Asked(waits=True) if row.computed_at is None else Asked(_shown(tx, row, brand_id))


def ask(tx: Tx, conversation_id: int, viewer: Viewer) -> Asked:
    """The same; where nobody has looked yet, a job does. Of two who ask at once the database refuses the second
    (IntegrityError), who then finds what the first one asked for."""
    found = standing(tx, conversation_id, viewer)
    if not found.new:
        return found
    question = _unanswered(tx, conversations.get(tx, conversation_id, viewer))[-1]
    row = BotSuggestion(conversation_id=conversation_id, question_entry_id=question.id, asked_at=tx.now())
    tx.add(row)
    tx.flush()
    enqueue(tx, "bot.suggest", {"suggestion_id": row.id}, key=f"suggest:{row.id}", priority=3, max_attempts=3)
    return Asked(waits=True)


def _row(tx: Tx, conversation_id: int, question_entry_id: int) -> BotSuggestion | None:
    return tx.scalar(
        select(BotSuggestion).where(
            BotSuggestion.conversation_id == conversation_id, BotSuggestion.question_entry_id == question_entry_id
        )
    )


def _brand_id(tx: Tx, conversation: Conversation) -> int:
    return settings.inbox(tx, conversation.inbox_id).brand_id


def _unanswered(tx: Tx, conversation: Conversation) -> list[EntryView]:
    """What the customer has written since a person last answered; of what is over, nothing."""
    if conversation.status in ("resolved", "spam") or conversation.merged_into is not None:
        return []
    out: list[EntryView] = []
    for entry in reversed(timeline.of_conversation(tx, conversation.id, LOOKED_AT, _KINDS)):
        if entry.kind == "reply" and entry.staff_id is not None:
            break
        if entry.kind == "message" and not entry.detail.get("automatic") and not entry.erased:
            out.insert(0, entry)
    return out


def _shown(tx: Tx, row: BotSuggestion, brand_id: int) -> Suggested | None:
    """As long as the article says what it said, and customers may read it."""
    article = _published(tx, row, brand_id)
    if article is None or row.confidence is None or row.threshold is None:
        return None
    url = knowledge.url(tx, article.slug)
    return Suggested(row.id, article.id, article.title, url, row.passage, row.confidence, row.threshold)


def _published(tx: Tx, row: BotSuggestion, brand_id: int) -> Published | None:
    if row.article_id is None:
        return None
    found = knowledge.live(tx, row.article_id, brand_id)
    return found if found is not None and found.version == row.version else None


def suggest(desk: Desk, job: Leased) -> None:
    """The job `bot.suggest`: reads, computes outside of any transaction, and says that it is there."""
    with desk.store.reading() as tx:
        row = tx.get(BotSuggestion, job.args["suggestion_id"])
        situation = _situation(tx, row) if row is not None else None
    made = _compute(desk, situation) if situation is not None else None
    with desk.store.transaction() as tx:
        row = tx.get(BotSuggestion, job.args["suggestion_id"], with_for_update=True)
        if row is not None and row.computed_at is None:
            row.computed_at = tx.now()
            if made is not None:
                article, row.passage, row.confidence, row.threshold = made
                row.article_id, row.version, row.locale = article.id, article.version, article.locale
            tx.announce(SuggestionReady(row.conversation_id))
        finish(tx, job)


def _situation(tx: Tx, row: BotSuggestion) -> Situation | None:
    conversation = conversations.current(tx, row.conversation_id)
    questions = _unanswered(tx, conversation)
    if not questions or people.is_erased(tx, conversation.customer_id):
        return None
    inbox = settings.inbox(tx, conversation.inbox_id)
    brand = settings.brand(tx, inbox.brand_id)
    turns = list(tx.scalars(select(BotTurn).where(BotTurn.episode_id == conversation.episode_id).limit(LOOKED_AT)))
    spoken = (people.customer(tx, conversation.customer_id).locale, inbox.locale)
    given = frozenset(t.article_id for t in turns if t.outcome == "answer" and t.article_id is not None)
    texts = [f"{e.subject}\n{e.text}" if n == 0 and e.subject else e.text for n, e in enumerate(questions)]
    return Situation(
        conversation_id=conversation.id,
        question_id=questions[-1].id,
        texts=tuple(text[:READ] for text in texts[-SEVERAL:]),
        before=texts[-2][:READ] if len(texts) > 1 else "",
        upset=too_upset(tx, conversation.level),
        channel=conversation.channel,
        brand=brand.name,
        brand_id=brand.id,
        locales=tuple(dict.fromkeys(locale[:2] for locale in spoken if locale)) or ("en",),
        written=tuple(knowledge.locales(tx, brand.id)),
        tried=given,
        refused=frozenset(),
        offered=(),
        answer_id=None,
        turns=len(turns),
        aside=False,
    )


def _compute(desk: Desk, situation: Situation) -> tuple[Published, str, float, float] | None:
    """The article, its passage, how sure it is and from where on one is suggested; None where nothing is sure enough.
    What the bot has given in this episode did not help, so it is not suggested again."""
    texts = variants(situation)
    if not texts or kind_of("\n".join(situation.texts)) not in ("question", "person"):
        return None
    locale = language(situation)
    shelf = SHELVES.get(desk, locale) if locale in situation.written else None
    if shelf is None:
        return None
    best: Candidate | None = next(
        (c for c in candidates(shelf, situation) if c.article_id not in situation.tried), None
    )
    if best is None or best.confidence < shelf.threshold.value:
        return None
    article = shelf.articles[best.article_id]
    longest = SMS_PASSAGE if situation.channel == "sms" else LONGEST
    return article, passage(desk.models, article, texts[0], longest), best.confidence, shelf.threshold.value


def used(tx: Tx, suggestion_id: int, conversation_id: int, viewer: Viewer, entry_id: int) -> None:
    """It went into an answer; of one of another conversation nothing is noted."""
    row = tx.get(BotSuggestion, suggestion_id, with_for_update=True)
    if row is None or row.conversation_id != conversation_id or row.article_id is None or row.used_at is not None:
        return
    row.used_at, row.used_by, row.used_entry_id = tx.now(), viewer.id, entry_id
    tx.flush()


def unused(tx: Tx, entry_id: int) -> None:
    """The answer that it went into was taken back."""
    tx.execute(
        update(BotSuggestion)
        .where(BotSuggestion.used_entry_id == entry_id)
        .values(used_at=None, used_by=None, used_entry_id=None)
        .execution_options(synchronize_session=False)
    )


def taken_up(tx: Tx, article_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """How often these articles were suggested in the last ninety days, and how often that went into an answer."""
    if not article_ids:
        return {}
    query = (
        select(BotSuggestion.article_id, func.count(), func.count(BotSuggestion.used_at))
        .where(BotSuggestion.article_id.in_(list(article_ids)), BotSuggestion.asked_at >= tx.now() - COUNTED)
        .group_by(BotSuggestion.article_id)
    )
    return {article_id: (n, m) for article_id, n, m in tx.execute(query).all() if article_id is not None}
