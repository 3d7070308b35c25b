"""May these versions run together? One verdict, with a fix for what fails."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from releases.domain.evidence import RuleBook, open_rules
from releases.domain.observations import observed_reasons
from releases.domain.rules import Constraint, Row, Rules, Severity
from releases.domain.undone_hotfixes import undone_hotfixes
from releases.domain.verdicts import Overall, Reason, Verdict, conclude
from releases.domain.versions import Version, highest

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from releases.domain.findings import Pair

    Versions = Mapping[str, Version]
    Candidates = Mapping[str, Sequence[Version]]

__all__ = ["Constraint", "Overall", "Reason", "Row", "Rules", "Severity", "Verdict", "conclude", "judge", "membership"]

NO_CANDIDATES: Candidates = MappingProxyType({})


def judge(
    *,
    versions: Versions,
    platform_version: Version | None,
    rules: Rules,
    include_prereleases: bool = False,
    candidates: Candidates = NO_CANDIDATES,
) -> Verdict:
    """Weigh every pair and check that nothing is missing; ``candidates`` are the versions that a fix may propose."""
    book = open_rules(rules, platform_version=platform_version, include_prereleases=include_prereleases)
    checks = [
        _with_fix(reason, book, versions, candidates) if _needs_fix(reason) else reason
        for pair in book.pairs_of(versions)
        for reason in book.check(pair, versions)
    ]
    return conclude(
        [
            *membership(versions, rules, candidates),
            *(checks or [_unchecked(versions, rules)]),
            *undone_hotfixes(versions, rules),
            *observed_reasons(versions, rules),
        ]
    )


def _needs_fix(reason: Reason) -> bool:
    return not reason.fix and (reason.severity is Severity.ERROR or reason.code == "range-broken")


def membership(versions: Versions, rules: Rules, candidates: Candidates = NO_CANDIDATES) -> Iterator[Reason]:
    """Yield an ERROR for each service that is missing, unexpected, or depended on and nowhere to be found."""
    known = rules.required | rules.optional
    for service in sorted(rules.required - versions.keys()):
        yield _missing(service, candidates.get(service, ()))
    for service in sorted(versions.keys() - known - rules.external):
        yield _unexpected(service)
    for consumer in sorted(versions.keys() & rules.depends_on.keys()):
        for provider in sorted(rules.depends_on[consumer] - known - versions.keys()):
            yield _missing_dependency(consumer, provider)


def _missing(service: str, candidates: Sequence[Version]) -> Reason:
    example = highest(candidates)
    fix = f"Choose a version of {service}, for example {example}." if example else f"Release a version of {service}."
    return Reason(
        code="missing-service",
        severity=Severity.ERROR,
        service=service,
        text=f"{service} belongs to the platform, but no version of it is chosen.",
        fix=fix,
    )


def _unexpected(service: str) -> Reason:
    return Reason(
        code="unexpected-service",
        severity=Severity.ERROR,
        service=service,
        text=f"{service} is not a service of the platform.",
        fix=f"Take {service} out of the release, or add it to the platform first.",
    )


def _missing_dependency(consumer: str, provider: str) -> Reason:
    return Reason(
        code="missing-dependency",
        severity=Severity.ERROR,
        service=consumer,
        other=provider,
        text=f"{consumer} depends on {provider}, which is neither in the release nor deployed.",
        fix=f"Add {provider} to the platform, or remove the dependency.",
    )


def _unchecked(versions: Versions, rules: Rules) -> Reason:
    """Tell a release that needs no checks from one whose checks all missed it."""
    nothing_to_check = not rules.constraints and not rules.contracts and not any(rules.depends_on.values())
    if versions and nothing_to_check:
        return Reason(
            code="no-dependencies", severity=Severity.OK, service="", text="There are no dependencies to check."
        )
    return Reason(
        code="nothing-checked",
        severity=Severity.UNKNOWN,
        service="",
        text="Not one dependency or rule speaks of the services in this release."
        if versions
        else "No service is chosen.",
        fix="Check that dependencies and rules name the services as the release does.",
    )


def _with_fix(reason: Reason, book: RuleBook, versions: Versions, candidates: Candidates) -> Reason:
    """Name the nearest version of either side that mends the rule and breaks nothing else."""
    consumer, provider = reason.service, reason.other
    ways = (
        _nearest(provider, _upwards_first(versions[provider], candidates.get(provider, ())), reason, book, versions),
        _nearest(consumer, _downwards_first(versions[consumer], candidates.get(consumer, ())), reason, book, versions),
    )
    found = ", or ".join(way for way in ways if way)
    fix = (
        f"{found[0].upper()}{found[1:]}."
        if found
        else f"No known version of {provider} or {consumer} mends this alone."
    )
    return reason.with_fix(fix)


def _upwards_first(present: Version, candidates: Iterable[Version]) -> list[Version]:
    lower, higher = _around(present, candidates)
    return higher + lower[::-1]


def _downwards_first(present: Version, candidates: Iterable[Version]) -> list[Version]:
    lower, higher = _around(present, candidates)
    return lower[::-1] + higher


def _around(present: Version, candidates: Iterable[Version]) -> tuple[list[Version], list[Version]]:
    ordered = sorted(candidates, key=lambda version: (version.key, version.raw))
    return [each for each in ordered if each < present], [each for each in ordered if each > present]


def _nearest(service: str, ordered: Iterable[Version], broken: Reason, book: RuleBook, versions: Versions) -> str:
    """First version that mends the rule and leaves nothing broken or unknown around the service, as words."""
    ends = {broken.service, broken.other}
    # The broken pair first: most versions do not even mend that.
    around = sorted(book.pairs_around(service, versions), key=lambda pair: {pair.consumer, pair.provider} != ends)
    hopeless: set[Hashable] = set()
    for version in ordered:
        alike = tuple(book.signature(pair, service, version) for pair in around[:1])
        changed = {**versions, service: version}
        if alike in hopeless:
            continue
        if not _mends(around[:1], broken, book, changed):
            hopeless.add(alike)
        elif _mends(around[1:], broken, book, changed):
            return f"take {service} {version}" if version > versions[service] else f"keep {service} at {version}"
    return ""


def _mends(around: Iterable[Pair], broken: Reason, book: RuleBook, versions: Versions) -> bool:
    return not any(
        (reason.code, reason.evidence) == (broken.code, broken.evidence) or reason.blocks
        for pair in around
        for reason in book.check(pair, versions)
    )
