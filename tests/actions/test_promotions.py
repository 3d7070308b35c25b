"""Starting a promotion, and how far it goes by itself."""

from __future__ import annotations

import pytest

from releases.actions.promotions import PromotionRequest, promote_release
from releases.actions.steering import cancel, pause_promotion, resume_promotion, retry_step, skip_step
from releases.domain.access import Role
from releases.domain.errors import Conflict, InvalidInput, NotFound, PermissionRefused, VerdictRefused
from releases.models import Constraint, Deployment, Promotion, Release, Service, Stage
from tests import factories
from tests.factories import created, finish, load_bookverse, person, promote, promoting, tell

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


@pytest.mark.parametrize("outcome", ["failed", "rejected"])
def test_a_service_that_does_not_make_it_holds_the_promotion(outcome: str) -> None:
    promotion = promoting()
    tell(promotion, "inventory", outcome)

    promotion.refresh_from_db()

    assert (promotion.state, promotion.release.state) == ("held", "held")


def test_a_held_promotion_asks_nobody_of_the_next_phase() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    tell(promotion, "checkout", "failed")
    tell(promotion, "recommendations", "succeeded")

    assert states(promotion)["web"] == "pending"
    assert factories.open_services(promotion) == []


def test_a_retry_asks_only_the_service_that_failed_in_a_session_of_its_own() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    tell(promotion, "recommendations", "succeeded")
    tell(promotion, "checkout", "failed")
    before = promotion.sessions.count()

    attempt = retry_step(actor=person(), version="2.2.0-alpha.1", service="checkout")

    slots = factories.session_of(promotion).dispatches.values_list("step__service__slug", "attempt")
    assert (attempt, promotion.sessions.count() - before, list(slots)) == (2, 1, [("checkout", 2)])


def test_a_retry_that_succeeds_lets_the_promotion_go_on() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    retry_step(actor=person(), version="2.2.0-alpha.1", service="inventory")
    tell(promotion, "inventory", "succeeded")

    promotion.refresh_from_db()

    assert (promotion.state, factories.open_services(promotion)) == ("running", ["checkout", "recommendations"])


def test_a_promotion_stays_held_until_every_failed_service_is_seen_to() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    tell(promotion, "checkout", "failed")
    tell(promotion, "recommendations", "failed")
    retry_step(actor=person(), version="2.2.0-alpha.1", service="checkout")

    promotion.refresh_from_db()

    assert promotion.state == "held"


def test_a_service_can_be_skipped_with_a_reason() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    skip_step(actor=person(), version="2.2.0-alpha.1", service="inventory", reason="done by hand")

    step = factories.step_of(promotion, "inventory")

    assert (step.state, step.message) == ("skipped", "done by hand")
    assert factories.open_services(promotion) == ["checkout", "recommendations"]


@pytest.mark.parametrize("stage", ["DEV", "PROD"])
def test_skipping_the_last_service_ends_the_promotion(stage: str) -> None:
    promotion = promoting(stage)
    for service in ("inventory", "checkout", "recommendations", "web"):
        tell(promotion, service, "succeeded")
    tell(promotion, "helm", "failed")
    skip_step(actor=person(), version=promotion.version, service="helm", reason="the chart is unchanged in effect")

    promotion.refresh_from_db()

    assert promotion.state == "succeeded"


def test_a_skip_without_a_reason_is_refused() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")

    with pytest.raises(InvalidInput) as refusal:
        skip_step(actor=person(), version="2.2.0-alpha.1", service="inventory", reason="  ")

    assert refusal.value.field == "reason"


@pytest.mark.parametrize("verb", [retry_step, skip_step])
def test_a_service_that_did_not_fail_can_be_neither_retried_nor_skipped(verb: object) -> None:
    promoting()
    more = {"reason": "why not"} if verb is skip_step else {}

    with pytest.raises(Conflict, match="only a service that failed"):
        verb(actor=person(), version="2.2.0-alpha.1", service="inventory", **more)  # type: ignore[operator]


def test_a_service_outside_the_promotion_cannot_be_retried() -> None:
    promoting()

    with pytest.raises(NotFound):
        retry_step(actor=person(), version="2.2.0-alpha.1", service="nobody")


def test_a_paused_promotion_takes_results_but_opens_no_phase() -> None:
    promotion = promoting()
    pause_promotion(actor=person(), version="2.2.0-alpha.1", reason="lunch")
    tell(promotion, "inventory", "succeeded")

    assert states(promotion) == dict.fromkeys(factories.SERVICES, "pending") | {"inventory": "succeeded"}
    assert factories.open_services(promotion) == []


def test_a_resumed_promotion_goes_on_where_it_was() -> None:
    promotion = promoting()
    pause_promotion(actor=person(), version="2.2.0-alpha.1")
    tell(promotion, "inventory", "succeeded")
    resume_promotion(actor=person(), version="2.2.0-alpha.1")

    assert factories.open_services(promotion) == ["checkout", "recommendations"]


def test_a_failure_during_a_pause_holds_the_promotion_once_it_is_resumed() -> None:
    promotion = promoting()
    pause_promotion(actor=person(), version="2.2.0-alpha.1")
    tell(promotion, "inventory", "failed")
    resume_promotion(actor=person(), version="2.2.0-alpha.1")

    promotion.refresh_from_db()

    assert (promotion.state, promotion.release.state) == ("held", "held")


