"""Taking a release back: dependents first, only what changed, to the last set that ran verified together."""

from __future__ import annotations

import pytest

from releases.actions.releases import PlanChanged
from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.domain.access import Role
from releases.domain.errors import Conflict, InvalidInput, PermissionRefused
from releases.models import Deployment, Observation, Release, ServiceVersion, Stage
from releases.queries.rollbacks import promotion_to_take_back, rollback_plan
from tests.factories import (
    LIVE,
    NEXT,
    STAGES,
    created,
    finish,
    kinds,
    load_bookverse,
    open_services,
    person,
    promote,
    promoting,
    tell,
)
from tests.flows.racing import unsound_journals

pytestmark = pytest.mark.django_db(transaction=True)


def released() -> Release:
    """Bring the newest versions through all stages."""
    load_bookverse()
    release = created()
    for stage in STAGES:
        finish(promote(release, stage))
        release.refresh_from_db()
    return release


def take_back(release: Release, reason: str = "orders fail", **request: object) -> Release:
    wanted = RollbackRequest(version=release.version, reason=reason, **request)  # type: ignore[arg-type]
    rollback = Release.objects.get(version=roll_back(actor=person(), request=wanted))
    release.refresh_from_db()
    return rollback


def running(stage: str) -> dict[str, str]:
    return dict(Deployment.objects.filter(stage__name=stage).values_list("service__slug", "version"))


def test_a_published_release_goes_back_to_what_ran_before_in_the_reverse_order() -> None:
    release = released()
    rollback = take_back(release)
    promotion = rollback.promotions.get()
    asked = []
    while promotion.state == "running":
        asked.append(open_services(promotion))
        for service in asked[-1]:
            tell(promotion, service, "succeeded")
        promotion.refresh_from_db()
    rollback.refresh_from_db()
    stage = Stage.objects.get(name="PROD")

    assert asked == [["helm"], ["web"], ["checkout", "recommendations"], ["inventory"]]
    assert (running("PROD"), stage.live_version and stage.live_version.version) == (LIVE, "2.1.0")
    assert (rollback.version, rollback.state, rollback.rolls_back) == ("2.2.0-rollback.1", "released", release)
    assert unsound_journals() == {}


def test_only_what_changed_is_asked() -> None:
    load_bookverse()
    release = created(helm=LIVE["helm"], web=LIVE["web"])
    finish(promote(release))
    release.refresh_from_db()
    rollback = take_back(release)

    assert rollback.plan["phases"] == [["checkout", "recommendations"], ["inventory"]]


def test_a_held_promotion_is_cancelled_and_what_it_moved_goes_back() -> None:
    promotion = promoting("QA")
    release = promotion.release
    tell(promotion, "inventory", "succeeded")
    tell(promotion, "checkout", "failed", message="schema mismatch")
    tell(promotion, "recommendations", "succeeded")
    rollback = take_back(release)
    promotion.refresh_from_db()

    assert (promotion.state, release.state) == ("cancelled", "waiting")
    assert rollback.plan["phases"] == [["recommendations"], ["inventory"]]
    assert kinds(release)[-2:] == ["promotion.cancelled", "rollback.started"]


def test_a_release_that_was_taken_out_of_a_stage_has_to_pass_it_again() -> None:
    promotion = promoting("QA")
    finish(promotion)
    release = promotion.release
    release.refresh_from_db()
    finish(take_back(release, quarantine=False).promotions.get())
    with pytest.raises(Conflict) as refusal:
        promote(release, "STAGING")
    again = promote(release, "QA")

    assert str(refusal.value) == "QA comes before STAGING; promote there first."
    assert again.version == "2.2.0-beta.1"


def test_what_failed_a_probe_is_no_target_unless_it_is_named() -> None:
    release = released()
    Observation.objects.filter(platform_version="2.1.0", stage__name="PROD").update(probes=4, failed_probes=1)
    with pytest.raises(Conflict) as refusal:
        take_back(release)
    rollback = take_back(release, target_version="2.1.0")

    assert str(refusal.value) == (
        "PROD has nothing to go back to from 2.2.0: no set that ran there before was verified: "
        "2.1.0 (1 probes failed); name one to go back to."
    )
    assert rollback.target_version == "2.1.0"


def test_what_cannot_be_undone_has_to_be_accepted() -> None:
    release = released()
    row = ServiceVersion.objects.filter(service__slug="checkout", version=NEXT["checkout"])
    row.update(irreversible="drops a table")
    with pytest.raises(InvalidInput) as refusal:
        take_back(release)
    take_back(release, accept_irreversible=True)

    assert (refusal.value.field, str(refusal.value)) == (
        "accept_irreversible",
        f"Going back does not undo everything: checkout: {NEXT['checkout']} drops a table. Accept that, or go forward.",
    )


def test_a_plan_that_changed_since_it_was_seen_is_not_carried_out() -> None:
    release = released()
    seen = rollback_plan(promotion_to_take_back(release)).digest
    ServiceVersion.objects.filter(version=NEXT["checkout"]).update(irreversible="drops a table")
    with pytest.raises(PlanChanged):
        take_back(release, accept_digest=seen, accept_irreversible=True)


def test_a_repeated_command_starts_one_rollback() -> None:
    release = released()
    request = RollbackRequest(version=release.version, reason="orders fail")
    both = [roll_back(actor=person(), request=request, key="one click") for _ in range(2)]

    assert both == ["2.2.0-rollback.1"] * 2


def test_a_stage_that_somebody_promoted_to_since_is_not_taken_back() -> None:
    load_bookverse()
    first, second = created(helm=LIVE["helm"]), created()
    for release in (first, second):
        finish(promote(release))
    with pytest.raises(Conflict) as refusal:
        take_back(first)

    assert str(refusal.value) == (
        f"What {first.version} brought to DEV was replaced since: {second.version} runs there, so take that back."
    )


def test_a_rollback_is_not_rolled_back() -> None:
    rollback = take_back(released())
    with pytest.raises(Conflict) as refusal:
        take_back(rollback)

    assert str(refusal.value) == ("2.2.0-rollback.1 is a rollback itself: plan a release to go forward again.")


def test_a_viewer_may_not_roll_back() -> None:
    release = released()
    request = RollbackRequest(version=release.version, reason="orders fail")
    with pytest.raises(PermissionRefused):
        roll_back(actor=person("vera", Role.VIEWER), request=request)


def test_a_rollback_says_why() -> None:
    release = released()
    with pytest.raises(InvalidInput) as refusal:
        take_back(release, reason="  ")

    assert refusal.value.field == "reason"


def test_the_next_release_is_measured_against_what_runs_again() -> None:
    release = released()
    finish(take_back(release).promotions.get())
    with pytest.raises(Conflict) as refusal:
        created()

    assert "2.2.0" in str(refusal.value)
