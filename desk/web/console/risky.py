"""What a person should look at in a message: each kind with its quote, and the button that takes it off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape

from markupsafe import Markup

from desk.sentiment import Sound
from desk.timeline import EntryView
from desk.web.console.look import Look

_FLAG = """<li class="row-flex wrap"><span class="chip %(css)s"><svg class="ic" aria-hidden="true">\
<use href="#warn"/></svg>%(word)s</span>%(quote)s%(off)s<button type="button" class="link xs" \
data-entry="%(id)d" data-risk="%(kind)s" data-on="%(on)d" aria-label="%(act)s: %(word)s">%(act)s</button></li>"""


def told(entry: EntryView, sound: Sound | None, names: Mapping[int, str], look: Look, now: datetime) -> Markup:
    """The flags of a message; nothing where it has none."""
    if sound is None or not sound.flags:
        return Markup("")
    words, rows = look.words, []
    for flag in sound.flags:
        off = flag.off_at is not None
        quote = "" if flag.start is None or entry.erased else " ".join(entry.text[flag.start : flag.end].split())
        when = look.ago(flag.off_at, now) if flag.off_at is not None else ""
        by = words["risk_off"] % {"who": names.get(flag.off_by or 0, ""), "when": when}
        rows.append(
            _FLAG
            % {
                "id": entry.id,
                "kind": flag.kind,
                "css": "line" if off else "danger",
                "word": escape(words[f"risk_{flag.kind}"]),
                "quote": f'<q class="xs" dir="auto">{escape(quote)}</q>' if quote else "",
                "off": f'<span class="xs muted">{escape(by)}</span>' if off else "",
                "on": off,
                "act": escape(words["risk_again" if off else "risk_not"]),
            }
        )
    return Markup('<ul class="flags mt-1">{}</ul>').format(Markup("".join(rows)))
