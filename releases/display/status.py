"""The one table from a state to how it looks: tone, icon and word. Nothing else decides a colour."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.plan_kinds import ROLLBACK

if TYPE_CHECKING:
    from collections.abc import Iterable


class Tone(StrEnum):
    """Worst first; ``static/css/tokens.css`` gives each its colours."""

    DANGER = "danger"
    WARNING = "warning"
    INFO = "info"
    ACCENT = "accent"
    NEUTRAL = "neutral"
    SUCCESS = "success"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a state is shown; ``icon`` names a symbol of ``static/icons.svg``."""

    tone: Tone
    icon: str
    word: str
    spins: bool = False

    @property
    def mark(self) -> str:
        """One character for the page's title, where no icon fits."""
        return MARKS[self.tone]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """The worst of several states, with how many share it."""

    status: Status
    count: int
    total: int

    @property
    def text(self) -> str:
        """For example ``2 of 6 failed``."""
        return f"{self.count} of {self.total} {self.status.word.lower()}"


MARKS = {
    Tone.DANGER: "✖",
    Tone.WARNING: "▲",
    Tone.INFO: "⟳",
    Tone.ACCENT: "↶",
    Tone.NEUTRAL: "○",
    Tone.SUCCESS: "✓",
}

_SEVERITY = {tone: rank for rank, tone in enumerate(Tone)}


def _running(word: str) -> Status:
    return Status(tone=Tone.INFO, icon="loader-circle", word=word, spins=True)


def _good(word: str, icon: str = "circle-check") -> Status:
    return Status(tone=Tone.SUCCESS, icon=icon, word=word)


def _bad(word: str, icon: str = "octagon-x") -> Status:
    return Status(tone=Tone.DANGER, icon=icon, word=word)


def _doubtful(word: str, icon: str = "triangle-alert") -> Status:
    return Status(tone=Tone.WARNING, icon=icon, word=word)


def _calm(word: str, icon: str = "circle-dashed") -> Status:
    return Status(tone=Tone.NEUTRAL, icon=icon, word=word)


