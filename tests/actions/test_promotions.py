"""Starting a promotion, and how far it goes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from releases.actions.promotions import PromotionRequest, promote_release
from releases.actions.steering import cancel, pause_promotion, resume_promotion, retry_step, skip_step
from releases.domain.access import Role
from releases.domain.errors import Conflict, InvalidInput, NotFound, PermissionRefused, VerdictRefused
from releases.models import Constraint, Deployment, Promotion, Release, Service, Stage
from tests import factories
from tests.factories import created, finish, load_bookverse, person, promote, promoting, tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from releases.domain.access import Actor

pytestmark = pytest.mark.django_db


def states(promotion: Promotion) -> dict[str, str]:
    return dict(promotion.steps.values_list("service__slug", "state"))


def test_only_the_first_phase_is_asked_at_first() -> None:
    promotion = promoting()

    assert factories.open_services(promotion) == ["inventory"]


def test_services_are_asked_in_the_order_of_their_dependencies() -> None:
    promotion = promoting()
    asked = []
    while factories.open_services(promotion):
        asked.append(tuple(factories.open_services(promotion)))
        for service in asked[-1]:
            tell(promotion, service, "succeeded")

    assert tuple(asked) == factories.PHASES


def test_a_phase_waits_for_the_last_service_of_the_one_before() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    tell(promotion, "checkout", "succeeded")

    assert factories.open_services(promotion) == ["recommendations"]


def test_a_promotion_succeeds_with_its_last_service() -> None:
    promotion = promoting()

    finish(promotion)

    assert (promotion.state, promotion.release.state) == ("succeeded", "waiting")


def test_a_stage_runs_what_was_promoted_to_it() -> None:
    promotion = promoting()
    finish(promotion)

    stage = Stage.objects.get(name="DEV")

    assert stage.live_version is not None
    assert stage.live_version.version == "2.2.0-alpha.1"
    assert dict(stage.deployments.values_list("service__slug", "version")) == factories.NEXT


def test_each_stage_names_the_version_by_its_channel_and_the_last_by_the_target() -> None:
    finish(promoting("PROD"))

    labels = Promotion.objects.order_by("pk").values_list("stage__name", "version")

    assert list(labels) == [
        ("DEV", "2.2.0-alpha.1"),
        ("QA", "2.2.0-beta.1"),
        ("STAGING", "2.2.0-rc.1"),
        ("PROD", "2.2.0"),
    ]


def test_a_release_that_reached_the_last_stage_is_released() -> None:
    promotion = promoting("PROD")
    finish(promotion)

    assert Release.objects.get().state == "released"
    assert factories.kinds(promotion.release)[-1] == "release.released"


def test_a_second_try_in_a_stage_keeps_its_label() -> None:
    promotion = promoting("QA")
    cancel(actor=person(), version="2.2.0-beta.1")

    again = promote(promotion.release, "QA")

    assert again.version == "2.2.0-beta.1"


def test_a_service_that_already_runs_its_version_is_not_asked() -> None:
    load_bookverse()
    release = created(checkout="1.5.2")

    finish(promotion := promote(release))

    assert states(promotion) == dict.fromkeys(factories.SERVICES, "succeeded") | {"checkout": "skipped"}


def test_a_service_that_a_cancelled_release_left_behind_is_brought_to_this_releases_version() -> None:
    load_bookverse()
    first = created(title="first")
    tell(promotion := promote(first), "inventory", "succeeded")
    tell(promotion, "checkout", "succeeded")
    cancel(actor=person(), version=first.version)

    finish(promote(created(checkout="1.5.2")))

    running = Deployment.objects.get(stage__name="DEV", service__slug="checkout")
    assert running.version == "1.5.2"


def test_a_set_that_a_stage_already_runs_is_promoted_without_asking_anybody() -> None:
    load_bookverse()
    first = created()
    for stage in ("DEV", "QA"):
        finish(promote(first, stage))

    again = promote(created(title="the same once more"))

    assert (again.state, again.sessions.count()) == ("succeeded", 0)


@pytest.mark.parametrize("stage", ["QA", "STAGING", "PROD"])
def test_mistake_38_no_stage_can_be_left_out(stage: str) -> None:
    load_bookverse()

    with pytest.raises(Conflict, match=f"DEV comes before {stage}"):
        promote(created(), stage)


def test_a_stage_takes_one_release_at_a_time() -> None:
    promoting()

    with pytest.raises(Conflict, match=r"DEV is busy: maria is promoting 2\.2\.0-alpha\.1 there"):
        promote(created(title="another"))


def test_a_release_is_promoted_to_one_stage_at_a_time() -> None:
    promotion = promoting()

    with pytest.raises(Conflict, match="The promotion to DEV is still running"):
        promote(promotion.release, "QA")


def test_a_stage_that_a_release_has_reached_is_not_promoted_to_again() -> None:
    promotion = promoting()
    finish(promotion)

    with pytest.raises(Conflict, match="already in DEV"):
        promote(promotion.release)


def test_a_version_that_another_release_published_meanwhile_is_refused() -> None:
    load_bookverse()
    first, second = created(), created(title="the same once more")
    for stage in ("DEV", "QA", "STAGING"):
        finish(promote(first, stage))
        finish(promote(second, stage))
    finish(promote(first, "PROD"))

    with pytest.raises(Conflict, match=r"2\.2\.0 is already published"):
        promote(second, "PROD")


def test_a_rule_that_was_added_since_refuses_with_its_reasons() -> None:
    load_bookverse()
    release = created()
    Constraint.objects.create(
        consumer=Service.objects.get(slug="web"),
        consumer_range=">=3.0.2",
        provider=Service.objects.get(slug="inventory"),
        provider_range=">=1.5.0",
        note="Web 3.0.2 reads the reservations of inventory 1.5.",
    )

    with pytest.raises(VerdictRefused) as refusal:
        promote(release)

    assert [getattr(reason, "code", "") for reason in refusal.value.reasons][:1] == ["range-broken"]


def test_the_same_key_starts_one_promotion() -> None:
    load_bookverse()
    request = PromotionRequest(version=created().version, stage="DEV")

    first, second = (promote_release(actor=person(), request=request, key="click") for _ in range(2))

    assert first == second
    assert Promotion.objects.count() == 1


def test_a_key_that_stands_for_another_command_is_refused() -> None:
    load_bookverse()
    version = created().version
    promote_release(actor=person(), request=PromotionRequest(version=version, stage="DEV"), key="click")

    with pytest.raises(Conflict, match="already stands for another command"):
        promote_release(actor=person(), request=PromotionRequest(version=version, stage="QA"), key="click")


def steer(verb: str, actor: Actor, lock_version: int | None = None) -> object:
    """Do one of the things that a page of the first release offers."""
    label: dict[str, Any] = {"actor": actor, "version": "2.2.0-alpha.1", "lock_version": lock_version}
    deeds: dict[str, Callable[[], object]] = {
        "promote": lambda: promote(Release.objects.get(), "QA", actor=actor, lock_version=lock_version),
        "pause": lambda: pause_promotion(**label),
        "resume": lambda: resume_promotion(**label),
        "cancel": lambda: cancel(**label),
        "retry": lambda: retry_step(**label, service="inventory"),
        "skip": lambda: skip_step(**label, service="inventory", reason="because"),
    }
    return deeds[verb]()


VERBS = pytest.mark.parametrize("verb", ["promote", "pause", "resume", "cancel", "retry", "skip"])


@VERBS
def test_an_act_on_what_a_stale_page_showed_is_refused(verb: str) -> None:
    load_bookverse()
    release = created()
    shown = release.lock_version
    promote(release)

    with pytest.raises(
        Conflict,
        match="has changed since this page was shown: maria started the promotion to DEV",
    ):
        steer(verb, person(), shown)


@VERBS
def test_a_viewer_cannot_steer(verb: str) -> None:
    promoting()

    with pytest.raises(PermissionRefused, match="you need the role release manager"):
        steer(verb, person("vera", Role.VIEWER))


@pytest.mark.parametrize("timeout_ms", [0, -1])
def test_a_time_limit_that_is_not_positive_is_refused(timeout_ms: int) -> None:
    load_bookverse()

    with pytest.raises(InvalidInput) as refusal:
        promote(created(), timeout_ms=timeout_ms)

    assert refusal.value.field == "timeout_ms"


def test_mistake_50_a_time_limit_above_the_maximum_is_cut_with_a_notice() -> None:
    load_bookverse()
    request = PromotionRequest(version=created().version, stage="DEV", timeout_ms=60_000)

    started = promote_release(actor=person(), request=request)

    assert started.notice == "timeout_ms was cut from 60000 to the maximum 27000."
    assert Promotion.objects.get().timeout_ms == 27_000


@pytest.mark.parametrize(("version", "stage"), [("9.9.9", "DEV"), ("2.2.0-alpha.1", "MOON"), ("2.1.0", "DEV")])
def test_what_does_not_exist_cannot_be_promoted(version: str, stage: str) -> None:
    load_bookverse()
    created()

    with pytest.raises(NotFound):
        promote_release(actor=person(), request=PromotionRequest(version=version, stage=stage))


def test_any_label_of_a_release_leads_to_it() -> None:
    promotion = promoting("QA")

    pause_promotion(actor=person(), version="2.2.0-alpha.1")

    promotion.refresh_from_db()
    assert promotion.state == "paused"


def test_the_journal_is_numbered_without_a_gap_and_ends_where_the_release_says() -> None:
    promotion = promoting("QA")
    tell(promotion, "inventory", "failed")
    retry_step(actor=person(), version="2.2.0-beta.1", service="inventory")
    cancel(actor=person(), version="2.2.0-beta.1")
    release = Release.objects.get()

    numbers = list(release.entries.order_by("sequence").values_list("sequence", flat=True))

    assert numbers == list(range(1, release.sequence + 1))
