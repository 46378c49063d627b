"""A believable history for a desk that has none yet, with the truth about it beside."""

from desk.simulate.planner import plan
from desk.simulate.run import fill_sample_desk, sample_logins, simulate
from desk.simulate.truth import ConversationTruth, EpisodeTruth, Truth
from desk.simulate.world import world

__all__ = [
    "ConversationTruth",
    "EpisodeTruth",
    "Truth",
    "fill_sample_desk",
    "plan",
    "sample_logins",
    "simulate",
    "world",
]
