"""Who may do what: one mapping from a permission to the roles that have it, and the Viewer that is asked about."""

from __future__ import annotations

from dataclasses import dataclass

AGENT, SUPERVISOR, ADMIN = ROLES = ("agent", "supervisor", "admin")

_EVERYBODY = frozenset({AGENT, SUPERVISOR, ADMIN})
_LEADS = frozenset({SUPERVISOR, ADMIN})
_ADMINS = frozenset({ADMIN})

PERMISSIONS: dict[str, frozenset[str]] = {
    # conversations and customers
    "conversation.read": _EVERYBODY,
    "conversation.reply": _EVERYBODY,
    "conversation.note": _EVERYBODY,
    "conversation.assign": _EVERYBODY,
    "conversation.resolve": _EVERYBODY,
    "conversation.label": _EVERYBODY,
    "customer.read": _EVERYBODY,
    "customer.list": _LEADS,  # all of them, with their segments
    "segment.write": _LEADS,
    "customer.import": _LEADS,  # lists, and the attributes that they fill
    "customer.merge": _EVERYBODY,  # of what they may see whole; the rest needs a lead
    "customer.export": _LEADS,
    "customer.consent": _LEADS,  # whether somebody may be written to, on their word
    "customer.erase": _ADMINS,  # for good; the preview and the proof are for leads as well
    "entry.redact": _LEADS,  # what should not stand on a timeline, such as the number of a card
    "conversation.hold": _ADMINS,  # what must stay, whatever a retention rule says
    # articles and the bot
    "knowledge.read": _EVERYBODY,
    "knowledge.write": _EVERYBODY,  # drafts; what customers and the bot get is another matter
    "knowledge.publish": _LEADS,
    "knowledge.gaps": _LEADS,  # what customers asked and found no answer to, of every team
    "reason.write": _LEADS,  # why customers come, and which questions belong where
    "bot.read": _EVERYBODY,
    # numbers
    "report.read": _LEADS,
    "report.export": _LEADS,
    # what could not be taken in, and what a desk without a mail server would have sent
    "quarantine.read": _LEADS,
    "quarantine.release": _ADMINS,
    "outbox.read": _LEADS,
    "outbox.notices": _ADMINS,  # notices carry password links: whoever reads them can become their addressee
    "outbox.answer": _ADMINS,  # writes into a timeline in a customer's name
    "canned.share": _LEADS,  # canned replies and macros of a team or of everybody; one's own need nothing
    "rule.write": _LEADS,  # what the desk does by itself, its dry runs and its log
    "assignment.write": _LEADS,  # how teams give out their work
    # the desk itself
    "admin.settings": _ADMINS,
    "admin.inboxes": _ADMINS,
    "admin.people": _ADMINS,
    "admin.retention": _ADMINS,  # how long what was said is kept
    "admin.audit": _ADMINS,  # what was changed at this desk, and by whom
    "admin.jobs": _ADMINS,
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever looks: what permissions, visibility, language and zone are decided by. Read once a request."""

    id: int
    role: str
    team_ids: frozenset[int]
    name: str
    email: str
    locale: str
    zone: str
    theme: str = ""  # light, dark, or empty: as the machine has it
    single_keys: bool = True


def may(viewer: Viewer | None, permission: str) -> bool:
    """Whether `viewer` has `permission`; nobody has any. Raises KeyError for a permission that is not in the mapping,
    so that a misspelt one is found by the first test and never lets anybody in."""
    roles = PERMISSIONS[permission]
    return viewer is not None and viewer.role in roles


def rank(role: str) -> int:
    """0 for agent, 1 for supervisor, 2 for admin. Raises ValueError for anything else."""
    return ROLES.index(role)
