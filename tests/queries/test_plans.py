"""The plan page, and what may be promoted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.collections import request_collection
from releases.domain.access import SYSTEM, Role
from releases.domain.plans import PlanRequest
from releases.models import CompatibilityRow, Constraint, Service, Stage
from releases.queries.plans import collection_view, computed_plan, plan_view
from releases.queries.promotability import next_stage, promotion_refusal
from releases.queries.versions import version_choices
from tests import factories
from tests.factories import created, finish, load_bookverse, person, promote, register

if TYPE_CHECKING:
    from releases.queries.views import PlanView

pytestmark = pytest.mark.django_db


def plan_page(role: Role = Role.MANAGER, **choices: str) -> PlanView:
    return plan_view(PlanRequest(kind="synchronized", overrides=choices), person("kim", role))


def test_the_newest_eligible_versions_are_chosen() -> None:
    load_bookverse()

    view = plan_page()

    assert {row.service: row.chosen for row in view.services} == factories.NEXT
    assert (view.plan.platform_version, view.candidate_version) == ("2.2.0", "2.2.0-alpha.1")


def test_every_stage_has_its_label() -> None:
    load_bookverse()

    assert plan_page().labels == (
        ("DEV", "2.2.0-alpha.1"),
        ("QA", "2.2.0-beta.1"),
        ("STAGING", "2.2.0-rc.1"),
        ("PROD", "2.2.0"),
    )


def test_a_choice_of_ones_own_is_shown_beside_the_resolvers() -> None:
    load_bookverse()

    row = next(row for row in plan_page(inventory="1.3.0").services if row.service == "inventory")

    assert (row.live, row.chosen, row.resolved) == ("1.2.3", "1.3.0", "1.4.0")


def test_choosing_what_the_resolver_chose_is_the_same_plan() -> None:
    load_bookverse()

    plans = [
        computed_plan(PlanRequest(kind="synchronized", overrides=choices))
        for choices in ({}, {"inventory": "1.4.0"}, {"bookverse-inventory": "1.4.0"})
    ]

    assert len({plan.digest for plan in plans}) == 1


def test_the_same_knowledge_gives_the_same_digest() -> None:
    load_bookverse()
    first = plan_page().plan.digest
    same = plan_page().plan.digest
    Constraint.objects.filter(consumer__slug="web").update(provider_range="*")
    register({"web": ["3.0.3"]})

    assert first == same != plan_page().plan.digest


@pytest.mark.parametrize(
    ("role", "choices", "why_not"),
    [
        (Role.MANAGER, {}, ""),
        (Role.VIEWER, {}, "To plan a release you need the role release manager."),
        (Role.MANAGER, {"nobody": "1.0.0"}, "The platform has no service nobody."),
    ],
)
def test_the_button_says_why_a_plan_cannot_be_created(role: Role, choices: dict[str, str], why_not: str) -> None:
    load_bookverse()

    create = plan_page(role, **choices).create

    assert (create.allowed, create.why_not) == (not why_not, why_not)


def test_an_incompatible_plan_cannot_be_created() -> None:
    load_bookverse()

    assert plan_page(inventory="1.3.0").create.why_not.startswith("These versions are incompatible: ")


def test_versions_are_offered_newest_first_and_odd_ones_last() -> None:
    load_bookverse()
    register({"web": ["3.0.10", "2024.05.0", "3.1.0-rc.1"]})
    register({"web": ["3.2.0"]}, tag="quarantine")

    choices = version_choices(Service.objects.get(slug="web").versions.all())

    assert [choice.version for choice in choices] == ["3.2.0", "3.1.0-rc.1", "3.0.10", "3.0.2", "3.0.1", "2024.05.0"]
    assert [choice.version for choice in choices if choice.eligible] == ["3.0.10", "3.0.2", "3.0.1"]


def test_a_board_without_a_catalog_has_a_plan_that_cannot_be_created() -> None:
    assert plan_page().create.allowed is False


def test_a_collection_is_shown_while_it_runs() -> None:
    before = collection_view()
    request_collection(actor=SYSTEM)

    assert (before.running, collection_view().running) == (False, True)


def test_the_next_stage_is_the_first_that_was_not_reached() -> None:
    load_bookverse()
    release = created()
    names = []
    for _ in range(4):
        stage = next_stage(release)
        assert stage is not None
        names.append(stage.name)
        finish(promote(release, stage.name))

    assert (tuple(names), next_stage(release)) == (factories.STAGES, None)


def test_a_set_that_nobody_can_vouch_for_stops_before_the_last_stage() -> None:
    load_bookverse()
    release = created()
    for stage in ("DEV", "QA", "STAGING"):
        finish(promote(release, stage))
    Constraint.objects.filter(consumer__slug="helm", provider__slug="web").delete()
    CompatibilityRow.objects.all().delete()
    release.refresh_from_db()

    refusal = promotion_refusal(release, Stage.objects.get(name="PROD"))

    assert refusal is not None
    assert refusal.text.startswith("PROD takes no set that nobody can vouch for: ")


def test_a_prerelease_stops_before_the_stage_that_admits_none() -> None:
    load_bookverse()
    release = created()
    release.manifest = release.manifest | {"web": "3.1.0-rc.1"}
    for stage in ("DEV", "QA"):
        finish(promote(release, stage))
    release.manifest = release.manifest | {"web": "3.1.0-rc.1"}

    refusal = promotion_refusal(release, Stage.objects.get(name="STAGING"))

    assert refusal is not None
    assert refusal.text == "STAGING admits no prereleases: web 3.1.0-rc.1."
