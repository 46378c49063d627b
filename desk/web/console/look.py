"""How one reader sees times and words: made once for each language and zone, then only looked up.

A queue shows hundreds of times and the same twenty words; Babel would take longer over them than the database over
the rows. A Look keeps what it has formatted: the times of day, the days, the fixed words.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from flask import current_app
from markupsafe import Markup

from desk import i18n
from desk.i18n import best, clock, texts

Moment = tuple[date, str, str]


class Look:
    """Times in one zone and one language. Every `now` is the caller's clock."""

    def __init__(self, locale: str, zone: str) -> None:
        self.language = best(locale)
        try:
            self.locale = Locale.parse(locale.replace("-", "_"))
        except (ValueError, UnknownLocaleError):
            self.locale = Locale.parse(self.language)
        try:
            self.zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            self.zone = ZoneInfo("UTC")
        self.zone_name = self.zone.key
        catalogue = texts(self.language)
        self.gettext: Callable[[str], str] = catalogue.gettext
        self.ngettext: Callable[[str, str, int], str] = catalogue.ngettext
        self.words = fixed_words(self.gettext)
        self._said: dict[str, Markup] = {}
        self._plain: dict[str, Markup] = {}
        self._fixed: dict[str, Markup] = {}
        self._minutes: dict[int, str] = {}
        self._dates: dict[tuple[date, str], str] = {}

    def say(self, text: str, /, **values: object) -> Markup:
        """What `_` is in the console's templates: Flask-Babel's finds the reader's language anew for each text, and a
        page has a hundred of them."""
        if not values:
            plain = self._plain.get(text)
            if plain is None:
                plain = self._plain[text] = Markup(self.gettext(text)) % {}
            return plain
        said = self._said.get(text)
        if said is None:
            said = self._said[text] = Markup(self.gettext(text))
        return said % values

    def say_many(self, one: str, many: str, num: int, /, **values: object) -> Markup:
        """What `ngettext` is in the console's templates."""
        return Markup(self.ngettext(one, many, num)) % {"num": num, **values}

    @property
    def speech(self) -> dict[str, object]:
        """What a template of the console is rendered with, whatever else it reads."""
        return {"_": self.say, "ngettext": self.say_many, "look": self, "t": self.words, "fixed": self.fixed}

    def fixed(self, name: str) -> Markup:
        """A part of a page that is the same in every conversation, such as the bar of the composer: written once a
        language, and anew each time only while templates are being worked on."""
        env = current_app.jinja_env
        made = self._fixed.get(name)
        if made is None or env.auto_reload:
            made = self._fixed[name] = Markup(env.get_template(name).render(self.speech))
        return made

    def here(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def clock(self, at: datetime) -> str:
        """The time of day: "9:12 AM", or "09:12" where the reader counts to 24."""
        return self._clock(at.astimezone(self.zone))

    def _clock(self, here: datetime) -> str:
        minute = here.hour * 60 + here.minute
        text = self._minutes.get(minute)
        if text is None:
            text = self._minutes[minute] = clock(here.time(), self.locale)
        return text

    def _date(self, day: date, pattern: str) -> str:
        text = self._dates.get((day, pattern))
        if text is None:
            if len(self._dates) > 4000:
                self._dates.clear()
            text = self._dates[day, pattern] = i18n.day(day, pattern, self.locale)
        return text

    def date(self, at: datetime, now: datetime) -> str:
        """Day and month, and the year where it is not this one: "4 Sep 2025"."""
        here = at.astimezone(self.zone)
        return self._date(here.date(), "d MMM" if here.year == now.astimezone(self.zone).year else "d MMM y")

    def weekday(self, at: datetime) -> str:
        return self._date(at.astimezone(self.zone).date(), "ccc")

    def month(self, at: datetime, *, year: bool) -> str:
        return self._date(at.astimezone(self.zone).date(), "LLL y" if year else "LLL")

    def day(self, at: datetime, now: datetime) -> str:
        """The heading of a day on the timeline: "Today, Friday 20 November"."""
        here, today = at.astimezone(self.zone), now.astimezone(self.zone)
        text = self._date(here.date(), "EEEE d MMMM" if here.year == today.year else "EEEE d MMMM y")
        if here.date() == today.date():
            return self.words["today"] % {"day": text}
        if here.date() == today.date() - timedelta(days=1):
            return self.words["yesterday"] % {"day": text}
        return text

    def short(self, at: datetime, now: datetime) -> str:
        """The time today, with the weekday this week, else the date."""
        here, today = at.astimezone(self.zone), now.astimezone(self.zone)
        if here.date() == today.date():
            return self.clock(at)
        if abs(today - here) < timedelta(days=6):
            return f"{self.weekday(at)} {self.clock(at)}"
        return self.date(at, now)

    def full(self, at: datetime) -> str:
        """Date, time and zone, for the title of a `<time>`."""
        return self.moment(at)[2]

    def moment(self, at: datetime) -> Moment:
        """The day, the time of day and the full time, as `here`, `clock` and `full` say them."""
        here = at.astimezone(self.zone)
        day, clock = here.date(), self._clock(here)
        return day, clock, f"{self._date(day, 'EEEE d MMMM y')}, {clock} {here.tzname() or ''}".rstrip()

    def span(self, seconds: float) -> str:
        """A length of time as short as a chip needs: "35 min", "2 h", "3 d"."""
        if seconds < 60:
            return self.words["under_a_minute"]
        if seconds < 3600:
            return self.words["minutes"] % {"n": int(seconds // 60)}
        if seconds < 36 * 3600:
            return self.words["hours"] % {"n": int(seconds // 3600)}
        return self.words["days"] % {"n": int(seconds // 86400)}

    def ago(self, at: datetime, now: datetime) -> str:
        """How long ago, as short as a queue row needs: "4 min", "2 h", then the weekday, then the date."""
        seconds = (now - at).total_seconds()
        if seconds < 60:
            return self.words["now"]
        if seconds < 86400:
            return self.span(seconds)
        return self.weekday(at) if seconds < 6 * 86400 else self.date(at, now)

    def until(self, at: datetime, now: datetime) -> str:
        """A time to come: "Mon 9:00 AM"."""
        return self.short(at, now)


@lru_cache(maxsize=256)
def look(locale: str, zone: str) -> Look:
    """The Look of a language and a zone; a locale or a zone that nobody knows falls back to English and to UTC."""
    return Look(locale, zone)


def fixed_words(_: Callable[[str], str]) -> dict[str, str]:
    """The words that rows and lines show again and again, so that no template asks for them a row."""
    return {
        "today": _("Today, %(day)s"),
        "yesterday": _("Yesterday, %(day)s"),
        "now": _("now"),
        "under_a_minute": _("under 1 min"),
        "minutes": _("%(n)d min"),
        "hours": _("%(n)d h"),
        "days": _("%(n)d d"),
        "calm": _("Calm"),
        "strained": _("Strained"),
        "frustrated": _("Frustrated"),
        "risk_self_harm": _("Self-harm"),
        "risk_safety": _("Safety"),
        "risk_legal": _("Legal"),
        "risk_leaving": _("May leave"),
        "risk_public": _("Public"),
        "risk_off": _("taken off by %(who)s, %(when)s"),
        "risk_not": _("Not so"),
        "risk_again": _("Put back"),
        "open": _("Open"),
        "pending": _("Pending"),
        "snoozed": _("Snoozed"),
        "resolved": _("Resolved"),
        "spam": _("Spam"),
        "snoozed_to": _("Snoozed to %(time)s"),
        "snoozed_reply": _("Snoozed until they reply"),
        "reply": _("until they reply"),
        "waits": _("Waiting %(time)s"),
        "nobody_waits": _("Nobody waits"),
        "urgency": _("Urgency: %(parts)s"),
        "select": _("Select %(name)s"),
        "due_first": _("First reply"),
        "due_next": _("Reply"),
        "due_resolution": _("Solution"),
        "due_in": _("in %(time)s"),
        "due_late": _("%(time)s late"),
        "due_paused": _("paused"),
        "promise_soon": _("Due soon"),
        "promise_late": _("Overdue"),
        "high": _("High priority"),
        "low": _("Low priority"),
        "unread": _("%(n)d unread"),
        "we": _("Us:"),
        "bot": _("Bot:"),
        "bot_talks": _("Bot is answering"),
        "bot_over": _("Handed over"),
        "no_subject": _("No subject"),
        "no_text": _("Nothing written"),
        "email": _("Email"),
        "sms": _("SMS"),
        "chat": _("Chat"),
    }