STATUSES = {
    # releases, promotions, stages
    "draft": _calm("Draft", "pencil-line"),
    "planned": _calm("Planned"),
    "promoting": _running("Promoting"),
    "running": _running("Running"),
    "validating": _running("Validating"),
    "rolling_back": _running("Rolling back"),
    "rolled_back": Status(tone=Tone.ACCENT, icon="undo-2", word="Rolled back"),
    "held": _doubtful("Held", "hand"),
    "paused": _doubtful("Paused", "circle-pause"),
    "waiting": _calm("Waiting", "hourglass"),
    "waiting_for_approval": _doubtful("Waiting for approval", "hourglass"),
    "released": _good("Released"),
    "cancelled": _calm("Cancelled", "circle-slash"),
    "frozen": _doubtful("Frozen", "lock"),
    "not_on_the_way": _calm("Not on the way", "circle-minus"),
    # slots and sessions
    "pending": _calm("Pending"),
    "dispatched": _calm("Asked", "send"),
    "accepted": _running("Accepted"),
    "in_progress": _running("In progress"),
    "succeeded": _good("Succeeded"),
    "complete": _good("Complete"),
    "partial": _doubtful("Partial"),
    "failed": _bad("Failed"),
    "rejected": _bad("Rejected", "ban"),
    "timed_out": _doubtful("Timed out", "timer-off"),
    "skipped": _calm("Skipped", "skip-forward"),
    "late": _doubtful("Late", "hourglass"),
    # forecasts that came true, or not
    "within_p50": _good("Within the middle"),
    "within_p90": _good("Within nine of ten"),
    "past_p90": _doubtful("Longer than nine of ten", "hourglass"),
    # messages to others
    "queued": _calm("Queued", "send"),
    "retrying": _doubtful("Trying again", "refresh-cw"),
    "delivered": _good("Delivered"),
    "gave_up": _bad("Given up"),
    # verdicts and their checks
    "compatible": _good("Compatible", "shield-check"),
    "compatible_with_warnings": _doubtful("Compatible with warnings"),
    "incompatible": _bad("Incompatible"),
    "undetermined": _doubtful("Undetermined", "circle-question-mark"),
    "ok": _good("Holds"),
    "warning": _doubtful("Warning"),
    "error": _bad("Broken"),
    "unknown": _doubtful("Unknown", "circle-question-mark"),
    "untested": _doubtful("Untested", "circle-question-mark"),
    # what is known of a version
    "declared": _good("Declared", "shield-check"),
    "observed": Status(tone=Tone.INFO, icon="radio", word="Observed"),
    "probes_failed": _doubtful("Observed, probes failed", "triangle-alert"),
    "inferred": _doubtful("Inferred", "lightbulb"),
    "unlikely": _doubtful("Inferred unlikely", "circle-question-mark"),
    "nothing_known": _calm("Nothing known"),
    # gates and sign-offs
    "open": _good("Open"),
    "closed": _doubtful("Closed", "lock"),
    "bypassed": _bad("Bypassed", "triangle-alert"),
    "signed": _good("Signed"),
    "void": _doubtful("Void", "circle-slash"),
    "withdrawn": _calm("Withdrawn", "undo-2"),
    # trains and who is on board
    "scheduled": _calm("Scheduled"),
    "boarding": Status(tone=Tone.INFO, icon="radio", word="Boarding"),
    "cut_off": _doubtful("Doors closed", "lock"),
    "departed": _running("Under way"),
    "arrived": _good("Arrived"),
    "on_board": _good("On board"),
    "not_coming": _calm("Not coming", "circle-minus"),
    # contracts and probes
    "not_concerned": _calm("Not concerned", "circle-minus"),
    "passed": _good("Passed"),
    "unanswered": _doubtful("No answer", "timer-off"),
    "not_configured": _calm("Not configured", "circle-question-mark"),
    # validations
    "requested": _running("Validating"),
    "not_run": _calm("Not run", "circle-minus"),
    "not_reached": _calm("Not reached", "circle-minus"),
    # what hotfixes owe
    "owed": _doubtful("Owed", "hourglass"),
    "overdue": _bad("Overdue", "hourglass"),
    "paid": _good("Paid"),
    # what a stage runs, and services
    "live": _good("Live"),
    "absent": _calm("Not deployed", "circle-minus"),
    "empty": _calm("Empty", "circle-minus"),
    "healthy": _good("Healthy"),
    "degraded": _doubtful("Degraded"),
    "unhealthy": _bad("Unhealthy"),
}


def words(name: str) -> str:
    """Spell a state or kind for people: ``timed_out`` becomes ``Timed out``."""
    return name.replace("_", " ").replace(".", " ").replace("-", " ").strip().capitalize()


def status_of(state: str) -> Status:
    """Show an unlisted state in its own words, neutral, rather than fail a page."""
    known = STATUSES.get(state.lower())
    return known or _calm(words(state) or "None")


def shown_state_of(kind: str, state: str) -> str:
    """Return the state that a release is shown in: what promotes and releases others takes back in a rollback."""
    return {"promoting": "rolling_back", "released": "rolled_back"}.get(state, state) if kind == ROLLBACK else state


def release_word(state: str, stage: str) -> str:
    """Say where: ``Promoting to STAGING``; a release that stands in no stage has its bare word."""
    word = status_of(state).word
    where = {"promoting": "to", "held": "in", "paused": "in", "waiting": "after"}.get(state)
    return f"{word} {where} {stage}" if where and stage else word


def worst(states: Iterable[str]) -> Aggregate:
    """Pick the gravest tone, and within it the state that most share; without any state, ``empty``."""
    counts = Counter(states)
    if not counts:
        return Aggregate(status=STATUSES["empty"], count=0, total=0)
    state = min(counts, key=lambda name: (_SEVERITY[status_of(name).tone], -counts[name], name))
    return Aggregate(status=status_of(state), count=counts[state], total=counts.total())
