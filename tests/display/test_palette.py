"""Contrast by WCAG 2.2; colour vision by Machado, Oliveira and Fernandes 2009 (severity 1.0); distance in OKLab."""

from __future__ import annotations

import math
import re
from itertools import combinations

import pytest

from releases.display.status import Tone
from tests.quality.sources import text_of

Triple = tuple[float, float, float]

READABLE = 4.5
GRAPHICS = 3.0
# Two tones may come close for one kind of vision, as icon, word and form differ too; but never as close as one shade.
APART = 0.05
THEMES = {"light": 0, "dark": 1}
VISION: dict[str, tuple[Triple, Triple, Triple]] = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
DECLARED = re.compile(r"--([a-z-]+): light-dark\(oklch\(([\d. ]+)\), oklch\(([\d. ]+)\)\)")


def tokens() -> dict[str, tuple[Triple, Triple]]:
    """Read each colour of ``tokens.css`` as linear sRGB, light and dark."""
    found = DECLARED.findall(text_of("static/css/tokens.css"))
    return {name: (linear(light), linear(dark)) for name, light, dark in found}


def linear(oklch: str) -> Triple:
    lightness, chroma, hue = (float(part) for part in oklch.split())
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return clipped(
        (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ),
    )


def clipped(colour: Triple) -> Triple:
    red, green, blue = (min(1.0, max(0.0, part)) for part in colour)
    return red, green, blue


def contrast(one: Triple, other: Triple) -> float:
    darker, lighter = sorted(0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def seen(colour: Triple, vision: str) -> Triple:
    red, green, blue = (sum(a * b for a, b in zip(row, colour, strict=True)) for row in VISION[vision])
    return clipped((red, green, blue))


def oklab(colour: Triple) -> Triple:
    red, green, blue = colour
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("tone", [tone.value for tone in Tone])
def test_a_tone_can_be_read_on_its_soft_ground_and_on_the_surfaces(tone: str, theme: str) -> None:
    colours = {name: pair[THEMES[theme]] for name, pair in tokens().items()}
    grounds = [f"{tone}-soft", "surface", "surface-sunken", "surface-raised", "bg"]
    ratios = {ground: round(contrast(colours[tone], colours[ground]), 2) for ground in grounds}
    assert {ground: ratio for ground, ratio in ratios.items() if ratio < READABLE} == {}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("text", ["text", "text-muted"])
def test_text_can_be_read_on_every_ground(text: str, theme: str) -> None:
    colours = {name: pair[THEMES[theme]] for name, pair in tokens().items()}
    grounds = [name for name in colours if name.endswith("-soft") or name.startswith("surface") or name == "bg"]
    ratios = {ground: round(contrast(colours[text], colours[ground]), 2) for ground in grounds}
    assert {ground: ratio for ground, ratio in ratios.items() if ratio < READABLE} == {}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["focus", "line-strong"])
def test_borders_of_controls_and_the_focus_ring_are_visible(name: str, theme: str) -> None:
    colours = {token: pair[THEMES[theme]] for token, pair in tokens().items()}
    assert min(contrast(colours[name], colours[ground]) for ground in ("surface", "bg")) >= GRAPHICS


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("vision", VISION)
def test_tones_stay_apart_for_every_colour_vision(vision: str, theme: str) -> None:
    colours = {tone.value: seen(tokens()[tone.value][THEMES[theme]], vision) for tone in Tone}
    distances = {
        (one, other): round(math.dist(oklab(colours[one]), oklab(colours[other])), 3)
        for one, other in combinations(colours, 2)
    }
    assert {pair: distance for pair, distance in distances.items() if distance < APART} == {}
