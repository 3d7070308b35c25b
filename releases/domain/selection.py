"""Which version of a service a plan takes: the highest eligible one, or the one that a person asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.versions import InvalidVersion, Version, highest, parse, parse_entered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

QUARANTINE = "quarantine"
COMPLETED = "completed"
RELEASED = frozenset({"released", "trusted_release"})
SHOWN_CHOICES = 5


class Chooser(StrEnum):
    RESOLVER = "resolver"
    OVERRIDE = "override"
    LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What stands in the way of a plan; ``field`` names the part of the request to mend, empty if it is none.

    ``offered`` is a value of that part that would do, where one is known.
    """

    code: str
    service: str = ""
    text: str
    fix: str
    field: str = ""
    offered: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One version as the registry reports it; statuses are compared without regard to case."""

    version_raw: str
    registry_status: str
    release_status: str
    stage: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """``version`` is None exactly when there is a ``problem``; ``rejected`` pairs each raw version with why not."""

    service: str
    version: Version | None
    why: str
    rejected: tuple[tuple[str, str], ...] = ()
    chosen_by: Chooser = Chooser.RESOLVER
    problem: Problem | None = None


def eligibility(candidate: Candidate, *, admit_prereleases: bool, from_stage: str = "") -> str:
    """Say why the resolver must not take this version; empty when it may."""
    return defect(candidate) or _policy_breach(candidate, admit_prereleases=admit_prereleases, from_stage=from_stage)


def defect(candidate: Candidate) -> str:
    """Say why nobody may take this version, with whatever reason; empty when there is nothing."""
    try:
        parse(candidate.version_raw)
    except InvalidVersion as error:
        return error.message
    if candidate.tag.casefold() == QUARANTINE:
        return "It is in quarantine."
    if candidate.registry_status.casefold() != COMPLETED:
        return f"Its status in the registry is {candidate.registry_status or 'empty'}, not COMPLETED."
    return ""


def _policy_breach(candidate: Candidate, *, admit_prereleases: bool, from_stage: str) -> str:
    at_start = bool(from_stage) and candidate.stage.casefold() == from_stage.casefold()
    if candidate.release_status.casefold() not in RELEASED and not at_start:
        return f"It is not released: its release status is {candidate.release_status or 'empty'}."
    if parse(candidate.version_raw).is_prerelease and not admit_prereleases:
        return "It is a prerelease, and the policy admits none here."
    return ""


def select_version(
    service: str,
    candidates: Sequence[Candidate],
    *,
    admit_prereleases: bool,
    from_stage: str = "",
    override: str = "",
    reason: str = "",
) -> Selection:
    """Take the override when there is one and it may be taken, else the highest eligible version."""
    judged = [
        (each.version_raw, eligibility(each, admit_prereleases=admit_prereleases, from_stage=from_stage))
        for each in candidates
    ]
    rejected = tuple(sorted({(raw, why) for raw, why in judged if why}))
    eligible = [parse(raw) for raw, why in judged if not why]
    if override.strip():
        return _overridden(service, override, candidates, dict(judged), eligible, rejected, reason)
    return _resolved(service, eligible, rejected)


def _resolved(service: str, eligible: list[Version], rejected: tuple[tuple[str, str], ...]) -> Selection:
    best = highest(eligible)
    if best is None:
        return _refused(
            service,
            rejected,
            code="no-eligible-version",
            text=f"{service} has no eligible version: {_summary(rejected)}",
            fix=f"Release a version of {service}.",
        )
    equals = sorted({version.raw for version in eligible if version.key == best.key})
    if len(equals) > 1:
        return _refused(
            service,
            rejected,
            code="equal-builds",
            text=f"{service} has builds of equal precedence: {', '.join(equals)}.",
            fix=f"Choose one of them for {service}.",
        )
    return Selection(service=service, version=best, why=f"{best} is the highest eligible version.", rejected=rejected)


def _summary(rejected: tuple[tuple[str, str], ...]) -> str:
    return " ".join(f"{raw}: {why}" for raw, why in rejected) or "the registry lists none."


def _overridden(
    service: str,
    override: str,
    candidates: Sequence[Candidate],
    judged: dict[str, str],
    eligible: list[Version],
    rejected: tuple[tuple[str, str], ...],
    reason: str,
) -> Selection:
    try:
        version = parse_entered(override)
    except InvalidVersion as error:
        return _refused(service, rejected, code="invalid-override", text=error.message, fix=_choices(service, eligible))
    found = next((each for each in candidates if each.version_raw == version.raw), None)
    if found is None:
        text = f"The registry has no {service} {version}."
        return _refused(service, rejected, code="unregistered-override", text=text, fix=_choices(service, eligible))
    if defect(found):
        text = f"{service} {version} must not be chosen. {defect(found)}"
        return _refused(service, rejected, code="refused-override", text=text, fix=_choices(service, eligible))
    breach = judged[version.raw]
    if breach and not reason.strip():
        text = f"{service} {version} breaks a rule. {breach}"
        fix = f"Give a reason. {_choices(service, eligible)}"
        return _refused(service, rejected, code="override-needs-reason", text=text, fix=fix)
    why = f"{version} was chosen by hand" + (f" although: {breach} The reason: {reason.strip()}" if breach else ".")
    return Selection(service=service, version=version, why=why, rejected=rejected, chosen_by=Chooser.OVERRIDE)


def _choices(service: str, eligible: Iterable[Version]) -> str:
    newest = sorted(set(eligible), key=lambda version: (version.key, version.raw), reverse=True)[:SHOWN_CHOICES]
    if not newest:
        return f"Release a version of {service} first."
    return f"Choose one of {', '.join(map(str, newest))}." if len(newest) > 1 else f"Choose {newest[0]}."


def _refused(service: str, rejected: tuple[tuple[str, str], ...], *, code: str, text: str, fix: str) -> Selection:
    problem = Problem(code=code, service=service, text=text, fix=fix, field=f"overrides.{service}")
    return Selection(service=service, version=None, why=text, rejected=rejected, problem=problem)
