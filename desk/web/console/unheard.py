"""What stands beside a message whose mood nobody judged, for it is in a language in which we know no frustration."""

from __future__ import annotations

from html import escape

from markupsafe import Markup

from desk import sentiment
from desk.sentiment import Sound
from desk.web.console.look import Look

_NOT_SCORED = '<span class="xs muted" title="{}">{}<span class="sr">. {}</span></span>'


def told(sound: Sound | None, look: Look) -> Markup:
    """ "Not scored: Polish", with what is heard on hover; nothing beside a message that was scored."""
    if sound is None or sound.frustration is not None:
        return Markup("")
    name = look.locale.languages.get(sound.language)
    text = look.gettext("Not scored: %(language)s") % {"language": name} if name else look.gettext("Not scored")
    heard = ", ".join(look.locale.languages.get(code, code) for code in sentiment.HEARD)
    title = look.gettext(
        "Frustration is heard in these languages: %(languages)s. In others a person says how it sounds."
    )
    said = escape(title % {"languages": heard})
    return Markup(_NOT_SCORED.format(said, escape(text), said))
