"""The phases of a train that move its release: stage by stage, each only while every gate is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.actions.promotions import PromotionRequest, promote_release
from releases.actions.validations import ValidationRequest, request_validation
from releases.domain.lifecycle import PromotionState
from releases.domain.trains import Course, Outcome, done, fail, not_configured, wait
from releases.domain.undone_hotfixes import UNDONE
from releases.domain.validation import RunState
from releases.models import ValidationRun, ValidationTarget
from releases.queries.conductors import conductor, train_key
from releases.queries.paths import stages_of
from releases.queries.promotability import promotion_refusal, release_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from releases.domain.verdicts import Verdict
    from releases.models import Release, Stage, Train

_WAITS = {
    PromotionState.RUNNING: "The promotion to {stage} is running.",
    PromotionState.HELD: "The promotion to {stage} is held: retry or skip what failed, or cancel it.",
    PromotionState.PAUSED: "The promotion to {stage} is paused: resume it.",
}


def promote_through(train: Train, stages: Sequence[Stage]) -> Outcome:
    """Bring the release through these stages in order, and say what it waits for on the way."""
    for stage in stages:
        outcome = _promote_to(train, stage)
        if outcome.course is not Course.DONE:
            return outcome
    names = ", ".join(stage.name for stage in stages)
    return done(f"{names} run{'s' if len(stages) == 1 else ''} it." if names else "There is no stage before the last.")


def test_in_first_stage(train: Train) -> Outcome:
    """Promote to the first stage and wait for its validation; nothing passes that did not run."""
    release = _release(train)
    stage = stages_of(release)[0]
    if not ValidationTarget.objects.filter(stage=stage).exists():
        message = f"No validation is configured for {stage.name}, so nothing was tested."
        return not_configured(message, may_pass=train.schedule.tests_optional)
    arrival = _promote_to(train, stage)
    if arrival.course is not Course.DONE:
        return arrival
    run = ValidationRun.objects.filter(release=release, stage=stage).order_by("-pk").first()
    if run is None:
        request = ValidationRequest(version=release.version, stage=stage.name)
        request_validation(actor=conductor(train), request=request, key=train_key(train, f"validate-{stage.name}"))
        return wait(f"{stage.name} is being validated.")
    return _tested(train, stage, run)


def _tested(train: Train, stage: Stage, run: ValidationRun) -> Outcome:
    state = RunState(run.state)
    if state is RunState.REQUESTED:
        return wait(f"{stage.name} is being validated.")
    if state is RunState.PASSED:
        return done(
            f"{stage.name} passed its validation{f': {run.message}' if run.message else ''}.".replace("..", ".")
        )
    if state is RunState.NOT_CONFIGURED:
        return not_configured(f"{stage.name}: {run.message}", may_pass=train.schedule.tests_optional)
    return fail(f"The validation of {stage.name} ended as {state.value}: {run.message}")


def _promote_to(train: Train, stage: Stage) -> Outcome:
    release = _release(train)
    latest = release.promotions.filter(stage=stage).order_by("-pk").first()
    state = PromotionState(latest.state) if latest else None
    if state is PromotionState.SUCCEEDED:
        return done(f"{stage.name} runs it.")
    if state is PromotionState.CANCELLED:
        return fail(f"The promotion to {stage.name} was cancelled.")
    if state is not None:
        return wait(_WAITS[state].format(stage=stage.name), told=state is not PromotionState.RUNNING)
    verdict = release_verdict(release, stage)
    if regress := _regress(verdict):
        return wait(f"{stage.name} has to wait: {regress}", told=True)
    if refusal := promotion_refusal(release, stage, verdict):
        return wait(f"{stage.name} has to wait: {refusal.text}", told=True)
    request = PromotionRequest(version=release.version, stage=stage.name)
    promote_release(actor=conductor(train), request=request, key=train_key(train, f"promote-{stage.name}"))
    return wait(f"The promotion to {stage.name} is running.")


def _regress(verdict: Verdict) -> str:
    """Say which hotfix, live since the train had its versions, would be undone; no train does that by itself."""
    undone = [reason.text for reason in verdict.reasons if reason.code == UNDONE]
    return f"{' '.join(undone)} Promote it yourself if that is meant, or cancel the train." if undone else ""


def _release(train: Train) -> Release:
    assert train.release is not None  # noqa: S101 (a train that was judged has one)
    return train.release
