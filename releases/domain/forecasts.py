"""How long a promotion keeps the services busy, foreseen from how long each of them took in that stage before.

Only the machine's time: what people take (sign-offs, a held or paused promotion) and what waits for the clock (soak,
freezes) is told beside it and never added.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Self

from releases.domain.spreads import NONE, evenly, longest, one_after_the_other, reached_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from releases.domain.spreads import Spread

REMEMBERED = 20
# With fewer runs nobody can tell what a slow one looks like; the callback timeout bounds it.
FEW = 5
MIDDLE, CAUTIOUS = 0.5, 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseForecast:
    """``p50_ms`` and ``p90_ms`` count from the beginning of this phase to the end of the promotion."""

    services: tuple[str, ...]
    p50_ms: int | None
    p90_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionForecast:
    """Half of such promotions take at most ``p50_ms``, nine of ten at most ``p90_ms``; milliseconds.

    ``runs`` is the smallest number of runs that a service which moves is known by. Those in ``unknown`` have none: for
    them ``p90_ms`` counts the timeout, and nobody knows a ``p50_ms``. ``slowest`` names for each phase the service that
    the others wait for: the promotion's critical path.
    """

    p50_ms: int | None
    p90_ms: int
    runs: int
    unknown: tuple[str, ...]
    slowest: tuple[str, ...]
    phases: tuple[PhaseForecast, ...]

    @property
    def moves(self) -> bool:
        """Tell whether any service has to be asked at all."""
        return any(phase.services for phase in self.phases)

    @property
    def basis(self) -> str:
        """Say what it rests on, as the end of a sentence: ``from 12 runs``."""
        if not self.moves:
            return "every service runs its version there already"
        if self.unknown:
            whose = "" if self._knows_none else f" of {_listed(self.unknown)}"
            return f"no run{whose} there yet: the timeout is the bound"
        counted = f"from {self.runs} run{'' if self.runs == 1 else 's'}"
        return counted if self.runs >= FEW else f"{counted}, so that the timeout is the bound"

    @property
    def _knows_none(self) -> bool:
        return {name for phase in self.phases for name in phase.services} == set(self.unknown)

    def document(self) -> dict[str, object]:
        """Return it as JSON, to be kept with the promotion that it was given for."""
        return {
            "p50_ms": self.p50_ms,
            "p90_ms": self.p90_ms,
            "runs": self.runs,
            "unknown": list(self.unknown),
            "slowest": list(self.slowest),
            "phases": [
                {"services": list(phase.services), "p50_ms": phase.p50_ms, "p90_ms": phase.p90_ms}
                for phase in self.phases
            ],
        }

    @classmethod
    def read(cls, document: Mapping[str, object]) -> Self:
        """Return what ``document`` wrote down."""
        phases = document["phases"]
        assert isinstance(phases, list)  # noqa: S101 (nobody else writes it)
        return cls(
            p50_ms=_number(document["p50_ms"]),
            p90_ms=_number(document["p90_ms"]) or 0,
            runs=_number(document["runs"]) or 0,
            unknown=_names(document["unknown"]),
            slowest=_names(document["slowest"]),
            phases=tuple(
                PhaseForecast(
                    services=_names(phase["services"]),
                    p50_ms=_number(phase["p50_ms"]),
                    p90_ms=_number(phase["p90_ms"]) or 0,
                )
                for phase in phases
            ),
        )


def foresee(phases: Sequence[Sequence[str]], runs: Mapping[str, Sequence[int]], timeout_ms: int) -> PromotionForecast:
    """Foresee a promotion that asks these services phase after phase.

    ``runs`` are how long each service's last successes in the stage took, in milliseconds. A phase takes as long as its
    slowest service; services are taken to be slow independently of each other. For ``p90_ms`` each service has one more
    run than was seen, slower than all of them: by as much as they differ, or up to the timeout where they are few.
    """
    moved = {service for phase in phases for service in phase}
    unknown = tuple(sorted(service for service in moved if not runs.get(service)))
    found = tuple(reversed(list(_from_the_end(phases, runs, timeout_ms))))
    return PromotionForecast(
        p50_ms=found[0].p50_ms if found else 0,
        p90_ms=found[0].p90_ms if found else 0,
        runs=min((len(runs.get(service, ())) for service in moved), default=0),
        unknown=unknown,
        slowest=tuple(_slowest(phase, runs, timeout_ms) for phase in phases if phase),
        phases=found,
    )


def _from_the_end(
    phases: Sequence[Sequence[str]], runs: Mapping[str, Sequence[int]], timeout_ms: int
) -> list[PhaseForecast]:
    likely: Spread | None = NONE
    careful, found = NONE, []
    for phase in reversed(phases):
        seen = [runs.get(service, ()) for service in phase]
        if phase:
            careful = one_after_the_other(longest([_carefully(each, timeout_ms) for each in seen]), careful)
        if phase and likely is not None:
            likely = one_after_the_other(longest([evenly(each) for each in seen]), likely) if all(seen) else None
        found.append(
            PhaseForecast(
                services=tuple(phase),
                p50_ms=None if likely is None else reached_by(likely, MIDDLE),
                p90_ms=reached_by(careful, CAUTIOUS),
            )
        )
    return found


def _carefully(runs: Sequence[int], timeout_ms: int) -> Spread:
    if not runs:
        return evenly([timeout_ms])
    slowest, bound = max(runs), max(timeout_ms, *runs)
    slower = bound if len(runs) < FEW else min(bound, slowest + slowest - min(runs))
    return evenly([*runs, slower])


def _slowest(phase: Sequence[str], runs: Mapping[str, Sequence[int]], timeout_ms: int) -> str:
    return min(phase, key=lambda service: (-median(runs.get(service) or [timeout_ms]), service))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A promotion that succeeded: the forecast given at its start, and the machine's time that it took."""

    stage: str
    p50_ms: int | None
    p90_ms: int
    took_ms: int

    @property
    def within_p50(self) -> bool:
        return self.p50_ms is not None and self.took_ms <= self.p50_ms

    @property
    def within_p90(self) -> bool:
        return self.took_ms <= self.p90_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How well the forecasts of a stage came true; ``with_p50`` counts those that dared a middle."""

    stage: str
    ended: int
    with_p50: int
    within_p50: int
    within_p90: int

    @property
    def p50_percent(self) -> int | None:
        return _percent(self.within_p50, self.with_p50)

    @property
    def p90_percent(self) -> int | None:
        return _percent(self.within_p90, self.ended)


def calibrate(stage: str, outcomes: Sequence[Outcome]) -> Calibration:
    """Count how many promotions of the stage ended within what was foreseen at their start."""
    own = [outcome for outcome in outcomes if outcome.stage == stage]
    return Calibration(
        stage=stage,
        ended=len(own),
        with_p50=sum(outcome.p50_ms is not None for outcome in own),
        within_p50=sum(outcome.within_p50 for outcome in own),
        within_p90=sum(outcome.within_p90 for outcome in own),
    )


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _names(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
