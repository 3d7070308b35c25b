"""What is said of a service that has said nothing for a while."""

from __future__ import annotations

import pytest

from releases.display.silences import silence_word


@pytest.mark.parametrize(
    ("state", "word"),
    [("dispatched", "asked, silent"), ("accepted", "accepted, silent"), ("in_progress", "at work, silent")],
)
def test_a_silence_begins_with_what_the_service_did_last(state: str, word: str) -> None:
    assert silence_word(state) == word
