"""Background work: the loops, the tasks, the schedule and the doors that listen."""

from desk.worker.loop import Background, Loop, drain, reclaim, run_one
from desk.worker.schedule import SCHEDULE, Periodic
from desk.worker.tasks import AWAITED, BULK, OUTSIDE, TASKS

__all__ = [
    "AWAITED",
    "BULK",
    "OUTSIDE",
    "SCHEDULE",
    "TASKS",
    "Background",
    "Loop",
    "Periodic",
    "drain",
    "reclaim",
    "run_one",
]
