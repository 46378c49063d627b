"""Flows: small declared dialogues for self-service, with checked answers, HTTP calls and a person at every step."""

from desk.flows import trying
from desk.flows.calling import call
from desk.flows.calling import read as read_answer
from desk.flows.definition import Call, Flow, FlowError, State, Step
from desk.flows.engine import Facts, Moved, Result, answer, begin, called, given
from desk.flows.nodes import LARGEST
from desk.flows.reading import read
from desk.flows.runs import as_json, begun, close, erase, keep, look_after, move, open_run, sent, state_of
from desk.flows.runs import begin as begin_run
from desk.flows.sayings import numbered, opening, way_out
from desk.flows.service import (
    Live,
    buttons,
    every,
    get,
    live,
    of_version,
    opened,
    publish,
    put_secret,
    remove,
    save,
    secret_names,
    unpublish,
    version,
    versions,
)
from desk.flows.slots import folded
from desk.flows.tables import FlowRow, FlowRun, FlowSecret, FlowTrial, FlowVersion

__all__ = [
    "LARGEST",
    "Call",
    "Facts",
    "Flow",
    "FlowError",
    "FlowRow",
    "FlowRun",
    "FlowSecret",
    "FlowTrial",
    "FlowVersion",
    "Live",
    "Moved",
    "Result",
    "State",
    "Step",
    "answer",
    "as_json",
    "begin",
    "begin_run",
    "begun",
    "buttons",
    "call",
    "called",
    "close",
    "erase",
    "every",
    "folded",
    "get",
    "given",
    "keep",
    "live",
    "look_after",
    "move",
    "numbered",
    "of_version",
    "open_run",
    "opened",
    "opening",
    "publish",
    "put_secret",
    "read",
    "read_answer",
    "remove",
    "save",
    "secret_names",
    "sent",
    "state_of",
    "trying",
    "unpublish",
    "version",
    "versions",
    "way_out",
]
