"""`flask bootstrap | worker | simulate`: from an empty folder to a desk at work; `flask serve` is in desk.serving."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import click
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from desk import agents, automation, lifecycle, settings, surveys
from desk import simulate as simulation
from desk.cli.common import fail, the_desk
from desk.parts import Desk
from desk.store import Tx
from desk.worker import Background, drain


@click.command()
@with_appcontext
def bootstrap() -> None:
    """Brings the database up to date and makes what a desk needs: a brand, an inbox, stage models, an admin."""
    prepare(the_desk(), current_app.config)


def prepare(desk: Desk, config: Any) -> None:
    """The work of `flask bootstrap`; a second time it finds everything done."""
    migrations = str(Path(current_app.root_path).parent / "migrations")
    script = ScriptDirectory(migrations)
    with desk.store.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current != script.get_current_head():
        click.echo("bringing the database up to date", err=True)
        upgrade(directory=migrations)
    with desk.store.transaction() as tx:
        lifecycle.install_templates(tx)
        surveys.install_defaults(tx)
        automation.install(tx)
        made = agents.first_admin(tx, config["ADMIN_EMAIL"])
        fresh = not settings.brands(tx)
        if fresh and not config["DEMO"]:
            brand = settings.create_brand(tx, key="main", name=settings.get(tx, "desk.name"))
            settings.create_inbox(
                tx,
                channel="email",
                name="Support",
                address="support@desk.example",
                brand_id=brand.id,
                config={"transport": "outbox"},
            )
            settings.create_inbox(
                tx,
                channel="sms",
                name="Texts",
                address="+46705550100",
                brand_id=brand.id,
                config={"transport": "outbox", "auth_token": secrets.token_hex(16)},
                secret_fields=frozenset({"auth_token"}),
            )
    if fresh and config["DEMO"]:
        with desk.store.transaction() as tx:
            settings.close_first_run(tx, None)  # what its steps would make is there
        simulation.fill_sample_desk(desk, drain=drain, progress=True)
    with desk.store.transaction() as tx:
        make_chat_inbox(tx)
        begins = settings.first_run(tx).is_open
    click.echo(f"console      {config['PUBLIC_URL']}/console/")
    click.echo(f"widget demo  {config['PUBLIC_URL']}/demo")
    click.echo(f"reports      {config['PUBLIC_URL']}/reports/")
    click.echo(f"outbox       {config['PUBLIC_URL']}/admin/outbox")
    if begins:
        click.echo(f"first steps  {config['PUBLIC_URL']}/admin/first")
    for login in simulation.sample_logins() if config["DEMO"] else ():
        click.echo(f"sample login {login}")
    if made is not None:
        email, password = made
        click.echo(f"first admin  {email} with the password {password} (shown once)")
    sys.stdout.flush()


def make_chat_inbox(tx: Tx) -> None:
    """A widget for the first brand, where nobody has made or removed one: /demo shows it, and a site can embed it."""
    brands = settings.brands(tx)
    if not brands or settings.inboxes(tx, "chat"):
        return
    brand = brands[0]
    mail = next((i for i in settings.inboxes(tx, "email", active=True) if i.brand_id == brand.id), None)
    host = mail.address.rpartition("@")[2] if mail is not None else f"{brand.key}.example"
    settings.create_inbox(
        tx,
        channel="chat",
        name="Chat",
        address=host,
        brand_id=brand.id,
        team_id=mail.team_id if mail is not None else None,
        locale=brand.locale,
        zone=brand.zone,
        config={"bot": True},
    )


@click.command()
@with_appcontext
def worker() -> None:
    """The background process, where it runs apart from the web process."""
    desk = the_desk()
    background = Background(desk)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    background.start()
    click.echo(f"working, process {os.getpid()}", err=True)
    ended.wait()
    background.stop()


@click.command()
@click.option("--customers", type=click.IntRange(1, 1_000_000), required=True)
@click.option("--days", type=click.IntRange(1, 3650), required=True)
@click.option("--seed", type=int, default=1, show_default=True)
@with_appcontext
def simulate(customers: int, days: int, seed: int) -> None:
    """Fills the desk with a reproducible history through the corridor; the true rates go to the data folder."""
    try:
        simulation.simulate(the_desk(), customers=customers, days=days, seed=seed, drain=drain, progress=True)
    except ValueError as error:
        fail(str(error))
