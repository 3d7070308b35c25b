"""Freezing stages at once: what no longer starts, what becomes of what is on its way, and lifting it early."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from releases.actions.freezes import FreezeRequest, FrozenStages, freeze_stages, lift_freezes
from releases.actions.receipts import KeyReused
from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.actions.steering import resume_promotion
from releases.domain.access import Role
from releases.domain.errors import Conflict, GateRefused, InvalidInput, NotFound, PermissionRefused
from releases.models import Freeze, Promotion, Release, Stage
from releases.queries.freezes import freeze_views, freezes_numbered
from releases.queries.release_pages import release_view
from releases.queries.replay import replayed_release, stored_release
from tests.factories import LOOKER, STAGES, created, finish, kinds, load_bookverse, person, promote, promoting, tell

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def freeze(*stages: str, key: str = "", **parts: object) -> FrozenStages:
    wanted = {"reason": "incident", "hours": 4, **parts}
    request = FreezeRequest(stages=stages, **wanted)  # type: ignore[arg-type]
    return freeze_stages(actor=person("olga"), request=request, key=key)


def text_of(number: int, by: str = "olga") -> str:
    row = Freeze.objects.select_related("stage").get(pk=number)
    return f"{row.stage.name} is frozen by {by} until {row.ends_at:%Y-%m-%d %H:%M} UTC: {row.reason}."


@pytest.fixture
def release() -> Release:
    load_bookverse()
    return created()


def test_nothing_starts_in_a_frozen_stage_and_the_refusal_says_who_why_and_until_when(release: Release) -> None:
    (number,) = freeze("DEV").freezes
    with pytest.raises(GateRefused) as refusal:
        promote(release)
    assert refusal.value.message == text_of(number)
    assert release_view(release, LOOKER).promote.why_not == text_of(number)


def test_without_a_stage_all_of_them_are_frozen(release: Release) -> None:
    assert len(freeze().freezes) == len(STAGES)
    assert [view.stage for view in freeze_views(person("olga"))] == list(STAGES)


def test_the_releases_that_it_concerns_tell_of_it_and_others_do_not(release: Release) -> None:
    freeze("QA")
    assert kinds(release) == ["release.created"]
    freeze("DEV")
    entry = release.entries.latest("sequence")
    assert (entry.kind, entry.actor, entry.payload["stage"], entry.payload["reason"]) == (
        "freeze.declared",
        "olga",
        "DEV",
        "incident",
    )


def test_what_is_on_its_way_may_finish() -> None:
    promotion = promoting()
    assert freeze("DEV").paused == ()
    finish(promotion)
    assert promotion.state == "succeeded"


def test_what_is_on_its_way_is_paused_where_that_was_chosen() -> None:
    promotion = promoting()
    release = promotion.release
    before = Release.objects.get().lock_version
    assert freeze("DEV", in_flight="pause").paused == (release.version,)
    promotion.refresh_from_db()
    assert (promotion.state, Release.objects.get().lock_version) == ("paused", before + 1)
    assert kinds(release)[-2:] == ["freeze.declared", "promotion.paused"]
    assert release.entries.latest("sequence").payload["reason"] == "DEV was frozen: incident"


def test_a_held_promotion_is_paused_too_and_one_that_is_paused_stays_so() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    assert freeze("DEV", in_flight="pause").paused == (promotion.release.version,)
    assert freeze("DEV", in_flight="pause").paused == ()
    promotion.refresh_from_db()
    assert promotion.state == "paused"


def test_what_goes_elsewhere_is_not_paused() -> None:
    promotion = promoting()
    assert freeze("QA", in_flight="pause").paused == ()
    promotion.refresh_from_db()
    assert promotion.state == "running"


def test_what_a_freeze_paused_is_resumed_when_it_is_lifted() -> None:
    promoting()
    (number,) = freeze("DEV", in_flight="pause").freezes
    release = Release.objects.get()
    with pytest.raises(GateRefused) as refusal:
        resume_promotion(actor=person(), version=release.version)
    assert (refusal.value.message, release_view(release, LOOKER).resume.why_not) == (text_of(number), text_of(number))

    assert lift_freezes(actor=person("peter"), numbers=[number], reason="over") == ("DEV",)
    entry = release.entries.latest("sequence")
    assert (entry.kind, entry.actor, entry.payload) == (
        "freeze.lifted",
        "peter",
        {"stage": "DEV", "reason": "over", "is_paused": True},
    )
    resume_promotion(actor=person(), version=release.version)
    finish(Promotion.objects.get())
    release.refresh_from_db()
    assert replayed_release(release, release.sequence) == stored_release(release)


def test_a_pause_of_another_kind_is_resumed_in_a_freeze_that_lets_things_finish() -> None:
    promotion = promoting()
    (number,) = freeze("DEV", in_flight="pause").freezes
    lift_freezes(actor=person("olga"), numbers=[number])
    freeze("DEV")
    resume_promotion(actor=person(), version=promotion.release.version)
    promotion.refresh_from_db()
    assert promotion.state == "running"


def test_going_back_is_possible_in_a_freeze_and_is_not_paused_by_one() -> None:
    promotion = promoting()
    finish(promotion)
    freeze("DEV")
    version = roll_back(actor=person(), request=RollbackRequest(version=promotion.release.version, reason="broken"))
    assert freeze("DEV", in_flight="pause").paused == ()
    rollback = Release.objects.get(version=version)
    assert (rollback.promotions.get().state, "freeze.declared" in kinds(rollback)) == ("running", False)


def test_a_lifted_freeze_keeps_nobody_out_and_remembers_who_lifted_it(release: Release) -> None:
    (number,) = freeze("DEV").freezes
    lift_freezes(actor=person("olga"), numbers=[number])
    assert promote(release).state == "running"
    row = Freeze.objects.get()
    assert (row.lifted_by, freeze_views(person("olga")), row.history.count()) == ("olga", (), 2)
    assert [view.is_on for view in freezes_numbered([number], person("olga"))] == [False]


def test_one_that_is_over_cannot_be_lifted_and_the_refusal_says_why(release: Release) -> None:
    (number,) = freeze("DEV").freezes
    lift_freezes(actor=person("olga"), numbers=[number])
    row = Freeze.objects.get()
    with pytest.raises(Conflict) as refusal:
        lift_freezes(actor=person("peter"), numbers=[number])
    ended = f"{row.ends_at:%Y-%m-%d %H:%M} UTC"
    assert refusal.value.message == f"The freeze {number} of DEV is over: olga lifted it at {ended}."


def test_one_that_has_not_begun_is_taken_back(release: Release) -> None:
    now = timezone.now()
    stage = Stage.objects.get(name="DEV")
    row = Freeze.objects.create(stage=stage, starts_at=now + HOUR, ends_at=now + 2 * HOUR, reason="holidays")
    lift_freezes(actor=person("olga"), numbers=[row.pk])
    assert (Freeze.objects.count(), Freeze.history.count()) == (0, 2)


def test_an_unknown_freeze_is_not_found_and_none_is_lifted(release: Release) -> None:
    (number,) = freeze("DEV").freezes
    with pytest.raises(NotFound, match="There is no freeze 9999"):
        lift_freezes(actor=person("olga"), numbers=[number, 9999])
    assert Freeze.objects.get().lifted_by == ""


def test_lifting_names_at_least_one(release: Release) -> None:
    with pytest.raises(InvalidInput):
        lift_freezes(actor=person("olga"), numbers=[])


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 301}, "reason"),
        ({"hours": 0}, "hours"),
        ({"hours": 673}, "hours"),
        ({"in_flight": "stop"}, "in_flight"),
    ],
)
def test_a_freeze_has_a_reason_an_end_and_a_policy(release: Release, parts: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        freeze("DEV", **parts)  # type: ignore[arg-type]
    assert (refusal.value.field, Freeze.objects.count()) == (field, 0)


def test_a_stage_that_is_none_is_not_found_and_nothing_is_frozen(release: Release) -> None:
    with pytest.raises(NotFound):
        freeze("DEV", "MOON")
    assert Freeze.objects.count() == 0


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER])
def test_who_may_not_freeze_may_not_lift_either(release: Release, role: Role) -> None:
    (number,) = freeze("DEV").freezes
    for act in (
        lambda: freeze_stages(actor=person("vera", role), request=FreezeRequest(reason="x", hours=1)),
        lambda: lift_freezes(actor=person("vera", role), numbers=[number]),
    ):
        with pytest.raises(PermissionRefused) as refusal:
            act()
        assert refusal.value.message == "To freeze a stage you need the role release manager."


def test_the_same_key_freezes_and_lifts_once(release: Release) -> None:
    first = freeze("DEV", key="k")
    assert (freeze("DEV", key="k"), Freeze.objects.count()) == (first, 1)
    olga = person("olga")
    assert lift_freezes(actor=olga, numbers=first.freezes, key="l") == lift_freezes(
        actor=olga, numbers=first.freezes, key="l"
    )
    with pytest.raises(KeyReused):
        freeze("QA", key="k")


def test_a_token_leaves_its_person_in_the_history(release: Release) -> None:
    freeze("DEV")
    record = Freeze.history.get()
    assert record.history_user.get_username() == "olga"
