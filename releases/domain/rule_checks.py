"""What is odd about the rules themselves: told to whoever edits them, and decided by nobody else."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from releases.domain.constraints import InvalidRange, Range, compile_range
from releases.domain.versions import InvalidVersion, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from releases.domain.constraints import Comparators
    from releases.domain.rules import Constraint, Denial, Row, Rules

    Sides = tuple[Range, Range]


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """``evidence`` names the rule that is odd, ``others`` the rules that it does not go with."""

    evidence: str
    others: tuple[str, ...] = ()
    text: str


def oddities(rules: Rules) -> tuple[Oddity, ...]:
    """Return everything odd, each contradiction once for either rule that takes part, in the order of the rules."""
    found = [
        *_empty(rules),
        *_contradictions(rules.constraints),
        *_denied_rows(rules.denials, rules.rows),
    ]
    return tuple(sorted(found, key=lambda oddity: (_place(oddity.evidence), oddity.others, oddity.text)))


def oddities_of(rules: Rules, evidence: str) -> tuple[Oddity, ...]:
    """Return what is odd about one rule."""
    return tuple(oddity for oddity in oddities(rules) if oddity.evidence == evidence)


def _place(evidence: str) -> tuple[str, int]:
    kind, _, number = evidence.partition(":")
    return kind, int(number)


def _empty(rules: Rules) -> Iterator[Oddity]:
    for evidence, service, text in _ranges(rules):
        compiled = _compiled(text)
        if compiled is not None and compiled.is_unsatisfiable:
            yield Oddity(
                evidence=evidence,
                text=f"The range {text} of {service} admits no version at all, so this rule never speaks as meant.",
            )


def _ranges(rules: Rules) -> Iterator[tuple[str, str, str]]:
    for rule in rules.constraints:
        yield rule.evidence, rule.consumer, rule.consumer_range
        yield rule.evidence, rule.provider, rule.provider_range
    for denial in rules.denials:
        yield denial.evidence, denial.service, denial.service_range
        yield denial.evidence, denial.other, denial.other_range
    for contract in rules.contracts:
        yield contract.evidence, contract.consumer, contract.consumer_range


def _contradictions(constraints: Iterable[Constraint]) -> Iterator[Oddity]:
    """Compare the rules of each pair of services; two statements of versions are nobody's to edit here."""
    groups: defaultdict[frozenset[str], list[tuple[Constraint, Sides]]] = defaultdict(list)
    for rule in constraints:
        sides = _sides(rule)
        if sides is not None:
            groups[frozenset({rule.consumer, rule.provider})].append((rule, sides))
    for group in groups.values():
        for (one, its), (other, theirs) in combinations(group, 2):
            if {one.origin, other.origin} != {"requirement"} and (why := _contradiction(one, its, other, theirs)):
                yield Oddity(evidence=one.evidence, others=(other.evidence,), text=why)
                yield Oddity(evidence=other.evidence, others=(one.evidence,), text=why)


def _contradiction(one: Constraint, its: Sides, other: Constraint, theirs: Sides) -> str:
    if one.consumer == other.consumer:
        consumers, providers = _overlap(its[0], theirs[0]), _overlap(its[1], theirs[1])
        if not consumers or providers:
            return ""
        return (
            f"No {one.provider} satisfies both “{one.text}” and “{other.text}”, and both speak of some {one.consumer}."
        )
    # Written the other way round: one rule is kept exactly where the other is broken.
    here, there = _overlap(its[0], theirs[1]), _overlap(its[1], theirs[0])
    return f"“{one.text}” and “{other.text}” contradict each other." if here is not there else ""


def _sides(rule: Constraint) -> Sides | None:
    """Compile both ranges; a rule that cannot be read or can never speak contradicts nothing."""
    consumer, provider = _compiled(rule.consumer_range), _compiled(rule.provider_range)
    if consumer is None or provider is None or consumer.is_unsatisfiable or provider.is_unsatisfiable:
        return None
    return consumer, provider


def _compiled(text: str) -> Range | None:
    try:
        return compile_range(text)
    except InvalidRange:
        return None


def _overlap(one: Range, other: Range) -> bool:
    both = Range(text=f"{one} and {other}", strict=_cross(one.strict, other.strict), wide=_cross(one.wide, other.wide))
    return not both.is_unsatisfiable


def _cross(one: Sequence[Comparators], other: Sequence[Comparators]) -> tuple[Comparators, ...]:
    return tuple((*left, *right) for left in one for right in other)


def _denied_rows(denials: Iterable[Denial], rows: Iterable[Row]) -> Iterator[Oddity]:
    """Find pairs of rows of one platform version that approve together what a denial forbids."""
    by_place: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    platforms: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        by_place[row.platform_version, row.service].append(row)
        platforms[row.service].add(row.platform_version)
    for denial in denials:
        for platform in sorted(platforms[denial.service] & platforms[denial.other]):
            ends = (by_place[platform, denial.service], by_place[platform, denial.other])
            yield from _denied(denial, platform, *ends)


def _denied(denial: Denial, platform: str, rows: Sequence[Row], others: Sequence[Row]) -> Iterator[Oddity]:
    for row in rows:
        for other in others:
            mine, theirs = _meant(denial.service_range, row), _meant(denial.other_range, other)
            if mine and theirs:
                text = (
                    f"“{denial.text}” forbids {denial.service} {mine} with {denial.other} {theirs}, "
                    f"which platform {platform} approves; the denial counts."
                )
                places = (f"row:{row.id}", f"row:{other.id}")
                yield Oddity(evidence=denial.evidence, others=places, text=text)
                yield from (Oddity(evidence=place, others=(denial.evidence,), text=text) for place in places)


def _meant(range_text: str, row: Row) -> str:
    """First approved version that a denial means, which is any that its range admits with prereleases."""
    compiled = _compiled(range_text)
    if compiled is None:
        return ""
    return next((text for text in row.approved if _admits(compiled, text)), "")


def _admits(compiled: Range, text: str) -> bool:
    try:
        return compiled.admits(parse(text), include_prereleases=True)
    except InvalidVersion:
        return False
