"""The board's tables by what they are looked up by, and the words in which a finding names a row."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tests.chaos import rows
    from tests.chaos.reading import Tables

OPEN_SLOTS = frozenset({"pending", "dispatched", "accepted", "in_progress"})
DONE = frozenset({"succeeded", "skipped"})
RETRYABLE = frozenset({"failed", "rejected", "timed_out"})
OPEN_PROMOTIONS = frozenset({"running", "held", "paused"})
FINAL = frozenset({"succeeded", "failed", "rejected"})

Key = TypeVar("Key")
Value = TypeVar("Value")


def grouped(values: Iterable[Value], by: Callable[[Value], Key]) -> dict[Key, list[Value]]:
    """Return lists by key, each in the given order; a key that is not there has an empty one."""
    found: defaultdict[Key, list[Value]] = defaultdict(list)
    for value in values:
        found[by(value)].append(value)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """``slots`` by correlation id and service, ``keys`` by the dispatch's key; both as texts."""

    stages: Mapping[int, rows.StageRow]
    services: Mapping[int, str]
    labels: Mapping[str, rows.LabelRow]
    releases: Mapping[int, rows.ReleaseRow]
    promotions: Mapping[int, rows.PromotionRow]
    steps: Mapping[int, rows.StepRow]
    sessions: Mapping[int, rows.SessionRow]
    slots: Mapping[tuple[str, str], rows.DispatchRow]
    keys: Mapping[str, rows.DispatchRow]
    callbacks: dict[int, list[rows.CallbackRow]]
    entries: dict[int, list[rows.EntryRow]]
    steps_of: dict[int, list[rows.StepRow]]
    dispatches_of: dict[int, list[rows.DispatchRow]]
    slots_of: dict[int, list[rows.DispatchRow]]
    sessions_of: dict[int, list[rows.SessionRow]]
    promotions_of: dict[int, list[rows.PromotionRow]]

    def service(self, dispatch: rows.DispatchRow) -> str:
        return self.services[self.steps[dispatch.step_id].service_id]

    def correlation(self, dispatch: rows.DispatchRow) -> str:
        return str(self.sessions[dispatch.session_id].correlation_id)

    def promotion(self, dispatch: rows.DispatchRow) -> rows.PromotionRow:
        return self.promotions[self.steps[dispatch.step_id].promotion_id]

    def stage(self, promotion: rows.PromotionRow) -> str:
        return self.stages[promotion.stage_id].name

    def applied(self, dispatch: rows.DispatchRow) -> list[str]:
        """Return the final statuses that counted, in the order in which they came."""
        told = self.callbacks[dispatch.id]
        return [each.status for each in told if each.disposition == "applied" and each.status in FINAL]

    def slot_name(self, dispatch: rows.DispatchRow) -> str:
        promotion = self.promotion(dispatch)
        where = f"{promotion.version} in {self.stage(promotion)}"
        return f"{self.service(dispatch)} attempt {dispatch.attempt} of {where} ({self.correlation(dispatch)})"

    def promotion_name(self, promotion: rows.PromotionRow) -> str:
        return f"the promotion of {promotion.version} to {self.stage(promotion)}"

    def step_name(self, step: rows.StepRow) -> str:
        return f"{self.services[step.service_id]} in {self.promotion_name(self.promotions[step.promotion_id])}"

    def session_name(self, session: rows.SessionRow) -> str:
        return f"session {session.correlation_id} of {self.promotion_name(self.promotions[session.promotion_id])}"


def lookup(tables: Tables) -> Lookup:
    """Put the tables in order."""
    services = {each.id: each.slug for each in tables.services}
    steps = {each.id: each for each in tables.steps}
    sessions = {each.id: each for each in tables.sessions}
    return Lookup(
        stages={each.id: each for each in tables.stages},
        services=services,
        labels={each.version: each for each in tables.labels},
        releases={each.id: each for each in tables.releases},
        promotions={each.id: each for each in tables.promotions},
        steps=steps,
        sessions=sessions,
        slots={
            (str(sessions[each.session_id].correlation_id), services[steps[each.step_id].service_id]): each
            for each in tables.dispatches
        },
        keys={str(each.key): each for each in tables.dispatches},
        callbacks=grouped(tables.callbacks, lambda each: each.dispatch_id),
        entries=grouped(sorted(tables.entries, key=lambda each: each.sequence), lambda each: each.release_id),
        steps_of=grouped(tables.steps, lambda each: each.promotion_id),
        dispatches_of=grouped(sorted(tables.dispatches, key=lambda each: each.attempt), lambda each: each.step_id),
        slots_of=grouped(tables.dispatches, lambda each: each.session_id),
        sessions_of=grouped(tables.sessions, lambda each: each.promotion_id),
        promotions_of=grouped(tables.promotions, lambda each: each.release_id),
    )
