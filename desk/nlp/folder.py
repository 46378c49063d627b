"""Any local Hugging Face folder as the embedding model, on PyTorch: the extra `[torch]`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from desk.nlp.encoding import Batch, NoModel, in_batches

ADVICE = "MODEL_DIR names a model folder, which needs PyTorch: install the extra with pip install '.[torch]'."


def digest(folder: Path) -> str:
    """What tells one model folder from another: the names, sizes and times of its files."""
    found = sorted((each.name, each.stat().st_size, each.stat().st_mtime_ns) for each in folder.iterdir())
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


class Folder:
    """A model folder with config.json, weights and tokenizer, as `save_pretrained` writes it. Nothing is downloaded."""

    marked = False  # not known of a stranger: the mean of everything is what its folder was trained for

    def __init__(self, folder: Path, tokens: int) -> None:
        """Raises NoModel where the folder, the extra or the model is not what it should be."""
        check(folder)
        try:
            import torch
            from transformers import AutoModel, AutoTokenizer
        except ImportError:
            raise NoModel(ADVICE) from None
        try:
            # Code that comes with a model is never run: a model is data here.
            self._tokenizer: Any = AutoTokenizer.from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False
            )
            self._model: Any = AutoModel.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        except Exception as error:  # these libraries raise their own kinds, and all of them mean that it cannot run
            raise NoModel(f"The model in {folder} cannot be loaded: {' '.join(str(error).split())[:200]}.") from error
        self._model.eval()
        self._torch: Any = torch
        torch.set_num_threads(1)
        places = int(getattr(self._model.config, "max_position_embeddings", tokens) or tokens)
        self._tokens = min(tokens, int(self._tokenizer.model_max_length), places)
        self.dimension = int(self._model.config.hidden_size)
        self._first_only = _first_token_only(folder)
        self._lock = Lock()  # a Hugging Face tokenizer is set anew by each call, and two at once fail

    def batches(self, texts: Sequence[str]) -> Iterator[Batch]:
        with self._lock:
            encoded = self._tokenizer(list(texts), truncation=True, max_length=self._tokens)
        lengths = [len(ids) for ids in encoded["input_ids"]]
        for places in in_batches(lengths):
            with self._lock:
                rows = {name: [values[int(place)] for place in places] for name, values in encoded.items()}
                filled = self._tokenizer.pad(rows, return_tensors="pt")
            with self._torch.inference_mode():
                states = self._model(**filled).last_hidden_state.float().numpy()
            mask = filled["attention_mask"].numpy().astype(np.float32)
            if self._first_only:
                # Such a model says what a text means in its first token.
                states, mask = states[:, :1], mask[:, :1]
            yield Batch(places, states, mask)

    def pieces(self, texts: Sequence[str]) -> float:
        with self._lock:
            encoded = self._tokenizer(list(texts), truncation=True, max_length=self._tokens, add_special_tokens=False)
        return sum(len(ids) for ids in encoded["input_ids"]) / max(1, sum(len(text.split()) for text in texts))


def check(folder: Path) -> None:
    """Raises NoModel where the folder cannot be a model's."""
    if not (folder / "config.json").is_file():
        raise NoModel(f"MODEL_DIR names {folder}, which has no config.json of a model.")


def _first_token_only(folder: Path) -> bool:
    """Whether a sentence-transformers folder says that the first token stands for the text; the mean is the default."""
    try:
        said = json.loads((folder / "1_Pooling" / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return bool(isinstance(said, dict) and said.get("pooling_mode_cls_token"))
