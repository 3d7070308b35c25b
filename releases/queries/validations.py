"""Validations: how a release fared in each stage, whether it can be validated now, and what a run has to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Max

from releases.domain.access import Permission
from releases.domain.lifecycle import OPEN_PROMOTIONS, PromotionState, ReleaseState
from releases.domain.plan_kinds import ROLLBACK
from releases.domain.validation import NOT_RUN, Outcome, RunState, Scenario, StepResult
from releases.domain.validation_requests import ValidationSituation, why_not_validate, why_nowhere
from releases.domain.validation_scenarios import DEFINITIONS
from releases.domain.validation_setup import (
    Baseline,
    DeployedService,
    Setup,
    read_fields,
    read_paths,
    read_protected,
)
from releases.models import Deployment, Promotion, Service, Stage, ValidationResult, ValidationRun, ValidationTarget
from releases.queries.integrity import recorded_for, sealed_set
from releases.queries.release_facts import refusal_in
from releases.queries.validation_views import ScenarioView, ValidationPanel, ValidationView
from releases.queries.views import Control

if TYPE_CHECKING:
    from collections.abc import Mapping

    from releases.models import Release
    from releases.queries.release_facts import ReleaseFacts

_OPEN = [state.value for state in OPEN_PROMOTIONS]


def latest_run(release: Release, stage: Stage) -> ValidationView:
    """Return how this release's newest validation in this stage stands, in three queries."""
    return _newest(release).view(stage)


def validation_panel(facts: ReleaseFacts) -> ValidationPanel:
    """Return what the release's page shows, in four queries."""
    newest = _newest(facts.release)
    done = {each.stage_id for each in facts.promotions if each.state == PromotionState.SUCCEEDED.value}
    reached = [stage for stage in reversed(facts.stages) if stage.pk in done]
    busy = set(Promotion.objects.filter(state__in=_OPEN).values_list("stage_id", flat=True))
    denied = refusal_in(facts, Permission.OPERATE, reached[0].name if reached else "")
    why_not = denied or _why_not(facts.release, next(iter(reached), None), newest, busy)
    return ValidationPanel(
        control=Control(verb="validate", allowed=not why_not, why_not=why_not),
        stage=reached[0].name if reached else "",
        stages=tuple(newest.view(stage) for stage in reached),
    )


def validated_version(release: Release) -> str:
    """Return what a validation of this release speaks of: of a rollback, the set that it went back to."""
    return str(release.plan["target_version"]) if release.kind == ROLLBACK else release.version


def validation_refusal(release: Release, stage: Stage | None) -> str:
    """Return why this release may not be validated in this stage now; empty when it may."""
    busy = set(Promotion.objects.filter(state__in=_OPEN).values_list("stage_id", flat=True))
    return _why_not(release, stage, _newest(release), busy)


