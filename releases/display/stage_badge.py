"""The badge of a stage for other people's pages: a small picture that says what it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from releases.display.status import Tone, status_of

if TYPE_CHECKING:
    from releases.display.status import Status

# White on each has a contrast above 4.5; a picture elsewhere cannot ask for the theme of the page around it.
COLOURS = {
    Tone.DANGER: "#a11a1a",
    Tone.WARNING: "#8a5a00",
    Tone.INFO: "#1f5fae",
    Tone.ACCENT: "#6d2a8c",
    Tone.NEUTRAL: "#5a5f68",
    Tone.SUCCESS: "#1c6b4a",
}
GLYPH, PADDING, HEIGHT = 7, 12, 20
OPEN = frozenset({"running", "held", "paused"})


def badge_words(version: str, state: str) -> str:
    """Return what stands on the right: the version, and what goes on there in words, for colour is never alone."""
    shown = version or "nothing yet"
    return f"{shown}, {_look(state).word.lower()}" if state in OPEN else shown


def stage_badge(stage: str, version: str, state: str) -> str:
    """Draw the badge; it has a name for those who hear it."""
    said = badge_words(version, state)
    left, right = len(stage) * GLYPH + PADDING, len(said) * GLYPH + PADDING
    colour = COLOURS[_look(state).tone]
    label = quoteattr(f"{stage}: {said}")
    middle = HEIGHT // 2 + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{HEIGHT}" '
        f'role="img" aria-label={label}>'
        f"<title>{escape(f'{stage}: {said}')}</title>"
        f'<rect width="{left}" height="{HEIGHT}" fill="#33373e"/>'
        f'<rect x="{left}" width="{right}" height="{HEIGHT}" fill="{colour}"/>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{left / 2:g}" y="{middle}">{escape(stage)}</text>'
        f'<text x="{left + right / 2:g}" y="{middle}">{escape(said)}</text></g></svg>'
    )


def _look(state: str) -> Status:
    return status_of({"live": "released", "empty": "planned"}.get(state, state))
