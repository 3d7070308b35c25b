"""Hotfixes: what their urgency means, what was tested on their way, and what the release's page shows of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from releases.domain import hotfixes as domain
from releases.domain.hotfixes import DEFAULT_POLICIES, MINUTE_MS, HotfixScope, Trial, Urgency, scope_of, why_untested
from releases.domain.plan_kinds import HOTFIX
from releases.domain.validation import Outcome, Scenario
from releases.models import Debt, Hotfix, HotfixPolicy, Stage, ValidationResult, ValidationTarget
from releases.models.validation import usually_required
from releases.queries.debts import debt_views, paying_refusal
from releases.queries.hotfix_views import HotfixPanel, TrialView
from releases.queries.paths import on_the_way

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from releases.models import Release
    from releases.queries.release_facts import ReleaseFacts


def hotfix_scope(kind: str, urgency: str) -> HotfixScope | None:
    """Return what the urgency means on this platform; None for another kind of plan, or without an urgency."""
    if kind != HOTFIX or urgency not in set(Urgency):
        return None
    stages = list(Stage.objects.order_by("position").values_list("name", flat=True))
    return scope_of(policy_of(Urgency(urgency)), stages, usual_scenarios())


def policy_of(urgency: Urgency) -> domain.HotfixPolicy:
    """Return the table's line, or what holds without one."""
    row = HotfixPolicy.objects.filter(urgency=urgency.value).first()
    if row is None:
        return DEFAULT_POLICIES[urgency]
    return domain.HotfixPolicy(
        urgency=urgency,
        skips=tuple(row.skips),
        scenarios=tuple(scenario for scenario in Scenario if scenario.value in row.scenarios),
        budget_ms=row.budget_minutes * MINUTE_MS,
        debt_days=row.debt_days,
    )


def usual_scenarios() -> tuple[Scenario, ...]:
    """Return what a release must usually pass in any stage, in the scenarios' order."""
    required = list(ValidationTarget.objects.values_list("required", flat=True)) or [usually_required()]
    wanted = {name for names in required for name in names}
    return tuple(scenario for scenario in Scenario if scenario.value in wanted)


def hotfix_of(release: Release) -> Hotfix | None:
    """Return what is particular of the release, None where it is no hotfix."""
    return Hotfix.objects.filter(release=release).first() if release.kind == HOTFIX else None


def newest_tests(release: Release, stage: Stage | None = None) -> dict[Scenario, Trial]:
    """Return the newest result of each scenario that ran for the release, in one stage or in any."""
    results = ValidationResult.objects.filter(run__release=release, **({"run__stage": stage} if stage else {}))
    return {
        Scenario(result.scenario): Trial(
            scenario=Scenario(result.scenario),
            stage=result.run.stage.name,
            outcome=Outcome(result.outcome),
            message=result.message,
        )
        for result in results.select_related("run__stage").order_by("run_id")
    }


def required_of(hotfix: Hotfix) -> tuple[Scenario, ...]:
    """Return what must have passed before the last stage takes the hotfix."""
    return tuple(scenario for scenario in Scenario if scenario.value in hotfix.scenarios)


def untested_refusal(release: Release, stage: Stage) -> str:
    """Return why the platform's last stage does not take this hotfix yet; '' for every other stage and release."""
    hotfix = hotfix_of(release)
    if hotfix is None:
        return ""
    stages = list(Stage.objects.order_by("position"))
    before = [each for each in on_the_way(stages, release.path) if each.position < stage.position]
    if stage != stages[-1] or not hotfix.scenarios:
        return ""
    if not before:
        return f"{stage.name} takes a {hotfix.urgency} hotfix once its tests passed, and no stage comes before it."
    tested = newest_tests(release, before[-1])
    return why_untested(hotfix.urgency, stage.name, before[-1].name, required_of(hotfix), tested)


def hotfix_panel(facts: ReleaseFacts) -> HotfixPanel | None:
    """Return the panel, in three queries; None for another kind of release."""
    hotfix = hotfix_of(facts.release)
    if hotfix is None:
        return None
    took = hotfix.live_at - facts.release.created_at if hotfix.live_at else None
    took_ms = round(took / timedelta(milliseconds=1)) if took is not None else None
    return HotfixPanel(
        urgency=hotfix.urgency,
        reason=hotfix.reason,
        skipped_stages=tuple(hotfix.skipped_stages),
        tests=_tests(hotfix, newest_tests(facts.release)),
        budget_ms=hotfix.budget_ms,
        due_at=facts.release.created_at + timedelta(milliseconds=hotfix.budget_ms),
        live_at=hotfix.live_at,
        took_ms=took_ms,
        is_late=took_ms is not None and took_ms > hotfix.budget_ms,
        debts=debt_views(Debt.objects.filter(release=facts.release), paying_refusal(facts.viewer)),
    )


def _tests(hotfix: Hotfix, tested: Mapping[Scenario, Trial]) -> tuple[TrialView, ...]:
    wanted: Sequence[str] = [*hotfix.scenarios, *hotfix.skipped_scenarios]
    return tuple(
        TrialView(
            name=domain.name_of(scenario),
            required=scenario.value in hotfix.scenarios,
            state=tested[scenario].outcome.value if scenario in tested else "not_run",
            text=tested[scenario].message if scenario in tested else "",
        )
        for scenario in Scenario
        if scenario.value in wanted or scenario in tested
    )
