"""Releases that go through some of the stages only."""

from __future__ import annotations

import pytest

from releases.actions.releases import create_release
from releases.actions.steering import cancel
from releases.domain.errors import Conflict, InvalidInput
from releases.models import PlatformVersion, Promotion, Release, Stage
from releases.queries.boards import board_view
from releases.queries.paths import stages_of
from releases.queries.plans import computed_plan, plan_view
from releases.queries.promotability import next_stage
from releases.queries.release_pages import release_view
from releases.queries.replay import journal_of, replayed_release, stored_release
from releases.queries.replay_pages import replay_page
from tests.factories import LOOKER, created, finish, load_bookverse, new_release, person, promote

pytestmark = pytest.mark.django_db
SHORT = ("STAGING", "PROD")


def strip(release: Release) -> list[tuple[str, str]]:
    return [(each.stage, each.state) for each in release_view(release, LOOKER).stages]


def test_a_release_without_a_path_goes_through_every_stage() -> None:
    load_bookverse()

    assert [stage.name for stage in stages_of(created())] == ["DEV", "QA", "STAGING", "PROD"]


def test_a_release_is_named_for_the_first_stage_on_its_way() -> None:
    load_bookverse()
    release = created(path=SHORT)

    promotion = promote(release, "STAGING")

    assert (release.version, promotion.version) == ("2.2.0-rc.1", "2.2.0-rc.1")


def test_the_plan_names_only_what_it_will_be_called_on_its_way() -> None:
    load_bookverse()

    view = plan_view(new_release(path=SHORT).request, person())

    assert view.labels == (("STAGING", "2.2.0-rc.1"), ("PROD", "2.2.0"))


def test_a_way_is_part_of_what_is_agreed_to() -> None:
    load_bookverse()

    assert computed_plan(new_release(path=SHORT).request).digest != computed_plan(new_release().request).digest


@pytest.mark.parametrize("path", [("PROD", "STAGING"), ("MOON",), ("PROD", "PROD")])
def test_a_way_that_does_not_follow_the_stages_is_refused(path: tuple[str, ...]) -> None:
    load_bookverse()

    with pytest.raises(InvalidInput, match="A release goes through stages in their order: DEV, QA, STAGING, PROD"):
        create_release(actor=person(), new=new_release(path=path))


def test_a_stage_that_is_not_on_the_way_is_refused() -> None:
    load_bookverse()
    release = created(path=SHORT)

    with pytest.raises(Conflict, match=r"DEV is not on the way of 2\.2\.0-rc\.1, which goes through STAGING, PROD\."):
        promote(release, "DEV")


def test_the_stages_on_the_way_are_taken_in_order() -> None:
    load_bookverse()
    release = created(path=SHORT)

    with pytest.raises(Conflict, match="STAGING comes before PROD; promote there first"):
        promote(release, "PROD")


def test_the_stage_strip_tells_where_it_does_not_go() -> None:
    load_bookverse()
    release = created(path=SHORT)

    assert strip(release) == [
        ("DEV", "not_on_the_way"),
        ("QA", "not_on_the_way"),
        ("STAGING", "waiting"),
        ("PROD", "waiting"),
    ]


def test_the_next_stage_is_the_next_one_on_the_way() -> None:
    load_bookverse()
    release = created(path=("QA", "PROD"))
    finish(promote(release, "QA"))

    following = next_stage(release)

    assert following is not None
    assert (following.name, [each.next_step for each in board_view(LOOKER).stages]) == (
        "PROD",
        ["", "Ready for PROD", "", ""],
    )


def test_a_release_is_released_at_the_end_of_its_way_and_publishes_only_in_the_last_stage() -> None:
    load_bookverse()
    release = created(path=("DEV", "QA"))
    for stage in release.path:
        finish(promote(release, stage))
    release.refresh_from_db()

    assert (release.state, next_stage(release)) == ("released", None)
    assert not PlatformVersion.objects.filter(version="2.2.0").exists()


def test_a_release_straight_to_the_last_stage_is_published_once_it_goes_there() -> None:
    load_bookverse()
    release = created(path=("PROD",))

    assert release.version == "2.2.0-rc.1"
    finish(promote(release, "PROD"))

    assert (Promotion.objects.get().version, Stage.objects.get(name="PROD").live_version_id) == (
        "2.2.0",
        PlatformVersion.objects.get(version="2.2.0").pk,
    )


def test_a_release_straight_to_the_last_stage_that_is_given_up_takes_no_version_with_it() -> None:
    load_bookverse()
    cancel(actor=person(), version=created(path=("PROD",)).version, reason="mistaken")

    assert created(path=("PROD",)).version == "2.2.0-rc.2"


def test_the_journal_alone_tells_the_way() -> None:
    load_bookverse()
    release = created(path=SHORT)
    finish(promote(release, "STAGING"))
    release.refresh_from_db()

    assert replayed_release(release, len(journal_of(release))) == stored_release(release)
    assert [each.state for each in replay_page(release, None).stages][:2] == ["not_on_the_way", "not_on_the_way"]
