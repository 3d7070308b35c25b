"""What an edit of the rules would do to what is open and to what is live, before anybody saves it."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.compatibility import NO_CANDIDATES, judge
from releases.domain.rules import Severity
from releases.domain.verdicts import Overall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from releases.domain.compatibility import Candidates
    from releases.domain.rules import Rules
    from releases.domain.verdicts import Reason, Verdict
    from releases.domain.versions import Version


class SubjectKind(StrEnum):
    RELEASE = "release"
    STAGE = "stage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A set that somebody relies on: an open release as its next stage judges it, or what a stage runs."""

    kind: SubjectKind
    name: str
    versions: Mapping[str, Version]
    platform_version: Version | None
    include_prereleases: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How the verdict on one subject changes; ``reasons`` are those that the edit brings, worst first."""

    subject: Subject
    before: Overall
    after: Overall
    reasons: tuple[Reason, ...]

    @property
    def blocks(self) -> bool:
        """Whether it takes something away, rather than gives it back."""
        return any(reason.blocks for reason in self.reasons) or _weight(self.after) > _weight(self.before)

    @property
    def causes(self) -> tuple[Reason, ...]:
        """What somebody should read before deciding: a rule that still holds explains nothing."""
        return tuple(reason for reason in self.reasons if reason.severity is not Severity.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """The effects of one edit, releases before stages, each in the order of the subjects."""

    effects: tuple[Effect, ...]

    @property
    def summary(self) -> str:
        """For example ``blocks 2 open releases, un-verifies PROD's current set``."""
        grouped: defaultdict[tuple[SubjectKind, str], list[str]] = defaultdict(list)
        for effect in self.effects:
            grouped[effect.subject.kind, _verb(effect)].append(effect.subject.name)
        told = [f"{verb} {_words(kind, names)}" for (kind, verb), names in grouped.items()]
        return ", ".join(told) or "changes nothing that is open or live"

    @property
    def digest(self) -> str:
        """Equal for two impacts that tell the same; whoever confirms one confirms no other."""
        told = [
            [
                effect.subject.kind.value,
                effect.subject.name,
                effect.before.value,
                effect.after.value,
                [[*map(str, _identity(reason))] for reason in effect.reasons],
            ]
            for effect in self.effects
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


NO_IMPACT = Impact(effects=())


def impact(
    before: Rules, after: Rules, subjects: Sequence[Subject], *, candidates: Candidates = NO_CANDIDATES
) -> Impact:
    """Judge every subject by both; one whose answer stays and that gets no new blocking reason is left out.

    ``candidates`` are the versions that a fix may propose; without any, the reasons propose none.
    """
    ordered = sorted(subjects, key=lambda subject: list(SubjectKind).index(subject.kind))
    found = (_effect(before, after, subject, candidates) for subject in ordered)
    return Impact(effects=tuple(effect for effect in found if effect))


def _effect(before: Rules, after: Rules, subject: Subject, candidates: Candidates) -> Effect | None:
    old, new = _judged(subject, before), _judged(subject, after, candidates)
    known = {_identity(reason) for reason in old.reasons}
    fresh = tuple(reason for reason in new.reasons if _identity(reason) not in known)
    if old.overall is new.overall and not any(reason.blocks for reason in fresh):
        return None
    reasons = fresh if candidates else tuple(reason.with_fix("") for reason in fresh)
    return Effect(subject=subject, before=old.overall, after=new.overall, reasons=reasons)


def _judged(subject: Subject, rules: Rules, candidates: Candidates = NO_CANDIDATES) -> Verdict:
    return judge(
        versions=subject.versions,
        platform_version=subject.platform_version,
        rules=rules,
        include_prereleases=subject.include_prereleases,
        candidates=candidates,
    )


def _identity(reason: Reason) -> tuple[object, ...]:
    """What makes a reason another one for a reader; its sentences follow from these."""
    return (
        reason.code,
        reason.severity,
        reason.service,
        reason.other,
        reason.observed,
        reason.required,
        reason.evidence,
        reason.decisive,
        reason.ignored,
    )


_WORST_LAST = (
    Overall.COMPATIBLE,
    Overall.COMPATIBLE_WITH_WARNINGS,
    Overall.UNDETERMINED,
    Overall.INCOMPATIBLE,
)


def _weight(overall: Overall) -> int:
    return _WORST_LAST.index(overall)


_FITS = frozenset({Overall.COMPATIBLE, Overall.COMPATIBLE_WITH_WARNINGS})
_BLOCKED = {SubjectKind.RELEASE: "blocks", SubjectKind.STAGE: "un-verifies"}
_FREED = {SubjectKind.RELEASE: "unblocks", SubjectKind.STAGE: "verifies"}


def _verb(effect: Effect) -> str:
    """Name the change; releases are blocked by what is incompatible, what runs can only lose its verdict."""
    old, new, kind = effect.before, effect.after, effect.subject.kind
    if old is new:
        return "adds reasons against"
    if {old, new} <= _FITS:
        return "warns about" if _weight(new) > _weight(old) else "clears the warnings of"
    if new is Overall.INCOMPATIBLE:
        return "contradicts" if kind is SubjectKind.STAGE and old not in _FITS else _BLOCKED[kind]
    if new is Overall.UNDETERMINED:
        return "un-verifies" if old in _FITS else "leaves undetermined"
    return _FREED[kind] if old is Overall.INCOMPATIBLE else "verifies"


def _words(kind: SubjectKind, names: Sequence[str]) -> str:
    if kind is SubjectKind.RELEASE:
        return f"{len(names)} open release{'' if len(names) == 1 else 's'}"
    return f"{names[0]}'s current set" if len(names) == 1 else f"the current sets of {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
