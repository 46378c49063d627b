"""Frustration: of a message, and of the conversation it belongs to."""

from desk.sentiment.scoring import MODEL, Scored
from desk.sentiment.scoring import score as score_text
from desk.sentiment.service import correct, history, score, scores

__all__ = ["MODEL", "Scored", "correct", "history", "score", "score_text", "scores"]
