"""The platform version that a set of service changes asks for, and why."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from releases.domain.errors import InvalidInput
from releases.domain.versions import (
    AlreadyPublished,
    Classification,
    Direction,
    Flag,
    Level,
    Version,
    bump,
    classify,
    shape,
    stable,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

FIRST = stable(1, 0, 0)
NOTHING: Mapping[str, Version] = MappingProxyType({})


class TargetRefused(InvalidInput):
    """``requested`` cannot be the next platform version; ``determined`` is what the changes ask for."""

    code = "target-refused"

    def __init__(self, requested: Version, determined: Version, message: str) -> None:
        super().__init__("target_version", message)
        self.requested = requested
        self.determined = determined


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChange:
    """One service between the baseline and the new set; ``contributes`` is the platform level that it asks for."""

    service: str
    before: Version | None
    after: Version | None
    classification: Classification
    contributes: Level
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformBump:
    """``version`` is None when nothing changed; the sentences say how the version was found, in order."""

    version: Version | None
    level: Level
    rationale: tuple[str, ...]
    changes: tuple[ServiceChange, ...]
    warnings: tuple[str, ...] = ()


def determine_platform_version(  # noqa: PLR0913 - each is one fact of the rule, and none has a position
    *,
    baseline: Version | None,
    before: Mapping[str, Version],
    after: Mapping[str, Version],
    forced_reason: str = "",
    requested: Version | None = None,
    override_reason: str = "",
    published: Collection[Version] = (),
    last_stable: Mapping[str, Version] = NOTHING,
    first: Version = FIRST,
) -> PlatformBump:
    """Compare against the last stable platform version; raises ``TargetRefused`` and ``AlreadyPublished``."""
    changes = service_changes(before, after, last_stable)
    level = max((change.contributes for change in changes), default=Level.NONE)
    warnings = tuple(f"{change.text} Give a reason." for change in changes if is_downgrade(change))
    if level is Level.NONE and not (forced_reason and baseline):
        return PlatformBump(version=None, level=Level.NONE, rationale=(_unchanged(baseline),), changes=(), warnings=())
    rationale = [_explain(change) for change in changes]
    if level is Level.NONE:
        level = Level.PATCH
        rationale.append(f"No service changed; a PATCH is forced: {forced_reason}")
    determined = bump(baseline, level) if baseline else first
    rationale.append(_conclude(baseline, determined, level))
    version = determined
    if requested is not None and requested.raw != determined.raw:
        rationale.append(_accept_target(requested, determined, baseline, override_reason))
        version = requested
    if any(taken.key == version.key for taken in published):
        raise AlreadyPublished(version, published)
    return PlatformBump(version=version, level=level, rationale=tuple(rationale), changes=changes, warnings=warnings)


def service_changes(
    before: Mapping[str, Version], after: Mapping[str, Version], last_stable: Mapping[str, Version] = NOTHING
) -> tuple[ServiceChange, ...]:
    """Every service that differs, sorted by name."""
    names = sorted({*before, *after})
    changes = (describe_change(name, before.get(name), after.get(name), last_stable.get(name)) for name in names)
    return tuple(change for change in changes if change.classification.level is not Level.NONE)


def describe_change(
    service: str, before: Version | None, after: Version | None, last_stable: Version | None = None
) -> ServiceChange:
    """Classify one service; both versions equal gives level NONE and a sentence that says so."""
    classification = classify(before, after, last_stable=last_stable)
    return ServiceChange(
        service=service,
        before=before,
        after=after,
        classification=classification,
        contributes=_contribution(classification, before, after, last_stable),
        text=_sentence(service, before, after, classification),
    )


def is_downgrade(change: ServiceChange) -> bool:
    return change.classification.direction is Direction.DOWN


def _contribution(
    classification: Classification, before: Version | None, after: Version | None, last_stable: Version | None
) -> Level:
    """Level for the platform: a step that starts at a prerelease also counts what its last release lacks."""
    if Flag.BREAKING in classification.flags:
        return Level.MAJOR
    level = classification.level
    if before and after and before.is_prerelease and level is not Level.NONE:
        level = max(level, _since_stable(before, after, last_stable))
    return level if level is Level.NONE else max(level, Level.PATCH)


def _since_stable(before: Version, after: Version, last_stable: Version | None) -> Level:
    if last_stable is None:
        return shape(before)
    measured = classify(last_stable, after)
    return Level.MAJOR if Flag.BREAKING in measured.flags else measured.level


def _sentence(service: str, before: Version | None, after: Version | None, classification: Classification) -> str:
    notes = ", ".join(_NOTES[flag] for flag in sorted(classification.flags))
    suffix = f" ({notes})." if notes else "."
    match classification.direction:
        case Direction.ADDED:
            return f"{service} {after} is added{suffix}"
        case Direction.REMOVED:
            return f"{service} {before} is removed."
        case Direction.DOWN:
            return f"{service} goes down from {before} to {after}, a {classification.level} step{suffix}"
        case Direction.UP:
            return f"{service} goes from {before} to {after}, a {classification.level} step{suffix}"
        case Direction.NONE if classification.level is Level.BUILD_ONLY:
            return f"{service} goes from {before} to {after}, another build of the same version."
        case _:
            return f"{service} stays at {after}."


_NOTES = {
    Flag.BREAKING: "breaking before 1.0.0",
    Flag.BUILD_ONLY: "build only",
    Flag.PROMOTE: "a prerelease becomes its release",
    Flag.TO_PRERELEASE: "to a prerelease",
}


def _explain(change: ServiceChange) -> str:
    if change.contributes is change.classification.level:
        return change.text
    return f"{change.text} For the platform this counts as {change.contributes}."


def _unchanged(baseline: Version | None) -> str:
    return f"No service changed, so {baseline} stays." if baseline else "There is no service, so there is no version."


def _conclude(baseline: Version | None, determined: Version, level: Level) -> str:
    if baseline is None:
        return f"This is the first platform version: {determined}."
    return f"The highest level is {level}, so {baseline} becomes {determined}."


def _accept_target(requested: Version, determined: Version, baseline: Version | None, reason: str) -> str:
    if requested.is_prerelease or requested.build:
        message = f"A target version is a release; leave out what follows {stable(*requested.core)}."
        raise TargetRefused(requested, determined, message)
    if baseline and requested <= baseline:
        message = f"{requested} is not above {baseline}, the last platform version."
        raise TargetRefused(requested, determined, message)
    if requested >= determined:
        return f"{requested} was asked for in place of {determined}."
    if not reason:
        message = f"The changes ask for at least {determined}; give a reason to use {requested} all the same."
        raise TargetRefused(requested, determined, message)
    return f"{requested} was asked for although the changes ask for {determined}: {reason}"
