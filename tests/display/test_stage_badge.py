"""Badges of stages: what they say, to everybody."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from releases.display.stage_badge import COLOURS, badge_words, stage_badge


@pytest.mark.parametrize(
    ("version", "state", "words"),
    [
        ("2.2.0", "live", "2.2.0"),
        ("", "empty", "nothing yet"),
        ("2.1.0", "running", "2.1.0, running"),
        ("2.1.0", "held", "2.1.0, held"),
        ("", "paused", "nothing yet, paused"),
    ],
)
def test_a_badge_says_what_runs_and_what_goes_on(version: str, state: str, words: str) -> None:
    assert badge_words(version, state) == words


def test_a_badge_has_a_name_and_is_sound_whatever_the_stage_is_called() -> None:
    drawn = fromstring(stage_badge('R&D "<1>"', "2.2.0", "live"))

    assert drawn.attrib["aria-label"] == 'R&D "<1>": 2.2.0'
    assert [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")] == ['R&D "<1>"', "2.2.0"]


def luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", [*COLOURS.values(), "#33373e"])
def test_white_can_be_read_on_every_colour(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5
