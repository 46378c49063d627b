"""Fixtures that every test shares: keys, clock, a store on both databases, the parts of a desk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser

import config as config_module
from desk.agents import passwords
from desk.clock import SetClock
from desk.files import Blobs
from desk.keys import KeyRing
from desk.nlp import Without
from desk.parts import Desk
from desk.store import Store
from tests.once import compile_once
from tests.servers import redis_server, s3
from tests.servers.browser import Chromium, launched
from tests.servers.databases import DATABASES, Database, PostgresDatabases, SqliteDatabases
from tests.servers.live import LiveDesk
from tests.servers.mail import Dovecot, Postfix, server_folder

# Shared machines stall: a slow example is no failure, so there are no deadlines anywhere.
settings.register_profile("default", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("deep", deadline=None, max_examples=600, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


PAGES = Path(__file__).parent / "web"
SHORT = {"test_story.py", "test_story_channels.py", "test_console_browser.py"}
NO_CALL = SimpleNamespace(params={})
ALONE = "TESTED_ALONE"


def pytest_configure(config: pytest.Config) -> None:
    compile_once()
    config.addinivalue_line("markers", "database(*names): run on these databases only ('sqlite', 'postgresql')")
    config.addinivalue_line("markers", "property: set by itself on what hypothesis runs")
    config.addinivalue_line("markers", "own_process: measures its process, and so gets one in which nothing ran before")
    config.addinivalue_line("markers", "long: part of `make test-all` only")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Runs a test that measures its process in a pytest of its own: the memory of one behind a thousand tests is
    theirs as well."""
    if pyfuncitem.get_closest_marker("own_process") is None or ALONE in os.environ:
        return None
    around = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}  # nobody's worker
    with tempfile.TemporaryDirectory() as folder:
        # A folder of its own: the one that they would share is closed to others anew by whichever pytest starts, and
        # the database servers of this one, which run as somebody else, stand in it.
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", ""]
        command += [f"--basetemp={folder}/run", pyfuncitem.nodeid]
        done = subprocess.run(
            command, cwd=pyfuncitem.config.rootpath, env=around | {ALONE: "1"}, capture_output=True, text=True
        )
    if done.returncode:
        pytest.fail(f"in a process of its own:\n{done.stdout}{done.stderr}", pytrace=False)
    if " skipped" in done.stdout:
        pytest.skip("in a process of its own")
    return True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what hypothesis runs as `property`, so that `make test-all` can run it again at depth; and as `long` pages
    on PostgreSQL, for what they ask of a database is tested on both where it is asked, and what drives a browser, but
    for the stories and the console's main page: `make test` is to end while somebody waits for it."""
    for item in items:
        if getattr(getattr(item, "function", None), "is_hypothesis_test", False):
            item.add_marker("property")
        if item.path.is_relative_to(PAGES) and "postgresql" in getattr(item, "callspec", NO_CALL).params.values():
            item.add_marker("long")
        if "chromium" in getattr(item, "fixturenames", ()) and item.path.name not in SHORT:
            item.add_marker("long")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs each test that needs a database on both, but where a marker names the ones it is about."""
    marker = metafunc.definition.get_closest_marker("database")
    for name in ("database", "bare_database"):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, marker.args if marker else DATABASES, indirect=True)


@pytest.fixture(scope="session", autouse=True)
def dear_hasher() -> Iterator[PasswordHasher]:
    """The desk's own hasher of passwords, put aside: tests sign in some thousand times, and what they show does not
    hang on what a hash costs. Processes that tests start have it still."""
    dear = passwords.HASHER
    passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1, hash_len=32, salt_len=16)
    yield dear
    passwords.HASHER = dear


@pytest.fixture
def keys() -> KeyRing:
    return KeyRing([b"a key of thirty-two bytes, no less"])


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[PostgresDatabases]:
    databases = PostgresDatabases()
    yield databases
    databases.close()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh database with every table and no rows: its `url`, its `engine`."""
    database = _databases(request).fresh()
    yield database
    database.drop()


