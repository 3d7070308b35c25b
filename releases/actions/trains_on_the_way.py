"""Everything that is due of trains, once a second: departures, phases, and what is to be undone."""

from __future__ import annotations

from releases.actions.departures import depart_due_trains
from releases.actions.train_steps import run_due_train_steps
from releases.actions.train_undoing import undo_due_train_steps


def keep_trains_moving() -> None:
    """Let trains depart, carry them on, and undo those that went no further; any number of processes may."""
    depart_due_trains()
    run_due_train_steps()
    undo_due_train_steps()
