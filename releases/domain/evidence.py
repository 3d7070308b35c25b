"""Everything known about a pair of services, weighed: for each pair the strongest evidence speaks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from releases.domain import findings
from releases.domain.constraints import InvalidRange, compile_range
from releases.domain.contract_reasons import unreadable_range
from releases.domain.contracts import check_contract
from releases.domain.findings import Couple, Finding, Pair, Tier
from releases.domain.inference import Likelihood, neighbourhood
from releases.domain.rules import Severity
from releases.domain.versions import InvalidVersion, parse

if TYPE_CHECKING:
    from collections.abc import Container, Hashable, Iterable, Iterator, Mapping
    from datetime import date

    from releases.domain.contracts import Contract
    from releases.domain.inference import Neighbourhood
    from releases.domain.rules import Constraint, Denial, Failure, Ignore, Row, Rules
    from releases.domain.verdicts import Reason
    from releases.domain.versions import Key, Version

    Versions = Mapping[str, Version]
    Ends = frozenset[str]


class _HasId(Protocol):
    @property
    def id(self) -> int: ...


Identified = TypeVar("Identified", bound=_HasId)

# Whoever wants these to pass must change the denial or the set: they cannot be lived with.
NEVER_IGNORED = frozenset(
    {"denial-unreadable", "denied", "missing-dependency", "missing-service", "unexpected-service"}
)
_SUGGESTED = frozenset({Likelihood.LIKELY, Likelihood.POSSIBLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """Rules indexed for one platform version and one mode, so that many sets can be weighed against them."""

    rules: Rules
    platform_version: Version | None
    include_prereleases: bool
    pairs: tuple[Pair, ...]
    pairs_by_service: Mapping[str, tuple[Pair, ...]]
    approved: Mapping[str, Mapping[Key, Row]]
    expired: Mapping[str, Mapping[Key, Row]]
    denials: Mapping[Ends, tuple[Denial, ...]]
    failures: Mapping[Ends, tuple[Failure, ...]]
    contracts: Mapping[Ends, tuple[Contract, ...]]
    constraints: Mapping[Ends, tuple[Constraint, ...]]
    ignores: Mapping[Ends, tuple[Ignore, ...]]
    around: Neighbourhood | None
    _weighed: dict[tuple[int, Version], tuple[Reason, ...]] = field(default_factory=dict, repr=False, compare=False)

    def pairs_of(self, versions: Versions) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.consumer in versions and pair.provider in versions)

    def pairs_around(self, service: str, present: Container[str]) -> tuple[Pair, ...]:
        pairs = self.pairs_by_service.get(service, ())
        return tuple(pair for pair in pairs if pair.consumer in present and pair.provider in present)

    def check(self, pair: Pair, versions: Versions) -> tuple[Reason, ...]:
        """Reasons of the strongest evidence on this pair; none when no rule applies and neither needs the other."""
        couple = Couple(pair=pair, consumer=versions[pair.consumer], provider=versions[pair.provider])
        found = [*self._findings(couple)]
        settled = [finding for finding in found if not finding.is_open]
        open_ = [finding for finding in found if finding.is_open]
        if pair.is_edge and not settled:
            settled.append(self._guess(couple))
        is_required = self._is_required(pair)
        return tuple(self.live_with(reason) for reason in _strongest(settled, open_, is_required=is_required))

    def signature(self, pair: Pair, service: str, version: Version) -> Hashable:
        """Equal for two versions of one end of a pair exactly when no evidence on the pair tells them apart."""
        ends = frozenset({pair.consumer, pair.provider})
        row = self.approved.get(service, {}).get(version.key)
        return (
            tuple(self._sides(self.constraints.get(ends, ()), service, version)),
            tuple(self._denied_sides(self.denials.get(ends, ()), service, version)),
            tuple(_is_named(failure, service, version) for failure in self.failures.get(ends, ())),
            row.id if row else None,
            self.around.guess(service, version).likelihood if self.around and pair.is_edge else None,
            tuple(each.observed == str(version) for each in self.ignores.get(ends, ()) if each.observed),
            version.raw if self.contracts.get(ends) else None,
        )

    def live_with(self, reason: Reason) -> Reason:
        """Mark a reason that somebody decided to ignore; a denial or an incomplete set is never marked."""
        if reason.severity is Severity.OK or reason.code in NEVER_IGNORED:
            return reason
        ignores = self.ignores.get(frozenset({reason.service, reason.other} - {""}), ())
        found = (each for each in ignores if each.code == reason.code and each.observed in {"", reason.observed})
        ignore = next(found, None)
        return reason.lived_with(ignore) if ignore else reason

    def _findings(self, couple: Couple) -> Iterator[Finding]:
        ends = frozenset({couple.pair.consumer, couple.pair.provider})
        for denial in self.denials.get(ends, ()):
            yield from self._deny(couple, denial)
        yield from self._failed(couple, self.failures.get(ends, ()))
        if rows := self._rows(self.approved, couple):
            reason = findings.approved(couple, tuple(row.id for row in rows), self.platform_version)
            yield Finding(tier=Tier.ROW, reason=reason)
        for contract in self.contracts.get(ends, ()):
            yield from self._check_contract(couple, contract)
        for constraint in self.constraints.get(ends, ()):
            yield from self._weigh(couple, constraint)

    def _failed(self, couple: Couple, failures: Iterable[Failure]) -> Iterator[Finding]:
        for failure in failures:
            named = (failure.service, failure.other)
            if all(_is_named(failure, service, couple.version_of(service)) for service in named):
                yield Finding(tier=Tier.FAILURE, reason=findings.failed(couple, failure))

    def _deny(self, couple: Couple, denial: Denial) -> Iterator[Finding]:
        try:
            ranges = [(denial.service, denial.service_range), (denial.other, denial.other_range)]
            if all(self._admits(text, couple.version_of(service)) for service, text in ranges):
                yield Finding(tier=Tier.DENIAL, reason=findings.denied(couple, denial))
        except InvalidRange as error:
            yield Finding(tier=Tier.DENIAL, reason=findings.unreadable_denial(couple, denial, error))

    def _admits(self, text: str, version: Version) -> bool:
        """Whether a denial means this version: prereleases are always meant, for a no is not weakened by a label."""
        return compile_range(text).admits(version, include_prereleases=True)

    def _check_contract(self, couple: Couple, contract: Contract) -> Iterator[Finding]:
        try:
            concerned = compile_range(contract.consumer_range)
        except InvalidRange as error:
            yield Finding(tier=Tier.CONTRACT, reason=unreadable_range(contract, error.message))
            return
        if not concerned.admits(couple.version_of(contract.consumer), include_prereleases=True):
            return
        version = couple.version_of(contract.provider)
        if (contract.id, version) not in self._weighed:
            self._weighed[contract.id, version] = check_contract(contract, self.rules, version)
        yield from (Finding(tier=Tier.CONTRACT, reason=reason) for reason in self._weighed[contract.id, version])

    def _weigh(self, couple: Couple, constraint: Constraint) -> Iterator[Finding]:
        """Judge one rule, unless it does not speak of this consumer version."""
        try:
            concerned = compile_range(constraint.consumer_range)
            required = compile_range(constraint.provider_range)
        except InvalidRange as error:
            yield Finding(tier=Tier.RANGE, reason=findings.unreadable(couple, constraint, error))
            return
        consumer, provider = couple.version_of(constraint.consumer), couple.version_of(constraint.provider)
        wide = self.include_prereleases
        if concerned.admits(consumer, include_prereleases=wide):
            holds = required.admits(provider, include_prereleases=wide)
            by_prerelease = not holds and required.admits(provider, include_prereleases=True)
            reason = findings.weighed(couple, constraint, holds=holds, by_prerelease=by_prerelease)
            yield Finding(tier=Tier.RANGE, reason=reason)

    def _guess(self, couple: Couple) -> Finding:
        """Infer from neighbouring rows where the platform version has none, else admit that nothing is known."""
        ends = ((couple.pair.consumer, couple.consumer), (couple.pair.provider, couple.provider))
        guesses = tuple(self.around.guess(service, version) for service, version in ends) if self.around else ()
        if guesses and all(guess.likelihood in _SUGGESTED for guess in guesses):
            return Finding(tier=Tier.INFERENCE, reason=findings.inferred(couple, guesses))
        is_required = self._is_required(couple.pair)
        grounds = tuple(guess for guess in guesses if guess.rows)
        reason = findings.unknown(couple, is_required=is_required, guesses=grounds, expired=self._expired(couple))
        return Finding(tier=Tier.NONE, reason=reason)

    def _is_required(self, pair: Pair) -> bool:
        return self.rules.optional.isdisjoint({pair.consumer, pair.provider})

    def _expired(self, couple: Couple) -> tuple[tuple[int, date], ...]:
        ends = ((couple.pair.consumer, couple.consumer), (couple.pair.provider, couple.provider))
        rows = (self.expired.get(service, {}).get(version.key) for service, version in ends)
        return tuple((row.id, row.expires_on) for row in rows if row and row.expires_on)

    def _rows(self, kept: Mapping[str, Mapping[Key, Row]], couple: Couple) -> tuple[Row, ...]:
        """Rows that hold both ends; none when one is missing."""
        consumer = kept.get(couple.pair.consumer, {}).get(couple.consumer.key)
        provider = kept.get(couple.pair.provider, {}).get(couple.provider.key)
        return (consumer, provider) if consumer and provider else ()

    def _sides(self, constraints: Iterable[Constraint], service: str, version: Version) -> Iterator[bool | None]:
        for constraint in constraints:
            text = constraint.consumer_range if constraint.consumer == service else constraint.provider_range
            yield _admits_or_none(text, version, include_prereleases=self.include_prereleases)

    def _denied_sides(self, denials: Iterable[Denial], service: str, version: Version) -> Iterator[bool | None]:
        for denial in denials:
            text = denial.service_range if denial.service == service else denial.other_range
            yield _admits_or_none(text, version, include_prereleases=True)


def _admits_or_none(text: str, version: Version, *, include_prereleases: bool) -> bool | None:
    try:
        return compile_range(text).admits(version, include_prereleases=include_prereleases)
    except InvalidRange:
        return None


def _strongest(settled: list[Finding], open_: list[Finding], *, is_required: bool) -> Iterator[Reason]:
    """The strongest evidence, with the contracts that could not be analysed where nothing stronger than those speaks.

    Such a contract decides nothing while rules or rows still do; where nothing else is known it is what is unknown.
    """
    strongest = min((finding.tier for finding in settled), default=Tier.NONE)
    speaking = {strongest}
    if open_ and strongest is Tier.CONTRACT:
        speaking.add(Tier.RANGE)
    spoken = [finding for finding in settled if finding.tier in speaking]
    if not open_ or strongest < Tier.CONTRACT:
        yield from (finding.reason for finding in spoken)
        return
    decides = is_required and not any(finding.tier in {Tier.RANGE, Tier.INFERENCE} for finding in spoken)
    yield from (finding.reason for finding in spoken if finding.tier is not Tier.NONE)
    yield from (replace(finding.reason, decisive=finding.reason.decisive and decides) for finding in open_)


def _is_named(failure: Failure, service: str, version: Version) -> bool:
    text = failure.version if failure.service == service else failure.other_version
    return version.key in set(_keys([text]))


def open_rules(rules: Rules, *, platform_version: Version | None, include_prereleases: bool) -> RuleBook:
    """Index the rules; rows count only for exactly this platform version."""
    approved, expired = _approvals(rules, platform_version)
    pairs = _pairs(rules)
    return RuleBook(
        rules=rules,
        platform_version=platform_version,
        include_prereleases=include_prereleases,
        pairs=pairs,
        pairs_by_service=_by_service(pairs),
        approved=approved,
        expired=expired,
        denials=_by_ends((each.service, each.other, each) for each in rules.denials),
        failures=_by_ends((each.service, each.other, each) for each in rules.failures),
        contracts=_by_ends((each.consumer, each.provider, each) for each in rules.contracts),
        constraints=_by_ends((each.consumer, each.provider, each) for each in rules.constraints),
        ignores=_by_ends((each.service, each.other, each) for each in rules.ignores if _runs(each, rules)),
        around=neighbourhood(rules, platform_version) if platform_version else None,
    )


def _by_service(pairs: tuple[Pair, ...]) -> dict[str, tuple[Pair, ...]]:
    found: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        for service in sorted({pair.consumer, pair.provider}):
            found[service].append(pair)
    return {service: tuple(group) for service, group in found.items()}


def _by_ends(rules: Iterable[tuple[str, str, Identified]]) -> dict[Ends, tuple[Identified, ...]]:
    """Group by the unordered pair that a rule is about, each group in the order of the ids."""
    found: defaultdict[Ends, list[Identified]] = defaultdict(list)
    for service, other, rule in rules:
        found[frozenset({service, other} - {""})].append(rule)
    return {ends: tuple(sorted(group, key=lambda rule: rule.id)) for ends, group in found.items()}


def _runs(ignore: Ignore, rules: Rules) -> bool:
    return rules.as_of is None or rules.as_of < ignore.expires_at


def _approvals(
    rules: Rules, platform_version: Version | None
) -> tuple[dict[str, dict[Key, Row]], dict[str, dict[Key, Row]]]:
    """Rows of this platform version by service and precedence: those that count, and those past their day."""
    approved: dict[str, dict[Key, Row]] = {}
    expired: dict[str, dict[Key, Row]] = {}
    for row in sorted(rules.rows, key=lambda row: row.id):
        if platform_version is not None and platform_version.key in _keys([row.platform_version]):
            kept = expired if _is_past(row, rules) else approved
            for key in _keys(row.approved):
                kept.setdefault(row.service, {}).setdefault(key, row)
    return approved, expired


def _is_past(row: Row, rules: Rules) -> bool:
    return rules.as_of is not None and row.expires_on is not None and row.expires_on < rules.as_of.date()


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
    ruled = [(rule.consumer, rule.provider) for rule in rules.constraints]
    ruled += [(rule.consumer, rule.provider) for rule in rules.contracts]
    excluded = [(rule.service, rule.other) for rule in rules.denials]
    excluded += [(rule.service, rule.other) for rule in rules.failures]
    found: dict[Ends, Pair] = {}
    for is_edge, ends in ((True, edges), (False, sorted(ruled)), (False, sorted(excluded))):
        for consumer, provider in ends:
            pair = Pair(consumer=consumer, provider=provider, is_edge=is_edge)
            found.setdefault(frozenset({consumer, provider}), pair)
    return tuple(found.values())
