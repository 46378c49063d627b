"""What the widget's visitors are told when something cannot be done, in their language."""

from __future__ import annotations

from desk import i18n


def sentence(locale: str | None, code: str, **values: object) -> str:
    """One sentence for a code of the protocol; docs/widget-protocol.md lists them."""
    _ = i18n.texts(locale).gettext
    said = {
        "inbox": _("This chat is not available."),
        "origin": _("This chat does not belong to this site."),
        "visitor": _("We do not know this browser any more. The chat begins anew."),
        "user": _("We could not make sure who is signed in. Load the page again."),
        "full": _("Many people are writing to us just now. We try again in a moment."),
        "slow_down": _("That was a lot at once. You can send again in %(seconds)s seconds."),
        "text": _("There is nothing to send yet."),
        "long": _("That is %(n)s characters; a message holds %(limit)s at most."),
        "files": _("A message holds %(limit)s files at most."),
        "file_token": _("One of the files was not kept. Add it again."),
        "too_big": _("This file is too large: %(limit)s MB at most."),
        "type": _("Files of this kind are not taken. Pictures, PDFs and text are."),
        "empty": _("This file is empty."),
        "conversation": _("There is no such conversation."),
        "place": _("This place in the conversation cannot be read."),
        "client_id": _("This message has no name of its own, so it could not be kept."),
        "address": _("That does not look like a mail address. Like noor@example.org"),
        "code": _("That is not the code that we sent."),
        "code_over": _("That code has ended. Ask for a new one."),
        "code_wait": _("We have just sent a code. You can ask for another one in %(seconds)s seconds."),
        "verify_first": _("Prove your mail address first: we send you a code."),
        "mail_wait": _("We have just written to this address several times. Try again in an hour."),
        "code_never": _("We send no code to this address."),
        "survey": _("This question is closed: it takes no answer any more."),
        "turn": _("This answer cannot be rated."),
        "write_first": _("Write to us first."),
        "hello_first": _("The connection is not ready yet."),
        "event": _("“%(about)s” is no name of an event. Like order.placed"),
        "properties": _("An event holds %(limit)s short properties at most."),
        "property": _("The property “%(about)s” is no short text, number, yes or no."),
        "challenge": _("Show that a person writes, and your message is sent."),
        "challenge_wrong": _("That could not be confirmed. Try it once more."),
        "challenge_down": _("Messages cannot be checked just now. Try again in a few minutes."),
        "shape": _("That could not be read."),
        "away": _("Files cannot be read just now. Try again in a minute."),
        "blocked": _("You cannot write to us here."),
        "busy": _("That could not be kept just now. Send it again."),
    }.get(code, "")
    return said % values if values and "%(" in said else said


def wants_person(locale: str | None) -> str:
    """What stands on the timeline for a press on "Talk to a person"."""
    return i18n.texts(locale).gettext("Talk to a person, please")
