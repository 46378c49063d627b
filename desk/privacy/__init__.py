"""What a customer may ask of us: everything in one archive, or that nothing of them stays."""

from desk.privacy.archiving import archive, latest, let_go, to_fetch
from desk.privacy.archiving import ask as ask_archive
from desk.privacy.erasing import NotErased, Preview, ask, erase, holds_good, preview, proof, record_of
from desk.privacy.redacting import NotRedacted, redact, redact_file
from desk.privacy.tables import Archive, Erasure

__all__ = [
    "Archive",
    "Erasure",
    "NotErased",
    "NotRedacted",
    "Preview",
    "archive",
    "ask",
    "ask_archive",
    "erase",
    "holds_good",
    "latest",
    "let_go",
    "preview",
    "proof",
    "record_of",
    "redact",
    "redact_file",
    "to_fetch",
]
