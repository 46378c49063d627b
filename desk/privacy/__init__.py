"""What a customer may ask of us: everything in one archive, or that nothing of them stays."""

from desk.privacy.erasing import NotErased, Preview, ask, erase, holds_good, preview, proof, record_of
from desk.privacy.tables import Archive, Erasure, RetentionRule

__all__ = [
    "Archive",
    "Erasure",
    "NotErased",
    "Preview",
    "RetentionRule",
    "ask",
    "erase",
    "holds_good",
    "preview",
    "proof",
    "record_of",
]
