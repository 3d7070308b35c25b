"""Seals: fixed for good, the same from both databases, and of no use without the key."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.sealing import canonical, is_mac, key_mark, mac_of, origin, seal_of, sealing_key
from tests.domain.journal_lines import KEY, NOON, OTHER_KEY, RELEASE, Written

LINE = Written(
    sequence=2, at=NOON, actor="zoë", payload={"b": [1, 2.5, None, True], "a": {"ü": "\u2028", "n": 1e22, "z": -0.0}}
)


def text(line: Written) -> str:
    return canonical(release_id=RELEASE, line=line, sequence=line.sequence)


def test_golden_an_entry_is_written_like_this() -> None:
    assert text(LINE) == (
        '{"actor":"zo\\u00eb","at":"2026-11-22T12:00:00.000005+00:00","kind":"callback.applied",'
        '"payload":{"a":{"n":10000000000000000000000,"z":0,"\\u00fc":"\\u2028"},"b":[1,2.5,null,true]},'
        '"release":7,"sequence":2,"service":"inventory"}'
    )


def test_golden_seals_never_change() -> None:
    first = seal_of(release_id=RELEASE, line=LINE, previous=origin(RELEASE), key=KEY)
    assert (origin(RELEASE), key_mark(KEY)) == ("journal of release 7", "b63a65e633fdf34a")
    assert first == "73efbf528f0f6f822ecf15fb542594e668046c2a26d96fbf1b8baf8446c71149"
    assert (
        seal_of(release_id=RELEASE, line=LINE, previous=first, key=KEY)
        == "eb0dbdeffa02a4a97d2276d4a5df2ecd3d24007623edfd2df54f8e10677a3a16"
    )


def test_the_same_instant_is_written_the_same_in_any_zone() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert text(replace(LINE, at=there)) == text(LINE)


def test_the_order_of_keys_does_not_matter() -> None:
    assert text(replace(LINE, payload=dict(reversed(list(LINE.payload.items()))))) == text(LINE)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"bytes"])
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        text(replace(LINE, payload={"value": value}))


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_written_the_same_only_when_they_are_equal(one: float, other: float) -> None:
    assert (text(replace(LINE, payload={"n": one})) == text(replace(LINE, payload={"n": other}))) is (one == other)


def test_a_seal_needs_the_key_the_entry_and_what_was_before() -> None:
    def seal(line: Written = LINE, *, previous: str = "p", key: bytes = KEY, release_id: int = RELEASE) -> str:
        return seal_of(release_id=release_id, line=line, previous=previous, key=key)

    others = {seal(key=OTHER_KEY), seal(previous="q"), seal(release_id=8), seal(replace(LINE, sequence=3))}
    assert len(others | {seal()}) == 5


def test_any_of_the_keys_may_have_made_a_mac() -> None:
    mac = mac_of(KEY, "one", "two")
    assert is_mac(mac, "one", "two", keys=[OTHER_KEY, KEY])
    assert not is_mac(mac, "one", "two", keys=[OTHER_KEY])
    assert not is_mac(mac, "one", keys=[KEY])


def test_the_mark_of_a_key_tells_keys_apart_and_shows_none_of_them() -> None:
    assert key_mark(KEY) != key_mark(OTHER_KEY)
    assert key_mark(KEY) not in KEY.hex()
    assert sealing_key("secret") != b"secret"
