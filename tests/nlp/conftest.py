"""The real model, loaded once, and a small help centre to find answers in."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.nlp import Models
from desk.nlp.matching import Item
from desk.nlp.minilm import Files


@pytest.fixture(scope="session")
def models() -> Models:
    return Models()


@pytest.fixture
def without_model(tmp_path: Path) -> Models:
    """A desk whose model file is not there."""
    return Models(files=Files(tmp_path / "model.onnx", Files.shipped().tokenizer))


@pytest.fixture(scope="session")
def items() -> list[Item]:
    return [
        Item(
            1,
            "Send something back",
            "You have thirty days from delivery. Print the label in your account and drop the box at any parcel shop.",
            ("How do I return an item?", "I want to send my order back", "Can I give the shoes back?"),
        ),
        Item(
            2,
            "Change the password",
            "Open your account, choose security, and follow the link that we mail you.",
            ("I forgot my password", "How can I reset my password?", "I cannot log in any more"),
        ),
        Item(
            3,
            "Delivery times",
            "Parcels take two to four working days within Europe. Norway and Switzerland take up to six.",
            ("When will my parcel arrive?", "How long does shipping take?", "Where is my order?"),
        ),
        Item(
            4,
            "Pay by invoice",
            "Companies may pay within fourteen days. Ask for it at the checkout.",
            ("Can I pay later?", "Do you send an invoice?", "Which cards do you take?"),
        ),
    ]
