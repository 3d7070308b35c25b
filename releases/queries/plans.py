"""Plans that are computed and not stored: for the plan page, the preview call, and the moment of creation."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from releases import conf
from releases.domain.access import Actor, Permission, why_not
from releases.domain.plan_kinds import KEEPS_LIVE
from releases.domain.plans import Plan, PlanFacts, PlanRequest, build_plan
from releases.domain.versions import AlreadyPublished, Version, next_in_channel, parse
from releases.domain.what_if import NO_EDITS, Edits, apply_edits, edited_freezes, without_idle
from releases.models import Collection, PlatformVersion, Service, ServiceVersion, Stage
from releases.queries.catalog import services_in_order, slugs_by_alias
from releases.queries.clock import database_now
from releases.queries.forecasts import stage_forecasts, step_durations
from releases.queries.gates import declared_freezes
from releases.queries.hotfixes import hotfix_scope
from releases.queries.paths import on_the_way
from releases.queries.rules import declared_rules
from releases.queries.stage_rules import way_rules
from releases.queries.versions import candidate, version_choices, version_rows
from releases.queries.views import CollectionView, Control, PlanView, RuleChoice, ServiceChoices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from releases.domain.rules import Constraint, Rules
    from releases.domain.what_if import ConstraintEdit


def computed_plan(request: PlanRequest) -> Plan:
    """Compute the plan from what is known now; the same knowledge gives the same digest."""
    rows = version_rows()
    facts = _facts(rows, request)
    return build_plan(_normalised(request, rows, facts), facts)


def compared_plans(request: PlanRequest, edits: Edits) -> tuple[Plan, Plan]:
    """Compute the plan as it would be after the edits, and as things are; ``InvalidInput`` refuses an edit."""
    rows = version_rows()
    facts = _facts(rows, request)
    request = _normalised(request, rows, facts)
    return build_plan(request, _edited(facts, edits)), build_plan(request, facts)


def _edited(facts: PlanFacts, edits: Edits) -> PlanFacts:
    if edits.is_empty:
        return facts
    named = edits.with_slugs(slugs_by_alias())
    stages = list(Stage.objects.order_by("position").values_list("name", flat=True))
    now = facts.rules.as_of or database_now()
    return replace(
        facts,
        rules=apply_edits(facts.rules, named),
        freezes=edited_freezes(facts.freezes, named.freezes, stages, now),
    )


def _normalised(request: PlanRequest, rows: Mapping[str, Sequence[ServiceVersion]], facts: PlanFacts) -> PlanRequest:
    """Resolve aliases, and drop choices that say what is so anyway; a name that nobody knows stays, to be refused."""
    aliases = slugs_by_alias()
    named = {aliases.get(name, name): version for name, version in request.overrides.items()}
    anyway = _defaults(request.kind, rows, facts)
    path = facts.hotfix.path if facts.hotfix else request.path
    return replace(request, path=path, overrides={name: raw for name, raw in named.items() if raw != anyway.get(name)})


def _defaults(kind: str, rows: Mapping[str, Sequence[ServiceVersion]], facts: PlanFacts) -> dict[str, str]:
    """Return the version that each service takes when nobody chooses one; empty where there is none."""
    resolved = {slug: _resolved(rows.get(slug, ())) for slug in facts.candidates}
    kept = {slug: version.raw for slug, version in facts.live.items()} if kind in KEEPS_LIVE else {}
    return {**resolved, **kept}


def baseline() -> PlatformVersion | None:
    """Return the last stable platform version: what the last stage runs."""
    last = Stage.objects.select_related("live_version").order_by("-position").first()
    return last.live_version if last else None


def taken_versions() -> list[Version]:
    """Return every platform version that was ever given out."""
    return [parse(version) for version in PlatformVersion.objects.values_list("version", flat=True)]


def _facts(rows: Mapping[str, Sequence[ServiceVersion]], request: PlanRequest) -> PlanFacts:
    base = baseline()
    live = base.manifest if base else {}
    slugs = Service.objects.values_list("slug", flat=True)
    hotfix = hotfix_scope(request.kind, request.urgency)
    return PlanFacts(
        baseline=parse(base.version) if base else None,
        first=parse(conf.initial_platform_version()),
        live={service: parse(version) for service, version in live.items()},
        candidates={slug: tuple(candidate(row) for row in rows.get(slug, ())) for slug in slugs},
        rules=declared_rules(),
        published=[version for version in taken_versions() if not version.is_prerelease],
        clock=monotonic,
        durations=step_durations(),
        freezes=declared_freezes(),
        way=way_rules(hotfix.path if hotfix else request.path, request.kind, request.urgency),
        hotfix=hotfix,
    )


def plan_view(request: PlanRequest, actor: Actor, edits: Edits = NO_EDITS) -> PlanView:
    """Return the plan page for these choices, and for the rules and freezes as edited; nothing is stored."""
    rows = version_rows()
    facts = _facts(rows, request)
    request = _normalised(request, rows, facts)
    edits = without_idle(edits, facts.rules)
    plan = build_plan(request, _edited(facts, edits))
    labels = _labels(plan)
    return PlanView(
        kind=request.kind,
        services=_choices(request, plan, rows, facts),
        plan=plan,
        candidate_version=labels[0][1] if labels else "",
        labels=labels,
        collection=collection_view(),
        create=_create_control(plan, actor, edits),
        target_version=request.target_version or "",
        reason=request.reason,
        urgency=request.urgency,
        depends_on=facts.rules.depends_on,
        stages=stage_forecasts(plan),
        edits=edits,
        now=_plan_now(request, facts, edits),
        rules=_rule_choices(facts.rules, edits),
    )


def _rule_choices(rules: Rules, edits: Edits) -> tuple[RuleChoice, ...]:
    edited = {edit.id: edit for edit in edits.constraints}
    return tuple(
        RuleChoice(
            id=rule.id,
            subject=f"{rule.consumer} {rule.consumer_range} needs {rule.provider}",
            required=rule.provider_range,
            tried=_tried(rule, edited.get(rule.id)),
        )
        for rule in rules.constraints
        if rule.origin == "constraint"
    )


def _tried(rule: Constraint, edit: ConstraintEdit | None) -> str:
    if edit is None:
        return rule.provider_range
    return "" if edit.is_deleted else edit.provider_range or rule.provider_range


def _plan_now(request: PlanRequest, facts: PlanFacts, edits: Edits) -> Plan | None:
    """What the plan is compared with: itself without the edits, else what the resolver would choose."""
    if not edits.is_empty:
        return build_plan(request, facts)
    is_choice = request.overrides and request.kind not in KEEPS_LIVE
    return build_plan(replace(request, overrides={}), facts) if is_choice else None


def _labels(plan: Plan) -> tuple[tuple[str, str], ...]:
    if plan.platform_version is None:
        return ()
    target, taken = parse(plan.platform_version), taken_versions()
    labels = []
    for stage in on_the_way(Stage.objects.order_by("position"), plan.path):
        try:
            labels.append((stage.name, next_in_channel(target, stage.channel, taken).raw))
        except AlreadyPublished:
            labels.append((stage.name, f"{target} is already published"))
    return tuple(labels)


def _choices(
    request: PlanRequest,
    plan: Plan,
    rows: Mapping[str, Sequence[ServiceVersion]],
    facts: PlanFacts,
) -> tuple[ServiceChoices, ...]:
    defaults = _defaults(request.kind, rows, facts)
    selections = {selection.service: selection for selection in plan.selections}
    chosen = plan.versions
    return tuple(
        ServiceChoices(
            service=service.slug,
            name=service.name,
            live=facts.live[service.slug].raw if service.slug in facts.live else "",
            chosen=request.overrides.get(service.slug, "") or chosen.get(service.slug, ""),
            resolved=_resolved(rows.get(service.slug, ())),
            default=defaults[service.slug],
            why=selections[service.slug].why if service.slug in selections else "",
            versions=version_choices(rows.get(service.slug, ())),
        )
        for service in services_in_order(facts.rules.depends_on)
    )


def _resolved(rows: Sequence[ServiceVersion]) -> str:
    eligible = [choice.version for choice in version_choices(rows) if choice.eligible]
    return eligible[0] if eligible else ""


def _create_control(plan: Plan, actor: Actor, edits: Edits) -> Control:
    refusal = why_not(actor, Permission.PLAN)
    if not refusal and not edits.is_empty:
        refusal = "This plan tries out rules or freezes that are not stored: store them first, or drop the edits."
    if not refusal and plan.problems:
        refusal = plan.problems[0].text
    if not refusal and not plan.can_be_created:
        refusal = f"These versions are incompatible: {plan.verdict.errors[0].text}"
    return Control(verb="create", allowed=not refusal, why_not=refusal)


def collection_view() -> CollectionView:
    """Return how the last collection of versions went."""
    latest = Collection.objects.order_by("-requested_at", "-pk").first()
    finished = Collection.objects.filter(finished_at__isnull=False).order_by("-finished_at").first()
    return CollectionView(
        running=latest is not None and latest.finished_at is None,
        finished_at=finished.finished_at if finished else None,
        error=finished.error if finished else "",
        versions=finished.versions if finished else 0,
    )
