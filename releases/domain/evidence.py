"""Rows and rules weighed pair by pair: for each pair of services the strongest evidence speaks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from releases.domain.constraints import InvalidRange, compile_range
from releases.domain.verdicts import Reason, Severity
from releases.domain.versions import InvalidVersion, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from releases.domain.verdicts import Constraint, Row, Rules
    from releases.domain.versions import Key, Version

    Versions = Mapping[str, Version]


class Tier(IntEnum):
    """Strength of evidence; for one pair the strongest that exists silences the rest."""

    ROW = 3
    RANGE = 5
    NONE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    tier: Tier
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two services that have to do with each other; ``is_edge`` when the consumer really depends on the provider."""

    consumer: str
    provider: str
    is_edge: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """Rules indexed for one platform version and one mode, so that many sets can be weighed against them."""

    rules: Rules
    platform_version: Version | None
    include_prereleases: bool
    approved: Mapping[str, Mapping[Key, int]]
    constraints: Mapping[frozenset[str], tuple[Constraint, ...]]
    pairs: tuple[Pair, ...]

    def pairs_of(self, versions: Versions) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.consumer in versions and pair.provider in versions)

    def check(self, pair: Pair, versions: Versions) -> tuple[Reason, ...]:
        """Reasons of the strongest evidence on this pair; none when no rule applies and neither needs the other."""
        findings = list(self._findings(pair, versions[pair.consumer], versions[pair.provider], versions))
        strongest = min((finding.tier for finding in findings), default=Tier.NONE)
        return tuple(finding.reason for finding in findings if finding.tier is strongest)

    def _findings(self, pair: Pair, consumer: Version, provider: Version, versions: Versions) -> Iterator[Finding]:
        rows = self._approving_rows(pair, consumer, provider)
        if rows:
            yield Finding(tier=Tier.ROW, reason=_approved(pair, consumer, provider, rows, self.platform_version))
        for constraint in self.constraints.get(frozenset({pair.consumer, pair.provider}), ()):
            reason = _weigh(constraint, versions, include_prereleases=self.include_prereleases)
            if reason:
                yield Finding(tier=Tier.RANGE, reason=reason)
        if pair.is_edge:
            is_required = self.rules.optional.isdisjoint({pair.consumer, pair.provider})
            yield Finding(tier=Tier.NONE, reason=_unknown(pair, consumer, provider, is_required=is_required))

    def _approving_rows(self, pair: Pair, consumer: Version, provider: Version) -> tuple[int, ...]:
        ends = (
            self.approved.get(pair.consumer, {}).get(consumer.key),
            self.approved.get(pair.provider, {}).get(provider.key),
        )
        found = tuple(row for row in ends if row is not None)
        return found if len(found) == len(ends) else ()


def open_rules(rules: Rules, *, platform_version: Version | None, include_prereleases: bool) -> RuleBook:
    """Index the rules; rows count only for exactly this platform version."""
    constraints: dict[frozenset[str], tuple[Constraint, ...]] = {}
    for constraint in sorted(rules.constraints, key=lambda constraint: constraint.id):
        key = frozenset({constraint.consumer, constraint.provider})
        constraints[key] = (*constraints.get(key, ()), constraint)
    return RuleBook(
        rules=rules,
        platform_version=platform_version,
        include_prereleases=include_prereleases,
        approved=_approvals(rules.rows, platform_version),
        constraints=constraints,
        pairs=_pairs(rules),
    )


def _approvals(rows: Iterable[Row], platform_version: Version | None) -> dict[str, dict[Key, int]]:
    approved: dict[str, dict[Key, int]] = {}
    for row in sorted(rows, key=lambda row: row.id):
        if platform_version is not None and platform_version.key in _keys([row.platform_version]):
            mine = approved.setdefault(row.service, {})
            mine.update({key: row.id for key in _keys(row.approved) if key not in mine})
    return approved


