"""Frustration: of a message, and of the conversation it belongs to."""

from desk.nlp.ranking import auroc
from desk.nlp.risks import KINDS as RISKS
from desk.nlp.risks import PEOPLE_ONLY
from desk.sentiment import sampling
from desk.sentiment.adapting import FEWEST, Taught
from desk.sentiment.figures import flagged
from desk.sentiment.flagging import judge_flag
from desk.sentiment.following import Heard, Limits, State
from desk.sentiment.head import Head, NoHead
from desk.sentiment.judging import FLAGGED_AT, Judge
from desk.sentiment.learned import LayerView, ask_to_learn, choose, in_use, layers, waiting
from desk.sentiment.reading import learn, read, reads, status
from desk.sentiment.scoring import MODEL, Scored, guessed
from desk.sentiment.scoring import score as score_text
from desk.sentiment.service import Flag, Sound, correct, heard, history, score, scores
from desk.sentiment.tone import sharp
from desk.sentiment.tongue import HEARD

__all__ = [
    "FEWEST",
    "FLAGGED_AT",
    "HEARD",
    "MODEL",
    "PEOPLE_ONLY",
    "RISKS",
    "Flag",
    "Head",
    "Heard",
    "Judge",
    "LayerView",
    "Limits",
    "NoHead",
    "Scored",
    "Sound",
    "State",
    "Taught",
    "ask_to_learn",
    "auroc",
    "choose",
    "correct",
    "flagged",
    "guessed",
    "heard",
    "history",
    "in_use",
    "judge_flag",
    "layers",
    "learn",
    "read",
    "reads",
    "sampling",
    "score",
    "score_text",
    "scores",
    "sharp",
    "status",
    "waiting",
]
