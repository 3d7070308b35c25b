"""Carrying a departed train from phase to phase: any process looks at what is due, and may die at any instant."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.claims import CLAIM
from releases.actions.promotions import NumberGone
from releases.actions.train_endings import end_train
from releases.actions.train_ledgers import open_train
from releases.actions.train_phases import PHASES
from releases.actions.trains import hold
from releases.domain.errors import ReleaseError
from releases.domain.journal import Kind
from releases.domain.lifecycle import ReleaseState, move
from releases.domain.trains import (
    OPEN_STEPS,
    TRAIN_STEP_MOVES,
    Course,
    Outcome,
    TrainPhase,
    TrainState,
    TrainStepState,
    give_up,
    wait,
)
from releases.domain.trains import hold as hold_train
from releases.models import TrainStep
from releases.queries.acts import last_act
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from releases.actions.train_ledgers import TrainLedger

LOOK_AGAIN = timedelta(seconds=1)
_OPEN = [state.value for state in OPEN_STEPS]
_STATES = {
    Course.DONE: TrainStepState.SUCCEEDED,
    Course.FAIL: TrainStepState.FAILED,
    Course.CANCEL: TrainStepState.CANCELLED,
    Course.NOT_CONFIGURED: TrainStepState.NOT_CONFIGURED,
}


def run_due_train_steps() -> None:
    """Look at every phase that is due, and at those that follow at once; what is not ready is looked at again."""
    while any(_run(step) for step in _due()):
        pass


def _due() -> list[TrainStep]:
    due = TrainStep.objects.filter(due_at__lte=database_now(), state__in=_OPEN, train__state=TrainState.DEPARTED.value)
    return list(due.select_related("train__schedule", "train__conductor", "train__release").order_by("due_at", "pk"))


def _run(step: TrainStep) -> bool:
    """Look at one phase and tell whether the train went on."""
    if not _claim(step):
        return False
    try:
        outcome = _given_up(step) or PHASES[TrainPhase(step.phase)](step.train, step)
    except NumberGone as refusal:
        outcome = hold_train(f"{refusal.message} Cancel this train for that; the next one asks for the number.")
    except ReleaseError as refusal:
        # In the conductor's name: they may lack a role, or somebody else was faster. It may be otherwise in a while.
        outcome = wait(f"In {step.train.conductor.get_username()}'s name: {refusal.message}", told=True)
    return _record(step, outcome)


def _claim(step: TrainStep) -> bool:
    """Let nobody else look meanwhile; should this process die, somebody does soon. Every look may be repeated."""
    mine = TrainStep.objects.filter(pk=step.pk, due_at=step.due_at, state__in=_OPEN)
    return bool(mine.update(due_at=database_now() + CLAIM))


def _given_up(step: TrainStep) -> Outcome | None:
    release = step.train.release
    if release is None or release.state != ReleaseState.CANCELLED.value:
        return None
    return give_up(f"Its release {release.version} was cancelled: {last_act(release)}.")


@transaction.atomic(durable=True)
def _record(step: TrainStep, outcome: Outcome) -> bool:
    books = open_train(label=step.train.label, actor="board")
    now = books.train.steps.get(pk=step.pk)
    if now.state not in _OPEN or books.state is not TrainState.DEPARTED:
        # Held or ended meanwhile; a hold must not cost the look that would follow it.
        TrainStep.objects.filter(pk=step.pk, state__in=_OPEN).update(due_at=books.now)
        return False
    if outcome.course is Course.HOLD:
        _stop(books, now, outcome)
        return False
    if outcome.course is Course.WAIT:
        _keep_waiting(books, now, outcome)
        return False
    _end(books, now, outcome)
    return _follow(books, now, outcome)


def _stop(books: TrainLedger, step: TrainStep, outcome: Outcome) -> None:
    """Hold the train in its phase, which is looked at as soon as the train goes on."""
    step.state, step.message, step.due_at = TrainStepState.WAITING.value, outcome.message[:500], books.now
    step.save(update_fields=["state", "message", "due_at"])
    hold(books, step.message)


def _keep_waiting(books: TrainLedger, step: TrainStep, outcome: Outcome) -> None:
    news = step.message != outcome.message[:500]
    # Only what somebody has to do something about is waiting; the rest is at work.
    step.state = (TrainStepState.WAITING if outcome.told else TrainStepState.RUNNING).value
    step.message = outcome.message[:500]
    step.due_at = books.now + LOOK_AGAIN
    step.save(update_fields=["state", "message", "due_at"])
    if news and outcome.told:
        books.note(Kind.TRAIN_STEP, f"waits in {step.phase}: {outcome.message}", state="waiting", phase=step.phase)
        books.close()
    elif news:
        books.nudge()


def _end(books: TrainLedger, step: TrainStep, outcome: Outcome) -> None:
    step.state = move(TRAIN_STEP_MOVES, TrainStepState(step.state), _STATES[outcome.course]).value
    step.message, step.due_at, step.finished_at = outcome.message[:500], None, books.now
    step.save(update_fields=["state", "message", "due_at", "finished_at"])
    words = {Course.DONE: "is through", Course.NOT_CONFIGURED: "has nothing for"}.get(outcome.course, "ends in")
    books.note(Kind.TRAIN_STEP, f"{words} {step.phase}: {outcome.message}", state=step.state, phase=step.phase)


def _follow(books: TrainLedger, step: TrainStep, outcome: Outcome) -> bool:
    """Begin the next phase, or end the train; True when there is another phase to look at."""
    if outcome.course is Course.CANCEL:
        end_train(books, TrainState.CANCELLED, outcome.message)
        return False
    if outcome.course is Course.FAIL or (outcome.course is Course.NOT_CONFIGURED and not outcome.may_pass):
        end_train(books, TrainState.FAILED, f"{step.phase.capitalize()}: {outcome.message}")
        return False
    following = books.train.steps.filter(position=step.position + 1).first()
    if following is None:
        end_train(books, TrainState.ARRIVED, outcome.message)
        return False
    following.state = move(TRAIN_STEP_MOVES, TrainStepState(following.state), TrainStepState.RUNNING).value
    following.started_at = following.due_at = books.now
    following.save(update_fields=["state", "started_at", "due_at"])
    books.close()
    return True
