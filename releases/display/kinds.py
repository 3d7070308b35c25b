"""The kinds of release that a person plans, in the words of the plan page."""

from __future__ import annotations

from dataclasses import dataclass

from releases.domain.plan_kinds import HOTFIX, INDEPENDENT, SYNCHRONIZED


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedKind:
    """``lead`` says what is preselected."""

    name: str
    title: str
    lead: str


PLANNED_KINDS = (
    PlannedKind(
        name=SYNCHRONIZED,
        title="Synchronized",
        lead="Every service is set to its newest eligible version. Change one, and the plan is judged anew; "
        "nothing is stored before you create it.",
    ),
    PlannedKind(
        name=INDEPENDENT,
        title="Independent",
        lead="Every service stays at what is live. Choose another version of the one that is released by itself; it is "
        "judged beside the live ones, and nothing is stored before you create it.",
    ),
    PlannedKind(
        name=HOTFIX,
        title="Hotfix",
        lead="Every service stays at what is live but the one that is mended. The urgency says which stages and tests "
        "it may skip; what it skips is owed afterwards. No urgency waives an incompatibility.",
    ),
)


def planned_kind(name: str) -> PlannedKind:
    """Return how a kind is told of; ``StopIteration`` for one that nobody plans on the page."""
    return next(kind for kind in PLANNED_KINDS if kind.name == name)
