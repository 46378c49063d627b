"""A local Hugging Face folder instead of the shipped model, where PyTorch is installed: a small one made here."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desk.nlp import Models
from desk.nlp.matching import Item, Matcher
from desk.nlp.minilm import Files

pytestmark = [
    pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch (the extra [torch]) is not installed"),
    pytest.mark.filterwarnings("ignore"),  # PyTorch's and transformers' own
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT with two small layers and random weights, saved as people save theirs."""
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("model")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(Files.shipped().tokenizer), pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    )
    tokenizer.save_pretrained(path)
    shape: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    BertModel(BertConfig(vocab_size=30522, intermediate_size=64, max_position_embeddings=64, **shape)).save_pretrained(
        path
    )
    return path


def test_its_vectors_are_the_mean_of_its_states(folder: Path) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    texts = ["Where is my parcel?", "hi", "I would like to send the green kettle back, please."]
    models = Models(folder)
    assert models.warm().ready, models.status.detail
    reading = models.read(texts)
    assert reading.mean.shape == reading.peak.shape == (3, 32)
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    for place, text in enumerate(texts):
        with torch.no_grad():
            states = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].numpy()
        assert reading.mean[place] * reading.norm[place] == pytest.approx(states.mean(axis=0), abs=1e-5)
        assert reading.peak[place] == pytest.approx(states.max(axis=0), abs=1e-5)
    assert models.embed(texts) == pytest.approx(reading.mean, abs=1e-5)


def test_it_cuts_where_its_own_model_ends(folder: Path) -> None:
    assert np.isfinite(Models(folder).embed(["word " * 5000])).all()


def test_a_folder_that_says_first_token_gets_it(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "first"
    copy.mkdir()
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    (copy / "1_Pooling").mkdir()
    (copy / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    first, mean = Models(copy).read(["Where is my parcel?"]), Models(folder).read(["Where is my parcel?"])
    assert not np.allclose(first.mean, mean.mean)
    assert first.peak[0] == pytest.approx(first.mean[0] * first.norm[0], abs=1e-5)


def test_it_matches_questions(folder: Path) -> None:
    items = [Item(1, "Send it back", "", ("return the kettle",)), Item(2, "Password", "", ("forgot my password",))]
    assert Matcher.fit(items, Models(folder)).score(["forgot the password"])[0].candidates[0].id == 2


def test_a_broken_folder_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    status = Models(tmp_path).warm()
    assert not status.ready
    assert status.detail.startswith(f"The model in {tmp_path} cannot be loaded: ")
    assert "\n" not in status.detail
