"""The end of a train: what was still to come is dropped, and what it did is put down to be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.journal import Kind
from releases.domain.lifecycle import move
from releases.domain.trains import (
    TRAIN_STEP_MOVES,
    UNDONE_PHASES,
    TrainPhase,
    TrainState,
    TrainStepState,
)

if TYPE_CHECKING:
    from releases.actions.train_ledgers import TrainLedger
    from releases.models import TrainStep

_WORDS = {
    TrainState.ARRIVED: "arrived: ",
    TrainState.FAILED: "failed: ",
    TrainState.CANCELLED: "was cancelled: ",
}


def end_train(books: TrainLedger, state: TrainState, message: str) -> None:
    """End a train in one of the three ways; unless it arrived, each phase that left something is to be undone."""
    train = books.train
    books.move(state)
    train.held_in, train.message, train.ended_at = "", message[:500], books.now
    if state is not TrainState.ARRIVED:
        for step in train.steps.all():
            _give_up(step, books)
    books.note(Kind.TRAIN_ENDED, f"{_WORDS[state]}{message}", state=state.value)
    books.close()


def _give_up(step: TrainStep, books: TrainLedger) -> None:
    was_reached, state = step.started_at is not None, TrainStepState(step.state)
    if TRAIN_STEP_MOVES[state]:
        step.state = move(TRAIN_STEP_MOVES, state, TrainStepState.CANCELLED).value
        step.finished_at = books.now if was_reached else None
    step.due_at = None
    step.undo_due_at = books.now if was_reached and TrainPhase(step.phase) in UNDONE_PHASES else None
    step.save(update_fields=["state", "finished_at", "due_at", "undo_due_at"])