def _keys(texts: Iterable[str]) -> Iterator[Key]:
    """Precedence of each readable version; what is no version approves nothing."""
    for text in texts:
        try:
            yield parse(text).key
        except InvalidVersion:
            continue


def _pairs(rules: Rules) -> tuple[Pair, ...]:
    """Edges first, then pairs that only a rule connects; each pair once, whichever way round it is written."""
    edges = sorted((consumer, provider) for consumer, needs in rules.depends_on.items() for provider in needs)
    ruled = sorted((constraint.consumer, constraint.provider) for constraint in rules.constraints)
    found: dict[frozenset[str], Pair] = {}
    for is_edge, ends in ((True, edges), (False, ruled)):
        for consumer, provider in ends:
            pair = Pair(consumer=consumer, provider=provider, is_edge=is_edge)
            found.setdefault(frozenset({consumer, provider}), pair)
    return tuple(found.values())


def _approved(
    pair: Pair, consumer: Version, provider: Version, rows: tuple[int, ...], platform: Version | None
) -> Reason:
    ends = f"{pair.consumer} {consumer} and {pair.provider} {provider}"
    return Reason(
        code="approved-row",
        severity=Severity.OK,
        service=pair.consumer,
        other=pair.provider,
        observed=str(provider),
        required=f"approved in {platform}",
        evidence=",".join(f"row:{row}" for row in rows),
        text=f"{ends} are approved together in platform {platform}.",
    )


def _unknown(pair: Pair, consumer: Version, provider: Version, *, is_required: bool) -> Reason:
    ends = f"{pair.consumer} {consumer} with {pair.provider} {provider}"
    return Reason(
        code="no-evidence",
        severity=Severity.UNKNOWN,
        service=pair.consumer,
        other=pair.provider,
        observed=str(provider),
        text=f"Nothing is known about {ends}: no row approves the pair and no rule covers it.",
        fix=f"Add a compatibility rule for {pair.consumer} on {pair.provider}, or approve both versions in a row.",
        decisive=is_required,
    )


def _weigh(constraint: Constraint, versions: Versions, *, include_prereleases: bool) -> Reason | None:
    """Judge one rule; None when it does not speak of this consumer version."""
    consumer, provider = versions[constraint.consumer], versions[constraint.provider]
    try:
        concerned = compile_range(constraint.consumer_range)
        required = compile_range(constraint.provider_range)
    except InvalidRange as error:
        return _unreadable(constraint, provider, error)
    if not concerned.admits(consumer, include_prereleases=include_prereleases):
        return None
    holds = required.admits(provider, include_prereleases=include_prereleases)
    by_prerelease = not holds and required.admits(provider, include_prereleases=True)
    return _weighed(constraint, consumer, provider, holds=holds, by_prerelease=by_prerelease)


def _weighed(
    constraint: Constraint, consumer: Version, provider: Version, *, holds: bool, by_prerelease: bool
) -> Reason:
    needs = f"{constraint.consumer} {consumer} needs {constraint.provider} {constraint.provider_range}"
    chosen = f"{constraint.provider} {provider} is chosen"
    ending = f"and {chosen}." if holds else f"but {chosen}."
    if by_prerelease:
        ending = f"but {chosen}, and prereleases do not count here."
    return Reason(
        code="range-holds" if holds else "range-broken",
        severity=Severity.OK if holds else constraint.severity,
        service=constraint.consumer,
        other=constraint.provider,
        observed=str(provider),
        required=constraint.provider_range,
        evidence=f"constraint:{constraint.id}",
        text=f"{needs}, {ending}",
    )


def _unreadable(constraint: Constraint, provider: Version, error: InvalidRange) -> Reason:
    return Reason(
        code="rule-unreadable",
        severity=Severity.UNKNOWN,
        service=constraint.consumer,
        other=constraint.provider,
        observed=str(provider),
        evidence=f"constraint:{constraint.id}",
        text=f"The rule of {constraint.consumer} on {constraint.provider} cannot be read: {error.message}",
        fix="Correct the rule.",
    )
