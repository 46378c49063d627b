"""What goes out to customers and colleagues."""

from desk.outbound.again import send_again
from desk.outbound.attaching import carriage
from desk.outbound.automatic import rule_said
from desk.outbound.codes import forget_code, send_code
from desk.outbound.copies import mail_copy
from desk.outbound.forwarding import Wish, WrongPeople, made, send_forward
from desk.outbound.keywords import answer_help
from desk.outbound.loading import loaded
from desk.outbound.mentioning import nameable
from desk.outbound.moving import follow_drafts, move, rehouse
from desk.outbound.outbox import delivery_named, outbox, outbox_mail, states
from desk.outbound.queueing import about, conversation_of, delivery_of, new_message_id
from desk.outbound.quiet import quiet_until
from desk.outbound.reached import reached
from desk.outbound.receipts import bounced, decide, receipt
from desk.outbound.rehousing import move_to
from desk.outbound.scheduling import (
    call_off,
    hold_scheduled,
    schedule,
    send_now,
    send_scheduled,
    take_for_editing,
)
from desk.outbound.sending import deliver, give_up
from desk.outbound.service import bot_said, note, reply, send_notice, send_survey, send_text
from desk.outbound.tables import Delivery, OutboxMail, ScheduledAnswer, Upload
from desk.outbound.transcripts import send_transcript
from desk.outbound.trying import send_test, tried
from desk.outbound.undoing import TakenBack, take_back
from desk.outbound.ways import ORDER, Way, homes, ways
from desk.outbound.whispering import whisper
from desk.outbound.writing import Refused

__all__ = [
    "ORDER",
    "Delivery",
    "OutboxMail",
    "Refused",
    "ScheduledAnswer",
    "TakenBack",
    "Upload",
    "Way",
    "Wish",
    "WrongPeople",
    "about",
    "answer_help",
    "bot_said",
    "bounced",
    "call_off",
    "carriage",
    "conversation_of",
    "decide",
    "deliver",
    "delivery_named",
    "delivery_of",
    "follow_drafts",
    "forget_code",
    "give_up",
    "hold_scheduled",
    "homes",
    "loaded",
    "made",
    "mail_copy",
    "move",
    "move_to",
    "nameable",
    "new_message_id",
    "note",
    "outbox",
    "outbox_mail",
    "quiet_until",
    "reached",
    "receipt",
    "rehouse",
    "reply",
    "rule_said",
    "schedule",
    "send_again",
    "send_code",
    "send_forward",
    "send_notice",
    "send_now",
    "send_scheduled",
    "send_survey",
    "send_test",
    "send_text",
    "send_transcript",
    "states",
    "take_back",
    "take_for_editing",
    "tried",
    "ways",
    "whisper",
]
