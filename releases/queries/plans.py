"""Plans that are computed and not stored: for the plan page, the preview call, and the moment of creation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from releases import conf
from releases.domain.access import Actor, Permission, why_not
from releases.domain.plans import Plan, PlanFacts, PlanRequest, build_plan
from releases.domain.versions import AlreadyPublished, Version, next_in_channel, parse
from releases.models import Collection, PlatformVersion, Service, ServiceVersion, Stage
from releases.queries.catalog import services_in_order, slugs_by_alias
from releases.queries.rules import declared_dependencies, declared_rules
from releases.queries.versions import candidate, version_choices, version_rows
from releases.queries.views import CollectionView, Control, PlanView, ServiceChoices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# In these kinds a service that nobody chose a version for takes the resolver's.
RESOLVED_KINDS = frozenset({"synchronized", "train"})


def computed_plan(request: PlanRequest) -> Plan:
    """Compute the plan from what is known now; the same knowledge gives the same digest."""
    rows = version_rows()
    return build_plan(_normalised(request, rows), _facts(rows))


def _normalised(request: PlanRequest, rows: Mapping[str, Sequence[ServiceVersion]]) -> PlanRequest:
    """Resolve aliases, and drop choices that are the resolver's own; a name that nobody knows stays, to be refused."""
    aliases = slugs_by_alias()
    named = {aliases.get(name, name): version for name, version in request.overrides.items()}
    chosen = {name: version for name, version in named.items() if version != _resolved(rows.get(name, ()))}
    return replace(request, overrides=chosen if request.kind in RESOLVED_KINDS else named)


def baseline() -> PlatformVersion | None:
    """Return the last stable platform version: what the last stage runs."""
    last = Stage.objects.select_related("live_version").order_by("-position").first()
    return last.live_version if last else None


def taken_versions() -> list[Version]:
    """Return every platform version that was ever given out."""
    return [parse(version) for version in PlatformVersion.objects.values_list("version", flat=True)]


def _facts(rows: Mapping[str, Sequence[ServiceVersion]]) -> PlanFacts:
    base = baseline()
    live = base.manifest if base else {}
    slugs = Service.objects.values_list("slug", flat=True)
    return PlanFacts(
        baseline=parse(base.version) if base else None,
        first=parse(conf.initial_platform_version()),
        live={service: parse(version) for service, version in live.items()},
        candidates={slug: tuple(candidate(row) for row in rows.get(slug, ())) for slug in slugs},
        rules=declared_rules(),
        published=[version for version in taken_versions() if not version.is_prerelease],
    )


def plan_view(request: PlanRequest, actor: Actor) -> PlanView:
    """Return the plan page for these choices."""
    rows = version_rows()
    request = _normalised(request, rows)
    plan = build_plan(request, _facts(rows))
    labels = _labels(plan)
    depends_on = declared_dependencies()
    return PlanView(
        kind=request.kind,
        services=_choices(request, plan, rows, depends_on),
        plan=plan,
        candidate_version=labels[0][1] if labels else "",
        labels=labels,
        collection=collection_view(),
        create=_create_control(plan, actor),
        target_version=request.target_version or "",
        reason=request.reason,
        depends_on=depends_on,
    )


def _labels(plan: Plan) -> tuple[tuple[str, str], ...]:
    if plan.platform_version is None:
        return ()
    target, taken = parse(plan.platform_version), taken_versions()
    labels = []
    for stage in Stage.objects.order_by("position"):
        try:
            labels.append((stage.name, next_in_channel(target, stage.channel, taken).raw))
        except AlreadyPublished:
            labels.append((stage.name, f"{target} is already published"))
    return tuple(labels)


def _choices(
    request: PlanRequest,
    plan: Plan,
    rows: Mapping[str, Sequence[ServiceVersion]],
    depends_on: Mapping[str, frozenset[str]],
) -> tuple[ServiceChoices, ...]:
    base = baseline()
    live = base.manifest if base else {}
    selections = {selection.service: selection for selection in plan.selections}
    chosen = plan.versions
    return tuple(
        ServiceChoices(
            service=service.slug,
            name=service.name,
            live=live.get(service.slug, ""),
            chosen=request.overrides.get(service.slug, "") or chosen.get(service.slug, ""),
            resolved=_resolved(rows.get(service.slug, ())),
            why=selections[service.slug].why if service.slug in selections else "",
            versions=version_choices(rows.get(service.slug, ())),
        )
        for service in services_in_order(depends_on)
    )


def _resolved(rows: Sequence[ServiceVersion]) -> str:
    eligible = [choice.version for choice in version_choices(rows) if choice.eligible]
    return eligible[0] if eligible else ""


def _create_control(plan: Plan, actor: Actor) -> Control:
    refusal = why_not(actor, Permission.PLAN)
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
