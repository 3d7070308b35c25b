"""Whether a release can be validated in a stage now: one answer in words, for the button, the API and the act."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationSituation:
    """A release in a stage; ``live`` is the platform version that the stage runs, ``is_live`` whether it is its own."""

    version: str
    stage: str
    live: str
    is_live: bool
    is_configured: bool
    is_busy: bool
    is_running: bool


def why_nowhere(version: str) -> str:
    """Say why a release that is in no stage cannot be validated."""
    return f"{version} is in no stage yet: promote it first."


def why_not_validate(now: ValidationSituation) -> str:
    """Return '' when a validation may start."""
    if not now.is_configured:
        return f"{now.stage} has no validation target; an administrator adds one."
    if now.is_running:
        return f"The validation of {now.version} in {now.stage} is already on its way."
    if now.is_busy:
        return f"A promotion to {now.stage} is open; validate once it has ended."
    if not now.is_live:
        there = f"it runs {now.live}" if now.live else "nothing runs there"
        return f"{now.version} does not run in {now.stage}: {there}."
    return ""
