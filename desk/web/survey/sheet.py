"""What one survey page shows, gathered in one reading transaction and in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list

from desk import agents, conversations, people, settings, surveys
from desk.i18n import best, texts
from desk.store import Tx


@dataclass(frozen=True, slots=True)
class Face:
    """The brand that asks, and how to write to it; `address` is "" on a desk without a mail inbox."""

    name: str
    locale: str
    palette: surveys.Palette
    address: str
    logo: settings.Logo | None = None

    @property
    def initial(self) -> str:
        return self.name[:1].upper()

    def mailto(self, subject: str, body: str = "") -> str:
        """A link that writes to the brand; "" where there is no address to write to."""
        if not self.address:
            return ""
        text = f"&body={quote(body, safe='')}" if body else ""
        return f"mailto:{quote(self.address, safe='@+')}?subject={quote(subject, safe='')}{text}"


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as the page repeats it."""

    score: int
    label: str
    reasons: str  # as a list in words
    chosen: tuple[str, ...]
    comment: str
    may_contact: bool | None
    low: bool
    when: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything about one invitation that its page may say."""

    scale: surveys.Scale
    said: surveys.SurveyTexts
    agent: str  # given name, or ""
    initials: str
    customer: str  # given name, or ""
    address: str
    subject: str
    resolved: str
    closes: str
    given: Given | None = None
    faces: Mapping[int, str] = field(default_factory=dict)  # score -> id of its picture


def language(wanted: str | None, invitation: surveys.Invitation | None, accepted: list[str]) -> str:
    """What the page is written in: the reader's choice, else the language of the mail that they come from, else what
    their browser asks for."""
    if wanted and wanted.lower().startswith(best(wanted)):  # best() falls back to the source for what nobody speaks
        return best(wanted)
    return invitation.locale if invitation is not None else best(*accepted)


def face_of(tx: Tx, invitation: surveys.Invitation | None) -> Face:
    """The brand of an invitation; for a link that leads nowhere, the desk's first one."""
    if invitation is not None:
        brand = settings.brand(tx, invitation.brand_id)
        inbox = settings.inbox(tx, invitation.inbox_id)
        address = inbox.address if inbox.channel == "email" else ""
        return Face(brand.name, brand.locale, surveys.palette(brand.colour), address, settings.logo(tx, brand))
    mailboxes = settings.inboxes(tx, "email", active=True)
    if mailboxes:
        brand = settings.brand(tx, mailboxes[0].brand_id)
        logo = settings.logo(tx, brand)
        return Face(brand.name, brand.locale, surveys.palette(brand.colour), mailboxes[0].address, logo)
    name = settings.get(tx, "desk.name")
    return Face(name, "en", surveys.palette(""), "")


def sheet_of(tx: Tx, state: surveys.LinkState, lang: str) -> Sheet:
    """The sheet of a link that leads to an invitation."""
    invitation = state.invitation
    if invitation is None:
        raise ValueError("an invalid link has no sheet")
    words = texts(lang)
    brand = settings.brand(tx, invitation.brand_id)
    conversation = conversations.get(tx, invitation.conversation_id, None)
    episode = conversations.episode(tx, invitation.episode_id)
    customer = people.customer(tx, conversation.customer_id)
    agent = agents.names(tx).get(invitation.staff_id or 0, "")
    survey = tx.get_one(surveys.Survey, invitation.survey_id)
    named = surveys.given_name(agent)
    said = surveys.survey_texts(invitation.kind, words, agent=named, brand=brand.name, changed=survey.texts.get(lang))
    scale = surveys.SCALES[invitation.kind]
    now = tx.now()
    return Sheet(
        scale=scale,
        said=said,
        agent=named,
        initials="".join(part[0] for part in agent.split()[:2]).upper(),
        customer=surveys.given_name(customer.name),
        address=people.identity(tx, invitation.identity_id).value
        if invitation.identity_id is not None
        else conversation.reply_address,
        subject=conversation.subject,
        resolved=_full_day(episode.resolved_at, lang, brand.zone),
        closes=surveys.day(invitation.expires_at, lang, brand.zone, today=now),
        given=_given(state.response, scale, said, lang, brand.zone, now),
        faces={n: f"f{n}" for n in scale.scores} if scale.kind == "csat" else {},
    )


def _full_day(at: datetime | None, lang: str, zone: str) -> str:
    return format_date(at.astimezone(ZoneInfo(zone)), "full", locale=lang) if at else ""


def _given(
    response: surveys.Response | None,
    scale: surveys.Scale,
    said: surveys.SurveyTexts,
    lang: str,
    zone: str,
    now: datetime,
) -> Given | None:
    if response is None:
        return None
    words = texts(lang)
    local = response.changed_at.astimezone(ZoneInfo(zone))
    when = words.gettext("%(day)s at %(time)s") % {
        "day": surveys.day(response.changed_at, lang, zone, today=now),
        "time": format_time(local, "short", locale=lang),
    }
    reasons = [said.reasons[r] for r in response.reasons if r in said.reasons]
    return Given(
        score=response.score,
        label=said.label(response.score),
        reasons=format_list(reasons, locale=lang) if reasons else "",
        chosen=tuple(response.reasons),
        comment=response.comment,
        may_contact=response.may_contact,
        low=scale.is_low(response.score),
        when=when,
    )


def direction(lang: str) -> str:
    """`ltr` or `rtl`."""
    return str(Locale.parse(lang).text_direction)


def fallback_css(palette: surveys.Palette) -> str:
    """The brand for the page's style sheet: one custom property, and the same tokens computed for browsers that cannot
    derive them. Holds nothing but hex colours."""

    def tokens(values: Mapping[str, Any]) -> str:
        return "".join(f"--{name}:{value};" for name, value in values.items())

    return (
        f":root{{--brand:{palette.brand}}}"
        "@supports not ((color:oklch(from red l c h)) and (color:light-dark(red,red))){"
        f":root{{{tokens(palette.light)}}}"
        f"@media (prefers-color-scheme:dark){{:root{{color-scheme:dark;{tokens(palette.dark)}}}}}}}"
    )
