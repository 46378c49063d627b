"""Every task by its name: a function of the desk and the leased job, which finishes the job with its effect."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict
from functools import partial

from desk import (
    assigning,
    automation,
    bot,
    conversations,
    files,
    flows,
    imports,
    inbound,
    intake,
    lifecycle,
    outbound,
    pieces,
    privacy,
    questions,
    search,
    segments,
    sentiment,
    settings,
    sla,
    surveys,
    tasks,
    visitors,
)
from desk.channels.abilities import Checked
from desk.channels.base import Channel, Step, known
from desk.channels.email import dkim_sign
from desk.files import FilesUnreachable, MissingBlob
from desk.jobs import FILES_AGAIN, FILES_BEAT, Leased, LeaseLost, beat_failed, enqueue, fail, finish
from desk.parts import Desk
from desk.store import Tx
from desk.worker import consents, telling

log = logging.getLogger(__name__)

Task = Callable[[Desk, Leased], None]
FETCHES = 4  # times that the files of a message are asked for, over about 20 seconds
CONSIDERED = 25  # customers a transaction
PATIENCE = 5  # times that the corridor may fail on a message before a person is asked to look


def channels() -> dict[str, Channel]:
    """Every channel there is."""
    return known()


def take(desk: Desk, job: Leased) -> None:
    """Walks one arrival through the corridor."""
    arrival_id = job.args["arrival_id"]

    def done(tx: Tx) -> None:
        finish(tx, job)

    try:
        inbound.take(desk, arrival_id, channels(), done)
    except (LeaseLost, FilesUnreachable):
        raise
    except Exception as error:
        if job.attempts < PATIENCE:
            raise
        inbound.give_up(desk, arrival_id, f"Taking it in failed {job.attempts} times: {type(error).__name__}.", done)


def fetch(desk: Desk, job: Leased) -> None:
    """Walks an arrival through the corridor with the files that lie at its provider, and with what others say of it; a
    message whose files cannot be had after some tries comes without them."""

    def done(tx: Tx) -> None:
        finish(tx, job)

    try:
        inbound.take(desk, job.args["arrival_id"], channels(), done, fetch="now")
    except OSError as error:
        if job.attempts < FETCHES:
            with desk.store.transaction() as tx:
                fail(tx, job, f"a file could not be fetched: {error}")
            return
        inbound.take(desk, job.args["arrival_id"], channels(), done, fetch="without")
    except (LeaseLost, FilesUnreachable):
        raise
    except Exception as error:
        if job.attempts < PATIENCE:
            raise
        reason = f"Taking it in failed {job.attempts} times: {type(error).__name__}."
        inbound.give_up(desk, job.args["arrival_id"], reason, done)


def join_parts(desk: Desk, job: Leased) -> None:
    """Makes one message of the parts that are here, if they are all or have waited long enough."""
    inbox_id, key = job.args["inbox_id"], job.args["key"]

    def done(tx: Tx) -> None:
        finish(tx, job)

    try:
        pieces.join(desk, inbox_id, key, channels(), done)
    except (LeaseLost, FilesUnreachable):
        raise
    except Exception as error:
        if job.attempts < PATIENCE:
            raise
        with desk.store.transaction() as tx:
            for row in intake.held(tx, inbox_id, key):
                intake.give_up(tx, row, f"Putting it together failed {job.attempts} times: {type(error).__name__}.")
            finish(tx, job)


def deliver(desk: Desk, job: Leased) -> None:
    """One attempt to send; where the desk itself stumbles over it to the end, the line says that it failed."""
    try:
        outbound.deliver(desk, job, channels())
    except LeaseLost:
        raise
    except Exception as error:
        if job.attempts < job.max_attempts:
            raise
        outbound.give_up(desk, job, f"Sending failed {job.attempts} times inside this desk: {type(error).__name__}.")


def consider_survey(desk: Desk, job: Leased) -> None:
    with desk.store.transaction() as tx:
        surveys.consider(tx, job.args["episode_id"])
        finish(tx, job)


def look_after_card(desk: Desk, job: Leased) -> None:
    with desk.store.transaction() as tx:
        surveys.look_after(tx, job.args["invitation_id"])
        finish(tx, job)


def remind_of_survey(desk: Desk, job: Leased) -> None:
    with desk.store.transaction() as tx:
        surveys.remind(tx, job.args["invitation_id"])
        finish(tx, job)


def consider_stage(desk: Desk, job: Leased) -> None:
    with desk.store.transaction() as tx:
        lifecycle.consider(tx, job.args["customer_id"])
        segments.consider(tx, job.args["customer_id"])  # after the stage, which is one of the facts that they ask of
        sla.customer_changed(tx, job.args["customer_id"])  # and after the segments
        finish(tx, job)


def segment_changed(desk: Desk, job: Leased) -> None:
    """Apart from the change itself: whoever looks at a customer holds locks in the other order."""
    with desk.store.transaction() as tx:
        lifecycle.segment_changed(tx, job.args["segment_id"])
        finish(tx, job)


def consider_many(desk: Desk, job: Leased) -> None:
    """Looks at stages and segments of those who came by a list, and lets them be found: a few a transaction, so that
    nobody waits for it."""
    ids: list[int] = job.args["ids"]
    for start in range(0, len(ids), CONSIDERED):
        with desk.store.transaction() as tx:
            for customer_id in ids[start : start + CONSIDERED]:
                lifecycle.consider(tx, customer_id)
                segments.consider(tx, customer_id)
                search.note(tx, customer_id=customer_id)
    with desk.store.transaction() as tx:
        finish(tx, job)


def import_customers(desk: Desk, job: Leased) -> None:
    imports.work(desk, job.args, lambda tx: finish(tx, job))


def count_segment(desk: Desk, job: Leased) -> None:
    segments.count(desk, job.args, lambda tx: finish(tx, job))


def consider_rules(desk: Desk, job: Leased) -> None:
    """Lets the rules look at what happened; what they do is written with the end of the job, or not at all."""
    with desk.store.transaction() as tx:
        automation.consider(tx, automation.Event.of(job.args))
        finish(tx, job)


def try_rule(desk: Desk, job: Leased) -> None:
    automation.work(desk, job.args, lambda tx: finish(tx, job))


def read_message(desk: Desk, job: Leased) -> None:
    sentiment.read(desk, job.args["entry_id"], lambda tx: finish(tx, job))


def learn_from_corrections(desk: Desk, job: Leased) -> None:
    sentiment.learn(desk, lambda tx: finish(tx, job))


def check_inbox(desk: Desk, job: Leased) -> None:
    """Tries an inbox's servers, outside of any transaction, and keeps what it found for the page. Where all is well and
    the job says to whom, a message goes out by the inbox."""
    with desk.store.reading() as tx:
        inbox = settings.inbox(tx, job.args["inbox_id"])
        config = settings.opened(tx, inbox)
    config["status_url"] = f"{desk.store.public_url}/hooks/{inbox.channel}/{inbox.key}/status"
    config["allow_private"] = bool(desk.config.get("ALLOW_PRIVATE"))
    config["site"], config["site_key"], config["own"] = inbox.address, inbox.key, desk.store.public_url
    channel = channels().get(inbox.channel)
    steps: list[Step] = channel.check(config) if isinstance(channel, Checked) else []
    broken = next((step for step in steps if not step.ok), None)
    found: list[dict[str, object]] = [asdict(step) for step in steps]
    # What is missing on somebody's site is no fault of an inbox whose messages need no server.
    trouble = f"{broken.title}: {broken.detail}" if broken and not channels()[inbox.channel].direct else ""
    to = str(job.args.get("to") or "")
    with desk.store.transaction() as tx:
        if to and broken is None:
            sent = outbound.send_test(tx, inbox.id, to, str(job.args.get("locale") or ""))
            found.append({"delivery": sent.id, "to": to})
        settings.note_check(tx, inbox.id, trouble, found)
        finish(tx, job)


def check_signing_key(desk: Desk, job: Leased) -> None:
    """Looks at a name server for the record of a key, outside of any transaction, and keeps what it found."""
    with desk.store.reading() as tx:
        key = settings.signing_key(tx, job.args["key_id"])
    found, detail = dkim_sign.published(key.selector, key.domain, key.record)
    with desk.store.transaction() as tx:
        settings.note_published(tx, key.id, found, detail)
        finish(tx, job)


def mail_unseen(desk: Desk, job: Leased) -> None:
    """Mails what a visitor did not see in the chat, or looks again later."""
    with desk.store.transaction() as tx:
        again = visitors.mail_unseen(tx, job.args["conversation_id"])
        finish(tx, job)
        if again is not None:
            visitors.look_again(tx, job.args["conversation_id"], again)


def choose_assignee(desk: Desk, job: Leased) -> None:
    """In one transaction that holds those who could be chosen, so that two that choose at once give nobody too much."""

    def chosen(tx: Tx) -> None:
        assigning.give(tx, job.args["conversation_id"])
        finish(tx, job)

    desk.store.attempt(chosen)


def look_at_queues(desk: Desk, job: Leased) -> None:
    """Finished last: whoever gives something out asks for this job while it holds the one that is asked for here."""

    def looked(tx: Tx) -> None:
        assigning.again(tx)
        finish(tx, job)

    desk.store.attempt(looked)


def rank_conversations(desk: Desk, job: Leased) -> None:
    """Puts the frustrated into their places, some in each transaction, so that nobody who writes waits for it."""
    after: int | None = 0
    while after is not None:
        after = desk.store.attempt(partial(conversations.rank_again, after=after))
    with desk.store.transaction() as tx:
        finish(tx, job)


def sweep_files(desk: Desk, job: Leased) -> None:
    """Removes files that nobody refers to; a sweep that takes long goes on in the next job, behind whatever waits."""
    rest = files.sweep(desk.store, desk.files.store, int(job.args.get("first", 0)))
    with desk.store.transaction() as tx:
        finish(tx, job)
        if rest is not None:
            enqueue(tx, "files.sweep", {"first": rest}, priority=9)


def check_files(desk: Desk, job: Leased) -> None:
    """Tries the store of files, and leaves what it found where the admin's pages show it. While it is away, it is tried
    as often as those who wait for it, so that the pages do not say so longer than it is."""
    said = ""
    try:
        desk.files.probe()
    except (FilesUnreachable, MissingBlob) as error:
        said = str(error)
        log.error("files cannot be read or stored: %s", error)
    with desk.store.transaction() as tx:
        beat_failed(tx, FILES_BEAT, said)
        finish(tx, job)
        if said:
            enqueue(tx, "files.check", {}, key="files.check", priority=4, run_at=tx.now() + FILES_AGAIN)


TASKS: dict[str, Task] = {
    "visitors.mail_unseen": mail_unseen,
    "inbound.take": take,
    "inbound.fetch": fetch,
    "inbound.parts": join_parts,
    "outbound.deliver": deliver,
    "outbound.scheduled": outbound.send_scheduled,
    "bot.turn": bot.take_turn,
    "bot.call": bot.make_call,
    "bot.write": bot.take_written,
    "bot.learn": bot.learn,
    "bot.try": bot.try_out,
    "bot.replay": bot.replay.work,
    "bot.evaluate": bot.evaluating.work,
    "bot.suggest": bot.suggest,
    "questions.group": questions.work,
    "questions.draft": questions.draft,
    "surveys.consider": consider_survey,
    "surveys.card": look_after_card,
    "surveys.remind": remind_of_survey,
    "lifecycle.consider": consider_stage,
    "lifecycle.segment_changed": segment_changed,
    "customers.consider": consider_many,
    "imports.work": import_customers,
    "segments.count": count_segment,
    "conversations.rank": rank_conversations,
    "assigning.choose": choose_assignee,
    "assigning.again": look_at_queues,
    "automation.consider": consider_rules,
    "automation.try": try_rule,
    "sentiment.read": read_message,
    "sentiment.learn": learn_from_corrections,
    "inbox.check": check_inbox,
    "inbox.redeem": consents.redeem,
    "inbox.revoke": consents.revoke,
    "dkim.check": check_signing_key,
    "notices.mail": telling.mail,
    "notices.push": telling.push,
    "privacy.archive": privacy.archive,
    "privacy.erase": privacy.erase,
    "privacy.retain": privacy.retain,
    "privacy.person": privacy.person,
    "tasks.due": tasks.due,
    "tasks.remind": tasks.ring,
    "flows.try": flows.trying.work,
    "files.sweep": sweep_files,
    "files.check": check_files,
}

# These wait for other people's servers; they have a thread of their own, so that a slow one holds nothing else up.
OUTSIDE = frozenset(
    {
        "outbound.deliver", "flows.try", "inbound.fetch", "inbox.check", "inbox.redeem",
        "inbox.revoke", "dkim.check",
        "files.sweep", "files.check", "notices.push", "privacy.archive", "privacy.erase",
    }
)  # fmt: skip

# So do these, and somebody in a chat waits for them: a mail server that takes its time must not keep a visitor, nor a
# writer of answers the mails.
AWAITED = frozenset({"bot.call", "bot.write"})

# These go through thousands of customers or questions; they have a thread of their own too, so that no message waits
# behind them.
BULK = frozenset(
    {
        "imports.work", "customers.consider", "privacy.retain", "privacy.person", "questions.group", "bot.replay",
        "bot.evaluate", "conversations.rank",
    }
)  # fmt: skip
