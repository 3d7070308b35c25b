"""The scenarios by name: to add one, write its conversation and list it here."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from releases.domain.validation import Outcome, Scenario, ScenarioResult, StepResult, judged
from releases.domain.validation_checks import health, performance, security
from releases.domain.validation_exchange import Answer, Ask, Record, Stopped, Talk
from releases.domain.validation_integrity import integrity, integrity_steps
from releases.domain.validation_shop import consistency, consistency_steps, journey, journey_steps

if TYPE_CHECKING:
    from releases.domain.validation_setup import Setup

Conversation: TypeAlias = Generator[Ask, Answer, ScenarioResult]


def _none(_setup: Setup) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """``planned`` names the steps that are listed even where they are not reached."""

    name: str
    talk: Callable[[Setup, Record], Talk]
    planned: Callable[[Setup], tuple[str, ...]] = _none


DEFINITIONS: Mapping[Scenario, Definition] = {
    Scenario.JOURNEY: Definition(name="End-to-end journey", talk=journey, planned=journey_steps),
    Scenario.HEALTH: Definition(name="Service health", talk=health),
    Scenario.PERFORMANCE: Definition(name="Performance", talk=performance),
    Scenario.SECURITY: Definition(name="Security", talk=security),
    Scenario.CONSISTENCY: Definition(name="Data consistency", talk=consistency, planned=consistency_steps),
    Scenario.INTEGRITY: Definition(name="Integrity", talk=integrity, planned=integrity_steps),
}


def converse(scenario: Scenario, setup: Setup) -> Conversation:
    """Carry out a scenario: yields what to ask, and returns its result whatever happens."""
    definition = DEFINITIONS[scenario]
    record = Record(definition.planned(setup))
    try:
        yield from definition.talk(setup, record)
    except Stopped:
        pass
    except Exception as mistake:  # noqa: BLE001 (a scenario that breaks between two steps is still a finding)
        message = f"{type(mistake).__name__}: {mistake}"[:300]
        record.steps.append(StepResult(name="Scenario", outcome=Outcome.ERROR, message=message))
    return judged(scenario, record.finished(), measured_ms=record.measured_ms)
