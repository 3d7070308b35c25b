"""The last results of a phase, all at the same instant: one of them closes it, whichever the database lets last."""

from __future__ import annotations

import os

import pytest
from django.db import connection

from releases.actions.callbacks import Receipt
from releases.domain.lifecycle import PromotionState
from releases.models import Dispatch, Promotion
from tests.factories import created, person, promote, promoting, say, slot
from tests.flows.racing import load_independent, put_away, take_down, unsound_journals
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
# Without the release's lock every trial ends stuck; 500 is what the design asks for, 25 are for every day.
TRIALS = int(os.environ.get("FAN_IN_TRIALS", "25"))
SERVICES = tuple(f"service-{number}" for number in range(8))
# A process has sixteen connections to PostgreSQL, and SQLite as many as it has threads.
WRITERS, EACH = (12 if connection.vendor == "postgresql" else 20), 10


def ends_of(promotion: Promotion) -> dict[str, int]:
    """Count the journal's entries from this promotion's start on that may be there once only."""
    told = list(promotion.release.entries.order_by("sequence").values_list("kind", flat=True))
    return {kind: told.count(kind) for kind in ("session.opened", "session.closed", "promotion.succeeded")}


def test_results_that_come_at_one_instant_leave_no_promotion_stuck() -> None:
    load_independent(*SERVICES)
    actor = person()
    outcomes = []
    for _ in range(TRIALS):
        promotion = promote(created(actor))
        dispatches = Dispatch.objects.filter(step__promotion=promotion).select_related("session", "step__service")
        receipts = at_once(*[lambda dispatch=dispatch: say(dispatch, "succeeded") for dispatch in dispatches])
        promotion.refresh_from_db()
        applied = [receipt for receipt in receipts if isinstance(receipt, Receipt) and not receipt.late]
        outcomes.append((len(applied), promotion.state, ends_of(promotion)))
        take_down()
        put_away(actor)

    once = {"session.opened": 1, "session.closed": 1, "promotion.succeeded": 1}
    assert [each for each in outcomes if each != (len(SERVICES), PromotionState.SUCCEEDED.value, once)] == []
    assert (len(outcomes), unsound_journals()) == (TRIALS, {})


def test_twenty_writers_at_once_are_all_served() -> None:
    promotion = promoting()
    dispatch = slot(promotion, "inventory")

    def report(writer: int) -> list[bool]:
        numbers = range(writer * EACH, (writer + 1) * EACH)
        return [say(dispatch, "progress", sequence=number).duplicate for number in numbers]

    results = at_once(*[lambda writer=writer: report(writer) for writer in range(WRITERS)])

    assert results == [[False] * EACH] * WRITERS
    assert dispatch.callbacks.count() == WRITERS * EACH
    assert unsound_journals() == {}
