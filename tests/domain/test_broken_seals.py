"""What was done to a journal is named by the first entry that does not fit; a sound one is never suspected."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.broken_seals import Damage, Journal, first_broken_seal
from tests.domain.journal_lines import KEY, OTHER_KEY, Written, journal, renumbered, sealed, written


def found(broken: Journal) -> tuple[Damage, int] | None:
    what = first_broken_seal(broken)
    return (what.damage, what.first) if what else None


@given(st.integers(1, 9))
def test_a_sound_journal_is_not_suspected(count: int) -> None:
    assert found(journal(written(count))) is None


@given(st.integers(0, 5), st.sampled_from([{"actor": "x"}, {"kind": "x"}, {"service": ""}, {"payload": {}}]))
def test_an_edited_entry_is_named(place: int, change: dict[str, object]) -> None:
    lines = written()
    lines[place] = replace(lines[place], **change)  # type: ignore[arg-type]
    assert found(journal(lines)) == (Damage.EDITED, place + 1)


@given(st.integers(0, 5))
def test_a_removed_entry_leaves_a_number_that_is_missing(place: int) -> None:
    lines = written()
    del lines[place]
    assert found(journal(lines, end=6)) == (Damage.MISSING, place + 1)


@given(st.integers(0, 3))
def test_a_removed_entry_is_named_though_the_later_ones_were_renumbered(place: int) -> None:
    lines = written()
    del lines[place]
    assert found(journal(renumbered(lines))) == (Damage.REMOVED, place + 1)


@given(st.integers(0, 5))
def test_an_inserted_entry_is_named_though_the_later_ones_were_renumbered(place: int) -> None:
    lines = written()
    lines.insert(place, Written(sequence=0, actor="nobody", seal="0" * 64))
    assert found(journal(renumbered(lines))) == (Damage.INSERTED, place + 1)


def test_an_entry_behind_the_end_is_named() -> None:
    lines = [*written(), Written(sequence=7, seal="0" * 64)]
    assert found(journal(lines, end=6)) == (Damage.ADDED, 7)


def test_an_entry_that_was_moved_up_is_named_as_one_that_was_inserted() -> None:
    lines = written()
    lines[2], lines[3] = lines[3], lines[2]
    assert found(journal(renumbered(lines))) == (Damage.INSERTED, 3)


@given(st.integers(2, 5))
def test_entries_that_were_written_anew_with_another_key_are_named(first: int) -> None:
    lines = written()
    anew = sealed(lines[first - 1 :], key=OTHER_KEY, previous=lines[first - 2].seal)
    broken = first_broken_seal(journal([*lines[: first - 1], *anew]))
    assert broken is not None
    assert (broken.first, broken.last) == (first, 6)
    assert (first_broken_seal(journal([*lines[: first - 1], *anew], keys=(KEY, OTHER_KEY)))) is None


def test_a_journal_that_the_key_never_sealed_is_told_from_one_that_was_edited() -> None:
    broken = first_broken_seal(journal(written(), keys=(OTHER_KEY,)))
    assert broken is not None
    assert broken.message == (
        "none of its 6 entries fits its seal: was AUDIT_KEY or SECRET_KEY changed? If not, the journal was rewritten."
    )


def test_the_journal_of_another_release_does_not_pass() -> None:
    assert found(replace(journal(written()), release_id=8)) == (Damage.OTHER_KEY, 1)


def test_an_end_that_was_cut_off_contradicts_the_release() -> None:
    whole = written()
    assert found(journal(whole[:4], end=6, seal=whole[-1].seal)) == (Damage.MISSING, 5)
    assert found(journal(whole[:4], seal=whole[-1].seal)) == (Damage.OTHER_END, 4)


def test_a_release_without_any_entry_lacks_its_first() -> None:
    assert found(journal([], seal="")) == (Damage.MISSING, 1)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda lines: lines[:1] + lines[2:], "entry 2 is missing; the release is at 3."),
        (
            lambda lines: [lines[0], replace(lines[1], kind="x"), lines[2]],
            "entry 2 does not fit its seal: it was edited.",
        ),
        (
            lambda lines: [lines[0], replace(lines[1], seal="0" * 64), lines[2]],
            "entries 2 to 3 do not fit their seals: they were rewritten, or sealed with another key.",
        ),
    ],
)  # fmt: skip
def test_the_sentence_names_the_numbers(damage: object, message: str) -> None:
    assert callable(damage)
    broken = first_broken_seal(journal(damage(written(3)), end=3))
    assert broken is not None
    assert broken.message == message
