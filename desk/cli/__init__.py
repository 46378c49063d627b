"""The `flask …` commands: each prints JSON or plain text on standard output and says the rest on standard error."""

from __future__ import annotations

from flask import Flask

from desk.cli import bot, feedback, files, knowledge, mail, running, search, sentiment


def register(app: Flask) -> None:
    """Adds every command to the application."""
    for command in (
        running.bootstrap,
        running.worker,
        running.simulate,
        mail.mail,
        files.files,
        feedback.survey,
        bot.bot,
        sentiment.sentiment,
        feedback.lifecycle,
        search.search,
        knowledge.knowledge,
    ):
        app.cli.add_command(command)
