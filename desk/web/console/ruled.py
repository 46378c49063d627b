"""Lines that a rule of the desk or a macro brought about: by which one, because of what, and the way to it."""

from __future__ import annotations

from markupsafe import Markup, escape

from desk.timeline import EntryView
from desk.web.console.bits import bold
from desk.web.console.look import Look

_NOTHING = Markup()


def by_rule(entry: EntryView, look: Look) -> Markup:
    """“By the rule X, because …”, “By the macro X”; nothing where neither had a hand in it."""
    _, macro = look.gettext, entry.detail.get("by_macro")
    if macro:
        text = _("By the macro %(macro)s, taken back.") if macro.get("back") else _("By the macro %(macro)s.")
        return Markup(text) % {"macro": bold(str(macro.get("name") or ""))}
    by = entry.detail.get("by_rule")
    if not by:
        return _NOTHING
    because = []
    for one in entry.detail.get("evidence") or []:
        shown = escape(str(one.get("shown") or ""))
        if one.get("entry_id") and shown:
            shown = Markup('<a class="link" href="#e{}" data-evidence>{}</a>').format(one["entry_id"], shown)
        if shown:
            because.append(shown)
    name = Markup('<a class="link" href="/admin/rules/fired/{}">{}</a>').format(by.get("firing"), by.get("name"))
    if not because:
        return Markup(_("By the rule %(rule)s.")) % {"rule": name}
    return Markup(_("By the rule %(rule)s, because: %(why)s.")) % {"rule": name, "why": Markup(", ").join(because)}
