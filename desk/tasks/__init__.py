"""What is to be done in a conversation, by whom and until when; and being reminded of one."""

from desk.tasks.doing import LINE, LONGEST, MOST, add, change, due, give, left, reopen, tick, tick_all
from desk.tasks.moving import erase, rehoused
from desk.tasks.reading import CAP, WHICH, Page, TaskView, counts, every, of_conversation, one, open_in, page
from desk.tasks.reminding import ReminderView, call_off, forget_of, remind, reminder_of, reminders, ring
from desk.tasks.tables import Reminder, Task

__all__ = [
    "CAP",
    "LINE",
    "LONGEST",
    "MOST",
    "WHICH",
    "Page",
    "Reminder",
    "ReminderView",
    "Task",
    "TaskView",
    "add",
    "call_off",
    "change",
    "counts",
    "due",
    "erase",
    "every",
    "forget_of",
    "give",
    "left",
    "of_conversation",
    "one",
    "open_in",
    "page",
    "rehoused",
    "remind",
    "reminder_of",
    "reminders",
    "reopen",
    "ring",
    "tick",
    "tick_all",
]
