"""DORA's metrics from journals: what is counted, what is not, and that nothing is never zero."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from releases.domain.dora import Change, Dora, changes_of, dora

if TYPE_CHECKING:
    from collections.abc import Mapping

START = datetime(2026, 11, 1, tzinfo=UTC)
END = START + timedelta(days=14)


def at(day: float) -> datetime:
    return START + timedelta(days=day)


@dataclass(frozen=True, kw_only=True)
class Line:
    release_id: int
    kind: str
    at: datetime
    payload: Mapping[str, object] = field(default_factory=dict)


def change(
    release: int, planned: float, live: float | None = None, *, kind: str = "synchronized", back: float | None = None
) -> Change:
    return Change(
        release=release,
        kind=kind,
        planned_at=at(planned),
        live_at=None if live is None else at(live),
        taken_back_at=None if back is None else at(back),
    )


def measured(*changes: Change) -> Dora:
    return dora(changes, since=START, until=END)


def test_journals_become_changes() -> None:
    lines = [
        Line(release_id=1, kind="release.created", at=at(0), payload={"release_kind": "synchronized"}),
        Line(release_id=1, kind="promotion.succeeded", at=at(1)),
        Line(release_id=1, kind="rollback.started", at=at(2)),
        Line(release_id=2, kind="release.created", at=at(2), payload={"release_kind": "rollback"}),
        Line(release_id=2, kind="promotion.succeeded", at=at(3)),
        Line(release_id=3, kind="promotion.succeeded", at=at(3)),
    ]

    assert changes_of(lines) == (change(1, 0, 1, back=2), change(2, 2, 3, kind="rollback"))


def test_without_changes_nothing_is_said() -> None:
    found = measured()

    assert (found.deployments, found.lead_time, found.recovery_time) == (0, None, None)
    assert (found.change_failure_rate, found.rework_rate) == (None, None)


def test_deployments_are_counted_by_the_week() -> None:
    assert measured(change(1, 0, 1), change(2, 1, 2), change(3, 2, 3)).per_week == 1.5


def test_lead_time_is_the_median_from_planning_to_live() -> None:
    assert measured(change(1, 0, 1), change(2, 1, 3), change(3, 2, 13)).lead_time == timedelta(days=2)


def test_what_was_taken_back_failed_though_it_never_was_live() -> None:
    found = measured(change(1, 0, 1, back=2), change(2, 2, 3), change(3, 3, back=4), change(4, 4, 5))

    assert (found.changes, found.failed, found.change_failure_rate) == (4, 2, 0.5)


def test_a_rollback_is_a_recovery_and_no_deployment() -> None:
    found = measured(change(1, 0, 1, back=2), change(2, 2, 2.5, kind="rollback"))

    assert (found.deployments, found.recoveries, found.recovery_time) == (1, 1, timedelta(hours=12))


def test_a_hotfix_is_rework_and_a_recovery_and_says_that_what_was_live_had_failed() -> None:
    found = measured(change(1, 0, 1), change(2, 1, 2), change(3, 3, 4, kind="hotfix"))

    assert (found.deployments, found.reworks, found.rework_rate) == (3, 1, 1 / 3)
    assert (found.failed, found.recovery_time) == (1, timedelta(days=1))


def test_a_hotfix_that_never_was_live_mended_nothing() -> None:
    assert measured(change(1, 0, 1), change(2, 2, kind="hotfix")).failed == 0


@pytest.mark.parametrize(("live", "counted"), [(-0.5, 0), (0, 1), (13.9, 1), (14, 0)])
def test_a_period_has_its_beginning_and_not_its_end(live: float, counted: int) -> None:
    assert measured(change(1, -1, live)).deployments == counted
