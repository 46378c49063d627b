"""What goes out to customers and colleagues."""

from desk.outbound.again import send_again
from desk.outbound.attaching import carriage
from desk.outbound.codes import forget_code, send_code
from desk.outbound.copies import mail_copy
from desk.outbound.forwarding import Wish, WrongPeople, made, send_forward
from desk.outbound.keywords import answer_help
from desk.outbound.loading import loaded
from desk.outbound.moving import move, rehouse
from desk.outbound.outbox import delivery_named, outbox, outbox_mail, states
from desk.outbound.queueing import conversation_of, delivery_of, new_message_id
from desk.outbound.quiet import quiet_until
from desk.outbound.reached import reached
from desk.outbound.receipts import bounced, decide, receipt
from desk.outbound.sending import deliver, give_up
from desk.outbound.service import bot_said, note, reply, send_notice, send_survey, send_text
from desk.outbound.tables import Delivery, OutboxMail, Upload
from desk.outbound.transcripts import send_transcript
from desk.outbound.undoing import TakenBack, take_back
from desk.outbound.ways import ORDER, Way, ways
from desk.outbound.writing import Refused

__all__ = [
    "ORDER",
    "Delivery",
    "OutboxMail",
    "Refused",
    "TakenBack",
    "Upload",
    "Way",
    "Wish",
    "WrongPeople",
    "answer_help",
    "bot_said",
    "bounced",
    "carriage",
    "conversation_of",
    "decide",
    "deliver",
    "delivery_named",
    "delivery_of",
    "forget_code",
    "give_up",
    "loaded",
    "made",
    "mail_copy",
    "move",
    "new_message_id",
    "note",
    "outbox",
    "outbox_mail",
    "quiet_until",
    "reached",
    "receipt",
    "rehouse",
    "reply",
    "send_again",
    "send_code",
    "send_forward",
    "send_notice",
    "send_survey",
    "send_text",
    "send_transcript",
    "states",
    "take_back",
    "ways",
]
