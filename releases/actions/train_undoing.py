"""Undoing what a train did that failed or was cancelled: the latest phase first, each once, written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.builds import withdraw_build
from releases.actions.claims import CLAIM
from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.actions.steering import cancel
from releases.actions.train_ledgers import open_train
from releases.domain.errors import ReleaseError
from releases.domain.journal import Kind
from releases.domain.lifecycle import OPEN_PROMOTIONS, OPEN_RELEASES, ReleaseState
from releases.domain.trains import TrainPhase
from releases.models import Deployment, TrainStep
from releases.queries.clock import database_now
from releases.queries.conductors import answer_of_train, conductor, train_key
from releases.queries.paths import stages_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from releases.models import Promotion, Release, Stage, Train

_OPEN = [state.value for state in OPEN_PROMOTIONS]


def undo_due_train_steps() -> None:
    """Undo the next phase of every train that has one to undo, until none is left."""
    while any(_undo(step) for step in _next()):
        pass


def _next() -> list[TrainStep]:
    """Return of each train the latest phase that is to be undone, if nobody is at it."""
    to_undo = TrainStep.objects.filter(undo_due_at__isnull=False).order_by("position")
    related = to_undo.select_related("train__schedule", "train__conductor", "train__release")
    latest = {step.train_id: step for step in related}
    now = database_now()
    return [step for step in latest.values() if step.undo_due_at is not None and step.undo_due_at <= now]


def _undo(step: TrainStep) -> bool:
    mine = TrainStep.objects.filter(pk=step.pk, undo_due_at=step.undo_due_at)
    if not mine.update(undo_due_at=database_now() + CLAIM):
        return False
    try:
        text = UNDO[TrainPhase(step.phase)](step.train)
    except ReleaseError as refusal:
        text = f"Could not be undone: {refusal.message}"
    _record(step, text)
    return True


@transaction.atomic(durable=True)
def _record(step: TrainStep, text: str) -> None:
    books = open_train(label=step.train.label, actor="board")
    now = books.train.steps.get(pk=step.pk)
    if now.undo_due_at is None:
        return
    now.undo_due_at, now.undone, now.undone_at = None, text[:500], books.now
    now.save(update_fields=["undo_due_at", "undone", "undone_at"])
    books.note(Kind.TRAIN_STEP, f"undid {step.phase}: {text}", state="rolled_back", phase=step.phase)
    books.close()


def _undo_promotions(train: Train, stages: Sequence[Stage]) -> str:
    """Take the release back out of each stage that it touched, the last first; where that may not be, say why."""
    said = [_take_back(train, stage) for stage in reversed(stages)]
    return " ".join(filter(None, said)) or "Nothing was deployed."


def _take_back(train: Train, stage: Stage) -> str:
    release = _release(train)
    latest = release.promotions.filter(stage=stage).order_by("-pk").first()
    if latest is None:
        return ""
    key = f"undo-{stage.name}"
    if not answer_of_train(train, key, "version") and not _runs_some_of_it(release, stage):
        return _stop(train, latest)
    # A train turns round for many reasons; which version is to blame is for people to say.
    request = RollbackRequest(version=release.version, reason=_reason(train), stage=stage.name, quarantine=False)
    try:
        version = roll_back(actor=conductor(train), request=request, key=train_key(train, key))
    except ReleaseError as refusal:
        return f"{_stop(train, latest)} {stage.name} is not taken back: {refusal.message}".strip()
    return f"{stage.name} goes back by rollback {version}."


def _runs_some_of_it(release: Release, stage: Stage) -> bool:
    return Deployment.objects.filter(stage=stage, step__promotion__release=release).exists()


def _undo_testing(train: Train) -> str:
    """Take the first stage back, unless that was part of undoing the promotions already."""
    first = stages_of(_release(train))[:1]
    if train.steps.filter(phase=TrainPhase.PROMOTIONS.value).exclude(undone="").exists():
        return f"{first[0].name} is undone with the promotions."
    return _undo_promotions(train, first)


def _stop(train: Train, promotion: Promotion) -> str:
    if promotion.state not in _OPEN:
        return ""
    cancel(
        actor=conductor(train),
        version=_release(train).version,
        reason=_reason(train),
        key=train_key(train, f"undo-promotion-{promotion.pk}"),
        stage=promotion.stage.name,
    )
    return f"The promotion to {promotion.stage.name} was cancelled."


def _reason(train: Train) -> str:
    return f"train {train.label} went no further"


def _release(train: Train) -> Release:
    assert train.release is not None  # noqa: S101 (a train that was judged has one)
    return train.release


def _undo_build(train: Train) -> str:
    return withdraw_build(train.label)


def _undo_release(train: Train) -> str:
    """Give the release up, unless it is over already."""
    if train.release is None:
        return "There was no release yet."
    if ReleaseState(train.release.state) not in OPEN_RELEASES:
        return f"Release {train.release.version} is {train.release.state} and stays in the record."
    version = train.release.version
    cancel(
        actor=conductor(train),
        version=version,
        reason=_reason(train),
        key=train_key(train, "undo-release"),
        stage="",
    )
    return f"Release {version} was cancelled."


UNDO: Mapping[TrainPhase, Callable[[Train], str]] = {
    TrainPhase.COMPATIBILITY: _undo_release,
    TrainPhase.BUILD: _undo_build,
    TrainPhase.TESTING: _undo_testing,
    TrainPhase.PROMOTIONS: lambda train: _undo_promotions(train, stages_of(_release(train))[:-1]),
    TrainPhase.PRODUCTION: lambda train: _undo_promotions(train, stages_of(_release(train))[-1:]),
}
