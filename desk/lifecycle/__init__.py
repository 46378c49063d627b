"""Where each customer stands, why, and by which rule of which model."""

from desk.lifecycle.definition import Definition, ModelError, Rule, Stage
from desk.lifecycle.dryrun import dry_run
from desk.lifecycle.erasing import erase
from desk.lifecycle.joining import restore, withdraw
from desk.lifecycle.models import (
    definition_of,
    install_templates,
    publish,
    published,
    save,
    segment_changed,
    versions,
)
from desk.lifecycle.reading import dump_yaml, load_yaml, read, read_yaml
from desk.lifecycle.service import (
    BY_HAND,
    STARTED,
    SWITCHED,
    MoveError,
    consider,
    due_for_consideration,
    history,
    move,
    stage_of,
    why,
)
from desk.lifecycle.tables import CustomerStage, StageModel, Transition

__all__ = [
    "BY_HAND",
    "STARTED",
    "SWITCHED",
    "CustomerStage",
    "Definition",
    "ModelError",
    "MoveError",
    "Rule",
    "Stage",
    "StageModel",
    "Transition",
    "consider",
    "definition_of",
    "dry_run",
    "due_for_consideration",
    "dump_yaml",
    "erase",
    "history",
    "install_templates",
    "load_yaml",
    "move",
    "publish",
    "published",
    "read",
    "read_yaml",
    "restore",
    "save",
    "segment_changed",
    "stage_of",
    "versions",
    "why",
    "withdraw",
]
