"""`flask serve`: one small process that listens, and one that holds the desk and may be replaced."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from desk.serving.master import room_for_files
from tests.servers.live import ROOT, LiveDesk
from tests.servers.needs import wait_for

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def live(tmp_path: Path) -> LiveDesk:
    return LiveDesk(tmp_path, f"sqlite:///{tmp_path / 'desk.sqlite'}")


def children(pid: int) -> list[int]:
    return [int(n) for path in Path(f"/proc/{pid}/task").glob("*/children") for n in path.read_text().split()]


def libraries(pid: int) -> str:
    """Which compiled libraries a process has loaded, by their paths."""
    return Path(f"/proc/{pid}/maps").read_text()


def said(command: list[str], **environ: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *command], cwd=ROOT, env=os.environ | environ,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stderr.strip()


def test_only_the_process_that_serves_holds_the_desk_and_its_models_load_without_being_asked(live: LiveDesk) -> None:
    live.start()
    try:
        listening = live.pid
        (serving,) = children(listening)
        wait_for(lambda: "onnxruntime" in libraries(serving), "the models in the process that serves", 60)
        assert "sqlalchemy" in libraries(serving)
        for library in ("sqlalchemy", "numpy", "onnxruntime"):
            assert library not in libraries(listening)
    finally:
        live.close()


def test_a_killed_process_is_replaced_and_the_desk_answers_again(live: LiveDesk) -> None:
    live.start()
    try:
        (first,) = children(live.pid)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: children(live.pid) not in ([], [first]), "another process in its place", 30)
        with urlopen(f"{live.base_url}/healthz", timeout=30) as answer:
            assert answer.status == 200
    finally:
        live.close()


def test_what_cannot_be_served_is_said_in_a_sentence(live: LiveDesk) -> None:
    code, error = said(["serve"], PORT="many")
    assert (code != 0, error) == (True, "PORT must be a whole number, not 'many'")
    live.start()
    try:
        code, error = said(["serve"], PORT=str(live.port), DATA=str(live.folder / "other"))
        assert code != 0
        assert "Connection in use" in error
    finally:
        live.close()


def test_open_files_are_asked_for_as_the_socket_caps_say(caplog: pytest.LogCaptureFixture) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        room_for_files(300)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)
        room_for_files(200)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 300, "what is there already is not taken away"
        assert caplog.text == ""
        if hard != resource.RLIM_INFINITY:
            room_for_files(hard + 1)
            assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
            assert f"the socket caps ask for {hard + 1}" in caplog.text
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
