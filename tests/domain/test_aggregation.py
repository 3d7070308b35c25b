"""What a callback or an answer means, and what a fan-out adds up to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.domain.aggregation import (
    FINAL_STATUSES,
    Answer,
    CallbackStatus,
    Disposition,
    PhaseOutcome,
    Reason,
    Report,
    Sending,
    Slot,
    clamp_timeout,
    phase_outcome,
    read_truth,
    receive,
    sending_outcome,
    session_outcome,
    tally,
)
from releases.domain.lifecycle import CLOSED_SLOTS, OPEN_SLOTS, SLOT_MOVES, SessionState, SlotState

STATES = st.sampled_from(list(SlotState))
SLOTS = st.builds(
    Slot,
    state=STATES,
    reason=st.sampled_from([reason.value for reason in Reason]),
    percent=st.none() | st.integers(0, 100),
    last_sequence=st.none() | st.integers(0, 9),
    heard_final=st.none() | st.sampled_from(sorted(FINAL_STATUSES)),
    superseded=st.booleans(),
)
REPORTS = st.builds(
    Report,
    status=st.sampled_from(list(CallbackStatus)),
    sequence=st.none() | st.integers(0, 9),
    percent=st.none() | st.integers(0, 100),
)
SEEN = st.sets(st.integers(0, 9))


@given(SLOTS, REPORTS, SEEN)
def test_a_callback_moves_a_slot_along_the_table_or_not_at_all(slot: Slot, report: Report, seen: set[int]) -> None:
    after = receive(slot, report, seen=seen).state

    assert after is slot.state or after in SLOT_MOVES[slot.state]


@given(SLOTS, REPORTS, SEEN)
def test_what_is_not_applied_changes_nothing(slot: Slot, report: Report, seen: set[int]) -> None:
    reception = receive(slot, report, seen=seen)

    if reception.disposition is not Disposition.APPLIED:
        assert (reception.state, reception.percent) == (slot.state, slot.percent)


def test_a_service_that_accepts_while_it_is_at_work_stays_at_work() -> None:
    slot = Slot(state=SlotState.IN_PROGRESS, percent=40, last_sequence=1)
    reception = receive(slot, Report(status=CallbackStatus.ACCEPTED, sequence=2))

    assert (reception.disposition, reception.state, reception.percent) == (
        Disposition.APPLIED,
        SlotState.IN_PROGRESS,
        40,
    )


@given(SLOTS, REPORTS, SEEN)
def test_a_percentage_never_falls(slot: Slot, report: Report, seen: set[int]) -> None:
    assert (receive(slot, report, seen=seen).percent or 0) >= (slot.percent or 0)


@given(SLOTS.filter(lambda slot: slot.state in CLOSED_SLOTS or slot.superseded), REPORTS, SEEN)
def test_nothing_is_applied_to_what_is_closed_or_superseded(slot: Slot, report: Report, seen: set[int]) -> None:
    assert receive(slot, report, seen=seen).disposition is not Disposition.APPLIED


@given(SLOTS, REPORTS)
def test_a_sequence_that_was_seen_is_a_duplicate(slot: Slot, report: Report) -> None:
    seen = {report.sequence} if report.sequence is not None else set()

    assert (receive(slot, report, seen=seen).disposition is Disposition.DUPLICATE) is (
        bool(seen) or slot.heard_final is report.status
    )


@given(SLOTS.filter(lambda slot: slot.state in CLOSED_SLOTS or slot.superseded), REPORTS)
def test_what_was_said_late_is_a_duplicate_when_it_is_said_again(slot: Slot, report: Report) -> None:
    assert receive(slot, report, late=[report]).disposition is Disposition.DUPLICATE


@given(SLOTS.filter(lambda slot: slot.state in OPEN_SLOTS and not slot.superseded), REPORTS)
def test_what_was_said_late_does_not_concern_an_open_slot(slot: Slot, report: Report) -> None:
    assert receive(slot, report, late=[report]) == receive(slot, report)


@pytest.mark.parametrize(
    ("late", "report", "disposition"),
    [
        (Report(status=CallbackStatus.FAILED), Report(status=CallbackStatus.FAILED, message="again"), "duplicate"),
        (Report(status=CallbackStatus.FAILED), Report(status=CallbackStatus.SUCCEEDED), "late"),
        (Report(status=CallbackStatus.PROGRESS), Report(status=CallbackStatus.PROGRESS, message="more"), "late"),
        (Report(status=CallbackStatus.PROGRESS), Report(status=CallbackStatus.PROGRESS, percent=4), "late"),
        (Report(status=CallbackStatus.PROGRESS), Report(status=CallbackStatus.PROGRESS, details={"a": 1}), "late"),
        (Report(status=CallbackStatus.PROGRESS), Report(status=CallbackStatus.PROGRESS, sequence=1), "late"),
    ],
)
def test_a_late_report_repeats_another_when_it_says_the_same(late: Report, report: Report, disposition: str) -> None:
    assert receive(Slot(state=SlotState.TIMED_OUT), report, late=[late]).disposition == disposition


@pytest.mark.parametrize(
    ("document", "report"),
    [
        ({"state": "succeeded"}, Report(status=CallbackStatus.SUCCEEDED)),
        ({"state": "in_progress", "percent": 40}, Report(status=CallbackStatus.PROGRESS, percent=40)),
        ({"state": "failed", "message": "disk"}, Report(status=CallbackStatus.FAILED, message="disk")),
        ({"state": "failed", "message": "a\0b\ud800"}, Report(status=CallbackStatus.FAILED, message="a?b?")),
        ({"state": "failed", "percent": 101, "message": 4}, Report(status=CallbackStatus.FAILED)),
        ({"state": "accepted", "percent": True}, Report(status=CallbackStatus.ACCEPTED)),
        ({"state": "fine"}, None),
        ({"status": "succeeded"}, None),
        ({"state": ["succeeded"]}, None),
        (["succeeded"], None),
        (None, None),
    ],
)
def test_what_a_service_says_when_asked_is_read_as_a_callback(document: object, report: Report | None) -> None:
    assert read_truth(document) == report


@given(st.lists(SLOTS))
def test_sums_follow_from_the_slots(slots: list[Slot]) -> None:
    totals = tally(slots)

    assert totals.expected == len(slots)
    assert totals.respondents <= totals.received <= totals.expected
    assert totals.respondents + totals.errors <= totals.expected


@given(st.lists(SLOTS))
def test_a_fan_out_is_complete_when_everybody_gave_a_result(slots: list[Slot]) -> None:
    totals = tally(slots)

    assert (totals.status == "COMPLETE") is (totals.received == totals.expected)


@given(st.lists(STATES, min_size=1))
def test_a_session_closes_exactly_when_no_slot_is_open(states: list[SlotState]) -> None:
    assert (session_outcome(states) is None) is bool(OPEN_SLOTS & set(states))


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        ("succeeded succeeded", SessionState.SUCCEEDED),
        ("succeeded skipped", SessionState.SUCCEEDED),
        ("succeeded failed", SessionState.PARTIAL),
        ("cancelled cancelled", SessionState.CANCELLED),
        ("timed_out timed_out", SessionState.TIMED_OUT),
        ("timed_out failed", SessionState.FAILED),
        ("rejected cancelled", SessionState.FAILED),
    ],
)
def test_a_session_closes_as_its_slots_did(states: str, outcome: SessionState) -> None:
    assert session_outcome([SlotState(state) for state in states.split()]) is outcome


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        ("succeeded skipped", PhaseOutcome.ADVANCE),
        ("succeeded in_progress", PhaseOutcome.WAIT),
        ("failed in_progress", PhaseOutcome.HOLD),
        ("succeeded rejected", PhaseOutcome.HOLD),
        ("timed_out pending", PhaseOutcome.HOLD),
    ],
)
def test_a_phase_waits_holds_or_advances(states: str, outcome: PhaseOutcome) -> None:
    assert phase_outcome([SlotState(state) for state in states.split()]) is outcome


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(status=200), Sending.DELIVERED),
        (Answer(status=299), Sending.DELIVERED),
        (Answer(status=401), Sending.REJECTED),
        (Answer(status=403), Sending.REJECTED),
        (Answer(status=429), Sending.RETRY),
        (Answer(status=503), Sending.RETRY),
        (Answer(error="refused"), Sending.RETRY),
        (Answer(status=301), Sending.FAILED),
        (Answer(status=404), Sending.FAILED),
        (Answer(status=410), Sending.FAILED),
        (Answer(status=500), Sending.FAILED),
    ],
)
def test_an_answer_is_read_by_its_status(answer: Answer, outcome: Sending) -> None:
    assert sending_outcome(answer) is outcome


@pytest.mark.parametrize(
    ("asked", "limit", "notice"),
    [
        (None, 10_000, ""),
        (1, 1, ""),
        (27_000, 27_000, ""),
        (27_001, 27_000, "timeout_ms was cut from 27001 to the maximum 27000."),
    ],
)
def test_a_time_limit_is_clamped_with_a_notice(asked: int | None, limit: int, notice: str) -> None:
    timeout = clamp_timeout(asked, default_ms=10_000, maximum_ms=27_000)

    assert (timeout.milliseconds, timeout.notice) == (limit, notice)


def test_a_default_above_the_maximum_is_cut_silently() -> None:
    assert clamp_timeout(None, default_ms=60_000, maximum_ms=27_000).milliseconds == 27_000


@pytest.mark.parametrize("asked", [0, -5])
def test_a_time_limit_is_positive(asked: int) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        clamp_timeout(asked, default_ms=1, maximum_ms=2)
