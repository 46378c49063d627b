"""Turns as jobs: read, compute outside of any transaction, write in the one that finishes the job."""

from __future__ import annotations

import logging
from dataclasses import replace

from desk.bot import writer
from desk.bot.service import TRIES, ask_writer, hand_over
from desk.bot.turn import compute, read, write
from desk.jobs import Leased, LeaseLost, finish
from desk.parts import Desk

log = logging.getLogger(__name__)


def take_turn(desk: Desk, job: Leased, *, calls: bool = False) -> None:
    """The job `bot.turn`. What fails again and again is handed to a person, never dropped. Where a writer is asked,
    that is for a job of those that wait for others (`calls`), and begins anew there."""
    conversation_id = job.args["conversation_id"]
    try:
        with desk.store.reading() as tx:
            situation = read(tx, conversation_id)
            writes = situation is not None and writer.is_on(tx, desk.config)
        answered = compute(desk, situation) if situation is not None else None
        if answered is not None and writes and answered.turn.passage and answered.turn.article is not None:
            if not calls and writer.speaks(answered.turn.article.locale):
                with desk.store.transaction() as tx:
                    ask_writer(tx, conversation_id)
                    finish(tx, job)
                return
            said = writer.rephrase(desk.config, answered.turn.passage, answered.turn.article.locale)
            answered = replace(answered, turn=writer.rewritten(answered.turn, said))
        with desk.store.transaction() as tx:
            if situation is not None and answered is not None and not write(tx, situation, answered):
                log.info("a turn in conversation %s was dropped: somebody was quicker", conversation_id)
            finish(tx, job)
    except LeaseLost:
        raise
    except Exception:
        if job.attempts < min(TRIES, job.max_attempts):
            raise
        log.exception("the bot failed in conversation %s %s times", conversation_id, job.attempts)
        with desk.store.transaction() as tx:
            hand_over(tx, conversation_id, "bot")
            finish(tx, job)


def take_written(desk: Desk, job: Leased) -> None:
    """The job `bot.write`: the same turn, in a thread where waiting for others holds nobody up."""
    take_turn(desk, job, calls=True)
