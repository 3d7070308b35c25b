"""Heads: what was signed is read back, from a log too, and nothing else is."""

from __future__ import annotations

import pytest

from releases.domain.errors import InvalidInput
from releases.domain.journal_heads import Head, head_lines, read_heads
from tests.domain.journal_lines import KEY, OTHER_KEY

HEADS = [Head(release_id=1, entries=12, seal="a" * 64), Head(release_id=2, entries=3, seal="b" * 64)]
LINES = tuple(head_lines(HEADS, key=KEY))


def test_golden_the_lines_say_how_many_entries_there_are() -> None:
    assert LINES[0] == f"journal-head release=1 entries=12 seal={'a' * 64}"
    assert LINES[2].startswith("journal-head releases=2 entries=15 seal=")


def test_a_log_with_several_heads_is_read_whole() -> None:
    later = head_lines(HEADS[:1], key=OTHER_KEY)
    log = [f"2026-11-22 INFO releases.tasks {line}\n" for line in (*LINES, "something else", *later)]
    assert read_heads(log, keys=[OTHER_KEY, KEY]) == [*HEADS, HEADS[0]]


def test_the_head_of_an_empty_board_is_signed_too() -> None:
    assert read_heads(head_lines([], key=KEY), keys=[KEY]) == []


@pytest.mark.parametrize(
    "lines",
    [
        (),
        LINES[:2],
        LINES[1:],
        (LINES[1], LINES[0], LINES[2]),
        (LINES[0].replace("entries=12", "entries=11"), *LINES[1:]),
        tuple(head_lines(HEADS, key=OTHER_KEY)),
        (*LINES, LINES[0]),
    ],
)
def test_other_lines_than_those_signed_are_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput, match="some line was lost or changed"):
        read_heads(lines, keys=[KEY])