def test_a_paused_promotion_cannot_be_paused_again() -> None:
    promoting()
    pause_promotion(actor=person(), version="2.2.0-alpha.1")

    with pytest.raises(Conflict, match="already paused"):
        pause_promotion(actor=person(), version="2.2.0-alpha.1")


def test_a_running_promotion_cannot_be_resumed() -> None:
    promoting()

    with pytest.raises(Conflict, match="not paused, but running"):
        resume_promotion(actor=person(), version="2.2.0-alpha.1")


def test_a_paused_promotion_retries_nothing() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    pause_promotion(actor=person(), version="2.2.0-alpha.1")

    with pytest.raises(Conflict, match="paused; resume it"):
        retry_step(actor=person(), version="2.2.0-alpha.1", service="inventory")


def test_a_cancelled_promotion_leaves_what_is_done_and_ends_the_rest() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    tell(promotion, "checkout", "succeeded")
    cancel(actor=person(), version="2.2.0-alpha.1", reason="wrong day")

    promotion.refresh_from_db()

    assert promotion.state == "cancelled"
    assert states(promotion) == dict.fromkeys(factories.SERVICES, "cancelled") | {
        "inventory": "succeeded",
        "checkout": "succeeded",
    }


def test_a_release_whose_first_promotion_was_cancelled_is_planned_again() -> None:
    promotion = promoting()
    cancel(actor=person(), version="2.2.0-alpha.1")

    promotion.release.refresh_from_db()

    assert promotion.release.state == "planned"


def test_a_release_whose_later_promotion_was_cancelled_waits_in_the_stage_before() -> None:
    promotion = promoting("QA")
    cancel(actor=person(), version="2.2.0-beta.1")

    promotion.release.refresh_from_db()

    assert promotion.release.state == "waiting"


def test_cancelling_without_an_open_promotion_gives_the_release_up() -> None:
    load_bookverse()
    release = created()
    cancel(actor=person(), version=release.version, reason="superseded")

    release.refresh_from_db()

    assert release.state == "cancelled"
    with pytest.raises(Conflict, match="is cancelled"):
        promote(release)


@pytest.mark.parametrize("stage", ["QA", "STAGING", "PROD"])
def test_no_stage_can_be_left_out(stage: str) -> None:
    load_bookverse()

    with pytest.raises(Conflict, match=f"DEV comes before {stage}"):
        promote(created(), stage)


def test_a_stage_takes_one_release_at_a_time() -> None:
    promoting()

    with pytest.raises(Conflict, match="DEV is busy: 2.2.0-alpha.1"):
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


def test_a_retry_that_is_sent_twice_is_one_attempt() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    retry = {"actor": person(), "version": "2.2.0-alpha.1", "service": "inventory", "key": "click"}

    assert [retry_step(**retry), retry_step(**retry)] == [2, 2]  # type: ignore[arg-type]
    assert factories.step_of(promotion, "inventory").attempt == 2


def test_a_retry_repeated_after_the_promotion_ended_is_answered_as_before() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    retry = {"actor": person(), "version": "2.2.0-alpha.1", "service": "inventory", "key": "click"}
    retry_step(**retry)  # type: ignore[arg-type]
    promotion.refresh_from_db()
    finish(promotion)

    assert retry_step(**retry) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("verb", ["promote", "pause", "cancel"])
def test_an_act_on_what_a_stale_page_showed_is_refused(verb: str) -> None:
    load_bookverse()
    release = created()
    shown = release.lock_version
    promote(release)

    with pytest.raises(Conflict, match="has changed since this page was shown: maria was here"):
        match verb:
            case "promote":
                promote(release, lock_version=shown)
            case "pause":
                pause_promotion(actor=person(), version=release.version, lock_version=shown)
            case _:
                cancel(actor=person(), version=release.version, lock_version=shown)


@pytest.mark.parametrize("verb", ["promote", "pause", "resume", "cancel", "retry", "skip"])
def test_a_viewer_cannot_steer(verb: str) -> None:
    promoting()
    viewer = person("vera", Role.VIEWER)
    version = "2.2.0-alpha.1"

    with pytest.raises(PermissionRefused, match="you need the role release manager"):
        match verb:
            case "promote":
                promote(Release.objects.get(), "QA", actor=viewer)
            case "pause":
                pause_promotion(actor=viewer, version=version)
            case "resume":
                resume_promotion(actor=viewer, version=version)
            case "cancel":
                cancel(actor=viewer, version=version)
            case "retry":
                retry_step(actor=viewer, version=version, service="inventory")
            case _:
                skip_step(actor=viewer, version=version, service="inventory", reason="because")


@pytest.mark.parametrize("timeout_ms", [0, -1])
def test_a_time_limit_that_is_not_positive_is_refused(timeout_ms: int) -> None:
    load_bookverse()

    with pytest.raises(InvalidInput) as refusal:
        promote(created(), timeout_ms=timeout_ms)

    assert refusal.value.field == "timeout_ms"


def test_a_time_limit_above_the_maximum_is_cut_with_a_notice() -> None:
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
