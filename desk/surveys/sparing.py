"""Who is spared a question: ourselves, those whom a colleague holds back, those who wait elsewhere, frustrated."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from desk import agents, conversations, people, settings
from desk.agents import Viewer
from desk.conversations import NotPossible
from desk.store import Tx
from desk.surveys.tables import SurveyDecision, SurveySuppression

# Chosen and not written: what a colleague writes of a customer would stay where nobody looks for it.
WHY = ("sensitive", "legal", "goes_on", "asked", "test")
SETTLED = "It was decided already whether to ask."
UNKNOWN_WHY = "Pick one of the reasons."


def suppress(tx: Tx, conversation_id: int, viewer: Viewer, why: str) -> None:
    """Nobody is asked about the episode that is under way. Raises NotVisible, and NotPossible where it was decided
    already or `why` is none of WHY."""
    conversation = conversations.get(tx, conversation_id, viewer)
    if why not in WHY:
        raise NotPossible(UNKNOWN_WHY)
    episode_id = conversation.episode_id
    if episode_id is None or _settled(tx, episode_id):
        raise NotPossible(SETTLED)
    found = suppression(tx, episode_id)
    if found is None:
        found = SurveySuppression(episode_id=episode_id, conversation_id=conversation_id)
        tx.add(found)
    found.staff_id, found.why, found.at = viewer.id, why, tx.now()
    tx.flush()


def lift(tx: Tx, conversation_id: int, viewer: Viewer) -> None:
    """Takes it back. Raises NotVisible, and NotPossible where it was decided already."""
    conversation = conversations.get(tx, conversation_id, viewer)
    episode_id = conversation.episode_id
    if episode_id is None or _settled(tx, episode_id):
        raise NotPossible(SETTLED)
    found = suppression(tx, episode_id)
    if found is not None:
        tx.delete(found)
        tx.flush()


def suppression(tx: Tx, episode_id: int | None) -> SurveySuppression | None:
    """Who held the question after this episode back, and why."""
    return tx.get(SurveySuppression, episode_id) if episode_id is not None else None


def may_suppress(tx: Tx, conversation_id: int, viewer: Viewer) -> bool:
    """Whether it is still open whether the episode under way is followed by a question. Raises NotVisible."""
    episode_id = conversations.get(tx, conversation_id, viewer).episode_id
    return episode_id is not None and not _settled(tx, episode_id)


def _settled(tx: Tx, episode_id: int) -> bool:
    return tx.scalar(select(SurveyDecision.id).where(SurveyDecision.episode_id == episode_id).limit(1)) is not None


def why_suppressed(tx: Tx, episode_id: int) -> dict[str, Any] | None:
    """The same as the governor records it."""
    found = suppression(tx, episode_id)
    return None if found is None else {"staff_id": found.staff_id, "why": found.why, "at": found.at.isoformat()}


def why_internal(tx: Tx, customer_id: int) -> dict[str, Any] | None:
    """By what a customer is known to be one of ourselves: a colleague's address, or a domain of ours. What somebody
    only typed proves nothing."""
    addresses = [i for i in people.identities(tx, customer_id) if i.kind == "email" and i.evidence != "claimed"]
    ours = _domains(str(settings.get(tx, "survey.internal_domains")))
    for address in addresses:
        if agents.by_email(tx, address.value) is not None:
            return {"by": "colleague"}
        domain = address.value.rpartition("@")[2].casefold()
        if any(domain == one or domain.endswith(f".{one}") for one in ours):
            return {"by": "domain", "domain": domain}
    return None


def _domains(text: str) -> list[str]:
    """Domains as somebody types them: apart by commas or blanks, with or without an @ in front."""
    return [one.lstrip("@.").casefold() for one in text.replace(",", " ").split() if one.lstrip("@.")]


def waits_elsewhere(tx: Tx, conversation: conversations.Conversation) -> int | None:
    """Another conversation of this customer that is not over and in which they are frustrated, the newest one."""
    if not settings.get(tx, "survey.spare_frustrated"):
        return None
    return conversations.frustrated_elsewhere(tx, conversation.customer_id, conversation.id)
