"""What a rule does, one action after the other, each by the desk's own functions and each able to say how it went."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from desk import agents, conversations, formatting, outbound, people, settings, tasks, timeline
from desk.agents import Viewer
from desk.automation.definition import OWNER, Action, filled
from desk.conversations import Conversation, NotPossible
from desk.outbound import Refused
from desk.store import Tx

log = logging.getLogger(__name__)


class Broken(Exception):
    """The rule cannot do this anywhere, until somebody mends it; the message says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one action went. `how`: done, unchanged (it was so already), refused (this conversation does not allow it),
    failed (the rule cannot do it at all)."""

    do: str
    how: str
    said: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"do": self.do, "how": self.how, "said": self.said}


def perform(
    tx: Tx, conversation_id: int, rule_name: str, actions: tuple[Action, ...], viewer: Viewer | None = None
) -> list[Result]:
    """Does them in their order, as the desk or as the colleague who runs a macro. What fails is taken back as a whole,
    and does not keep the next from being done."""
    return [_one(tx, conversation_id, rule_name, action, viewer) for action in actions]


def _one(tx: Tx, conversation_id: int, rule_name: str, action: Action, viewer: Viewer | None) -> Result:
    tx.flush()
    heard, asked = len(tx.signals), set(tx.asked)
    try:
        with tx.begin_nested():
            conversation = conversations.get(tx, conversation_id, None)
            changed = _do(tx, conversation, rule_name, action, viewer)
            tx.flush()
        return Result(action.do, "done" if changed else "unchanged")
    except (NotPossible, Refused) as error:
        result = Result(action.do, "refused", str(error))
    except (Broken, LookupError) as error:
        result = Result(action.do, "failed", str(error))
    except Exception as error:  # an action that stumbles must not undo what the others did
        log.exception("a rule's action failed: %s", action.do)
        result = Result(action.do, "failed", f"The desk stumbled over it: {type(error).__name__}.")
    del tx.signals[heard:]
    tx.asked.clear()
    tx.asked.update(asked)
    return result


def _do(tx: Tx, conversation: Conversation, rule_name: str, action: Action, viewer: Viewer | None) -> bool:
    """Whether something is different now."""
    match action.do:
        case "assign":
            return _assign(tx, conversation, int(action.value or 0), viewer)
        case "unassign":
            if conversation.assignee_id is None:
                return False
            conversations.assign(tx, conversation.id, viewer, None)
        case "team":
            if conversation.team_id == action.value:
                return False
            try:
                conversations.give_to_team(tx, conversation.id, viewer, int(action.value or 0))
            except NotPossible as error:
                raise Broken(str(error)) from error
        case "priority":
            if conversation.priority == action.value:
                return False
            conversations.set_priority(tx, conversation.id, viewer, int(action.value or 0))
        case "label" | "unlabel":
            on, name = action.do == "label", conversations.label_name(tx, str(action.value))
            if (name in conversations.labels(tx, [conversation.id]).get(conversation.id, [])) is on:
                return False
            conversations.label(tx, conversation.id, viewer, name, on)
        case "pending":
            if conversation.status == "pending":
                return False
            _open(conversation)
            conversations.set_pending(tx, conversation.id, viewer)
        case "snooze":
            _open(conversation)
            conversations.snooze(tx, conversation.id, viewer, tx.now() + timedelta(hours=int(action.value or 0)))
        case "resolve":
            if conversation.status == "resolved":
                return False
            conversations.resolve(tx, conversation.id, viewer)
        case "note":
            values = variables(tx, conversation, viewer)
            if viewer is not None:  # a colleague's notes are formatted; what a variable brings is a customer's
                values = {name: formatting.verbatim(value) for name, value in values.items()}
            _note(tx, conversation, filled(str(action.value), values), viewer)
        case "task":
            _task(tx, conversation, action, viewer)
        case "reply":
            outbound.rule_said(tx, conversation, filled(str(action.value), variables(tx, conversation)))
        case "notify":
            _notify(tx, conversation, rule_name, action)
        case _:
            raise Broken(f"This desk cannot do “{action.do}”.")
    return True


def _open(conversation: Conversation) -> None:
    if conversation.status in ("resolved", "spam"):
        raise NotPossible(f"This conversation is {conversation.status}.")


def _assign(tx: Tx, conversation: Conversation, staff_id: int, viewer: Viewer | None) -> bool:
    if conversation.assignee_id == staff_id:
        return False
    if agents.viewer(tx, staff_id) is None:
        raise Broken("This colleague works here no more.")
    conversations.assign(tx, conversation.id, viewer, staff_id)
    return True


def _note(tx: Tx, conversation: Conversation, text: str, viewer: Viewer | None) -> None:
    """Words for colleagues, said by the desk or by whoever runs a macro."""
    if viewer is not None:
        outbound.note(tx, conversation.id, viewer, text)
        return
    timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="note",
        author="desk",
        occurred_at=tx.now(),
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        identity_id=conversation.reply_identity_id,
        inbox_id=conversation.inbox_id,
        words=timeline.Words(text),
    )


def _task(tx: Tx, conversation: Conversation, action: Action, viewer: Viewer | None) -> None:
    """For nobody where whose it is may not be told: the task is there all the same."""
    staff_id = conversation.assignee_id if action.staff == OWNER else int(action.staff or 0) or None
    person = agents.viewer(tx, staff_id) if staff_id is not None else None
    if person is None and isinstance(action.staff, int):
        raise Broken("This colleague works here no more.")
    text = filled(str(action.value), variables(tx, conversation, viewer))[: tasks.LONGEST]
    due = tx.now() + timedelta(hours=action.hours) if action.hours else None
    tasks.add(tx, conversation.id, viewer, text, assignee_id=person.id if person else None, due_at=due)


def _notify(tx: Tx, conversation: Conversation, rule_name: str, action: Action) -> None:
    staff_id = conversation.assignee_id if action.value == OWNER else int(action.value or 0)
    if staff_id is None:
        raise NotPossible("It is nobody's, so nobody was mailed.")
    person = agents.viewer(tx, staff_id)
    if person is None and action.value == OWNER:
        raise NotPossible("Whose it is works here no more.")
    if person is None:
        raise Broken("This colleague works here no more.")
    address = f"{tx.public_url}/console/c/{conversation.id}"
    # Without a word of the customer's: what is mailed to a colleague is not reached when a customer is erased.
    subject = f"{rule_name}: conversation #{conversation.id}"
    text = f"The rule “{rule_name}” asks you to look at conversation #{conversation.id}.\n\n{address}\n"
    outbound.send_notice(tx, to=person.email, subject=subject, text=text)


def known(tx: Tx, conversation: Conversation, writer: Viewer | None = None) -> dict[str, str]:
    """What the variables of a text stand for in a conversation, empty where nothing is known. The agent is whoever
    writes, or whose it is."""
    brand = settings.brand(tx, settings.inbox(tx, conversation.inbox_id).brand_id)
    name = " ".join(people.customer(tx, conversation.customer_id).name.split())
    if writer is None and conversation.assignee_id is not None:
        writer = agents.viewer(tx, conversation.assignee_id)
    return {
        "customer.name": name,
        "customer.first_name": name.split()[0] if name else "",
        "conversation.number": str(conversation.id),
        "conversation.subject": conversation.subject,
        "agent.name": writer.name if writer is not None else "",
        "brand.name": brand.name,
    }


def variables(tx: Tx, conversation: Conversation, writer: Viewer | None = None) -> dict[str, str]:
    """The same for texts that nobody looks over before they go out: nothing stays empty."""
    values = known(tx, conversation, writer)
    otherwise = {"customer.name": "there", "customer.first_name": "there", "agent.name": values["brand.name"]}
    return {name: value or otherwise.get(name, "") for name, value in values.items()}
