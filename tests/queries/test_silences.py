"""Who is waited for, since when, and until when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F
from django.template.loader import render_to_string

from releases.models import AggregationSession, Dispatch
from releases.queries.release_pages import release_view
from tests.factories import LOOKER, promoting, slot, tell

if TYPE_CHECKING:
    from releases.models import Promotion
    from releases.queries.views import StepView

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def row(promotion: Promotion, service: str = "inventory") -> StepView:
    return next(step for step in release_view(promotion.release, LOOKER).steps if step.service == service)


def test_a_service_that_is_waited_for_is_silent_since_its_last_word() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")

    dispatch = slot(promotion, "inventory")

    assert dispatch.heard_at is not None
    assert row(promotion).silent_since == dispatch.heard_at


def test_its_next_word_is_due_by_the_lease_or_the_deadline_whichever_is_first() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    by_deadline = row(promotion).lease_until
    AggregationSession.objects.update(deadline_at=F("deadline_at") + HOUR)
    by_lease = row(promotion).lease_until

    dispatch = slot(promotion, "inventory")

    assert dispatch.session.deadline_at is not None
    assert (by_deadline, by_lease) == (dispatch.session.deadline_at - HOUR, dispatch.lease_until)


def test_a_service_that_has_its_order_but_said_nothing_is_silent_since_then() -> None:
    promotion = promoting()
    Dispatch.objects.update(state="dispatched", sent_at=F("opened_at"), lease_until=F("opened_at") + HOUR)

    opened_at = slot(promotion, "inventory").opened_at

    assert (row(promotion).silent_since, row(promotion).lease_until) == (opened_at, opened_at + HOUR)


def test_nobody_else_is_silent() -> None:
    promotion = promoting()
    pending = row(promotion)
    tell(promotion, "inventory", "succeeded")

    silent = {step.service: step.silent_since for step in release_view(promotion.release, LOOKER).steps}

    assert (pending.silent_since, set(silent.values())) == (None, {None})


def test_the_page_says_how_long_a_service_may_stay_silent() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    release = release_view(promotion.release, LOOKER)

    html = render_to_string("releases/release.html#row", {"release": release, "step": row(promotion)})

    assert ">accepted, silent <time" in html
    assert (html.count('data-style="silence"'), html.count('data-style="left"')) == (1, 1)


def test_the_page_says_nothing_of_the_silence_of_who_is_done() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    release = release_view(promotion.release, LOOKER)

    html = render_to_string("releases/release.html#row", {"release": release, "step": row(promotion)})

    assert "silent" not in html
