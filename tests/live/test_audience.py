"""Live pages are counted where they come and go, whichever thread that is."""

from __future__ import annotations

from releases.audience import Audience
from tests.threads import at_once


def test_pages_are_counted_from_any_thread() -> None:
    audience = Audience()
    at_once(*[audience.came] * 8)
    at_once(*[audience.went] * 3)

    assert (audience.present, audience.most) == (5, 8)
