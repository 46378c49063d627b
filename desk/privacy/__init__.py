"""What a customer may ask of us: everything in one archive, or that nothing of them stays."""

from desk.privacy.archiving import archive, latest, let_go, to_fetch
from desk.privacy.archiving import ask as ask_archive
from desk.privacy.erasing import NotErased, Preview, ask, erase, holds_good, preview, proof, record_of
from desk.privacy.foreseeing import Foreseen, Kept, foresee, kept
from desk.privacy.holding import NotPossible as NotHeld
from desk.privacy.holding import held_by, hold, lift
from desk.privacy.leaving import person
from desk.privacy.redacting import NotRedacted, redact, redact_file
from desk.privacy.retaining import proof_of, retain, run_holds_good, runs
from desk.privacy.rules import GRACE, Standing, cancel, governing, history, save, standing_of, terms_of
from desk.privacy.spans import BadRule, Span, Terms
from desk.privacy.tables import Archive, Erasure, Hold, RetentionRule, RetentionRun

__all__ = [
    "GRACE",
    "Archive",
    "BadRule",
    "Erasure",
    "Foreseen",
    "Hold",
    "Kept",
    "NotErased",
    "NotHeld",
    "NotRedacted",
    "Preview",
    "RetentionRule",
    "RetentionRun",
    "Span",
    "Standing",
    "Terms",
    "archive",
    "ask",
    "ask_archive",
    "cancel",
    "erase",
    "foresee",
    "governing",
    "held_by",
    "history",
    "hold",
    "holds_good",
    "kept",
    "latest",
    "let_go",
    "lift",
    "person",
    "preview",
    "proof",
    "proof_of",
    "record_of",
    "redact",
    "redact_file",
    "retain",
    "run_holds_good",
    "runs",
    "save",
    "standing_of",
    "terms_of",
    "to_fetch",
]
