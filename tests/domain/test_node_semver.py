"""The same questions to this board and to npm's package semver; ``SEMVER_SEED`` asks others than the usual ones."""

from __future__ import annotations

import os
from functools import cmp_to_key
from random import Random
from typing import TYPE_CHECKING

import pytest

from releases.domain.constraints import MAX_NUMBER, InvalidRange, compile_range
from releases.domain.sort_keys import sort_key
from releases.domain.versions import InvalidVersion, Version, parse
from tests.node import grammar
from tests.node.package_semver import ask, require_package

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED = int(os.environ.get("SEMVER_SEED") or "20260722")
RANGES = 12_000
VERSIONS_PER_RANGE = 5
VERSIONS = 20_000

Answer = list[list[bool] | None]


@pytest.fixture(autouse=True)
def seed() -> int:
    require_package()
    print(f"SEMVER_SEED={SEED}")  # noqa: T201 - pytest shows it with a failure
    return SEED


def admitted(text: str, versions: Sequence[str]) -> Answer:
    """Answer as node does: None where the range is refused, else whether each version is admitted, in both modes."""
    try:
        compiled = compile_range(text)
    except InvalidRange:
        return [None, None]
    read = [*map(parse, versions)]
    return [[compiled.admits(each, include_prereleases=wide) for each in read] for wide in (False, True)]


def refused_alike(answer: Answer) -> Answer:
    """Node refuses some ends of what it can count in one mode only; the board compiles both at once."""
    return [None, None] if None in answer else answer


def understood(raw: str) -> list[object] | None:
    try:
        version = parse(raw)
    except InvalidVersion:
        return None
    return [[*version.core], [*version.prerelease], version.build.split(".") if version.build else []]


def is_the_boards_own(raw: str) -> bool:
    """A blank or a v around a version is forgiven at the board's doors only; and its numbers have no end."""
    if raw != raw.strip() or raw[:1] == "v":
        return True
    read = understood(raw)
    return read is not None and max(parse(raw).core) > MAX_NUMBER


def precedence(left: Version, right: Version) -> int:
    return (left > right) - (left < right)


def test_ranges_admit_exactly_what_node_admits_and_both_refuse_the_same(seed: int) -> None:
    random = Random(seed)
    texts = [grammar.range_text(random) for _ in range(RANGES)]
    questions = [(text, [grammar.version_near(random, text) for _ in range(VERSIONS_PER_RANGE)]) for text in texts]

    answers = ask({"ask": "range", "text": text, "versions": versions} for text, versions in questions)

    compared = zip(questions, answers, strict=True)
    differences = [
        (text, versions, answer)
        for (text, versions), answer in compared
        if admitted(text, versions) != refused_alike(answer)
    ]
    assert differences == []


def test_the_drawn_ranges_are_of_every_kind(seed: int) -> None:
    random = Random(seed)
    texts = [grammar.range_text(random) for _ in range(RANGES)]
    answers = [
        admitted(text, [grammar.version_near(random, text) for _ in range(VERSIONS_PER_RANGE)]) for text in texts
    ]

    read = [(strict, wide) for strict, wide in answers if strict is not None and wide is not None]
    shares = {
        "refused ranges": 1 - len(read) / RANGES,
        "admitted versions": sum(map(sum, (strict for strict, _ in read))) / (VERSIONS_PER_RANGE * len(read)),
        "told apart by the mode": sum(strict != wide for strict, wide in read) / len(read),
    }
    kinds = ("^", "~", "~>", ">", ">=", "<", "<=", "=", " - ", "||", "x", "*", "v", "+", "\t", " ")
    assert [name for name, share in shares.items() if not 0.1 < share < 0.9] == []
    assert [kind for kind in kinds if sum(kind in text for text in texts) < RANGES / 100] == []


def test_exactly_the_versions_of_node_are_versions(seed: int) -> None:
    random = Random(seed)
    raws = [grammar.version_text(random) for _ in range(VERSIONS)]

    (answer,) = ask([{"ask": "read", "versions": raws}])

    read = {raw: said for raw, said in zip(raws, answer, strict=True) if not is_the_boards_own(raw)}
    assert {raw: said for raw, said in read.items() if understood(raw) != said} == {}
    assert 0.1 < sum(said is None for said in read.values()) / len(read) < 0.6


def test_versions_have_the_precedence_that_node_gives_them(seed: int) -> None:
    random = Random(seed)
    drawn = [parse(grammar.version(random)) for _ in range(VERSIONS)]
    pairs = [(random.choice(drawn[:2000]), random.choice(drawn[:2000])) for _ in range(VERSIONS)]

    compared, ordered = ask(
        [
            {"ask": "compare", "pairs": [(left.raw, right.raw) for left, right in pairs]},
            {"ask": "sort", "versions": [version.raw for version in drawn]},
        ]
    )

    assert [precedence(left, right) for left, right in pairs] == compared
    assert [version.raw for version in sorted(drawn, key=cmp_to_key(precedence))] == ordered
    assert [version.raw for version in sorted(drawn, key=sort_key)] == ordered
