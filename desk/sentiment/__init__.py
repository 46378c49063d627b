"""Frustration: of a message, and of the conversation it belongs to."""

from desk.nlp.ranking import auroc
from desk.sentiment.adapting import FEWEST, Taught
from desk.sentiment.figures import flagged
from desk.sentiment.following import Heard, Limits, State
from desk.sentiment.head import Head, NoHead
from desk.sentiment.judging import FLAGGED_AT, Judge
from desk.sentiment.reading import learn, read, reads, status
from desk.sentiment.scoring import MODEL, Scored
from desk.sentiment.scoring import score as score_text
from desk.sentiment.service import correct, history, score, scores

__all__ = [
    "FEWEST",
    "FLAGGED_AT",
    "MODEL",
    "Head",
    "Heard",
    "Judge",
    "Limits",
    "NoHead",
    "Scored",
    "State",
    "Taught",
    "auroc",
    "correct",
    "flagged",
    "history",
    "learn",
    "read",
    "reads",
    "score",
    "score_text",
    "scores",
    "status",
]
