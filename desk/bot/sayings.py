"""What the bot says, in the customer's language: an article's own words, and a few sentences around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from desk.i18n import texts

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Link:
    """An article as it is named to a customer."""

    title: str
    url: str


def answer(locale: str, passage: str, article: Link, *, rich: bool) -> str:
    """The passage, where it stands, and the way out. `rich`: the channel shows the article and the question itself."""
    _ = texts(locale).gettext
    if rich:
        return "\n\n".join([passage, _("If that is not it, I will get you a person.")])
    more = _("From “%(title)s”: %(url)s") % {"title": article.title, "url": article.url}
    asks = _("Did this help? Answer with yes or no. If you want a person, just say so.")
    return "\n\n".join([passage, more, asks])


def did_you_mean(locale: str, choices: Sequence[Link], *, rich: bool) -> str:
    """The choices; a channel that is `rich` shows them itself, as buttons."""
    _ = texts(locale).gettext
    asks = _("I am not sure what you mean. Is it one of these?")
    if rich:
        return " ".join([asks, _("Otherwise I will get you a person.")])
    listed = "\n".join(f"{n}. {choice.title}\n{choice.url}" for n, choice in enumerate(choices, 1))
    return "\n\n".join([asks, listed, _("Answer with the number, or say that you want a person.")])


def hand_over(locale: str, because: str) -> str:
    """Why a person comes, without a promise of when."""
    _ = texts(locale).gettext
    return {
        "asked": _("Of course. I am getting you a person, who sees what you wrote here."),
        "frustrated": _("I am sorry about this. I am getting you a person, who sees what you wrote here."),
        "language": _("I have no articles in your language. A person will answer you here."),
        "not_helped": _("I am sorry that it did not help. I am getting you a person, who sees what you wrote here."),
        "tried": _("I have nothing better than that article. I am getting you a person, who sees what you wrote here."),
        "nothing": _("I can only read words. A person will look at what you sent."),
        "many": _("We are turning in circles. I am getting you a person, who sees what you wrote here."),
    }.get(because, _("I do not know that, and I will not guess. A person will answer you here."))


def greeting(locale: str, kind: str, brand: str) -> str:
    """Small talk is answered by small talk; a person is offered all the same."""
    _ = texts(locale).gettext
    return {
        "thanks": _("You are welcome. If anything else comes up, write here, and say so if you want a person."),
        "bye": _("Goodbye. Write here again at any time; if you want a person, just say so."),
        "helped": _("I am glad that it helped. If anything else comes up, write here, to me or to a person."),
    }.get(
        kind,
        _("Hello, I am the assistant of %(brand)s. What is it about? If you want a person, just say so.")
        % {"brand": brand},
    )
