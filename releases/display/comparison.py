"""Two plans side by side: what is the same, what differs, and which reasons come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.display.status import words

if TYPE_CHECKING:
    from releases.domain.plans import Plan, PlanChange
    from releases.domain.verdicts import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One fact of both plans; an empty text is shown as a dash."""

    label: str
    now: str
    then: str

    @property
    def differs(self) -> bool:
        return self.now != self.then


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """``gone`` are reasons that only today's plan has, ``new`` those that only the other one has; no passed checks."""

    lines: tuple[Line, ...]
    gone: tuple[Reason, ...]
    new: tuple[Reason, ...]

    @property
    def is_same(self) -> bool:
        return not (self.gone or self.new or any(line.differs for line in self.lines))


def compared(now: Plan, then: Plan) -> Comparison:
    """Compare today's plan with the one that would be, service by service where they differ."""
    before, after = _judged(now), _judged(then)
    return Comparison(
        lines=(
            Line(label="Platform version", now=now.platform_version or "", then=then.platform_version or ""),
            Line(label="Change", now=words(now.level), then=words(then.level)),
            *_services(now, then),
            Line(label="Phases", now=_phases(now), then=_phases(then)),
            Line(label="On the way", now=_risks(now), then=_risks(then)),
            Line(label="Gates", now=_gates(now), then=_gates(then)),
        ),
        gone=tuple(reason for place, reason in before.items() if place not in after),
        new=tuple(reason for place, reason in after.items() if place not in before),
    )


def _services(now: Plan, then: Plan) -> tuple[Line, ...]:
    before = {change.service: _version(change) for change in now.changes}
    after = {change.service: _version(change) for change in then.changes}
    names = sorted({*before, *after})
    lines = (Line(label=name, now=before.get(name, ""), then=after.get(name, "")) for name in names)
    return tuple(line for line in lines if line.differs)


def _version(change: PlanChange) -> str:
    return change.to_version or "removed"


def _phases(plan: Plan) -> str:
    return " → ".join(", ".join(phase) for phase in plan.phases)


def _risks(plan: Plan) -> str:
    return " ".join(risk.text for risk in plan.risks)


def _gates(plan: Plan) -> str:
    return " ".join(gate.text for gate in plan.gates)


def _judged(plan: Plan) -> dict[tuple[str, str], Reason]:
    """Reasons that decide and are no plain pass, by what they say."""
    decisive = (reason for reason in plan.verdict.reasons if reason.decisive and reason.counts_as != "OK")
    return {(reason.counts_as, reason.text): reason for reason in decisive}