def _why_not(release: Release, stage: Stage | None, newest: _Newest, busy: set[int]) -> str:
    if stage is None:
        return why_nowhere(release.version)
    live, run, version = stage.live_version, newest.runs.get(stage.pk), validated_version(release)
    return why_not_validate(
        ValidationSituation(
            version=version,
            stage=stage.name,
            live=live.version if live else "",
            # What a rollback goes back to is another release's name.
            is_live=live is not None and (live.release_id == release.pk or live.version == version),
            is_configured=stage.pk in newest.configured,
            is_busy=stage.pk in busy,
            is_running=run is not None and run.finished_at is None,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Newest:
    """The newest run of a release in each stage, and which stages can be validated at all."""

    release: Release
    configured: frozenset[int]
    runs: Mapping[int, ValidationRun]
    results: Mapping[int, Mapping[str, ValidationResult]]

    def view(self, stage: Stage) -> ValidationView:
        run = self.runs.get(stage.pk)
        results = self.results.get(run.pk, {}) if run else {}
        return _view(self.release, stage, run, results, is_configured=stage.pk in self.configured)


def _newest(release: Release) -> _Newest:
    newest = ValidationRun.objects.filter(release=release).values("stage").annotate(newest=Max("pk")).values("newest")
    results: dict[int, dict[str, ValidationResult]] = {}
    for result in ValidationResult.objects.filter(run__in=newest):
        results.setdefault(result.run_id, {})[result.scenario] = result
    return _Newest(
        release=release,
        configured=stages_to_validate(),
        runs={run.stage_id: run for run in ValidationRun.objects.filter(pk__in=newest)},
        results=results,
    )


def _view(
    release: Release,
    stage: Stage,
    run: ValidationRun | None,
    results: Mapping[str, ValidationResult],
    *,
    is_configured: bool,
) -> ValidationView:
    if run is None:
        return ValidationView(
            stage=stage.name,
            version=validated_version(release),
            state=NOT_RUN if is_configured else RunState.NOT_CONFIGURED.value,
            message="" if is_configured else f"{stage.name} has no validation target.",
            is_configured=is_configured,
            requested_by="",
            requested_at=None,
            finished_at=None,
            scenarios=(),
        )
    return ValidationView(
        stage=stage.name,
        version=run.version,
        state=run.state,
        message=run.message,
        is_configured=is_configured,
        requested_by=run.requested_by,
        requested_at=run.requested_at,
        finished_at=run.finished_at,
        scenarios=tuple(_scenario(run, scenario, results.get(scenario.value)) for scenario in Scenario),
    )


def _scenario(run: ValidationRun, scenario: Scenario, result: ValidationResult | None) -> ScenarioView:
    pending = result is None and run.finished_at is None and scenario.value in run.scenarios
    return ScenarioView(
        scenario=scenario.value,
        name=DEFINITIONS[scenario].name,
        required=scenario.value in run.required,
        outcome=result.outcome if result else "" if pending else Outcome.NOT_CONFIGURED.value,
        message=result.message if result else "" if pending else "Not part of this run.",
        duration_ms=result.duration_ms if result else 0,
        measured_ms=result.measured_ms if result else None,
        steps=tuple(map(_step, result.steps)) if result else (),
    )


def _step(stored: Mapping[str, object]) -> StepResult:
    texts = {name: str(stored[name]) for name in ("name", "message", "expected", "observed")}
    return StepResult(outcome=Outcome(str(stored["outcome"])), duration_ms=int(str(stored["duration_ms"])), **texts)


def stages_to_validate() -> frozenset[int]:
    """Return which stages have a target; no journal tells when one is added."""
    return frozenset(ValidationTarget.objects.values_list("stage_id", flat=True))


def stage_to_validate(release: Release) -> Stage | None:
    """Return the last stage that this release reached; None before the first."""
    succeeded = release.promotions.filter(state=PromotionState.SUCCEEDED.value)
    return Stage.objects.filter(pk__in=succeeded.values("stage_id")).order_by("-position").first()


def is_overtaken(run: ValidationRun) -> bool:
    """Tell whether another promotion to the stage began since the run was asked for."""
    return not Stage.objects.filter(pk=run.stage_id, epoch=run.epoch).exists()


def validation_setup(run: ValidationRun) -> Setup | None:
    """Return what the run has to ask and of whom; None where the stage has no target any more."""
    target = ValidationTarget.objects.filter(stage=run.stage).select_related("catalog", "orders", "stage").first()
    if target is None:
        return None
    return Setup(
        # Of this attempt alone: what an earlier one ordered before it was killed must not be found again.
        key=f"{run.key.hex}-{run.attempts}",
        stage=target.stage.name,
        catalog_url=_base(target, target.catalog),
        orders_url=_base(target, target.orders),
        services=_deployed(run, target),
        protected=read_protected(target.protected),
        paths=read_paths(target.paths),
        fields=read_fields(target.fields),
        requests=target.requests,
        slower_percent=target.slower_percent,
        slack_ms=target.slack_ms,
        baseline=baseline_of(run),
        sealed=sealed_set(run.release, lambda service: _base(target, service)),
        recorded=recorded_for(run),
    )


def _base(target: ValidationTarget, service: Service | None) -> str:
    if service is None:
        return ""
    return str(target.addresses.get(service.slug) or service.base_url).rstrip("/")


def _deployed(run: ValidationRun, target: ValidationTarget) -> tuple[DeployedService, ...]:
    deployments = Deployment.objects.filter(stage=run.stage).select_related("service").order_by("service__slug")
    return tuple(
        DeployedService(
            slug=deployment.service.slug,
            version=run.release.manifest.get(deployment.service.slug, deployment.version),
            url=_base(target, deployment.service),
        )
        for deployment in deployments
    )


def baseline_of(run: ValidationRun) -> Baseline | None:
    """Return what the last released version measured in this stage, in a run that nothing failed in."""
    found = (
        ValidationResult.objects.filter(
            run__stage=run.stage,
            run__release__state=ReleaseState.RELEASED.value,
            run__state__in=[RunState.PASSED.value, RunState.NOT_CONFIGURED.value],
            scenario=Scenario.PERFORMANCE.value,
            measured_ms__isnull=False,
        )
        .exclude(run__release=run.release)
        .select_related("run")
        .order_by("-run__release_id", "-run_id")
        .first()
    )
    return Baseline(p95_ms=found.measured_ms or 0, version=found.run.version) if found else None
