"""What must hold before a promotion may start, apart from the verdict; a gate says in a sentence why it is closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.errors import InvalidInput
from releases.domain.rules import Severity
from releases.domain.verdicts import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

BYPASS_HOURS = 24
FREEZE_HOURS = 24 * 28


class GateKind(StrEnum):
    FREEZE = "freeze"
    SOAK = "soak"
    VALIDATION = "validation"
    APPROVAL = "approval"


class InFlight(StrEnum):
    """What becomes of promotions that run when a stage is frozen."""

    FINISH = "finish"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """No promotion to ``stage`` starts from ``starts_at`` on and before ``ends_at``; ``by`` declared it, if known."""

    id: int
    stage: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    by: str = ""
    in_flight: InFlight = InFlight.FINISH

    def covers(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One condition of one stage; what goes by the clock closes at ``begins`` and opens at ``until``.

    ``bypass`` says who lets the release pass a closed gate, why and until when; empty when nobody does.
    """

    kind: GateKind
    stage: str
    is_open: bool
    text: str
    begins: datetime | None = None
    until: datetime | None = None
    bypass: str = ""

    @property
    def refuses(self) -> bool:
        return not self.is_open and not self.bypass

    @property
    def reason(self) -> Reason:
        """The refusal in the shape of a verdict's reasons."""
        return Reason(code=f"GATE_{self.kind.upper()}", severity=Severity.ERROR, service="", text=self.text)


def freeze_gates(freezes: Iterable[Freeze], now: datetime) -> tuple[Gate, ...]:
    """Freezes that run or are still to come, in the order given; those that are over are no gates."""
    return tuple(_gate(freeze, now) for freeze in freezes if now < freeze.ends_at)


def closed_gate(freezes: Iterable[Freeze], stage: str, now: datetime) -> Gate | None:
    """Return the gate that keeps the stage closed longest, None when nothing does."""
    closed = [freeze for freeze in freezes if freeze.stage == stage and freeze.covers(now)]
    longest = max(closed, key=lambda freeze: freeze.ends_at, default=None)
    return _gate(longest, now) if longest else None


def pausing_gate(freezes: Iterable[Freeze], stage: str, now: datetime) -> Gate | None:
    """Return the gate that keeps what a freeze paused from being resumed, None when nothing does."""
    return closed_gate((freeze for freeze in freezes if freeze.in_flight is InFlight.PAUSE), stage, now)


def _gate(freeze: Freeze, now: datetime) -> Gate:
    is_open, why = not freeze.covers(now), freeze.reason.strip().rstrip(".")
    since, until = clock(freeze.starts_at), clock(freeze.ends_at)
    by = f" by {freeze.by}" if freeze.by else ""
    span = f"will be frozen{by} from {since} to {until} UTC" if is_open else f"is frozen{by} until {until} UTC"
    return Gate(
        kind=GateKind.FREEZE,
        stage=freeze.stage,
        is_open=is_open,
        text=f"{freeze.stage} {span}: {why}.",
        begins=freeze.starts_at,
        until=freeze.ends_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """How long a release ran in a stage; ``ended_at`` is None while it still does."""

    stage: str
    since: datetime | None
    ended_at: datetime | None = None


def soak_gate(*, stage: str, minutes: int, stay: Stay, now: datetime) -> Gate:
    """Return whether the release has run for so long in the stage before; its stay there may have been cut short."""
    rule = f"{stage} takes what has run {soak_words(minutes)} in {stay.stage}"
    if stay.since is None:
        return Gate(kind=GateKind.SOAK, stage=stage, is_open=False, text=f"{rule}; it does not run there yet.")
    until = stay.since + timedelta(minutes=minutes)
    if stay.ended_at is not None and stay.ended_at < until:
        text = f"{rule}; another version took its place there at {clock(stay.ended_at)} UTC."
        return Gate(kind=GateKind.SOAK, stage=stage, is_open=False, text=text)
    is_open = now >= until
    text = f"{rule}; it has." if is_open else f"{rule}: that is at {clock(until)} UTC."
    return Gate(kind=GateKind.SOAK, stage=stage, is_open=is_open, text=text, begins=stay.since, until=until)


def validation_gate(*, stage: str, before: str, outcome: str) -> Gate:
    """Return whether the newest validation in the stage ``before`` passed; only ``passed`` is good."""
    is_open = outcome == "passed"
    said = {
        "passed": "the newest validation passed",
        "not_run": "it was not validated yet",
        "not_configured": "validation is not configured",
        "requested": "the validation is still running",
        "error": "the newest validation could not be carried out",
    }.get(outcome, f"the newest validation {outcome}")
    text = f"{stage} takes what passed its validation in {before}; {said}."
    return Gate(kind=GateKind.VALIDATION, stage=stage, is_open=is_open, text=text)


def clock(moment: datetime) -> str:
    """Spell a moment in UTC, to the minute."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def freeze_ends(starts_at: datetime, hours: int) -> datetime:
    """Return when a freeze of so many hours ends; ``InvalidInput`` for none, or for longer than four weeks."""
    if not 1 <= hours <= FREEZE_HOURS:
        message = f"A freeze lasts 1 to {FREEZE_HOURS} hours; an administrator can plan a longer one."
        raise InvalidInput("hours", message)
    return starts_at + timedelta(hours=hours)


def in_flight_of(name: str) -> InFlight:
    """Read the choice; ``InvalidInput`` names what there is."""
    try:
        return InFlight(name)
    except ValueError as unknown:
        message = f"What is on its way is one of {', '.join(InFlight)}: it may finish, or it is paused."
        raise InvalidInput("in_flight", message) from unknown


def planning_mistake(starts_at: datetime, now: datetime) -> str:
    """Return why nobody can plan a freeze that begins then; empty for a time to come.

    One that is on is declared and lifted by commands, which tell the releases and pause what is on its way.
    """
    if now < starts_at:
        return ""
    return "A freeze is planned for a time to come; freeze a stage from now on, or lift that, on the board."


def why_not_lift(freeze: Freeze, lifted_by: str, now: datetime) -> str:
    """Return why a freeze cannot be lifted; empty while it lasts or is still to come."""
    if now < freeze.ends_at:
        return ""
    ended = f"{lifted_by} lifted it" if lifted_by else "it ended"
    return f"The freeze {freeze.id} of {freeze.stage} is over: {ended} at {clock(freeze.ends_at)} UTC."


def why_not_end(gate: str, stage: str, ended_by: str, expires_at: datetime, now: datetime) -> str:
    """Return why a bypass cannot be ended; empty while it lasts."""
    if now < expires_at:
        return ""
    ended = f"{ended_by} ended it" if ended_by else "it expired"
    return f"The bypass of the gate {gate} of {stage} is over: {ended} at {clock(expires_at)} UTC."


def soak_words(minutes: int) -> str:
    """Spell a span in the largest unit that fits: ``90 minutes``, ``2 hours``."""
    hours, rest = divmod(minutes, 60)
    number, unit = (minutes, "minute") if rest or not hours else (hours, "hour")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
