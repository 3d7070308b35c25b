"""Validations: asked for in one transaction, carried out outside, stored with their place in the journal."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.claims import CLAIM, renewing
from releases.actions.ledger import claim_turn, open_ledger
from releases.actions.turns import refuse, take_turn
from releases.clients.validations import SCENARIO_S, carry_out
from releases.domain.access import Permission, require
from releases.domain.errors import InvalidInput, NotFound
from releases.domain.journal import Kind
from releases.domain.validation import Outcome, Overall, RunState, Scenario, ScenarioResult, not_run, overall
from releases.enqueue import task_on_commit
from releases.models import Stage, ValidationResult, ValidationRun, ValidationTarget
from releases.queries.clock import database_now
from releases.queries.validations import (
    is_overtaken,
    stage_to_validate,
    validated_version,
    validation_refusal,
    validation_setup,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from releases.actions.ledger import Ledger
    from releases.domain.access import Actor
    from releases.models import Promotion, Release

VALIDATING_TAKES = timedelta(seconds=SCENARIO_S * len(Scenario) + 30)
# A run that ends its process every time must end itself at last.
MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRequest:
    """``version`` is any label; without ``stage`` the last one reached is meant, without ``scenarios`` all of them."""

    version: str
    stage: str = ""
    scenarios: tuple[Scenario, ...] = ()
    lock_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedValidation:
    run_id: int
    stage: str
    scenarios: tuple[str, ...]


@transaction.atomic(durable=True)
def request_validation(*, actor: Actor, request: ValidationRequest, key: str = "") -> RequestedValidation:
    """Ask for a validation; refused where the release does not run, none is configured, or one is on its way."""
    require(actor, Permission.OPERATE, request.stage)
    turn = take_turn(
        actor=actor,
        version=request.version,
        key=key,
        command="validate",
        stage=request.stage,
        scenarios=list(request.scenarios),
    )
    if turn.answer is not None:
        return _requested(ValidationRun.objects.select_related("stage").get(pk=int(str(turn.answer["run"]))))
    stage = _stage(turn.ledger.release, request.stage)
    require(actor, Permission.OPERATE, stage.name if stage else "")
    claim_turn(turn.ledger, request.lock_version)
    refuse(validation_refusal(turn.ledger.release, stage))
    assert stage is not None  # noqa: S101 (without a stage it was refused)
    run = _open_run(turn.ledger, stage, actor.name, request.scenarios)
    turn.end(run=run.pk)
    return _requested(run)


def _requested(run: ValidationRun) -> RequestedValidation:
    return RequestedValidation(run_id=run.pk, stage=run.stage.name, scenarios=tuple(run.scenarios))


def _stage(release: Release, name: str) -> Stage | None:
    if not name:
        return stage_to_validate(release)
    stage = Stage.objects.select_related("live_version").filter(name=name).first()
    if stage is None:
        names = ", ".join(Stage.objects.values_list("name", flat=True))
        message = f"There is no stage {name}; the stages are {names}."
        raise NotFound(message)
    return stage


def request_after_promotion(ledger: Ledger, promotion: Promotion) -> None:
    """Ask for a validation as part of the promotion's success, where the stage's target wants one."""
    if ValidationTarget.objects.filter(stage=promotion.stage_id, run_after_promotion=True).exists():
        _open_run(ledger, promotion.stage, "board", ())


def _open_run(ledger: Ledger, stage: Stage, name: str, scenarios: Sequence[Scenario]) -> ValidationRun:
    wanted = [scenario.value for scenario in Scenario if not scenarios or scenario in scenarios]
    target = ValidationTarget.objects.get(stage=stage)
    run = ValidationRun.objects.create(
        release=ledger.release,
        stage=stage,
        version=validated_version(ledger.release),
        scenarios=wanted,
        required=target.required,
        epoch=Stage.objects.values_list("epoch", flat=True).get(pk=stage.pk),
        requested_by=name,
        requested_at=ledger.now,
        due_at=ledger.now,
    )
    ledger.append(Kind.VALIDATION_STARTED, stage=stage.name, version=run.version, scenarios=wanted, by=name)
    task_on_commit("releases.carry_out_due_validation")
    return run


def carry_out_due_validation() -> None:
    """Carry out the validation that waits longest, unless one is being carried out already."""
    run = _claim()
    if run is None:
        return
    if run.attempts > MOST_ATTEMPTS:
        _store(run, _broken(run, f"It was begun {MOST_ATTEMPTS} times and never ended."))
        return
    with renewing(lambda: _renew(run), at_most=VALIDATING_TAKES):
        results = _results(run)
    _store(run, results)


@transaction.atomic(durable=True)
def _claim() -> ValidationRun | None:
    """Take the next run; one at a time on the whole board, so that the orders of two do not meet in one stock."""
    now = database_now()
    waiting = list(ValidationRun.objects.select_for_update().filter(finished_at=None, due_at__lte=now).order_by("pk"))
    if not waiting or any(run.claimed_until and run.claimed_until >= now for run in waiting):
        return None
    run = waiting[0]
    run.claimed_until, run.attempts = now + CLAIM, run.attempts + 1
    run.save(update_fields=["claimed_until", "attempts"])
    return ValidationRun.objects.select_related("release", "stage").get(pk=run.pk)


def _renew(run: ValidationRun) -> None:
    ours = ValidationRun.objects.filter(pk=run.pk, attempts=run.attempts, finished_at=None)
    ours.update(claimed_until=database_now() + CLAIM)


def _results(run: ValidationRun) -> tuple[ScenarioResult, ...]:
    if is_overtaken(run):
        return _none_ran(run, "Another promotion to this stage began.")
    try:
        setup = validation_setup(run)
    except InvalidInput as mistake:
        return _broken(run, f"The target's {mistake.field} cannot be read: {mistake.message}")
    if setup is None:
        return _none_ran(run, f"{run.stage.name} has no validation target any more.")
    return carry_out(setup, [Scenario(name) for name in run.scenarios])


def _none_ran(run: ValidationRun, why: str) -> tuple[ScenarioResult, ...]:
    return tuple(not_run(Scenario(name), why) for name in run.scenarios)


def _broken(run: ValidationRun, why: str) -> tuple[ScenarioResult, ...]:
    return tuple(replace(result, outcome=Outcome.ERROR) for result in _none_ran(run, why))


@transaction.atomic(durable=True)
def _store(run: ValidationRun, results: Sequence[ScenarioResult]) -> None:
    """Store the results, unless somebody else who took the run over already has."""
    ledger = open_ledger(release_id=run.release_id, actor="board")
    if not ValidationRun.objects.filter(pk=run.pk, finished_at=None).exists():
        return
    found = _judged(run, results)
    ValidationResult.objects.bulk_create(_row(run, result) for result in results)
    run.state, run.message, run.finished_at = found.state.value, found.message[:500], ledger.now
    run.claimed_until = None
    run.save(update_fields=["state", "message", "finished_at", "claimed_until"])
    ledger.append(
        Kind.VALIDATION_FINISHED,
        stage=run.stage.name,
        version=run.version,
        state=run.state,
        message=run.message,
        outcomes={result.scenario.value: result.outcome.value for result in results},
    )
    ledger.close()


def _judged(run: ValidationRun, results: Sequence[ScenarioResult]) -> Overall:
    if is_overtaken(run):
        message = f"Another promotion to {run.stage.name} began meanwhile, so this says nothing about {run.version}."
        return Overall(state=RunState.ERROR, message=message)
    return overall(results, [Scenario(name) for name in run.required if name in set(Scenario)])


def _row(run: ValidationRun, result: ScenarioResult) -> ValidationResult:
    return ValidationResult(
        run=run,
        scenario=result.scenario.value,
        outcome=result.outcome.value,
        message=result.message[:700],
        steps=[asdict(step) for step in result.steps],
        duration_ms=result.duration_ms,
        measured_ms=result.measured_ms,
    )
