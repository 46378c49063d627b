"""How a report puts its figures into words and numbers, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import flask_babel
from flask_babel import format_date, format_datetime, format_decimal

from desk.i18n import N_
from desk.reports.choices import Choices
from desk.reports.feedback import Group, Headline, Ranking, Recent
from desk.reports.filters import Bucket, Filters
from desk.reports.measures import CSAT, Figure, Measure
from desk.reports.rows import Which
from desk.reports.statistics import Interval
from desk.reports.withholding import Bias

_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext

PERIODS = {
    "7d": N_("Last 7 days"),
    "30d": N_("Last 30 days"),
    "13w": N_("Last 13 weeks"),
    "month": N_("This month"),
    "last-month": N_("Last month"),
    "quarter": N_("This quarter"),
    "year": N_("Last 365 days"),
}
CHANNELS = {"email": N_("Email"), "chat": N_("Chat"), "sms": N_("SMS")}
STATES = {
    "answered": N_("answered"),
    "open": N_("can still answer"),
    "silent": N_("no answer"),
    "failed": N_("not delivered"),
    "waiting": N_("on its way"),
    "withheld": N_("not asked"),
}
WITHHELD = {
    "switched_off": N_("questions are switched off"),
    "spam": N_("spam"),
    "reopened": N_("reopened before it was asked"),
    "automatic": N_("no person wrote"),
    "internal": N_("one of ourselves"),
    "not_answered": N_("nobody had answered them"),
    "no_address": N_("no address to ask at"),
    "opted_out": N_("asked not to be asked"),
    "stopped_texts": N_("takes no texts"),
    "suppressed": N_("a colleague held it back"),
    "left_out": N_("not among those whom the inbox asks"),
    "frustrated_now": N_("waits elsewhere, frustrated"),
    "still_open": N_("an earlier question is still open"),
    "cooldown": N_("asked not long ago"),
    "not_drawn": N_("not drawn"),
}
LEVELS = {"calm": N_("calm"), "strained": N_("strained"), "frustrated": N_("frustrated")}
READINGS = {
    "likely real": N_("likely real"),
    "may be chance": N_("may be chance"),
    "too few answers": N_("too few answers to compare"),
    "no data": N_("no data to compare"),
}
ROWS: dict[Which, str] = {
    "answers": N_("Answers"),
    "delivered": N_("Delivered"),
    "sent": N_("Sent"),
    "silent": N_("No answer"),
    "reminded": N_("Reminded"),
    "comments": N_("Comments"),
    "unhappy": N_("Silent and unhappy"),
    "failed": N_("Not delivered"),
    "waiting": N_("On its way"),
    "withheld": N_("Withheld"),
}
TITLES = {"csat": N_("Satisfied"), "nps": N_("Net promoter score"), "ces": N_("Made it easy")}
WHAT = {
    "csat": N_("share of 4 and 5, with its interval (95 %)"),
    "nps": N_("promoters less detractors, with its interval (95 %)"),
    "ces": N_("mean answer, 7 is best, with its interval (95 %)"),
}
GRAINS = {"day": N_("By day"), "week": N_("By week"), "month": N_("By month")}
MINUS = "−"


def said(text: str) -> str:
    """A text of this module or of a definition in the reader's language. Templates take it instead of `_`, which would
    read "95 % interval" as a pattern."""
    return _(text)


def number(value: float, digits: int = 0, *, sign: bool = False) -> str:
    """A number as the reader writes it, with exactly `digits` after the point and a real minus."""
    value = round(value, digits) + 0.0  # no minus before a zero
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    text = str(format_decimal(abs(value), format=pattern))
    return (MINUS if value < 0 else "+" if sign and value > 0 else "") + text


def score(measure: Measure, value: float, *, brief: bool = False) -> str:
    """A score without its unit; `brief` as tables and charts have it."""
    return number(value, max(0, measure.digits - 1) if brief else measure.digits)


def with_unit(measure: Measure, value: float, *, brief: bool = True) -> str:
    text = score(measure, value, brief=brief)
    return f"{text}\u202f%" if measure.unit == "%" else text


def span(measure: Measure, interval: Interval, *, brief: bool = True) -> str:
    """ "84 to 94" """
    return _(
        "%(low)s to %(high)s",
        low=score(measure, interval.low, brief=brief),
        high=score(measure, interval.high, brief=brief),
    )


def counted(measure: Measure, figure: Figure) -> str:
    """A figure of few answers: as counts, never as a percentage."""
    if measure.key == "nps":
        return _(
            "%(promoters)s for, %(detractors)s against, of %(n)s",
            promoters=figure.good,
            detractors=figure.bad,
            n=figure.n,
        )
    return _("%(good)s of %(n)s", good=figure.good, n=figure.n)


def in_brief(measure: Measure, figure: Figure) -> str:
    """A whole figure in a few words: "34 of 39, 87 %, 73 to 94"; counts alone under 10, "no data" without answers."""
    if figure.score is None:
        return _("no data")
    if figure.small or figure.interval is None:
        return counted(measure, figure)
    value, interval = with_unit(measure, figure.score), span(measure, figure.interval)
    if measure is CSAT:
        return f"{counted(measure, figure)}, {value}, {interval}"
    return ngettext(
        "%(value)s, %(interval)s, %(num)s answer",
        "%(value)s, %(interval)s, %(num)s answers",
        figure.n,
        value=value,
        interval=interval,
    )


def rate(part: int, whole: int, interval: Interval | None) -> str:
    """A share with its interval; counts where the whole is under 10."""
    if not whole:
        return _("no data")
    if whole < 10 or interval is None:
        return _("%(good)s of %(n)s", good=part, n=whole)
    return _(
        "%(share)s %%, %(low)s to %(high)s",
        share=number(100 * part / whole, 1),
        low=number(100 * interval.low, 1),
        high=number(100 * interval.high, 1),
    )


def day(at: date, *, year: bool = False) -> str:
    return str(format_date(at, "d MMM y" if year else "d MMM"))


def days(first: date, last: date, today: date) -> str:
    """ "24 Aug to 20 Nov", with years where they are not this one."""
    if first == last:
        return day(first, year=first.year != today.year)
    other = first.year != last.year
    return _(
        "%(first)s to %(last)s",
        first=day(first, year=other),
        last=day(last, year=other or last.year != today.year),
    )


def bucket(of: Bucket, grain: str, before: Bucket | None = None) -> str:
    """The label below a bucket; the month only where it is another one than that of the label before."""
    if grain == "month":
        return str(format_date(of.first, "MMM y" if before is None or before.first.year != of.first.year else "MMM"))
    if before is not None and (before.first.month, before.first.year) == (of.first.month, of.first.year):
        return str(format_date(of.first, "d"))
    return day(of.first)


def before_sentence(measure: Measure, head: Headline) -> str:
    """The period before, as the list beside the headline has it."""
    figure = head.before
    if figure.score is None:
        return _("no data")
    if figure.small:
        return counted(measure, figure)
    value = with_unit(measure, figure.score, brief=False)
    return ngettext("%(value)s, %(num)s answer", "%(value)s, %(num)s answers", figure.n, value=value)


def difference_sentence(measure: Measure, head: Headline) -> str:
    if head.difference is None:
        return str(_(READINGS[head.reading]))
    return _(
        "%(value)s, %(low)s to %(high)s: %(reading)s",
        value=number(head.difference.value, measure.digits, sign=True),
        low=number(head.difference.interval.low, measure.digits, sign=True),
        high=number(head.difference.interval.high, measure.digits, sign=True),
        reading=_(READINGS[head.reading]),
    )


def bounds_sentence(measure: Measure, bounds: Interval) -> str:
    return _(
        "The wide band is what the silence hides: %(low)s if all who did not answer were unhappy, %(high)s if all were"
        " happy.",
        low=with_unit(measure, bounds.low, brief=False),
        high=with_unit(measure, bounds.high, brief=False),
    )


def bias_sentence(found: Bias) -> str:
    """What it does to the score that some were not asked."""
    if found.difference is None:
        return _("Too few to compare: that takes 10 of each.")
    of = found.difference
    points = _(
        "%(value)s points, %(low)s to %(high)s",
        value=number(100 * of.value, 1, sign=True),
        low=number(100 * of.interval.low, 1, sign=True),
        high=number(100 * of.interval.high, 1, sign=True),
    )
    if not of.clear:
        said_ = _("No clear difference: whom the desk asks does not tilt the score, as far as frustration tells.")
    elif of.value > 0:
        said_ = _("Who was not asked had ended frustrated more often: the score looks better than it is.")
    else:
        said_ = _("Who was not asked had ended frustrated less often: the score looks worse than it is.")
    return f"{said_} {points}."


def recent_sentence(measure: Measure, recent: Recent, grain: str) -> tuple[str, str]:
    """What the end of the period says, as a bold beginning and the rest."""
    begin = {"day": _("Last two days:"), "week": _("Last two weeks:"), "month": _("Last two months:")}[grain]
    now, earlier = in_brief(measure, recent.figure), recent.earlier.score
    assert earlier is not None
    before = with_unit(measure, earlier)
    if recent.reading == "may be chance" or recent.difference is None:
        return begin, _("%(now)s: no clear difference from the %(before)s before.", now=now, before=before)
    if recent.difference.value < 0:
        return begin, _("%(now)s: below the %(before)s before.", now=now, before=before)
    return begin, _("%(now)s: above the %(before)s before.", now=now, before=before)


def joined(names: Sequence[str]) -> str:
    """ "Ada", "Ada and Bo", "Ada, Bo and Cy" """
    if len(names) < 2:
        return "".join(names)
    return _("%(some)s and %(last)s", some=", ".join(names[:-1]), last=names[-1])


def group_name(by: str, group: Group) -> str:
    """How a line of a breakdown is called."""
    if by == "channel":
        return _(CHANNELS[group.key]) if group.key in CHANNELS else str(group.key)
    return group.name or {"agent": _("Nobody"), "stage": _("No stage")}[by]


def segments_sentence(choices: Choices, shown: int) -> str:
    """What stands below the breakdown by segment: these are no parts of one whole."""
    rest = len(choices.segments) - shown
    text = _("Somebody can be in several of these, so they do not add up and are not ranked.")
    if not rest:
        return text
    missing = ngettext(
        "Nobody of %(num)s other segment was asked.", "Nobody of %(num)s other segments was asked.", rest
    )
    return f"{text} {missing}"


def segment_sentence(filters: Filters, choices: Choices, now: datetime) -> str:
    """Beside the number: that it speaks of who is in the segment at this moment, not of who was when asked."""
    assert filters.segment_id is not None
    name, counting = choices.segments[filters.segment_id], filters.segment_id in choices.counting
    here = now.astimezone(ZoneInfo(filters.zone))
    when = format_datetime(here, "d MMM y, HH:mm", rebase=False)
    text = _(
        "Of those who are in the segment “%(name)s” now (%(when)s), whenever they were asked.", name=name, when=when
    )
    return f"{text} {_('It is being counted: the figure is not whole yet.')}" if counting else text


def ranking_sentence(by: str, found: Ranking) -> str:
    """What the intervals of a breakdown allow to say."""

    def of(group: Group) -> str:
        return group_name(by, group)

    if found.compared < 2:
        return _("Too few answers to compare: that takes 10 on each of two lines.")
    if not found.allowed:
        return {
            "agent": _("The intervals overlap: this period does not rank these agents."),
            "stage": _("The intervals overlap: this period does not rank these stages."),
            "channel": _("The intervals overlap: this period does not rank these channels."),
        }[by]
    if 0 < len(found.apart) < found.compared:
        names = joined([of(group) for group in found.apart])
        return ngettext("Only %(names)s stands apart.", "Only %(names)s stand apart.", len(found.apart), names=names)
    shown = joined([_("%(high)s is above %(low)s", high=of(high), low=of(low)) for high, low in found.pairs[:3]])
    rest = len(found.pairs) - 3
    if rest > 0:
        return ngettext(
            "%(shown)s, and %(num)s other pair does not overlap either.",
            "%(shown)s, and %(num)s other pairs do not overlap either.",
            rest,
            shown=shown,
        )
    return _("%(shown)s; the others overlap, and are not ranked.", shown=shown)


@dataclass(frozen=True, slots=True)
class Nothing:
    """What an empty headline says, and what is meant by it."""

    title: str
    text: str


def nothing(filters: Filters, head: Headline, today: date) -> Nothing:
    """Why there is no score."""
    when = days(filters.first, filters.last, today)
    cohort = head.cohort
    if not cohort.sent:
        return Nothing(_("No data"), _("Nobody was asked from %(when)s. That is not a score of 0.", when=when))
    if cohort.open:
        return Nothing(
            _("No answers yet"),
            ngettext("%(num)s person can still answer.", "%(num)s people can still answer.", cohort.open),
        )
    return Nothing(
        _("No answers"),
        ngettext(
            "%(num)s person was asked, and said nothing. That is not a score of 0.",
            "%(num)s people were asked, and said nothing. That is not a score of 0.",
            cohort.sent,
        ),
    )
