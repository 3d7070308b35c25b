"""Letting trains depart, and carrying them through their phases to the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Group
from werkzeug import Response

from releases.actions.collections import collect_due_versions
from releases.actions.departures import depart_due_trains, depart_train
from releases.actions.probing import probe_due_round
from releases.actions.steering import pause_promotion
from releases.actions.timetables import keep_timetable
from releases.actions.trains import ExtraTrain, add_train, hold_train, resume_train
from releases.domain.access import Role
from releases.domain.errors import Conflict, PermissionRefused
from releases.domain.replay import fold
from releases.domain.replayed import first_difference
from releases.models import (
    Constraint,
    DeploymentContract,
    Freeze,
    Stage,
    Train,
    ValidationRun,
    ValidationTarget,
)
from releases.queries.release_pages import release_view
from releases.queries.replay import journal_of, stored_release
from tests.factories import LOOKER, finish, kinds, person, promote, register, tell
from tests.hotfixing import live_hotfix
from tests.trains import bring_to, next_train, told
from tests.travelling import (
    departed,
    forget_the_newest,
    look,
    open_promotion,
    planned,
    platform,
    promoted,
    release_of,
    said,
    states,
    undone,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer

    from tests.fakes.registry import FakeRegistry

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def registry(transactional_db: None, httpserver: HTTPServer) -> Iterator[FakeRegistry]:
    with platform(httpserver) as running:
        yield running


def test_a_train_departs_at_its_time_by_itself(registry: FakeRegistry) -> None:
    train = next_train()
    bring_to(train, departs_in=timedelta(seconds=1))
    keep_timetable()
    depart_due_trains()
    train.refresh_from_db()
    assert train.state == "cut_off"

    bring_to(train, departs_in=timedelta(0))
    depart_due_trains()
    train.refresh_from_db()
    assert (train.state, told(train)[-1], states(train)["collection"]) == ("departed", "departed.", "running")
    assert len(states(train)) == 8


def test_a_train_that_nobody_saw_off_in_time_waits_for_somebody(registry: FakeRegistry) -> None:
    train = next_train()
    bring_to(train, departs_in=-2 * HOUR)
    keep_timetable()
    depart_due_trains()
    train.refresh_from_db()
    assert (train.state, train.message) == (
        "held",
        "The board was away at its departure. Resume it to let it depart now, or cancel it.",
    )

    resume_train(actor=person(), label=train.label)
    depart_due_trains()
    train.refresh_from_db()
    assert train.state == "departed"


def test_a_person_lets_a_train_depart_before_its_time_in_their_own_name(registry: FakeRegistry) -> None:
    train = next_train()
    depart_train(actor=person("otto"), label=train.label, key="k")
    depart_train(actor=person("otto"), label=train.label, key="k")
    train.refresh_from_db()
    assert (train.state, train.conductor.username, told(train)[1:]) == ("departed", "otto", ["departed."])
    assert train.departed_at == train.cut_off_at


def test_only_one_who_runs_trains_lets_one_depart(registry: FakeRegistry) -> None:
    train = next_train()
    with pytest.raises(PermissionRefused):
        depart_train(actor=person("vera", Role.VIEWER), label=train.label)


def test_a_train_departs_once(registry: FakeRegistry) -> None:
    train = departed()
    with pytest.raises(Conflict) as refusal:
        depart_train(actor=person(), label=train.label)
    assert str(refusal.value) == f"Train {train.label} has already departed."


def test_a_held_train_does_not_depart(registry: FakeRegistry) -> None:
    train = next_train()
    hold_train(actor=person(), label=train.label, reason="incident")
    with pytest.raises(Conflict) as refusal:
        depart_train(actor=person(), label=train.label)
    assert str(refusal.value) == f"Train {train.label} is held: resume it first."


def test_a_train_goes_all_the_way_to_its_arrival(registry: FakeRegistry) -> None:
    train = planned()
    assert (release_of(train).kind, release_of(train).created_by.username) == ("train", "maria")
    promoted(train, "PROD")
    probe_due_round()
    look(train)
    probe_due_round()
    look(train)
    assert states(train) == {
        "collection": "succeeded",
        "determination": "succeeded",
        "compatibility": "succeeded",
        "build": "not_configured",
        "testing": "not_configured",
        "promotions": "succeeded",
        "production": "succeeded",
        "monitoring": "succeeded",
    }
    assert (train.state, release_of(train).state, undone(train)) == ("arrived", "released", {})
    assert said(train, "determination") == "5 of 5 services move."
    assert said(train, "promotions") == "DEV, QA, STAGING run it."
    assert train.message == said(train, "monitoring") == "12 probes of PROD passed in 0 minutes."


def test_the_journal_of_its_release_tells_of_the_train_and_still_folds(registry: FakeRegistry) -> None:
    train = planned()
    promoted(train, "DEV")
    release = release_of(train)
    assert kinds(release)[:4] == ["release.created", "train.step", "train.step", "train.step"]
    assert first_difference(fold(journal_of(release)), stored_release(release)) is None


def test_however_often_anybody_looks_nothing_is_done_twice(registry: FakeRegistry) -> None:
    train = planned()
    before = kinds(release_of(train))
    for _ in range(3):
        look(train)
    assert kinds(release_of(train)) == before
    assert release_of(train).promotions.count() == 1


def test_who_dies_between_the_release_and_its_note_makes_no_second_one(registry: FakeRegistry) -> None:
    train = planned()
    release = release_of(train)
    train.steps.filter(position__gt=2).update(state="pending", started_at=None, due_at=None)
    train.steps.filter(phase="compatibility").update(state="running", finished_at=None, due_at=train.departed_at)
    Train.objects.filter(pk=train.pk).update(release=None)
    look(train)
    assert (release_of(train), states(train)["compatibility"]) == (release, "succeeded")


def test_what_was_registered_after_the_cut_off_stays_behind(registry: FakeRegistry) -> None:
    train = departed()
    for rows in registry.versions.values():
        rows[-1]["created"] = rows[-1]["created"].replace("2025", "2024")
    registry.versions["bookverse-helm"][-1]["created"] = (datetime.now(UTC) + HOUR).isoformat()
    look(train)
    collect_due_versions()
    look(train)
    assert train.versions == {
        "inventory": "1.4.0",
        "recommendations": "2.2.0",
        "checkout": "1.5.3",
        "web": "3.0.2",
        "helm": "1.1.0",
    }
    assert said(train, "determination") == "4 of 5 services move; helm came too late."


def test_a_train_on_which_nobody_is_goes_nowhere(registry: FakeRegistry) -> None:
    registry.versions = {name: rows[:1] for name, rows in registry.versions.items()}
    forget_the_newest()
    train = planned()
    assert (train.state, train.message, train.release) == (
        "cancelled",
        "Nobody is on board: no service has anything newer than what is live.",
        None,
    )


def test_a_registry_that_does_not_answer_fails_the_train(registry: FakeRegistry) -> None:
    registry.odd["bookverse-web"] = Response(status=503)
    train = planned()
    assert (train.state, states(train)["collection"], states(train)["determination"]) == (
        "failed",
        "failed",
        "cancelled",
    )
    assert train.message.startswith("Collection: Versions could not be collected: AppTrust GET ")


def test_a_set_that_does_not_fit_fails_with_its_reasons(registry: FakeRegistry) -> None:
    Constraint.objects.filter(provider__slug="inventory").update(provider_range=">=9.0.0")
    train = planned()
    assert (train.state, states(train)["compatibility"], train.release) == ("failed", "failed", None)
    assert ">=9.0.0" in train.message
    assert undone(train) == {"compatibility": "There was no release yet."}


def test_a_failed_train_may_be_followed_by_another_on_the_same_day(registry: FakeRegistry) -> None:
    Constraint.objects.filter(provider__slug="inventory").update(provider_range=">=9.0.0")
    train = planned()
    extra = ExtraTrain(schedule="platform", departs_at=train.departs_at)
    assert add_train(actor=person(), extra=extra) == f"{train.label}-2"


@pytest.mark.parametrize(("phase", "option"), [("build", "builds_optional"), ("testing", "tests_optional")])
def test_what_is_not_configured_never_passes_unless_the_schedule_lets_it(
    registry: FakeRegistry, phase: str, option: str
) -> None:
    train = planned(**{option: False})
    assert (train.state, states(train)[phase]) == ("failed", "not_configured")
    assert release_of(train).state == "cancelled"


def test_a_frozen_stage_makes_the_train_wait_and_say_for_what(registry: FakeRegistry) -> None:
    load = Stage.objects.get(name="DEV")
    now = datetime.now(UTC)
    freeze = Freeze.objects.create(stage=load, starts_at=now - HOUR, ends_at=now + HOUR, reason="holidays")
    train = planned()
    assert states(train)["promotions"] == "waiting"
    assert said(train, "promotions").startswith("DEV has to wait: DEV is frozen until ")
    assert told(train)[-1].startswith("waits in promotions: DEV has to wait")

    freeze.delete()
    look(train)
    assert (said(train, "promotions"), open_promotion(train).stage.name) == ("The promotion to DEV is running.", "DEV")


def test_a_train_does_not_undo_a_hotfix_that_went_live_after_it_had_its_versions(registry: FakeRegistry) -> None:
    now = datetime.now(UTC)
    freeze = Freeze.objects.create(
        stage=Stage.objects.get(name="DEV"), starts_at=now - HOUR, ends_at=now + HOUR, reason="holidays"
    )
    train = planned()
    register({"checkout": ("1.5.4",)})
    live_hotfix(checkout="1.5.4")
    freeze.delete()

    look(train)

    assert (train.state, states(train)["promotions"]) == ("departed", "waiting")
    assert said(train, "promotions") == (
        "DEV has to wait: checkout 1.5.3 would undo the hotfix 2.1.1 (CRITICAL: Orders fail at checkout), "
        "which brought checkout 1.5.4. Promote it yourself if that is meant, or cancel the train."
    )

    promote(release_of(train), "DEV")
    look(train)
    assert said(train, "promotions") == "The promotion to DEV is running."


def test_a_promotion_that_is_held_waits_for_a_person(registry: FakeRegistry) -> None:
    train = planned()
    tell(open_promotion(train), "inventory", "failed", message="schema mismatch")
    look(train)
    assert (train.state, states(train)["promotions"], said(train, "promotions")) == (
        "departed",
        "waiting",
        "The promotion to DEV is held: retry or skip what failed, or cancel it.",
    )


def test_a_promotion_that_is_paused_makes_the_train_wait(registry: FakeRegistry) -> None:
    train = planned()
    pause_promotion(actor=person(), version=release_of(train).version)
    look(train)
    assert said(train, "promotions") == "The promotion to DEV is paused: resume it."


def test_a_held_train_starts_nothing_further(registry: FakeRegistry) -> None:
    train = planned()
    hold_train(actor=person(), label=train.label, reason="incident")
    finish(open_promotion(train))
    look(train)
    assert release_of(train).promotions.count() == 1
    assert "train.held" in kinds(release_of(train))

    resume_train(actor=person(), label=train.label)
    look(train)
    assert open_promotion(train).stage.name == "QA"


def test_a_conductor_who_lost_their_role_makes_the_train_wait_for_them(registry: FakeRegistry) -> None:
    train = planned()
    finish(open_promotion(train))
    group = Group.objects.get(name="release manager")
    group.user_set.clear()
    look(train)
    assert said(train, "promotions") == (
        "In maria's name: To promote a release in QA you need the role release manager, for all stages or for QA."
    )
    group.user_set.add(train.conductor)
    look(train)
    assert open_promotion(train).stage.name == "QA"


def test_production_that_cannot_be_probed_is_not_said_to_be_fine(registry: FakeRegistry) -> None:
    DeploymentContract.objects.all().delete()
    train = promoted(planned(), "PROD")
    assert (train.state, states(train)["monitoring"]) == ("arrived", "not_configured")


def test_what_is_tested_runs_in_the_first_stage(registry: FakeRegistry) -> None:
    ValidationTarget.objects.create(stage=Stage.objects.get(name="DEV"))
    train = planned(tests_optional=False)
    assert (states(train)["testing"], open_promotion(train).stage.name) == ("running", "DEV")
    finish(open_promotion(train))
    look(train)
    look(train)
    assert [(run.stage.name, run.release) for run in ValidationRun.objects.all()] == [("DEV", release_of(train))]
    assert said(train, "testing") == "DEV is being validated."


@pytest.mark.parametrize(
    ("state", "phase", "train_state"),
    [
        ("passed", "succeeded", "departed"),
        ("failed", "failed", "failed"),
        ("error", "failed", "failed"),
        ("not_configured", "not_configured", "failed"),
    ],
)
def test_only_a_validation_that_passed_lets_the_train_go_on(
    registry: FakeRegistry, state: str, phase: str, train_state: str
) -> None:
    ValidationTarget.objects.create(stage=Stage.objects.get(name="DEV"))
    train = planned(tests_optional=False)
    finish(open_promotion(train))
    look(train)
    ValidationRun.objects.update(state=state, message="as it was", finished_at=train.departed_at)
    look(train)
    assert (states(train)["testing"], train.state) == (phase, train_state)
    if state == "passed":
        assert open_promotion(train).stage.name == "QA"


def test_the_page_of_its_release_names_the_train(registry: FakeRegistry) -> None:
    train = planned()
    assert release_view(release_of(train), LOOKER).train == train.label
