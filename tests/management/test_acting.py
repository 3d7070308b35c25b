"""The buttons, from a shell, in the name of somebody who may no more there than on the pages."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from releases.domain.access import Role
from releases.domain.plans import PlanRequest
from releases.models import Promotion, Release, Train
from releases.queries.plans import computed_plan
from tests.factories import bring, created, finish, load_bookverse, person
from tests.trains import held_for_a_number, next_train
from tests.travelling import platform

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

pytestmark = pytest.mark.django_db(transaction=True)
BROKEN = "recommendations 2.2.0 needs inventory >=1.4.0, but inventory 1.3.0 is chosen."


def run(*arguments: str, user: str = "maria") -> str:
    out = StringIO()
    call_command(*arguments, "--user", user, stdout=out)
    return out.getvalue().strip()


def refusal(*arguments: str, user: str = "maria") -> str:
    with pytest.raises(CommandError) as refused:
        run(*arguments, user=user)
    return str(refused.value)


@pytest.fixture
def board(transactional_db: None) -> None:
    load_bookverse()
    person()


@pytest.fixture
def live(board: None) -> Release:
    """It runs in PROD."""
    release = created()
    bring(release)
    return release


@pytest.mark.parametrize(
    ("arguments", "kind", "version"),
    [
        ((), "synchronized", "2.2.0-alpha.1"),
        (("inventory=1.4.0", "--kind", "independent"), "independent", "2.2.0-alpha.1"),
        (
            ("checkout=1.5.3", "--kind", "hotfix", "--urgency", "HIGH", "--reason", "Orders fail"),
            "hotfix",
            "2.1.1-rc.1",
        ),
        (("--target", "3.0.0"), "synchronized", "3.0.0-alpha.1"),
    ],
)
def test_a_release_of_any_kind_is_created_and_named(
    board: None, arguments: tuple[str, ...], kind: str, version: str
) -> None:
    assert run("release", *arguments) == version
    release = Release.objects.get()
    assert (release.version, release.kind, release.created_by.get_username()) == (version, kind, "maria")


def test_a_plan_that_changed_since_it_was_looked_at_is_refused(board: None) -> None:
    digest = computed_plan(PlanRequest()).digest
    assert refusal("release", "--digest", "of another plan") == (
        "The plan has changed since you saw it: versions or rules were edited. Look at it again, then create."
    )
    assert run("release", "--digest", digest) == "2.2.0-alpha.1"


def test_a_set_that_does_not_fit_is_refused_with_its_reasons(board: None) -> None:
    said = refusal("release", "inventory=1.3.0", "recommendations=2.2.0").splitlines()
    assert said == ["This plan cannot become a release: the set is incompatible.", BROKEN]


def test_a_promotion_is_started_and_carried_on_by_the_board(board: None) -> None:
    release = created()
    assert run("promote", release.version, "DEV") == "2.2.0-alpha.1 is on its way to DEV."
    promotion = Promotion.objects.select_related("stage", "started_by").get()
    assert (promotion.stage.name, promotion.started_by.get_username()) == ("DEV", "maria")
    finish(promotion)
    assert promotion.state == "succeeded"


def test_a_promotion_out_of_turn_is_refused(board: None) -> None:
    assert refusal("promote", created().version, "QA") == "DEV comes before QA; promote there first."


def test_the_way_back_is_shown_before_anybody_goes_it(live: Release) -> None:
    shown = run("rollback", "2.2.0", "--preview").splitlines()
    assert (shown[0], shown[1:3], Release.objects.count()) == (
        "PROD goes back from 2.2.0 to 2.1.0",
        ["Versions:", "  checkout 1.5.3 → 1.5.2"],
        1,
    )
    assert "  1. helm" in shown
    digest = shown[-1].removeprefix("Digest: ")
    assert run("rollback", "2.2.0", "--reason", "Orders fail", "--digest", digest) == "2.2.0-rollback.1 is on its way."


def test_nobody_goes_back_without_a_reason_or_by_an_old_preview(live: Release) -> None:
    assert refusal("rollback", "2.2.0") == "Say why the release is taken back; it becomes part of the record."
    assert refusal("rollback", "2.2.0", "--reason", "x", "--digest", "old") == (
        "The way back has changed since you saw it. Look at it again, then roll back."
    )


def test_a_train_is_held_and_resumed(transactional_db: None) -> None:
    train = next_train()
    assert run("train", train.label, "hold", "--reason", "incident") == (
        f"Train {train.label} is held: Held by maria: incident"
    )
    assert run("train", train.label, "resume") == f"Train {train.label} is boarding."
    assert run("train", train.label, "depart") == f"Train {train.label} is departed."
    assert run("train", train.label, "cancel", "--reason", "holidays") == (
        f"Train {train.label} is cancelled: Cancelled by maria: holidays"
    )


@pytest.mark.parametrize(("typed", "number"), [((), "2.2.1"), (("2.3.0",), "2.3.0")])
def test_a_train_whose_number_was_used_up_takes_the_free_one_or_the_one_that_is_typed(
    transactional_db: None, typed: tuple[str, ...], number: str
) -> None:
    train = held_for_a_number()
    run("train", train.label, "number", *typed, "--reason", "2.2.0 was given up")
    train.refresh_from_db()
    assert (train.state, train.target_version) == ("departed", number)


def test_only_a_choice_of_a_number_takes_one(transactional_db: None) -> None:
    train = next_train()
    assert refusal("train", train.label, "hold", "2.3.0", "--reason", "x") == "hold takes no number."
    assert refusal("train", train.label, "number", "2.3.0", "--reason", "x") == (
        f"Train {train.label} is not held, but boarding."
    )


def test_versions_are_collected_at_once(transactional_db: None, httpserver: HTTPServer) -> None:
    with platform(httpserver):
        person()
        assert run("sync_catalog") == "11 versions were collected."


def test_a_registry_that_does_not_answer_is_said(board: None) -> None:
    assert refusal("sync_catalog").startswith("The versions could not be collected: ")


@pytest.mark.parametrize(
    "command",
    [("release",), ("promote", "2.2.0-alpha.1", "DEV"), ("train", "2026-W48", "depart"), ("sync_catalog",)],
)
def test_whoever_may_only_look_may_no_more_from_a_shell(board: None, command: tuple[str, ...]) -> None:
    created()
    person("vera", Role.VIEWER)
    assert refusal(*command, user="vera").startswith("To ")
    assert (Train.objects.count(), Promotion.objects.count(), Release.objects.count()) == (0, 0, 1)


def test_nobody_acts_in_a_name_that_nobody_has(board: None) -> None:
    assert refusal("release", user="nobody") == "There is no user nobody."