@pytest.fixture
def bare_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database without tables: where migrations begin, and a desk on its first start."""
    database = _databases(request).fresh(tables=False)
    yield database
    database.drop()


def _databases(request: pytest.FixtureRequest) -> SqliteDatabases | PostgresDatabases:
    # Asked for by name, so that a test on SQLite starts no PostgreSQL.
    found: SqliteDatabases | PostgresDatabases = request.getfixturevalue(
        "sqlite_databases" if request.param == "sqlite" else "postgres_databases"
    )
    return found


@pytest.fixture
def store(database: Database, clock: SetClock, keys: KeyRing) -> Store:
    return Store(database.engine, clock, keys)


@pytest.fixture
def deployment(tmp_path: Path) -> dict[str, Any]:
    """What config.py would say, for a desk in a temporary folder that starts no threads; it names no database."""
    return config_module.read({"DATA": str(tmp_path), "WORKER": "none", "DEMO": "0"}) | {"TESTING": True}


@pytest.fixture
def config(database: Database, deployment: dict[str, Any]) -> dict[str, Any]:
    """The deployment of a desk on the fresh database."""
    return deployment | {"DATABASE_URL": database.url, "ENGINE_OPTIONS": {}}


@pytest.fixture
def desk(store: Store, config: dict[str, Any], tmp_path: Path) -> Desk:
    # Without the language model, which takes a second to load: tests of what it does ask for it themselves.
    return Desk(store=store, files=Blobs(tmp_path / "files"), config=config, models=Without())


@pytest.fixture
def app(config: dict[str, Any], clock: SetClock) -> Iterator[Flask]:
    """The whole application on the fresh database, as `flask serve` puts it together, without its threads."""
    # Imported here, so that the tests of one package neither wait for all the others nor fall with them.
    app: Flask = import_module("desk.app").create_app(config, clock)
    yield app
    app.extensions["loopdesk"].store.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """Mailboxes: `deliver`, `mails`, `wait`; `imap_port`, `lmtp_port`, `password`; any address is a user."""
    folder = server_folder("dovecot")
    server = Dovecot(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postfix(dovecot: Dovecot) -> Iterator[Postfix]:
    """A mail server on `port` that delivers into Dovecot's mailboxes; `route` sends a domain elsewhere."""
    folder = server_folder("postfix")
    server = Postfix(folder, dovecot)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def launched_browser() -> Iterator[Browser]:
    # Not for the whole session: while it lives, its event loop stands in the way of tests that run one themselves.
    with launched() as browser:
        yield browser


@pytest.fixture
def chromium(launched_browser: Browser) -> Iterator[Chromium]:
    """A browser: `page`, `context`; the test fails if a console error or a failed request is left in `complaints`."""
    chromium = Chromium(launched_browser)
    yield chromium
    chromium.close()
    assert chromium.complaints == []


@pytest.fixture
def leave_pages(request: pytest.FixtureRequest) -> Callable[[], None]:
    """Closes the pages that this test has open, where it has a browser. What serves them calls it before it ends,
    whichever of the two the test names first: a page that asks in vain complains."""
    if "chromium" not in request.fixturenames:
        return lambda: None
    chromium: Chromium = request.getfixturevalue("chromium")
    return chromium.close


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server.serving(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.Storage]:
    """Object storage that speaks S3: `bucket()` makes one, `access()` is how it is reached."""
    with s3.serving(tmp_path_factory.mktemp("s3")) as found:
        yield found


@pytest.fixture
def between(storage: s3.Storage) -> Iterator[s3.Between]:
    """What stands before the storage and goes wrong when told to: `url`, `answers`, `silent`."""
    found = s3.Between(storage)
    yield found
    found.close()


@pytest.fixture
def live_desk(bare_database: Database, tmp_path: Path, leave_pages: Callable[[], None]) -> Iterator[LiveDesk]:
    """A running desk with its own data (`@pytest.mark.database(…)` names a database): `base_url`, `staff`, `kill`."""
    live = LiveDesk(tmp_path, bare_database.url).start()
    yield live
    leave_pages()
    live.close()
