from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.sort_keys import sort_key, sort_key_of
from releases.domain.versions import MAX_LENGTH, Version, parse
from tests.domain.strategies import far_versions

STORED_BYTES = 1024


@given(far_versions, far_versions)
def test_keys_stand_in_the_order_of_precedence(left: Version, right: Version) -> None:
    assert (sort_key(left) < sort_key(right), sort_key(left) == sort_key(right)) == (
        left < right,
        left.key == right.key,
    )


@given(st.lists(far_versions, max_size=8))
def test_sorting_by_key_is_sorting_by_precedence(versions: list[Version]) -> None:
    assert sorted(versions, key=sort_key) == sorted(versions, key=lambda version: version.key)


@pytest.mark.parametrize(
    "order",
    [
        ["9.0.0", "10.0.0"],
        ["1.0.0-9", "1.0.0-10", "1.0.0-a"],
        ["1.0.0-a", "1.0.0-a.0", "1.0.0-a.a", "1.0.0-a-", "1.0.0-a0", "1.0.0-aa", "1.0.0"],
        ["1.0.0--", "1.0.0-0a", "1.0.0-A", "1.0.0-Z", "1.0.0-a", "1.0.0-z", "1.0.0", "1.0.1-0"],
        [f"{10**40}.0.0", f"{10**41 - 1}.0.0", f"{10**41}.0.0"],
    ],
)
def test_what_is_easily_sorted_wrongly_is_sorted_rightly(order: list[str]) -> None:
    assert [version.raw for version in sorted(map(parse, reversed(order)), key=sort_key)] == order


def test_a_build_has_no_influence_on_the_key() -> None:
    assert sort_key(parse("1.4.0+a")) == sort_key(parse("1.4.0"))


def test_what_is_no_version_stands_below_every_version() -> None:
    assert (sort_key_of("2024.05.0"), sort_key_of("0.0.0-0") > b"", sort_key_of("1.4.0")) == (
        b"",
        True,
        sort_key(parse("1.4.0")),
    )


@pytest.mark.parametrize("raw", ["1.2.3-" + ".".join("a" * 61), "1.2.3-" + ".".join("1" * 61), "1.2.3-" + "a" * 122])
def test_the_key_of_the_longest_version_fits_where_it_is_stored(raw: str) -> None:
    assert (len(raw) in {MAX_LENGTH - 1, MAX_LENGTH}, len(sort_key(parse(raw))) < STORED_BYTES) == (True, True)
