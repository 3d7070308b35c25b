"""What the release page says, and which of its buttons may be pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.actions.steering import cancel, pause_promotion, skip_step
from releases.domain.access import Role
from releases.domain.errors import NotFound
from releases.models import Promotion, Release
from releases.queries.boards import release_lines
from releases.queries.release_pages import release_by_label, release_view
from tests import factories
from tests.factories import LOOKER, created, finish, load_bookverse, person, promote, promoting, tell

if TYPE_CHECKING:
    from releases.domain.access import Actor
    from releases.queries.views import ReleaseView

pytestmark = pytest.mark.django_db
VERBS = ("promote", "pause", "resume", "cancel")


def page(viewer: Actor = LOOKER) -> ReleaseView:
    return release_view(Release.objects.select_related("created_by").latest("pk"), viewer)


def allowed() -> set[str]:
    view = page()
    return {verb for verb in VERBS if getattr(view, verb).allowed}


def test_a_planned_release_can_be_promoted_or_cancelled() -> None:
    load_bookverse()
    created()

    assert (allowed(), page().promote_stage) == ({"promote", "cancel"}, "DEV")


def test_a_running_promotion_can_be_paused_or_cancelled() -> None:
    promoting()

    assert allowed() == {"pause", "cancel"}


def test_a_paused_promotion_can_be_resumed_or_cancelled() -> None:
    pause_promotion(actor=person(), version=promoting().version)

    assert allowed() == {"resume", "cancel"}


def test_a_release_that_waits_can_go_to_the_next_stage() -> None:
    finish(promoting())

    assert (allowed(), page().promote_stage) == ({"promote", "cancel"}, "QA")


def test_a_released_release_can_do_nothing_more() -> None:
    finish(promoting("PROD"))

    view = page()

    assert allowed() == set()
    assert (view.promote_stage, view.promote.why_not) == ("", "2.2.0 is released.")


def test_a_cancelled_release_can_do_nothing_more() -> None:
    load_bookverse()
    cancel(actor=person(), version=created().version)

    assert allowed() == set()


@pytest.mark.parametrize("verb", VERBS)
def test_who_may_not_act_reads_why_on_every_button(verb: str) -> None:
    promoting()

    control = getattr(page(person("vera", Role.VIEWER)), verb)

    assert (control.allowed, control.why_not) == (False, "To steer a promotion you need the role release manager.")


def test_only_a_service_that_failed_can_be_retried_or_skipped() -> None:
    tell(promoting(), "inventory", "failed")

    steps = {step.service: (step.retry.allowed, step.skip.allowed) for step in page().steps}

    assert steps == dict.fromkeys(factories.SERVICES, (False, False)) | {"inventory": (True, True)}


@pytest.mark.parametrize(
    ("story", "summary"),
    [
        ("", "0 of 5 services done, phase 1 of 4."),
        ("inventory:succeeded", "1 of 5 services done, phase 2 of 4."),
        ("inventory:failed", "1 of 5 services failed, the promotion is held."),
    ],
)
def test_the_summary_says_how_far_it_is(story: str, summary: str) -> None:
    promotion = promoting()
    for word in story.split():
        service, status = word.split(":")
        tell(promotion, service, status)

    assert page().summary == summary


def test_the_stages_show_how_far_the_release_came() -> None:
    promoting("QA")

    stages = [(stage.stage, stage.state, stage.version, stage.detail) for stage in page().stages]

    assert stages == [
        ("DEV", "released", "2.2.0-alpha.1", "5 of 5 services"),
        ("QA", "promoting", "2.2.0-beta.1", "0 of 5 services"),
        ("STAGING", "waiting", "2.1.0", ""),
        ("PROD", "waiting", "2.1.0", ""),
    ]


def test_the_graph_is_the_same_before_and_during_a_promotion() -> None:
    load_bookverse()
    release = created(checkout="1.5.2")
    planned = page()
    promote(release)

    running = page()

    assert planned.phases == running.phases == factories.PHASES
    assert [step.service for step in planned.steps] == [step.service for step in running.steps]


def test_late_callbacks_are_counted_where_they_belong() -> None:
    promotion = promoting()
    dispatch = factories.slot(promotion, "inventory")
    factories.say(dispatch, "failed")
    for percent in (10, 20):
        factories.say(dispatch, "progress", percent=percent)
    factories.say(dispatch, "succeeded")

    assert {step.service: step.late for step in page().steps if step.late} == {"inventory": 3}


def test_the_newest_fifty_entries_are_shown_newest_first() -> None:
    promotion = promoting()
    for number in range(60):
        tell(promotion, "inventory", "progress", sequence=number)

    view = page()

    assert [entry.sequence for entry in view.entries] == list(range(view.sequence, view.sequence - 50, -1))


def test_summaries_come_newest_first() -> None:
    finish(promoting())

    assert [(each.phase, each.status, each.expected) for each in page().summaries] == [
        (4, "COMPLETE", 1),
        (3, "COMPLETE", 1),
        (2, "COMPLETE", 2),
        (1, "COMPLETE", 1),
    ]


def test_a_skip_shows_its_reason() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    skip_step(actor=person(), version=promotion.version, service="inventory", reason="done by hand")

    step = page().step("inventory")

    assert (step.state, step.message) == ("skipped", "done by hand")


def test_a_step_of_no_service_is_a_mistake() -> None:
    promoting()

    with pytest.raises(KeyError):
        page().step("nobody")


@pytest.mark.parametrize("label", ["9.9.9", "2.1.0", ""])
def test_a_label_of_no_release_is_not_found(label: str) -> None:
    load_bookverse()

    with pytest.raises(NotFound):
        release_by_label(label)


def test_what_was_taken_back_is_not_said_to_run_there() -> None:
    promotion = promoting("DEV")
    finish(promotion)
    finish(roll_back_of(promotion.release))
    shown = release_view(promotion.release, LOOKER)
    (line,) = [each for each in release_lines(Release.objects.all()) if each.version == shown.version]
    assert (shown.summary, shown.stages[0].state, line.summary) == (
        "2.2.0-alpha.1 was taken back from DEV.",
        "rolled_back",
        "Taken back from DEV",
    )


def roll_back_of(release: Release) -> Promotion:
    request = RollbackRequest(version=release.version, reason="orders fail")
    return Promotion.objects.get(release__version=roll_back(actor=person(), request=request))
