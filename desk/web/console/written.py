"""The two kinds of lines that fill every timeline, as HTML: what somebody said, and what happened.

The rarer ones (judgements, answers, stages) are in templates/console/lines.html. Fifty of these stand in every page,
and formats are several times faster than a template at fifty small pieces each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from markupsafe import Markup

from desk.web.base.words import TONES
from desk.web.console.later_words import LaterText
from desk.web.console.lines import File, Line
from desk.web.console.rows import letters
from desk.web.console.said import DeliveryText

_SAID = """<article class="entry %(css)s" id="e%(id)d" data-at="%(at)s" data-kind="%(kind)s">%(avatar)s<div>\
<div class="by"><b dir="auto">%(who)s</b>%(trust)s%(mark)s%(about)s%(unheard)s\
%(time)s%(elsewhere)s%(linked)s%(delivery)s%(acts)s</div>
<div class="msg" dir="auto">%(subject)s%(body)s%(more)s</div>%(risks)s%(trouble)s</div></article>
"""

_HAPPENED = """<div class="entry happened" id="e%(id)d" data-at="%(at)s" data-kind="%(kind)s"><span class="node">\
<svg class="ic" aria-hidden="true"><use href="#%(icon)s"/></svg></span><p class="what">%(sentence)s \
%(time)s%(elsewhere)s</p></div>
"""


_AGAIN = """<div class="row-flex again mt-1">\
<button type="button" class="btn small" data-again="%(id)d">%(again)s</button>\
<details><summary class="link xs">%(elsewhere)s</summary><form class="row-flex mt-1" data-again="%(id)d">\
<input class="input" name="address" required maxlength="320" autocomplete="off" spellcheck="false" dir="ltr" \
aria-label="%(corrected)s" placeholder="%(corrected)s"><button class="btn small">%(there)s</button></form></details>\
</div>"""


_TIME = """<a class="at%(css)s" href="?entry=%(id)d#e%(id)d" data-permalink>\
<time datetime="%(at)s" title="%(full)s">%(clock)s</time><span class="sr">, %(link)s</span></a>"""


PLAIN = frozenset({"said", "happened"})


def time_of(line: Line, words: Mapping[str, str], css: str = "") -> Markup:
    """When it was, which is the link to the line."""
    return Markup(
        _TIME
        % {
            "id": line.id,
            "at": line.at.isoformat(),
            "full": escape(line.full),
            "clock": line.clock,
            "css": f" {css}" if css else "",
            "link": words["link"],
        }
    )


def pieces(
    lines: Sequence[Line], headings: Sequence[str], new_from: int | None, new_text: str, words: Mapping[str, str]
) -> Iterator[tuple[Markup, Line | None]]:
    """A timeline in runs: what is written here as one text, with the day where it changes and the place where what is
    new begins, and then the line that the template writes; None after the last run."""
    run: list[str] = []
    for line, heading in zip(lines, headings, strict=True):
        if line.id == new_from:
            run.append(f'<div class="since" data-since><span>{escape(new_text)}</span></div>\n')
        if heading:
            run.append(f'<div class="day" data-day="{line.day}"><span>{escape(heading)}</span></div>\n')
        if line.kind in PLAIN:
            run.append(written(line, words))
        else:
            yield Markup("".join(run)), line
            run = []
    if run:
        yield Markup("".join(run)), None


def written(line: Line, words: Mapping[str, str]) -> Markup:
    """The HTML of a line of these two kinds; nothing for the others."""
    if line.kind == "said":
        return Markup(_SAID % _said(line, words))
    if line.kind == "happened":
        return Markup(_HAPPENED % {**_common(line, words), "icon": line.icon, "sentence": _told(line)})
    return Markup("")


def _told(line: Line) -> Markup:
    """What happened, and by which rule."""
    return line.sentence + Markup(" ") + line.ruled if line.ruled else line.sentence


def _common(line: Line, words: Mapping[str, str]) -> dict[str, object]:
    elsewhere = line.elsewhere
    return {
        "id": line.id,
        "at": line.at.isoformat(),
        "kind": line.entry_kind,
        "time": time_of(line, words),
        "elsewhere": f'<a class="chip line" href="/console/c/{elsewhere}">#{elsewhere}</a>' if elsewhere else "",
    }


def _said(line: Line, words: Mapping[str, str]) -> dict[str, object]:
    channel, tone = escape(line.channel or "email"), line.who_id % TONES
    if line.css and line.css != "aside":
        avatar = f'<span class="av staff tone-{tone}" aria-hidden="true">{letters(line.who)}</span>'
    else:
        avatar = (
            f'<span class="av tone-{tone}" aria-hidden="true">{letters(line.who)}'
            f'<span class="badge ch-{channel}"><svg class="ic"><use href="#{channel}"/></svg></span></span>'
        )
    mark = ""
    if line.css == "note":
        mark = f'<span class="row-flex">{_icon("lock", "ic-s")}{words["note"]}</span>'
    elif line.css in ("forward", "aside"):
        icon, told = _icon("forward" if line.css == "forward" else "lock", "ic-s"), words["unseen"]
        mark = f'<span class="row-flex" title="{told}">{icon}<span class="sr">{told}</span></span>'
    elif line.css:
        mark = f'<span class="chip {channel}">{_icon(channel)}{escape(line.channel_word)}</span>'
    return {
        **_common(line, words),
        "css": line.css,
        "avatar": avatar,
        "who": escape(line.who),
        "mark": mark,
        "trust": _trust(line),
        "about": f'<span class="about" dir="auto">{escape(line.about)}</span>' if line.about else "",
        "linked": _linked(line),
        "acts": _acts(line, words) if line.forwards else "",
        "subject": f'<span class="subject">{escape(line.subject)}</span>' if line.subject else "",
        "body": line.body,
        "more": _more(line, words),
        "risks": line.risks,
        "unheard": line.unheard,
        **_delivery(line, words),
    }


def _linked(line: Line) -> str:
    if not line.linked:
        return ""
    title = escape(line.linked_title)
    return f'<a class="chip line" href="/console/c/{line.linked}" title="{title}">{_icon("link")}#{line.linked}</a>'


def _acts(line: Line, words: Mapping[str, str]) -> str:
    """What can be done with a line: links that also work without a script."""
    act = '<a class="act" href="/console/e/%d/%s" data-forward aria-label="%s" title="%s">%s</a>'
    out = act % (line.id, "forward", words["forward"], words["forward"], _icon("forward", "ic-s"))
    if line.css == "aside":
        out = act % (line.id, "answer", words["answer"], words["answer"], _icon("email", "ic-s")) + out
    way = '<a class="act" href="/console/e/%d/redact" aria-label="%s" title="%s">%s</a>'
    out += way % (line.id, words["redact"], words["redact"], _icon("shield", "ic-s"))
    if line.level:  # the same menu as beside a judgement, for what the desk did not hear
        out += (
            f'<button type="button" class="act" data-correct="{line.id}" data-heard="{line.level}" '
            f'aria-label="{words["missed"]}" title="{words["missed"]}">{_icon("strained", "ic-s")}</button>'
        )
    return f'<span class="acts">{out}</span>'


def _icon(name: str, css: str = "") -> str:
    return f'<svg class="ic {css}" aria-hidden="true"><use href="#{name}"/></svg>'


def _trust(line: Line) -> str:
    """Whether the sender is who the mail says: a mark whose words are there on hover and for screen readers."""
    told = line.trust
    if told is None:
        return ""
    return (
        f'<span class="trust {told.verdict}" title="{escape(told.title)}">{_icon(told.icon, "ic-s")}'
        f'<span class="{"" if told.verdict == "failed" else "sr"}">{escape(told.text)}</span>'
        f'<span class="sr">: {escape(told.title)}</span></span>'
    )


def _delivery(line: Line, words: Mapping[str, str]) -> dict[str, str]:
    told = line.delivery
    if line.later is not None:
        return _later(line, line.later)
    if told is None:
        return {"delivery": "", "trouble": ""}
    title = escape(told.title)
    if told.css:
        trouble = f'<p class="xs mt-1 soft">{title}</p>' if title else ""
        if told.again:
            trouble += _AGAIN % {"id": line.id, **words}
        return {
            "delivery": f'<span class="chip {told.css}" title="{title}">{_icon(told.icon)}{escape(told.text)}</span>',
            "trouble": trouble,
        }
    settle = ""
    if told.left is not None:
        return {"delivery": _held(line, told, words), "trouble": ""}
    if told.settles:
        button = ' <button type="button" class="link xs" data-settle="%d" data-entry="%d">%s</button>'
        settle = button % (1, line.id, words["arrived"]) + button % (0, line.id, words["again"])
    return {
        "delivery": f'<span class="row-flex delivery" data-state="{told.state}" title="{title}">'
        f"{_icon(told.icon, 'ic-s')}{escape(told.text)}</span>{settle}",
        "trouble": "",
    }


def _later(line: Line, told: LaterText) -> dict[str, str]:
    """An answer that goes at a time: when, or why it is held, and what can be done about it."""
    button = '<button type="button" class="btn small" data-later="%s" data-entry="%d">%s</button>'
    acts = "".join(button % (what, line.id, escape(word)) for what, word in told.acts)
    css = "chip warn" if told.held else "row-flex delivery"
    return {
        "delivery": f'<span class="{css}" data-state="later">{_icon("pause" if told.held else "clock", "ic-s")}'
        f"{escape(told.when)}</span>",
        "trouble": (f'<p class="xs mt-1 soft">{escape(told.held)}</p>' if told.held else "")
        + f'<div class="row-flex wrap mt-1 later">{acts}</div>',
    }


def _held(line: Line, told: DeliveryText, words: Mapping[str, str]) -> str:
    """An answer that waits. The script counts the seconds down, and shows the button to whoever wrote it."""
    return (
        f'<span class="row-flex delivery" data-state="held" data-left="{told.left:.1f}" data-then="{told.then}">'
        f"{_icon(told.icon, 'ic-s')}<span data-said>{escape(told.text)}</span></span>"
        f' <button type="button" class="link xs" data-undo="{line.id}" data-by="{line.who_id}" hidden>'
        f'{words["undo"]} <kbd class="not-mobile">Z</kbd></button>'
    )


def _more(line: Line, words: Mapping[str, str]) -> str:
    """What comes below the words: the folded rest, files, the quoted mail, the way to its formatted form."""
    out = f'<p class="xs soft mt-1">{line.ruled}</p>' if line.ruled else ""
    if line.rest:
        out += f'<details class="rest"><summary>{words["rest"]}</summary>{line.rest}</details>'
    cards = ""
    for file in line.files:
        card = _meeting(file)
        # Calendars send an invitation twice: among the words, and as a file. That is one invitation.
        if card not in cards:
            cards += card
            out += card
        out += _file(line.id, file)
    if line.quoted:
        out += (
            f'<details class="quoted"><summary aria-label="{words["quoted"]}">•••</summary>'
            f'<p class="mt-2 pre">{escape(line.quoted)}</p></details>'
        )
    if line.has_html:
        out += (
            f'<button type="button" class="link xs formatted" data-formatted="/console/e/{line.id}/html">'
            f"{words['formatted']}</button>"
        )
    return out


def _meeting(file: File) -> str:
    """What a calendar file says: an invitation, an answer, or that it is called off."""
    told = file.meeting
    if told is None:
        return ""
    clock = f' <span class="muted">({escape(told.clock)})</span>' if told.clock else ""
    rows = (
        f"<b>{escape(told.title)}</b>",
        f'<bdi class="meeting-what">{escape(told.summary)}</bdi>' if told.summary else "",
        f"<span>{_icon('clock', 'ic-s')}{escape(told.when)}{clock}</span>" if told.when else "",
        f"<bdi>{escape(told.where)}</bdi>" if told.where else "",
        f'<bdi class="muted">{escape(told.organiser)}</bdi>' if told.organiser else "",
    )
    return f'<div class="meeting">{"".join(rows)}</div>'


def _file(entry_id: int, file: File) -> str:
    if file.gone:
        return f'<span class="file muted">{_icon("shield")}{escape(file.gone)} <span>{file.size}</span></span>'
    if file.held:
        return (
            f'<a class="file held" href="/console/e/{entry_id}/held/{file.index}" title="{escape(file.held)}">'
            f'{_icon("lock")}<bdi>{escape(file.name)}</bdi> <span class="muted">{escape(file.held)}</span></a>'
        )
    url = f"/console/e/{entry_id}/file/{file.index}"
    about = f" · {escape(file.about)}" if file.about else ""
    if file.letter:  # read here by a click; its page has the file
        return (
            f'<a class="file" href="/console/e/{entry_id}/mail/{file.index}">{_icon("email")}'
            f'<bdi>{escape(file.name)}</bdi> <span class="muted">{file.size}{about}</span></a>'
        )
    thumb = _icon("clip")
    if file.preview:
        thumb = f'<img class="thumb" src="{url}?inline=1" alt="" loading="lazy" width="34" height="26">'
    return (
        f'<a class="file" href="{url}" download>{thumb}<bdi>{escape(file.name)}</bdi> '
        f'<span class="muted">{file.size}{about}</span></a>'
    )
