"""Sealed lines: what was sealed comes back, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.errors import InvalidInput
from releases.domain.sealed_lines import sealed, unsealed

LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n")), max_size=6)


@given(LINES)
def test_what_was_sealed_comes_back(lines: list[str]) -> None:
    assert list(unsealed(sealed(lines))) == lines


@given(LINES, st.data())
def test_a_line_that_was_lost_is_noticed(lines: list[str], data: st.DataObject) -> None:
    written = list(sealed(lines))
    del written[data.draw(st.integers(0, len(written) - 1))]
    with pytest.raises(InvalidInput, match="cut short or was changed"):
        list(unsealed(written))


@given(LINES, st.data())
def test_a_line_that_was_changed_is_noticed(lines: list[str], data: st.DataObject) -> None:
    written = list(sealed(lines))
    written[data.draw(st.integers(0, len(written) - 1))] += " "
    with pytest.raises(InvalidInput, match="cut short or was changed"):
        list(unsealed(written))
