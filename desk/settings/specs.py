"""Every setting that an admin can change, with its type, limits, default and the sentence that explains it."""

from __future__ import annotations

from desk.i18n import N_
from desk.settings.spec import HOURS, Spec
from desk.settings.survey_specs import SURVEYS

_ALL = (
    Spec(
        "desk.name",
        "text",
        "Loopdesk",
        N_("Name of the desk"),
        N_("Shown on the login page and in notices."),
        maximum=120,
    ),
    Spec("desk.zone", "zone", "UTC", N_("Time zone"), N_("In which new colleagues and reports begin.")),
    Spec(
        "presence.idle_minutes",
        "number",
        10,
        N_("Away after doing nothing, in minutes"),
        N_("Who does nothing on any screen of the console for that long counts as away."),
        1,
        240,
        group=N_("Assignment"),
    ),
    *(
        Spec(
            f"assignment.weight_{channel}",
            "number",
            weight,
            title,
            N_("Of a person’s capacity, which stands on their page. Whole places."),
            1,
            50,
            group=N_("Assignment"),
        )
        for channel, weight, title in (
            ("email", 1, N_("Places that a mail takes")),
            ("sms", 2, N_("Places that a text message takes")),
            ("chat", 3, N_("Places that a chat takes")),
        )
    ),
    Spec(
        "mail.max_megabytes",
        "number",
        25,
        N_("Largest mail, in MB"),
        N_("Larger ones are refused with an answer that says so."),
        1,
        100,
        group=N_("Email"),
    ),
    Spec(
        "mail.unscanned",
        "choice",
        "hold",
        N_("Files that the scanner could not look at"),
        N_(
            "Where this desk has a virus scanner (CLAMD) and it does not answer: hold them for an "
            "admin, or let them pass with a word that says so."
        ),
        choices=("hold", "pass"),
        group=N_("Email"),
    ),
    Spec(
        "mail.reply_address_signed",
        "flag",
        True,
        N_("Signed reply address"),
        N_(
            "Replies come back to an address such as support+r…@…, which names the conversation. "
            "Switch it off where your mail server does not know plus addresses."
        ),
        group=N_("Email"),
    ),
    Spec(
        "mail.subject_token",
        "flag",
        False,
        N_("Token in subjects"),
        N_(
            "Puts a mark such as [#2x-k3j5m2aa] behind the subject of answers, for customers whose "
            "mail programs lose the others. Some programs then show the answer as a new thread."
        ),
        group=N_("Email"),
    ),
    Spec(
        "mail.automatic_per_hour",
        "number",
        5,
        N_("Automatic messages an hour and address"),
        N_(
            "Surveys, codes, copies and answers of the bot by mail beyond that are withheld: two "
            "machines that answer each other stop by themselves."
        ),
        1,
        1000,
        group=N_("Email"),
    ),
    Spec(
        "mail.undo_seconds",
        "number",
        10,
        N_("Answers by mail can be taken back for, in seconds"),
        N_(
            "So long an answer waits before it is sent, with a way to take it back. 0 sends at "
            "once. What machines write never waits."
        ),
        0,
        60,
        group=N_("Email"),
    ),
    Spec(
        "mail.reopen_days",
        "number",
        30,
        N_("Reopen within, in days"),
        N_("A reply to a conversation that was resolved longer ago opens a new one, linked to it."),
        0,
        3650,
        group=N_("Email"),
    ),
    Spec(
        "chat.reopen_days",
        "number",
        7,
        N_("Reopen a chat or text within, in days"),
        N_(
            "What somebody writes by chat or SMS after it was resolved longer ago opens a new "
            "conversation, linked to it."
        ),
        0,
        3650,
        group=N_("Chat"),
    ),
    Spec(
        "sms.undo_seconds",
        "number",
        5,
        N_("Answers by text can be taken back for, in seconds"),
        N_("So long an answer waits before it is sent, with a way to take it back. 0 sends at once."),
        0,
        60,
        group=N_("SMS"),
    ),
    Spec(
        "sms.quiet_from",
        "choice",
        "21:00",
        N_("No automatic texts from"),
        N_(
            "By the customer’s clock, else the inbox’s: questions after a conversation and "
            "reminders wait for the morning."
        ),
        choices=HOURS,
        group=N_("SMS"),
    ),
    Spec(
        "sms.quiet_until",
        "choice",
        "08:00",
        N_("Until"),
        N_("The same time twice: texts go at any hour. Answers of people, codes and HELP always go at once."),
        choices=HOURS,
        group=N_("SMS"),
    ),
    Spec(
        "sms.link_days",
        "number",
        30,
        N_("Links to files in texts are good for, in days"),
        N_("Where a file cannot go as MMS, the text has its address."),
        1,
        365,
        group=N_("SMS"),
    ),
    Spec(
        "answer.hold_when_written",
        "flag",
        True,
        N_("Hold an answer that was to go later when its customer writes"),
        N_("Whoever wrote it is told and decides. Switched off, it goes at its time whatever came since."),
        group=N_("Answers"),
    ),
    Spec(
        "answer.tone",
        "flag",
        True,
        N_("Ask before an answer that may sound sharp is sent"),
        N_("Blame, impatience, contempt, capitals: by turns of phrase in six languages, with the words found."),
        group=N_("Answers"),
    ),
    Spec(
        "answer.file_megabytes",
        "number",
        15,
        N_("Largest file of an answer, in MB"),
        N_("The composer says so before it is sent. No request is larger than MAX_CONTENT_LENGTH (32 MB)."),
        1,
        30,
        group=N_("Answers"),
    ),
    Spec(
        "answer.message_megabytes",
        "number",
        40,
        N_("Files of one answer together, in MB"),
        N_("A mail takes 18 MB at most, whatever stands here, because files grow by a third on the way."),
        1,
        500,
        group=N_("Answers"),
    ),
    Spec(
        "frustration.strained_at",
        "number",
        0.40,
        N_("Strained from"),
        N_("The frustration of a conversation, 0 to 1, from which it counts as strained."),
        0.05,
        0.95,
        group=N_("Frustration"),
    ),
    Spec(
        "frustration.frustrated_at",
        "number",
        0.65,
        N_("Frustrated from"),
        N_("The frustration of a conversation, 0 to 1, from which it counts as frustrated."),
        0.05,
        0.99,
        group=N_("Frustration"),
    ),
    Spec(
        "frustration.strained_hours",
        "number",
        2,
        N_("Head start in the queue while strained, in hours"),
        N_("A customer who counts as strained is served as if they had waited this much longer."),
        0,
        168,
        group=N_("Frustration"),
    ),
    Spec(
        "frustration.frustrated_hours",
        "number",
        12,
        N_("Head start in the queue while frustrated, in hours"),
        N_("The same of a customer who counts as frustrated. The queues are put in order anew when it is changed."),
        0,
        168,
        group=N_("Frustration"),
    ),
    Spec(
        "frustration.bot",
        "choice",
        "frustrated",
        N_("The bot hands over to a person from"),
        N_("The level from which on it stands back; never: only when it is asked to, or knows no answer."),
        choices=("strained", "frustrated", "never"),
        group=N_("Frustration"),
    ),
    Spec(
        "frustration.rules_answer",
        "flag",
        False,
        N_("Rules may answer frustrated customers by themselves"),
        N_("Off: what a rule would have sent them stands in its log with this reason. No cheerful mails."),
        group=N_("Frustration"),
    ),
    Spec(
        "bot.precision",
        "number",
        95,
        N_("When the bot answers, it shall be right this often, in per cent"),
        N_(
            "From this it computes, by the example questions of the articles, from which confidence "
            "it answers. A higher share lets it answer less often."
        ),
        70,
        99.5,
        group=N_("Bot"),
    ),
    Spec(
        "bot.window_days",
        "number",
        7,
        N_("Somebody who left came back within, in days"),
        N_(
            "A conversation that ended with an answer of the bot counts as solved where its "
            "customer stays away this long."
        ),
        1,
        60,
        group=N_("Bot"),
    ),
    Spec(
        "bot.writer",
        "flag",
        False,
        N_("Let the writer put answers in other words"),
        N_(
            "Only where this desk has one (WRITER_URL). It is given the article’s passage and nothing of the customer; "
            "an answer with any word, number or “not” that the passage has not is dropped for the passage itself."
        ),
        group=N_("Bot"),
    ),
    *SURVEYS,
)

SPECS: dict[str, Spec] = {spec.name: spec for spec in _ALL}
