"""Freezes: in a plan, and at the door of a stage."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from releases.actions.promotions import PromotionRequest, promote_release
from releases.domain.errors import Conflict
from releases.domain.plans import PlanRequest
from releases.models import Freeze, Promotion, Stage
from releases.queries.gates import declared_freezes
from releases.queries.plans import computed_plan
from releases.queries.promotability import promotion_refusal
from releases.queries.release_pages import release_view
from tests.factories import created, load_bookverse, person

pytestmark = pytest.mark.django_db


def freeze(stage: str, begins_in: float, ends_in: float, reason: str = "holidays") -> Freeze:
    """Freeze a stage, in hours from now."""
    now = timezone.now()
    return Freeze.objects.create(
        stage=Stage.objects.get(name=stage),
        starts_at=now + timedelta(hours=begins_in),
        ends_at=now + timedelta(hours=ends_in),
        reason=reason,
    )


def text_of(stored: Freeze) -> str:
    return f"{stored.stage} is frozen until {stored.ends_at:%Y-%m-%d %H:%M} UTC: {stored.reason}."


def test_freezes_come_by_stage_and_those_that_are_over_do_not_come() -> None:
    load_bookverse()
    late, early, other = freeze("QA", 5, 6), freeze("QA", -1, 1), freeze("DEV", 1, 2)
    freeze("DEV", -2, -1)

    assert [each.id for each in declared_freezes()] == [other.pk, early.pk, late.pk]


def test_a_plan_shows_what_is_frozen_and_what_will_be() -> None:
    load_bookverse()
    freeze("PROD", -1, 1)
    freeze("QA", 1, 2)

    gates = computed_plan(PlanRequest()).gates

    assert [(gate.stage, gate.is_open) for gate in gates] == [("QA", True), ("PROD", False)]


def test_no_promotion_starts_in_a_frozen_stage() -> None:
    load_bookverse()
    release = created()
    stored = freeze("DEV", -1, 1)

    with pytest.raises(Conflict) as refusal:
        promote_release(actor=person(), request=PromotionRequest(version=release.version, stage="DEV"))

    assert (refusal.value.message, Promotion.objects.count()) == (text_of(stored), 0)


def test_the_button_of_the_page_gives_the_same_sentence() -> None:
    load_bookverse()
    release = created()
    stored = freeze("DEV", -1, 1)

    promote = release_view(release).promote

    assert (promote.allowed, promote.why_not) == (False, text_of(stored))


@pytest.mark.parametrize(("stage", "begins_in", "ends_in"), [("DEV", 1, 2), ("DEV", -2, -1), ("QA", -1, 1)])
def test_a_freeze_of_another_time_or_stage_is_in_nobodys_way(stage: str, begins_in: int, ends_in: int) -> None:
    load_bookverse()
    release = created()
    freeze(stage, begins_in, ends_in)

    assert promotion_refusal(release, Stage.objects.get(name="DEV")) is None
