"""The graph that is rewired to need less memory says exactly what the graph in the file says."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.nlp.lean import Unfamiliar, lean
from desk.nlp.minilm import Files


def test_not_a_bit_of_what_it_says_changes() -> None:
    model = Files.shipped().model.read_bytes()
    ids = np.array([[101, 2073, 2003, 2026, 20463, 1029, 102, 0], [101, 7632, 102, 0, 0, 0, 0, 0]], dtype=np.int64)
    inputs = {"input_ids": ids, "attention_mask": (ids > 0).astype(np.int64), "token_type_ids": np.zeros_like(ids)}
    said = [
        onnxruntime.InferenceSession(each, providers=["CPUExecutionProvider"]).run(["last_hidden_state"], inputs)[0]
        for each in (model, lean(model))
    ]
    assert np.array_equal(said[0], said[1])


@given(st.binary(max_size=200))
def test_another_file_is_left_alone_or_refused(content: bytes) -> None:
    try:
        assert lean(content) == content
    except Unfamiliar:
        return


def test_another_graph_is_not_guessed_at() -> None:
    with pytest.raises(Unfamiliar):
        lean(b"\x3a\x02\x08\x01")  # a graph without nodes
