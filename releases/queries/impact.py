"""What an edit of the rules would do, and what did it: the sets that people rely on, judged before and after."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from releases.domain.impact import Impact, Subject, SubjectKind, impact
from releases.domain.lifecycle import OPEN_RELEASES
from releases.domain.versions import InvalidVersion, Version, parse
from releases.models import Deployment, Release, Stage
from releases.queries.promotability import next_stage
from releases.queries.rule_edits import edited_rules
from releases.queries.rules import declared_rules
from releases.queries.versions import eligible_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from releases.domain.rules import Rules
    from releases.queries.rule_edits import Edit


def impact_of(edit: Edit) -> Impact:
    """Return what the edit would change, without making it."""
    rules = declared_rules()
    return impact_between(rules, edited_rules(rules, edit))


def impact_between(before: Rules, after: Rules) -> Impact:
    """Return what differs for every open release and every stage; fixes are worked out only where something is lost."""
    if before == after:
        return Impact(effects=())
    subjects = (*release_subjects(open_releases()), *stage_subjects())
    found = impact(before, after, subjects)
    if not any(effect.blocks for effect in found.effects):
        return found
    return impact(before, after, subjects, candidates=eligible_versions())


def open_releases() -> list[Release]:
    """Return every release that is not over, in the order in which they are locked."""
    return list(Release.objects.filter(state__in=[state.value for state in OPEN_RELEASES]).order_by("pk"))


def release_subjects(releases: Iterable[Release]) -> tuple[Subject, ...]:
    """Return those of the releases that are open, each as its next stage judges it."""
    return tuple(_release_subject(release) for release in releases if release.state in OPEN_RELEASES)


def _release_subject(release: Release) -> Subject:
    stage = next_stage(release)
    return Subject(
        kind=SubjectKind.RELEASE,
        name=release.version,
        versions=_parsed(release.manifest),
        platform_version=parse(release.target_version),
        include_prereleases=bool(stage and stage.admits_prereleases),
    )


def stage_subjects() -> tuple[Subject, ...]:
    """Return what every stage runs, which in the middle of a promotion is a mixture."""
    running: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for stage_id, slug, version in Deployment.objects.values_list("stage_id", "service__slug", "version"):
        running[stage_id][slug] = version
    stages = Stage.objects.select_related("live_version").order_by("position")
    return tuple(_stage_subject(stage, running[stage.pk]) for stage in stages if stage.pk in running)


def _stage_subject(stage: Stage, running: Mapping[str, str]) -> Subject:
    label = parse(stage.live_version.version) if stage.live_version else None
    return Subject(
        kind=SubjectKind.STAGE,
        name=stage.name,
        versions=_parsed(running),
        platform_version=parse(".".join(map(str, label.core))) if label else None,
        include_prereleases=stage.admits_prereleases,
    )


def _parsed(versions: Mapping[str, str]) -> dict[str, Version]:
    return dict(_readable(versions.items()))


def _readable(versions: Iterable[tuple[str, str]]) -> Iterable[tuple[str, Version]]:
    """Leave out what a stage runs though it is no version: no rule can speak of it."""
    for service, text in versions:
        try:
            yield service, parse(text)
        except InvalidVersion:
            continue
