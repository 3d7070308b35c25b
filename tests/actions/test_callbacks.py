"""What services report: stored before it is acknowledged, and each kind of it judged as the contract says."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import F

from releases.actions.callbacks import ForgedCallback, record_callback
from releases.actions.steering import cancel, retry_step
from releases.actions.sweeping import end_overdue_slots
from releases.domain.errors import InvalidInput
from releases.models import AggregationSession, Callback, Dispatch, Promotion
from tests import factories
from tests.factories import incoming, person, promoting, say, slot, step_of, tell, token_of

pytestmark = pytest.mark.django_db
LONG = timedelta(hours=25)


def dispositions(promotion: Promotion, service: str = "inventory") -> list[str]:
    stored = Callback.objects.filter(dispatch__step__promotion=promotion, dispatch__step__service__slug=service)
    return list(stored.order_by("pk").values_list("disposition", flat=True))


def pass_the_deadline() -> None:
    AggregationSession.objects.update(deadline_at=F("opened_at") - timedelta(seconds=1))
    end_overdue_slots()


def test_an_acknowledged_callback_is_stored_as_it_came() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "progress", sequence=7, percent=40, message="copying", details={"pod": "a-1"})

    stored = Callback.objects.values_list("status", "sequence", "percent", "message", "details", "disposition")

    assert list(stored) == [("progress", 7, 40, "copying", {"pod": "a-1"}, "applied")]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("accepted", "accepted"),
        ("progress", "in_progress"),
        ("succeeded", "succeeded"),
        ("failed", "failed"),
        ("rejected", "rejected"),
    ],
)
def test_a_callback_may_overtake_our_own_note_of_the_order(status: str, state: str) -> None:
    promotion = promoting()
    assert slot(promotion, "inventory").state == "pending"

    tell(promotion, "inventory", status)

    assert (slot(promotion, "inventory").state, step_of(promotion, "inventory").state) == (state, state)


def test_a_receipt_names_the_last_journal_entry() -> None:
    promotion = promoting()

    receipt = tell(promotion, "inventory", "progress")

    promotion.release.refresh_from_db()
    assert (receipt.sequence, receipt.duplicate, receipt.late) == (promotion.release.sequence, False, False)


def test_the_same_sequence_again_is_answered_and_changes_nothing() -> None:
    promotion = promoting()
    first = tell(promotion, "inventory", "progress", sequence=1, percent=10)

    again = tell(promotion, "inventory", "progress", sequence=1, percent=10)

    assert (again.duplicate, again.sequence, dispositions(promotion)) == (True, first.sequence, ["applied"])


def test_the_same_result_again_is_answered_and_changes_nothing() -> None:
    promotion = promoting()
    dispatch = slot(promotion, "inventory")
    first = say(dispatch, "succeeded")

    again = say(dispatch, "succeeded")

    assert (again.duplicate, again.sequence, dispositions(promotion)) == (True, first.sequence, ["applied"])


def test_a_sequence_that_was_late_is_a_duplicate_when_repeated() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    pass_the_deadline()
    dispatch = slot(promotion, "inventory")

    assert [say(dispatch, "succeeded", sequence=3).duplicate for _ in range(2)] == [False, True]


@pytest.mark.parametrize("status", ["accepted", "progress", "succeeded", "failed"])
def test_a_late_callback_without_a_sequence_that_is_repeated_is_stored_once(status: str) -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    pass_the_deadline()
    dispatch = slot(promotion, "inventory")

    receipts = [say(dispatch, status, percent=50, message="x" * 600, details={"pod": "a-1"}) for _ in range(3)]

    assert [(receipt.duplicate, receipt.late) for receipt in receipts] == [(False, True), (True, False), (True, False)]
    assert {receipt.sequence for receipt in receipts} == {receipts[0].sequence}
    assert dispositions(promotion) == ["applied", "late"]


def test_a_late_result_is_the_same_result_under_another_sequence() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    pass_the_deadline()
    dispatch = slot(promotion, "inventory")

    assert [say(dispatch, "succeeded", sequence=number).duplicate for number in (3, 4, None)] == [False, True, True]


def test_late_progress_that_says_something_else_is_stored_too() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    pass_the_deadline()
    dispatch = slot(promotion, "inventory")
    reports: list[dict[str, object]] = [
        {"percent": 50, "message": "copying"},
        {"percent": 60, "message": "copying"},
        {"percent": 60, "message": "starting"},
        {"percent": 60, "message": "starting", "details": {"pod": "a-2"}},
        {"percent": 60, "message": "starting", "details": {"pod": "a-2"}, "sequence": 9},
    ]

    for report in reports:
        say(dispatch, "progress", **report)

    assert dispositions(promotion) == ["applied", *["late"] * len(reports)]


def test_a_contradicting_result_that_is_repeated_is_stored_once() -> None:
    promotion = promoting()
    dispatch = slot(promotion, "inventory")
    say(dispatch, "failed")

    duplicates = [say(dispatch, "succeeded", message=f"try {number}").duplicate for number in range(2)]

    assert (duplicates, dispositions(promotion)) == ([False, True], ["applied", "contradictory"])


def test_an_older_sequence_is_history() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "progress", sequence=5, percent=60)

    tell(promotion, "inventory", "progress", sequence=4, percent=80)

    dispatch = slot(promotion, "inventory")
    assert (dispatch.percent, dispatch.last_sequence) == (60, 5)
    assert dispositions(promotion) == ["applied", "out_of_order"]


def test_an_acceptance_that_progress_overtook_is_history() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "progress", percent=10)

    tell(promotion, "inventory", "accepted")

    assert (slot(promotion, "inventory").state, dispositions(promotion)) == ("in_progress", ["applied", "out_of_order"])


def test_a_result_counts_even_when_it_overtook_progress() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "progress", sequence=9)

    tell(promotion, "inventory", "succeeded", sequence=8)

    assert (slot(promotion, "inventory").state, slot(promotion, "inventory").last_sequence) == ("succeeded", 9)


def test_the_first_result_wins_over_a_contradicting_one() -> None:
    promotion = promoting()
    dispatch = slot(promotion, "inventory")
    say(dispatch, "failed", message="disk full")

    receipt = say(dispatch, "succeeded")

    assert (receipt.late, receipt.duplicate) == (True, False)
    assert (slot(promotion, "inventory").state, dispositions(promotion)) == ("failed", ["applied", "contradictory"])


def test_mistake_48_a_result_after_the_deadline_is_kept_as_late_and_changes_nothing() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    pass_the_deadline()
    summary = factories.session_of(promotion).summary

    receipt = tell(promotion, "inventory", "succeeded")

    assert (receipt.late, slot(promotion, "inventory").state) == (True, "timed_out")
    assert factories.session_of(promotion).summary == summary
    assert factories.kinds(promotion.release)[-1] == "callback.late"


def test_a_result_after_a_cancel_is_kept_as_late() -> None:
    promotion = promoting()
    cancel(actor=person(), version=promotion.version)

    receipt = tell(promotion, "inventory", "succeeded")

    assert (receipt.late, step_of(promotion, "inventory").state) == (True, "cancelled")


def test_a_callback_of_an_earlier_attempt_changes_nothing() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    pass_the_deadline()
    earlier = slot(promotion, "inventory")
    retry_step(actor=person(), version=promotion.version, service="inventory")

    receipt = say(earlier, "succeeded")

    assert (receipt.late, step_of(promotion, "inventory").state) == (True, "pending")


def test_the_attempt_must_be_the_one_that_the_session_asked() -> None:
    dispatch = slot(promoting(), "inventory")

    with pytest.raises(InvalidInput) as refusal:
        say(dispatch, "succeeded", attempt=2)

    assert refusal.value.field == "attempt"
    assert Callback.objects.count() == 0


@pytest.mark.parametrize("fault", ["session", "source", "unasked", "token", "missing", "neighbour", "expired"])
def test_every_forgery_gets_the_same_answer_and_leaves_nothing(fault: str) -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    neighbour = slot(promotion, "inventory")
    dispatch = slot(promotion, "checkout")
    stored = Callback.objects.count()
    callback, token = incoming(dispatch, "succeeded"), token_of(dispatch)
    match fault:
        case "session":
            callback = incoming(dispatch, "succeeded", correlation_id=uuid4())
        case "source":
            callback = incoming(dispatch, "succeeded", source="nobody")
        case "unasked":
            callback = incoming(dispatch, "succeeded", source="web")
        case "token":
            token = "f" * 64
        case "missing":
            token = ""
        case "neighbour":
            token = token_of(neighbour)
        case _:
            say(dispatch, "succeeded")
            stored += 1
            AggregationSession.objects.update(deadline_at=F("opened_at") - LONG)

    with pytest.raises(ForgedCallback) as refusal:
        record_callback(callback=callback, token=token)

    assert (refusal.value.message, refusal.value.code) == ("Unknown callback.", "unauthorized")
    assert Callback.objects.count() == stored


def test_a_token_outlives_the_deadline_by_a_day() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    AggregationSession.objects.update(deadline_at=F("opened_at") - timedelta(hours=23))

    assert tell(promotion, "inventory", "succeeded").late is True


def test_the_percentage_never_goes_backwards() -> None:
    promotion = promoting()
    shown = []
    for percent in (30, 20, None, 45):
        tell(promotion, "inventory", "progress", percent=percent)
        shown.append(step_of(promotion, "inventory").percent)

    assert shown == [30, 30, 30, 45]


def test_success_is_a_hundred_percent() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")

    assert step_of(promotion, "inventory").percent == 100


def test_every_callback_renews_the_lease() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    Dispatch.objects.update(lease_until=F("opened_at"))

    tell(promotion, "inventory", "progress")

    dispatch = slot(promotion, "inventory")
    assert dispatch.heard_at is not None
    assert dispatch.lease_until == dispatch.heard_at + timedelta(seconds=30)


def test_the_deadline_counts_from_the_first_word_of_any_service() -> None:
    promotion = promoting(timeout_ms=5_000)
    tell(promotion, "inventory", "succeeded")
    assert factories.session_of(promotion).deadline_at is None
    tell(promotion, "checkout", "accepted")
    first = factories.session_of(promotion).deadline_at
    tell(promotion, "recommendations", "accepted")

    heard_at = slot(promotion, "checkout").heard_at

    assert heard_at is not None
    assert first == factories.session_of(promotion).deadline_at == heard_at + timedelta(milliseconds=5_000)


def test_a_long_message_is_cut_where_the_column_ends() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed", message="x" * 2_000)

    assert step_of(promotion, "inventory").message == "x" * 500


def test_the_journal_tells_every_callback_that_was_stored() -> None:
    promotion = promoting()
    dispatch = slot(promotion, "inventory")
    before = len(factories.kinds(promotion.release))
    for report in ("accepted", "progress", "failed", "failed", "succeeded"):
        say(dispatch, report)

    assert factories.kinds(promotion.release)[before:] == [
        "callback.applied",
        "callback.applied",
        "callback.applied",
        "slot.closed",
        "session.closed",
        "promotion.held",
        "callback.contradictory",
    ]
