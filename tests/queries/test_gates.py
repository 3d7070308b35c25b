"""Freezes: in a plan, and at the door of a stage."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from releases.actions.promotions import PromotionRequest, promote_release
from releases.domain.access import Role
from releases.domain.errors import Conflict
from releases.domain.plans import PlanRequest
from releases.models import Freeze, Promotion, Stage
from releases.queries.gates import declared_freezes
from releases.queries.paths import stages_of
from releases.queries.plans import computed_plan
from releases.queries.promotability import promotion_refusal
from releases.queries.release_pages import release_view
from tests.factories import LOOKER, created, load_bookverse, person
from tests.hotfixing import created_hotfix, hotfix_request
from tests.signing import needs

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

    promote = release_view(release, LOOKER).promote

    assert (promote.allowed, promote.why_not) == (False, text_of(stored))


@pytest.mark.parametrize(("stage", "begins_in", "ends_in"), [("DEV", 1, 2), ("DEV", -2, -1), ("QA", -1, 1)])
def test_a_freeze_of_another_time_or_stage_is_in_nobodys_way(stage: str, begins_in: int, ends_in: int) -> None:
    load_bookverse()
    release = created()
    freeze(stage, begins_in, ends_in)

    assert promotion_refusal(release, Stage.objects.get(name="DEV")) is None


def test_a_plan_tells_what_its_stages_will_ask_for_in_the_words_of_the_refusal() -> None:
    load_bookverse()
    needs("DEV", count=2)
    Stage.objects.filter(name="QA").update(soak_minutes=90, requires_validation=True)
    gates = computed_plan(PlanRequest()).gates
    release = created()

    refusal = promotion_refusal(release, Stage.objects.get(name="DEV"))

    assert [(gate.stage, gate.kind, gate.is_open) for gate in gates] == [
        ("DEV", "approval", False),
        ("QA", "soak", False),
        ("QA", "validation", False),
    ]
    assert (refusal and refusal.text) == gates[0].text == "DEV needs 2 sign-offs of role approver."


def test_a_plan_that_leaves_a_stage_out_is_not_told_of_its_gates() -> None:
    load_bookverse()
    needs("DEV")
    Stage.objects.filter(name="STAGING").update(soak_minutes=90)

    (gate,) = computed_plan(PlanRequest(path=("QA", "STAGING"))).gates

    assert gate.text == "STAGING takes what has run 90 minutes in QA; it does not run there yet."


def test_a_hotfix_needs_the_sign_offs_of_its_urgency_in_the_plan_and_at_the_door() -> None:
    load_bookverse()
    needs("STAGING", count=2)
    needs("STAGING", count=1, urgency="CRITICAL")
    needs("STAGING", role=Role.ADMIN, kind="hotfix", urgency="HIGH")

    told = [[gate.text for gate in computed_plan(hotfix_request(each)).gates] for each in ("CRITICAL", "HIGH", "LOW")]
    release = created_hotfix("CRITICAL")
    refusal = promotion_refusal(release, stages_of(release)[0])

    assert told == [
        ["STAGING needs 1 sign-off of role approver."],
        ["STAGING needs 1 sign-off of role admin, and 2 sign-offs of role approver."],
        ["STAGING needs 2 sign-offs of role approver."],
    ]
    assert refusal is not None
    assert refusal.text == "STAGING needs 1 sign-off of role approver."
