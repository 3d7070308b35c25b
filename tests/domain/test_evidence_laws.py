from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import chain, combinations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from releases.domain.evidence import open_rules
from releases.domain.rules import Constraint, Denial, Failure, Row, Rules, Severity
from releases.domain.versions import Version, parse
from tests.domain.known_pair import (
    CONTRACT,
    DOCUMENTS,
    EDGE,
    PLATFORM,
    ignore,
    verdict,
)

if TYPE_CHECKING:
    from random import Random

    from releases.domain.findings import Pair

from tests.domain.strategies import range_texts, raw_versions

# Few versions and ranges, so that evidence often meets.
some_versions = st.sampled_from(["1.0.0", "1.0.0+b", "1.1.0-rc.1", "1.2.0", "2.0.0", "2.1.0"])
some_ranges = st.one_of(range_texts, st.sampled_from(["*", "^1.0.0", ">=1.1.0", "newest"]))
some_days = st.sampled_from([None, None, None, date(2026, 11, 1), date(2026, 12, 1)])
directions = st.sampled_from([("a", "b"), ("b", "a")])
ids = st.integers(min_value=1, max_value=9)

constraints = st.builds(
    lambda number, ends, ranges, severity: Constraint(
        id=number,
        consumer=ends[0],
        consumer_range=ranges[0],
        provider=ends[1],
        provider_range=ranges[1],
        severity=severity,
    ),
    ids,
    directions,
    st.tuples(some_ranges, some_ranges),
    st.sampled_from([Severity.ERROR, Severity.WARNING]),
)
denials = st.builds(
    lambda number, ends, ranges: Denial(
        id=number, service=ends[0], service_range=ranges[0], other=ends[1], other_range=ranges[1], reason="No."
    ),
    ids,
    directions,
    st.tuples(some_ranges, some_ranges),
)
failures = st.builds(
    lambda number, ends, named: Failure(
        id=number, service=ends[0], version=named[0], other=ends[1], other_version=named[1], reason="Seen."
    ),
    ids,
    directions,
    st.tuples(some_versions, some_versions),
)
rows = st.builds(
    lambda platform, approved, day: tuple(
        Row(id=number, platform_version=platform, service=service, approved=tuple(versions), expires_on=day)
        for number, (service, versions) in enumerate(zip("ab", approved, strict=True), start=1)
    ),
    st.sampled_from(["2.0.0", "2.1.0", "2.2.0"]),
    st.tuples(*(st.lists(some_versions, min_size=1, max_size=2),) * 2),
    some_days,
)
contracts = st.builds(
    lambda number, ends, text: replace(CONTRACT, id=number, consumer=ends[0], provider=ends[1], consumer_range=text),
    ids,
    directions,
    some_ranges,
)
ignores = st.builds(
    lambda code, observed: replace(ignore(code), observed=observed),
    st.sampled_from(["range-broken", "no-evidence", "inferred", "failed-together", "no-document"]),
    st.one_of(st.just(""), some_versions),
)


def with_evidence(evidence: dict[str, Any]) -> Rules:
    return replace(EDGE, documents=DOCUMENTS, **evidence)


evidence: dict[str, st.SearchStrategy[Any]] = {
    "constraints": st.lists(constraints, min_size=1, max_size=2),
    "denials": st.lists(denials, min_size=1, max_size=1),
    "failures": st.lists(failures, min_size=1, max_size=2),
    "rows": st.lists(rows, min_size=1, max_size=2).map(chain.from_iterable),
    "contracts": st.lists(contracts, min_size=1, max_size=1),
    "ignores": st.lists(ignores, min_size=1, max_size=2),
}


def rules_of(*kinds: str) -> st.SearchStrategy[Rules]:
    return st.fixed_dictionaries({kind: evidence[kind].map(tuple) for kind in kinds}).map(with_evidence)


# Strong evidence hides what is weaker, so each kind is also drawn by itself.
KINDS = [
    ("rows",),
    ("contracts",),
    ("constraints", "ignores"),
    ("denials", "failures"),
    ("constraints", "contracts", "rows"),
    tuple(sorted(evidence)),
]
candidates = st.lists(st.one_of(some_versions, some_versions, raw_versions).map(parse), min_size=2, max_size=5)


@pytest.mark.parametrize("kinds", KINDS, ids=" ".join)
@settings(max_examples=50)
@given(data=st.data(), alike=candidates, partners=candidates, wide=st.booleans(), is_edge=st.booleans())
def test_versions_with_equal_signatures_have_equal_outcomes_with_every_partner(
    *,
    kinds: tuple[str, ...],
    data: st.DataObject,
    alike: list[Version],
    partners: list[Version],
    wide: bool,
    is_edge: bool,
) -> None:
    rules = data.draw(rules_of(*kinds))
    rules = rules if is_edge else replace(rules, depends_on={})
    book = open_rules(rules, platform_version=PLATFORM, include_prereleases=wide)

    def outcome(pair: Pair, service: str, version: Version, partner: Version) -> list[tuple[object, ...]]:
        other = pair.provider if service == pair.consumer else pair.consumer
        found = book.check(pair, {service: version, other: partner})
        return [(reason.code, reason.severity, reason.decisive, reason.ignored) for reason in found]

    differing = [
        (one.raw, two.raw, partner.raw)
        for pair in book.pairs
        for service in (pair.consumer, pair.provider)
        for one, two in combinations(alike, 2)
        if book.signature(pair, service, one) == book.signature(pair, service, two)
        for partner in partners
        if outcome(pair, service, one, partner) != outcome(pair, service, two, partner)
    ]
    assert differing == []


@settings(max_examples=50)
@given(rules_of(*sorted(evidence)), some_versions, some_versions, st.randoms(use_true_random=False))
def test_the_order_in_which_evidence_is_given_changes_nothing(rules: Rules, a: str, b: str, random: Random) -> None:
    names = ("constraints", "denials", "failures", "contracts")
    unique: dict[str, Any] = {name: tuple({each.id: each for each in getattr(rules, name)}.values()) for name in names}
    shuffled = {name: tuple(random.sample(found, len(found))) for name, found in unique.items()}
    raw = {"a": a, "b": b}
    assert verdict(with_evidence(shuffled), raw) == verdict(with_evidence(unique), raw)
