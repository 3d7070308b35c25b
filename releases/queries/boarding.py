"""Who comes along with a train, and the plan that its set of versions makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.boarding import Passenger, Registered, number_in_the_way, passengers, ticket
from releases.domain.plans import PlanRequest
from releases.domain.trains import TrainState
from releases.models import Service
from releases.queries.plans import baseline, computed_plan
from releases.queries.versions import candidate, version_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from releases.domain.boarding import Ticket
    from releases.domain.plans import Plan, Problem
    from releases.models import Train

TRAIN = "train"


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """The set of versions that a train would take now, who is in it, and what the plan says of it."""

    passengers: tuple[Passenger, ...]
    versions: Mapping[str, str]
    plan: Plan
    moving: int


def train_request(train: Train, versions: Mapping[str, str]) -> PlanRequest:
    """Return the plan's request of a train: these versions and no others, and the number that somebody chose for it."""
    reason = f"On board of train {train.label}. {train.number_reason}".strip()
    return PlanRequest(kind=TRAIN, overrides=versions, target_version=train.target_version or None, reason=reason)


def train_set(train: Train) -> Set:
    """Compute the set from the versions that were registered by the cut-off; the same number of queries every time."""
    tickets = _tickets(train.cut_off_at)
    versions = {each.service: each.version for each in tickets if each.version}
    plan = computed_plan(train_request(train, versions))
    return Set(
        passengers=passengers(tickets, plan.verdict.errors, _blocking(plan)),
        versions=versions,
        plan=plan,
        moving=sum(each.is_moving for each in tickets),
    )


def number_problem(train: Train) -> Problem | None:
    """Return why a train is held that only another number of its platform version brings on; None for every other."""
    if train.state != TrainState.HELD.value or not train.versions or train.release_id:
        return None
    return number_in_the_way(computed_plan(train_request(train, train.versions)))


def _blocking(plan: Plan) -> list[Problem]:
    return [problem for problem in plan.problems if problem.service]


def _tickets(cut_off_at: datetime) -> list[Ticket]:
    base, rows = baseline(), version_rows()
    live = base.manifest if base else {}
    return [
        ticket(
            slug,
            [Registered(candidate=candidate(row), at=row.registered_at) for row in rows.get(slug, ())],
            live=live.get(slug, ""),
            cut_off_at=cut_off_at,
        )
        for slug in Service.objects.order_by("slug").values_list("slug", flat=True)
    ]
