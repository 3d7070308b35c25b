"""Every kind of release: to its success, to a failure that is undone, and back again after it was released."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from releases.actions.recovery import ATTEMPTS, answer_failures, recover
from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.actions.trains import cancel_train
from releases.domain.plan_kinds import ROLLBACK
from releases.models import Deployment, Promotion, Release, Stage
from tests.factories import (
    LIVE,
    NEXT,
    PHASES,
    STAGES,
    bring,
    created,
    created_alone,
    finish,
    load_bookverse,
    new_release,
    open_services,
    person,
    promote,
    stored,
    tell,
)
from tests.flows.racing import unsound_journals
from tests.hotfixing import created_hotfix, live_hotfix
from tests.travelling import look, open_promotion, planned, platform, promoted, release_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_httpserver import HTTPServer

pytestmark = pytest.mark.django_db(transaction=True)
CHECKOUT = {"checkout": NEXT["checkout"]}


def synchronized() -> Release:
    release = created()
    bring(release)
    return release


def checkout_alone() -> Release:
    return created_alone(checkout=CHECKOUT["checkout"])


def independent() -> Release:
    release = checkout_alone()
    bring(release)
    return release


def hotfix() -> Release:
    return live_hotfix()


# Each brings a release of its kind to the end of its way, and what PROD runs then.
RELEASED: dict[str, tuple[Callable[[], Release], dict[str, str]]] = {
    "synchronized": (synchronized, NEXT),
    "independent": (independent, {**LIVE, **CHECKOUT}),
    "hotfix": (hotfix, {**LIVE, **CHECKOUT}),
}
PLANNED: dict[str, Callable[[], Release]] = {
    "synchronized": created,
    "independent": checkout_alone,
    "hotfix": created_hotfix,
}


def running(stage: str = "PROD") -> dict[str, str]:
    return dict(Deployment.objects.filter(stage__name=stage).values_list("service__slug", "version"))


def live(stage: str = "PROD") -> str:
    version = Stage.objects.get(name=stage).live_version
    return version.version if version else ""


def take_back(release: Release, stage: str = "") -> Release:
    request = RollbackRequest(version=release.version, reason="orders fail", stage=stage)
    return Release.objects.get(version=roll_back(actor=person(), request=request))


def fail(promotion: Promotion, service: str) -> None:
    """Let everything go well until this service is asked, and fail then."""
    while service not in open_services(promotion):
        for other in open_services(promotion):
            tell(promotion, other, "succeeded")
    tell(promotion, service, "failed", message="no disk")
    promotion.refresh_from_db()


@pytest.mark.parametrize("kind", RELEASED)
def test_it_is_released_and_the_last_stage_runs_what_was_planned(kind: str) -> None:
    load_bookverse()
    bring_it, expected = RELEASED[kind]
    release = bring_it()
    release.refresh_from_db()

    assert (release.kind, release.state, running()) == (kind, "released", expected)
    assert (live(), unsound_journals()) == (release.version, {})


@pytest.mark.parametrize("kind", RELEASED)
def test_taken_back_the_last_stage_runs_what_it_ran_before(kind: str) -> None:
    load_bookverse()
    rollback = take_back(RELEASED[kind][0]())
    finish(rollback.promotions.get())
    rollback.refresh_from_db()

    assert (rollback.kind, rollback.state, running(), live()) == (ROLLBACK, "released", LIVE, "2.1.0")
    assert unsound_journals() == {}


@pytest.mark.parametrize("kind", PLANNED)
def test_a_failure_is_undone_where_that_was_wished(kind: str) -> None:
    load_bookverse()
    release = PLANNED[kind]()
    first = (release.path or STAGES)[0]
    promotion = promote(release, first, on_failure="roll_back")
    failing = "checkout" if kind == "synchronized" else open_services(promotion)[0]
    fail(promotion, failing)
    answer_failures()
    for rollback in Release.objects.filter(kind=ROLLBACK):
        finish(rollback.promotions.get())
    promotion.refresh_from_db()

    assert (running(first), live(first), unsound_journals()) == (LIVE, "2.1.0", {})
    # Where nothing had moved there is nothing to take back, and a person decides.
    assert promotion.state == ("cancelled" if kind == "synchronized" else "held")


def test_a_rollback_that_fails_for_good_is_recovered_by_leaving_that_service_behind() -> None:
    load_bookverse()
    rollback = take_back(synchronized())
    promotion = rollback.promotions.get()
    fail(promotion, "web")
    for _ in range(1, ATTEMPTS):
        answer_failures()
        tell(promotion, "web", "failed", message="no disk")
    promotion.refresh_from_db()
    held = promotion.state
    recover(actor=person(), version=rollback.version, reason="web does not start")
    promotion.refresh_from_db()
    finish(promotion)

    assert (held, running()) == ("held", {**LIVE, "web": NEXT["web"]})
    assert unsound_journals() == {}


@pytest.fixture
def registry(transactional_db: None, httpserver: HTTPServer) -> Iterator[None]:
    with platform(httpserver):
        yield


def test_a_train_is_released_and_every_stage_runs_what_it_carried(registry: None) -> None:
    train = planned()
    promoted(train, "PROD")
    look(train)
    release = release_of(train)

    assert (release.kind, release.state) == ("train", "released")
    assert [running(stage) for stage in STAGES] == [NEXT] * 4
    assert unsound_journals() == {}


def test_a_train_that_fails_and_is_cancelled_leaves_every_stage_as_it_was(registry: None) -> None:
    train = planned()
    promoted(train, "DEV")
    fail(open_promotion(train), "checkout")
    look(train)
    cancel_train(actor=person(), label=train.label, reason="checkout fails")
    look(train)
    for promotion in Promotion.objects.filter(release__kind=ROLLBACK, finished_at=None):
        finish(promotion)

    assert (train.state, [running(stage) for stage in STAGES]) == ("cancelled", [LIVE] * 4)
    assert unsound_journals() == {}


def test_a_train_taken_back_leaves_the_last_stage_as_it_was(registry: None) -> None:
    train = planned()
    promoted(train, "PROD")
    look(train)
    finish(take_back(release_of(train)).promotions.get())

    assert (running(), live(), unsound_journals()) == (LIVE, "2.1.0", {})


@contextmanager
def forgotten() -> Iterator[None]:
    """Undo in the database whatever the block does, so that each example finds the same board."""
    before = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(before)


@pytest.mark.django_db
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(kept=st.sets(st.sampled_from(sorted(LIVE)), max_size=4), failing=st.none() | st.sampled_from(sorted(LIVE)))
def test_a_release_and_its_rollback_leave_the_stage_as_it_was(kept: set[str], failing: str | None) -> None:
    choices = {service: LIVE[service] for service in kept} | _fitting(kept)
    assume(choices != LIVE)  # what changes nothing cannot be released
    with forgotten():
        load_bookverse()
        promotion = promote(stored(new_release(**choices)))
        if failing is None or failing in kept:
            finish(promotion)
        else:
            _fail_when_asked(promotion, failing)
        if running("DEV") != LIVE:
            finish(take_back(promotion.release).promotions.get())

        assert (running("DEV"), live("DEV")) == (LIVE, "2.1.0")


def _fitting(kept: set[str]) -> dict[str, str]:
    """Recommendations 2.2.0 needs the new inventory."""
    return {"recommendations": LIVE["recommendations"]} if "inventory" in kept else {}


def _fail_when_asked(promotion: Promotion, failing: str) -> None:
    for phase in PHASES:
        for service in set(phase) & set(open_services(promotion)):
            tell(promotion, service, "failed" if service == failing else "succeeded")
        promotion.refresh_from_db()
        if promotion.state != "running":
            return
