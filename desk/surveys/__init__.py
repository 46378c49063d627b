"""Asking customers how it was: who is asked, the links, the answers with their versions."""

from desk.surveys.answers import BadAnswer, LinkClosed, allow_contact, answer
from desk.surveys.asking import consider, delivery_settled, install_defaults
from desk.surveys.audience import Audience, AudienceError, ask_only, audiences, read_audience
from desk.surveys.capture import Heard, capture_answer, hears
from desk.surveys.cards import Answered, Card, answer_in_chat, asked_in, card, look_after, refusal, shown
from desk.surveys.erasing import answers_of, count_comments, erase, erase_in
from desk.surveys.governor import Decision, Earlier, Situation, decide, draw
from desk.surveys.links import (
    LinkState,
    customer_id_of,
    open_link,
    parse_score,
    replace_links,
    resume,
    stop,
    token_of,
    url_of,
)
from desk.surveys.mail import Ask, Letter, compose, day
from desk.surveys.moving import count_of, move
from desk.surveys.palette import Palette, contrast, hex_colour, palette
from desk.surveys.reminding import remind
from desk.surveys.scales import COMMENT_LIMIT, REASONS, SCALES, Scale
from desk.surveys.sparing import WHY, lift, may_suppress, suppress, suppression
from desk.surveys.tables import Invitation, Response, Survey, SurveyDecision, SurveySuppression
from desk.surveys.texts import SurveyTexts, given_name, survey_texts

__all__ = [
    "COMMENT_LIMIT",
    "REASONS",
    "SCALES",
    "WHY",
    "Answered",
    "Ask",
    "Audience",
    "AudienceError",
    "BadAnswer",
    "Card",
    "Decision",
    "Earlier",
    "Heard",
    "Invitation",
    "Letter",
    "LinkClosed",
    "LinkState",
    "Palette",
    "Response",
    "Scale",
    "Situation",
    "Survey",
    "SurveyDecision",
    "SurveySuppression",
    "SurveyTexts",
    "allow_contact",
    "answer",
    "answer_in_chat",
    "answers_of",
    "ask_only",
    "asked_in",
    "audiences",
    "capture_answer",
    "card",
    "compose",
    "consider",
    "contrast",
    "count_comments",
    "count_of",
    "customer_id_of",
    "day",
    "decide",
    "delivery_settled",
    "draw",
    "erase",
    "erase_in",
    "given_name",
    "hears",
    "hex_colour",
    "install_defaults",
    "lift",
    "look_after",
    "may_suppress",
    "move",
    "open_link",
    "palette",
    "parse_score",
    "read_audience",
    "refusal",
    "remind",
    "replace_links",
    "resume",
    "shown",
    "stop",
    "suppress",
    "suppression",
    "survey_texts",
    "token_of",
    "url_of",
]
