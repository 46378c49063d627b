"""Assignment: who is at the desk, who gets what by which policy, and how fair that was."""

from desk.assigning.choosing import MODES, Choice, Standing
from desk.assigning.fairness import Share, shares
from desk.assigning.giving import again, give, look_at, room_may_be
from desk.assigning.keeping import answered, current, keep, noted
from desk.assigning.policies import PolicyRefused, Wanted, any_on
from desk.assigning.policies import every as all_policies
from desk.assigning.policies import save as save_policy
from desk.assigning.presence import choose_state, drafting, sign, standings
from desk.assigning.presence import of as standing_of
from desk.assigning.returning import Back, due, take_back
from desk.assigning.tables import Assignment, AssignmentPolicy
from desk.assigning.work import CAPACITY, CHANNELS, Able, WorkRefused, able, hours_of, load, weight
from desk.assigning.work import save as save_work

__all__ = [
    "CAPACITY",
    "CHANNELS",
    "MODES",
    "Able",
    "Assignment",
    "AssignmentPolicy",
    "Back",
    "Choice",
    "PolicyRefused",
    "Share",
    "Standing",
    "Wanted",
    "WorkRefused",
    "able",
    "again",
    "all_policies",
    "answered",
    "any_on",
    "choose_state",
    "current",
    "drafting",
    "due",
    "give",
    "hours_of",
    "keep",
    "load",
    "look_at",
    "noted",
    "room_may_be",
    "save_policy",
    "save_work",
    "shares",
    "sign",
    "standing_of",
    "standings",
    "take_back",
    "weight",
]
