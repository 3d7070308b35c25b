"""Small sets that do not fit, drawn at random, with every answer worked out by trying everything."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import permutations, product
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from releases.domain.budgets import Budget
from releases.domain.compatibility import membership
from releases.domain.conflict import Conflict, conflict_core
from releases.domain.evidence import open_rules
from releases.domain.rules import Constraint, Denial, Failure, Ignore, Row, Rules, Severity
from releases.domain.solver import Outcome, search
from releases.domain.versions import Version, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from releases.domain.evidence import RuleBook
    from releases.domain.findings import Pair
    from releases.domain.verdicts import Reason

SERVICES = "abcde"
PLATFORM = parse("2.2.0")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = datetime(2026, 12, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Puzzle:
    versions: Mapping[str, Version]
    candidates: Mapping[str, tuple[Version, ...]]
    rules: Rules
    pins: frozenset[str] = frozenset()
    wide: bool = False

    @property
    def book(self) -> RuleBook:
        return open_rules(self.rules, platform_version=PLATFORM, include_prereleases=self.wide)

    def search(self, *, nodes: int = 100_000) -> Outcome:
        return search(
            versions=self.versions,
            book=self.book,
            candidates=self.candidates,
            pins=self.pins,
            budget=Budget(nodes=nodes),
        )

    def core(self, *, nodes: int = 100_000) -> Conflict | None:
        return conflict_core(
            versions=self.versions,
            rules=self.rules,
            candidates=self.candidates,
            pins=self.pins,
            platform_version=PLATFORM,
            include_prereleases=self.wide,
            budget=Budget(nodes=nodes),
        )

    def only(self, *rules: object) -> Puzzle:
        """Leave out all rules but these."""
        kept = replace(
            self.rules,
            constraints=tuple(each for each in self.rules.constraints if each in rules),
            denials=tuple(each for each in self.rules.denials if each in rules),
            failures=tuple(each for each in self.rules.failures if each in rules),
        )
        return replace(self, rules=kept)


@dataclass(slots=True, kw_only=True)
class Oracle:
    """Tries every set."""

    puzzle: Puzzle
    errors_only: bool = False
    _book: RuleBook = field(init=False)
    _known: dict[tuple[Pair, Version, Version], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._book = self.puzzle.book

    def fitting(self) -> Iterator[dict[str, Version]]:
        puzzle = self.puzzle
        services = sorted(puzzle.versions.keys() | puzzle.rules.required)
        for chosen in product(*map(self._choices, services)):
            versions = dict(zip(services, chosen, strict=True))
            if self.fits(versions):
                yield versions

    def fits(self, versions: Mapping[str, Version]) -> bool:
        return not any(membership(versions, self.puzzle.rules)) and all(
            self._goes(pair, versions[pair.consumer], versions[pair.provider]) for pair in self._book.pairs_of(versions)
        )

    def _choices(self, service: str) -> list[Version]:
        own = [self.puzzle.versions[service]] if service in self.puzzle.versions else []
        is_fixed = service in self.puzzle.pins | self.puzzle.rules.external
        return own if is_fixed else [*own, *self.puzzle.candidates.get(service, ())]

    def _goes(self, pair: Pair, consumer: Version, provider: Version) -> bool:
        if (pair, consumer, provider) not in self._known:
            reasons = self._book.check(pair, {pair.consumer: consumer, pair.provider: provider})
            self._known[pair, consumer, provider] = not any(map(self._forbids, reasons))
        return self._known[pair, consumer, provider]

    def _forbids(self, reason: Reason) -> bool:
        return reason.blocks and (reason.counts_as is Severity.ERROR or not self.errors_only)


raw = st.sampled_from(["1.0.0", "1.0.1", "1.1.0-rc.1", "1.1.0", "2.0.0-rc.1", "2.0.0", "2.0.0+build.2"])
version = raw.map(parse)
ranges = st.sampled_from(["*", "^1.0.0", ">=1.1.0", "<1.1.0", ">=2.0.0", "1.0.1 || 2.0.0", ">=1.1.0-0", "<2.0.0"])
services = st.sampled_from(SERVICES)
two_services = st.sampled_from(list(permutations(SERVICES, 2)))
needs = st.sampled_from([(one, other) for one, other in permutations(SERVICES, 2) if one > other])
severities = st.sampled_from([Severity.ERROR, Severity.ERROR, Severity.ERROR, Severity.WARNING])


@st.composite
def rule_sets(draw: st.DrawFn, *, ignores: bool = True) -> Rules:
    """Rules of every kind that says something of two services."""
    constraints = draw(st.lists(st.tuples(two_services, ranges, ranges, severities), max_size=8))
    denials = draw(st.lists(st.tuples(two_services, ranges, ranges), max_size=3))
    failures = draw(st.lists(st.tuples(two_services, raw, raw), max_size=3))
    rows = draw(st.lists(st.tuples(services, raw, st.sampled_from(["2.2.0", "2.1.0", "2.3.0"])), max_size=4))
    ignored = draw(st.lists(st.tuples(two_services, st.sampled_from(["", "1.1.0", "2.0.0"])), max_size=2))
    codes = ("range-broken", "failed-together", "no-evidence")
    edges = draw(st.sets(needs, max_size=4))
    return Rules(
        constraints=tuple(
            Constraint(
                id=number,
                consumer=ends[0],
                consumer_range=own,
                provider=ends[1],
                provider_range=other,
                severity=severity,
            )
            for number, (ends, own, other, severity) in enumerate(constraints, start=1)
        ),
        denials=tuple(
            Denial(id=number, service=ends[0], service_range=own, other=ends[1], other_range=other, reason="it breaks")
            for number, (ends, own, other) in enumerate(denials, start=1)
        ),
        failures=tuple(
            Failure(id=number, service=ends[0], version=own, other=ends[1], other_version=other, reason="it broke")
            for number, (ends, own, other) in enumerate(failures, start=1)
        ),
        rows=tuple(
            Row(id=number, platform_version=platform, service=service, approved=(approved,))
            for number, (service, approved, platform) in enumerate(rows, start=1)
        ),
        ignores=tuple(
            Ignore(
                id=number,
                code=code,
                service=ends[0],
                other=ends[1],
                observed=observed,
                reason="known",
                by="maria",
                expires_at=LATER,
            )
            for number, (code, (ends, observed)) in enumerate(zip(codes, ignored, strict=False), start=1)
            if ignores
        ),
        depends_on={name: frozenset(other for one, other in edges if one == name) for name in SERVICES},
        required=draw(st.sampled_from([frozenset("abcd"), frozenset("abcde"), frozenset("bcd")])),
        optional=frozenset("ae"),
        external=frozenset(),
        as_of=NOW,
    )


@st.composite
def puzzles(draw: st.DrawFn, *, ignores: bool = True) -> Puzzle:
    names = draw(st.sampled_from(["abcde", "abcd", "bcde", "abc"]))
    return Puzzle(
        versions={name: draw(version) for name in names},
        candidates={name: tuple(draw(st.lists(version, min_size=1, max_size=4, unique=True))) for name in SERVICES},
        rules=draw(rule_sets(ignores=ignores)),
        pins=draw(st.frozensets(services, max_size=1)),
        wide=draw(st.booleans()),
    )
