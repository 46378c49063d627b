"""The settings of surveys: whether, whom, how often and how long the desk asks."""

from __future__ import annotations

from desk.i18n import N_
from desk.settings.spec import Spec

SURVEYS = (
    Spec(
        "survey.enabled",
        "flag",
        True,
        N_("Ask how it was"),
        N_("After a conversation is resolved, its customer is asked one question."),
        group=N_("Surveys"),
    ),
    Spec(
        "survey.cooldown_days",
        "number",
        14,
        N_("Quiet period between surveys, in days"),
        N_("For one customer, over all channels."),
        0,
        365,
        group=N_("Surveys"),
    ),
    Spec(
        "survey.share",
        "number",
        100,
        N_("Share that is asked, in per cent"),
        N_(
            "Of those who could be asked, drawn evenly: 25 asks one in four. Whoever is not drawn stands in the report "
            "as withheld."
        ),
        1,
        100,
        group=N_("Surveys"),
    ),
    Spec(
        "survey.seed",
        "number",
        1,
        N_("Seed of the draw"),
        N_("With the same seed the same conversations are drawn again; another one draws anew."),
        0,
        999_999,
        group=N_("Surveys"),
    ),
    Spec(
        "survey.internal_domains",
        "text",
        "",
        N_("Domains of your own"),
        N_(
            "Apart by commas, such as kiln.example. Whoever writes from there is not asked; nor is a colleague who has "
            "a login here."
        ),
        maximum=500,
        group=N_("Surveys"),
    ),
    Spec(
        "survey.spare_frustrated",
        "flag",
        True,
        N_("Spare whoever waits, frustrated"),
        N_(
            "While another conversation of theirs is not over and they are frustrated in it, nobody asks how this one "
            "was. How they felt in this one is no reason."
        ),
        group=N_("Surveys"),
    ),
    Spec(
        "survey.expires_days",
        "number",
        14,
        N_("A survey is open for, in days"),
        N_("After that the link says that it is closed."),
        1,
        90,
        group=N_("Surveys"),
    ),
    Spec(
        "survey.reminder_days",
        "number",
        0,
        N_("Remind who has not answered after, in days"),
        N_(
            "Once, where the question went out by mail and can still be answered, and where it would be asked today. "
            "0 reminds nobody."
        ),
        0,
        60,
        group=N_("Surveys"),
    ),
    Spec(
        "survey.chat_mail_hours",
        "number",
        24,
        N_("Mail a chat's question after, in hours"),
        N_(
            "A question in the chat that nobody saw is mailed once, where the visitor has proved an "
            "address. 0 mails none."
        ),
        0,
        336,
        group=N_("Surveys"),
    ),
    Spec(
        "survey.sms_asks",
        "choice",
        "digit",
        N_("A question by SMS is answered by"),
        N_("digit: “answer 1 to 5”, which costs the customer one short text. link: the page of a mailed question."),
        choices=("digit", "link"),
        group=N_("Surveys"),
    ),
)
