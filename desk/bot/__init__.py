"""The bot: answers from articles, asks "did you mean", or hands over; and says why."""

from desk.bot import comparing, evaluating, marks, replay, sets
from desk.bot.decide import Candidate, Case, Decision, decide
from desk.bot.episodes import OUTCOMES, look_after
from desk.bot.guided import make_call
from desk.bot.lab import LONGEST_QUESTION, answers, ask, ask_to_learn, is_learned, learn, trial, try_out
from desk.bot.marks import forget
from desk.bot.moving import move
from desk.bot.releasing import may_be_released, release
from desk.bot.service import (
    ask_aside,
    endings,
    hand_over,
    helped,
    is_on,
    leave,
    quiet,
    recent,
    request_turn,
    stand_back,
    taken,
    turns,
    unsent,
    used,
)
from desk.bot.shelf import SHELVES, fits
from desk.bot.suggesting import Asked, Suggested, standing, suggest, taken_up
from desk.bot.suggesting import ask as ask_for_suggestion
from desk.bot.suggesting import unused as suggestion_unused
from desk.bot.suggesting import used as suggestion_used
from desk.bot.tables import BotFit, BotQuestion, BotReplay, BotReplayed, BotSet, BotTrial, BotTurn
from desk.bot.working import take_turn, take_written

__all__ = [
    "LONGEST_QUESTION",
    "OUTCOMES",
    "SHELVES",
    "Asked",
    "BotFit",
    "BotQuestion",
    "BotReplay",
    "BotReplayed",
    "BotSet",
    "BotTrial",
    "BotTurn",
    "Candidate",
    "Case",
    "Decision",
    "Suggested",
    "answers",
    "ask",
    "ask_aside",
    "ask_for_suggestion",
    "ask_to_learn",
    "comparing",
    "decide",
    "endings",
    "evaluating",
    "fits",
    "forget",
    "hand_over",
    "helped",
    "is_learned",
    "is_on",
    "learn",
    "leave",
    "look_after",
    "make_call",
    "marks",
    "may_be_released",
    "move",
    "quiet",
    "recent",
    "release",
    "replay",
    "request_turn",
    "sets",
    "stand_back",
    "standing",
    "suggest",
    "suggestion_unused",
    "suggestion_used",
    "take_turn",
    "take_written",
    "taken",
    "taken_up",
    "trial",
    "try_out",
    "turns",
    "unsent",
    "used",
]
