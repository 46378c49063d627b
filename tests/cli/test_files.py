"""`flask files`: whether the store answers, and moving everything from one to another."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from desk.parts import Desk
from tests.servers.needs import free_port
from tests.servers.s3 import KEY, SECRET, Storage


@pytest.fixture
def desk_with_storage(app: Flask, storage: Storage) -> Desk:
    app.config.update(BLOBS_ACCESS=storage.access(), BLOBS_TIMEOUT=3)
    desk: Desk = app.extensions["loopdesk"]
    return desk


@pytest.mark.database("sqlite")
def test_files_check_says_which_store_and_that_it_answers(
    app: Flask, desk_with_storage: Desk, storage: Storage
) -> None:
    result = app.test_cli_runner().invoke(args=["files", "check"])
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert (told["files"], told["answers"]) == (f"the folder {app.config['DATA_DIR'] / 'files'}", True)
    far = app.test_cli_runner().invoke(args=["files", "check", storage.bucket()])
    assert json.loads(far.stdout)["files"].startswith("the bucket bucket-")


@pytest.mark.database("sqlite")
def test_files_check_fails_in_one_line_without_a_key_in_it(app: Flask, desk_with_storage: Desk) -> None:
    runner = app.test_cli_runner()
    nobody = runner.invoke(args=["files", "check", "s3://never-made"])
    assert nobody.exit_code == 1
    assert nobody.stderr.strip().endswith("does not exist.")
    app.config["BLOBS_ACCESS"]["endpoint"] = f"http://127.0.0.1:{free_port()}"
    down = runner.invoke(args=["files", "check", "s3://never-made"])
    assert down.exit_code == 1
    for said in (nobody, down):
        assert said.stderr.count("\n") == 1
        assert KEY not in said.output
        assert SECRET not in said.output
    assert runner.invoke(args=["files", "check", "ftp://x"]).exit_code == 1


@pytest.mark.database("sqlite")
def test_files_copy_tells_what_it_did_and_fails_where_something_is_not_whole(
    app: Flask, desk_with_storage: Desk, storage: Storage
) -> None:
    place, runner = storage.bucket(), app.test_cli_runner()
    digests = [desk_with_storage.files.put(b"%d" % n) for n in range(12)]
    first = runner.invoke(args=["files", "copy", "disk", place, "--progress"])
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout) == {
        "files": 12, "bytes": 14, "copied": 12, "there_before": 0, "compared": 12, "damaged_in_source": 0,
        "differ_in_target": 0,
    }  # fmt: skip
    assert "12/12" in first.stderr
    again = runner.invoke(args=["files", "copy", "disk", place, "--quick"])
    assert (json.loads(again.stdout)["copied"], json.loads(again.stdout)["there_before"]) == (0, 12)
    path = next((app.config["DATA_DIR"] / "files").rglob(digests[3]))
    path.write_bytes(b"other")
    broken = runner.invoke(args=["files", "copy", "disk", place])
    assert broken.exit_code == 1
    assert digests[3] in broken.stderr
    assert runner.invoke(args=["files", "copy", "disk", "disk"]).exit_code == 1
