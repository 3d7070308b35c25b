"""What is tried out gives the plan that storing it gives, and is never stored by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from releases.domain.access import Role
from releases.domain.errors import InvalidInput
from releases.domain.plans import PlanRequest
from releases.domain.rules import Severity
from releases.domain.what_if import ConstraintEdit, DenialEdit, Edits, FreezeEdit, RowEdit
from releases.models import CompatibilityRow, Constraint, Denial, Freeze, Service, Stage
from releases.queries.plans import compared_plans, computed_plan, plan_view
from tests.factories import NEXT, load_bookverse, person

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db

BEGIN = datetime(2030, 12, 1, tzinfo=UTC)
END = datetime(2030, 12, 2, tzinfo=UTC)
STOCK = {"consumer__slug": "recommendations", "provider__slug": "inventory", "consumer_range": ">=2.2.0"}
CHOICES = {"inventory": "1.3.0"}


def service(slug: str) -> Service:
    return Service.objects.get(slug=slug)


def stock_rule() -> Constraint:
    return Constraint.objects.get(**STOCK)


def change_a_rule() -> Edits:
    return Edits(constraints=(ConstraintEdit(id=stock_rule().pk, provider_range=">=1.3.0"),))


def store_changed_rule() -> None:
    Constraint.objects.filter(**STOCK).update(provider_range=">=1.3.0")


def soften_a_rule() -> Edits:
    return Edits(constraints=(ConstraintEdit(id=stock_rule().pk, severity=Severity.WARNING),))


def store_softened_rule() -> None:
    Constraint.objects.filter(**STOCK).update(severity="WARNING")


def delete_a_rule() -> Edits:
    return Edits(constraints=(ConstraintEdit(id=stock_rule().pk, is_deleted=True),))


def store_deleted_rule() -> None:
    stock_rule().delete()


def add_rules() -> Edits:
    """By an alias too, for a stored rule has the service itself."""
    rules = (("web", "checkout", "^1.5.3"), ("bookverse-web", "inventory", ">=1.4.0"))
    return Edits(
        constraints=tuple(
            ConstraintEdit(consumer=consumer, consumer_range="*", provider=provider, provider_range=required)
            for consumer, provider, required in rules
        )
    )


def store_added_rules() -> None:
    for provider, required in (("checkout", "^1.5.3"), ("inventory", ">=1.4.0")):
        Constraint.objects.create(
            consumer=service("web"), consumer_range="*", provider=service(provider), provider_range=required
        )


def deny() -> Edits:
    denial = DenialEdit(service="web", service_range="^3.0.0", other="checkout", other_range=">=1.5.3", reason="x")
    return Edits(denials=(denial,))


def store_denial() -> None:
    Denial.objects.create(
        service=service("web"), service_range="^3.0.0", other=service("checkout"), other_range=">=1.5.3", reason="y"
    )


def approve() -> Edits:
    versions = {**NEXT, **CHOICES}
    return Edits(
        rows=tuple(
            RowEdit(platform_version="2.2.0", service=slug, approved=(versions[slug],))
            for slug in ("inventory", "recommendations")
        )
    )


def store_rows() -> None:
    for slug in ("recommendations", "inventory"):
        approved = [{**NEXT, **CHOICES}[slug]]
        CompatibilityRow.objects.create(platform_version="2.2.0", service=service(slug), approved=approved)


def freeze() -> Edits:
    return Edits(freezes=(FreezeEdit(stage="PROD", starts_at=BEGIN, ends_at=END, reason="holidays"),))


def store_freeze() -> None:
    Freeze.objects.create(stage=Stage.objects.get(name="PROD"), starts_at=BEGIN, ends_at=END, reason="holidays")


@pytest.mark.parametrize("choices", [{}, CHOICES])
@pytest.mark.parametrize(
    ("edits", "store"),
    [
        (change_a_rule, store_changed_rule),
        (soften_a_rule, store_softened_rule),
        (delete_a_rule, store_deleted_rule),
        (add_rules, store_added_rules),
        (deny, store_denial),
        (approve, store_rows),
        (freeze, store_freeze),
    ],
)
def test_what_was_tried_out_has_the_digest_that_it_has_once_it_is_stored(
    edits: Callable[[], Edits], store: Callable[[], None], choices: dict[str, str]
) -> None:
    load_bookverse()
    request = PlanRequest(overrides=choices)
    edited, _ = compared_plans(request, edits())
    store()

    stored = computed_plan(request)

    assert (edited.digest, edited.verdict.overall) == (stored.digest, stored.verdict.overall)
    assert [gate.text for gate in edited.gates] == [gate.text for gate in stored.gates]


@pytest.mark.parametrize("edits", [change_a_rule, soften_a_rule, delete_a_rule, approve])
def test_an_edit_that_mends_the_set_has_another_digest_than_things_as_they_are(edits: Callable[[], Edits]) -> None:
    load_bookverse()

    edited, now = compared_plans(PlanRequest(overrides=CHOICES), edits())

    assert (edited.verdict.fits, now.verdict.fits) == (True, False)
    assert edited.digest != now.digest


def test_trying_out_stores_nothing() -> None:
    load_bookverse()
    before = [stock_rule().provider_range, Denial.objects.count(), CompatibilityRow.objects.count()]

    for edits in (change_a_rule(), delete_a_rule(), deny(), approve(), freeze()):
        compared_plans(PlanRequest(), edits)

    assert [stock_rule().provider_range, Denial.objects.count(), CompatibilityRow.objects.count()] == before
    assert Freeze.objects.count() == 0


def test_an_edited_row_keeps_its_last_day() -> None:
    load_bookverse()
    store_rows()
    CompatibilityRow.objects.update(expires_on=date(2020, 1, 1))

    edited, _ = compared_plans(PlanRequest(overrides=CHOICES), approve())

    assert edited.verdict.fits is False


def test_the_page_shows_the_plan_with_the_edits_beside_the_one_without() -> None:
    load_bookverse()

    view = plan_view(PlanRequest(overrides=CHOICES), person(), change_a_rule())

    assert view.now is not None
    assert (view.plan.verdict.fits, view.now.verdict.fits, view.edits) == (True, False, change_a_rule())
    assert (view.risks, view.forecast, view.gates) == (view.plan.risks, view.plan.forecast, view.plan.gates)


def test_without_edits_the_page_compares_chosen_versions_with_the_resolvers() -> None:
    load_bookverse()

    chosen, plain = (plan_view(PlanRequest(overrides=choices), person()) for choices in (CHOICES, {}))

    assert chosen.now is not None
    assert (chosen.now.digest, plain.now) == (plain.plan.digest, None)


def test_a_plan_with_edits_cannot_be_created_because_they_are_not_stored() -> None:
    load_bookverse()

    create = plan_view(PlanRequest(), person("maria", Role.MANAGER), change_a_rule()).create

    assert (create.allowed, create.why_not) == (
        False,
        "This plan tries out rules or freezes that are not stored: store them first, or drop the edits.",
    )


def test_a_freeze_that_runs_can_be_tried_without() -> None:
    load_bookverse()
    now = timezone.now()
    stage = Stage.objects.get(name="DEV")
    stored = Freeze.objects.create(stage=stage, starts_at=now, ends_at=now + timedelta(hours=1), reason="x")

    edited, as_is = compared_plans(PlanRequest(), Edits(freezes=(FreezeEdit(id=stored.pk, is_deleted=True),)))

    assert ([gate.stage for gate in edited.gates], [gate.stage for gate in as_is.gates]) == ([], ["DEV"])


def test_an_edit_of_what_is_not_there_is_refused() -> None:
    load_bookverse()

    with pytest.raises(InvalidInput) as refusal:
        compared_plans(PlanRequest(), Edits(constraints=(ConstraintEdit(id=10**6, is_deleted=True),)))

    assert (refusal.value.field, refusal.value.message) == (
        "what_if.constraints.0.id",
        "There is no rule 1000000.",
    )
