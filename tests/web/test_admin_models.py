"""The line of the settings' home that says which language model there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.nlp import Models
from desk.nlp.minilm import Files

pytestmark = pytest.mark.database("sqlite")


def test_the_settings_name_the_model_without_loading_it(admin: FlaskClient, app: Flask) -> None:
    app.extensions["loopdesk"].models = Models()
    page = admin.get("/admin/").text
    assert "Language model all-MiniLM-L6-v2." in page
    assert "it is loaded when it is first needed" in page


def test_the_settings_say_what_is_missing(admin: FlaskClient, app: Flask, tmp_path: Path) -> None:
    app.extensions["loopdesk"].models = Models(files=Files(tmp_path / "model.onnx", Files.shipped().tokenizer))
    page = admin.get("/admin/").text
    assert "cannot be used; answers are found by letters and words alone." in page
    assert "The file model.onnx of the language model is missing" in page
