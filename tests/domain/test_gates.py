from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from releases.domain.gates import (
    Freeze,
    Gate,
    GateKind,
    InFlight,
    closed_gate,
    freeze_gates,
    pausing_gate,
    why_not_lift,
)

BEGIN = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
END = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
HOLIDAYS = Freeze(id=1, stage="PROD", starts_at=BEGIN, ends_at=END, reason="holidays.")


def test_a_freeze_that_runs_closes_its_stage_and_says_until_when_and_why() -> None:
    assert freeze_gates([HOLIDAYS], BEGIN) == (
        Gate(
            kind=GateKind.FREEZE,
            stage="PROD",
            is_open=False,
            text="PROD is frozen until 2026-12-01 08:00 UTC: holidays.",
            begins=BEGIN,
            until=END,
        ),
    )


def test_a_freeze_says_who_declared_it() -> None:
    (gate,) = freeze_gates([replace(HOLIDAYS, by="olga")], BEGIN)
    assert gate.text == "PROD is frozen by olga until 2026-12-01 08:00 UTC: holidays."


@pytest.mark.parametrize(("policy", "closed"), [(InFlight.FINISH, False), (InFlight.PAUSE, True)])
def test_only_a_freeze_that_pauses_keeps_from_resuming(policy: InFlight, *, closed: bool) -> None:
    gate = pausing_gate([replace(HOLIDAYS, in_flight=policy)], "PROD", BEGIN)
    assert (gate is not None) is closed


def test_a_freeze_is_lifted_until_it_is_over() -> None:
    assert why_not_lift(HOLIDAYS, "", END - MOMENT) == ""
    assert why_not_lift(HOLIDAYS, "", END) == "The freeze 1 of PROD is over: it ended at 2026-12-01 08:00 UTC."


def test_a_freeze_to_come_is_told_and_closes_nothing_yet() -> None:
    (gate,) = freeze_gates([HOLIDAYS], BEGIN - MOMENT)
    assert (gate.is_open, gate.text) == (
        True,
        "PROD will be frozen from 2026-11-27 18:00 to 2026-12-01 08:00 UTC: holidays.",
    )


@pytest.mark.parametrize(
    ("now", "closed"), [(BEGIN - MOMENT, []), (BEGIN, ["PROD"]), (END - MOMENT, ["PROD"]), (END, [])]
)
def test_a_freeze_holds_from_its_first_moment_and_not_at_its_last(now: datetime, closed: list[str]) -> None:
    gate = closed_gate([HOLIDAYS], "PROD", now)
    assert ([gate.stage] if gate else []) == closed


def test_a_freeze_that_is_over_is_no_gate() -> None:
    assert freeze_gates([HOLIDAYS], END) == ()


def test_a_freeze_closes_no_other_stage() -> None:
    assert closed_gate([HOLIDAYS], "QA", BEGIN) is None


def test_of_two_freezes_the_one_that_lasts_longer_is_told() -> None:
    longer = Freeze(id=2, stage="PROD", starts_at=BEGIN, ends_at=END + timedelta(days=1), reason="audit")
    gate = closed_gate([longer, HOLIDAYS], "PROD", BEGIN)
    assert gate is not None
    assert gate.text == "PROD is frozen until 2026-12-02 08:00 UTC: audit."


def test_times_are_told_in_utc_wherever_they_were_written() -> None:
    east = timezone(timedelta(hours=2))
    freeze = Freeze(id=1, stage="PROD", starts_at=BEGIN.astimezone(east), ends_at=END.astimezone(east), reason="x")
    (gate,) = freeze_gates([freeze], BEGIN)
    assert gate.text == "PROD is frozen until 2026-12-01 08:00 UTC: x."
