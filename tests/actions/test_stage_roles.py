"""People whose role counts in one stage only: elsewhere they are told what they would need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Group, User

from releases.actions.accepting import accept_late_result
from releases.actions.accounts import ensure_roles
from releases.actions.debts import pay_debt
from releases.actions.departures import depart_train
from releases.actions.freezes import FreezeRequest, freeze_stages, lift_freezes
from releases.actions.promotions import PromotionRequest, promote_release
from releases.actions.recovery import recover
from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.actions.signoffs import sign_off, withdraw_signoff
from releases.actions.steering import cancel, pause_promotion, resume_promotion, retry_step, skip_step
from releases.actions.validations import ValidationRequest, request_validation
from releases.domain.access import Permission, Role, StageRole, why_not
from releases.domain.errors import Conflict, PermissionRefused
from releases.domain.hotfixes import DebtCause, DebtKind
from releases.models import Debt, Freeze, Promotion, Release, SignOff, Stage
from releases.queries.access import actor_of
from releases.queries.freezes import freeze_panel
from releases.queries.inbox import inbox
from releases.queries.release_pages import release_view
from releases.queries.viewers import signer_of, viewer_of
from tests.actions.test_recovery import fail, taking_back
from tests.factories import STAGES, created, finish, load_bookverse, person, promote, promoting, tell
from tests.signing import needs, panel_of, signed, wish
from tests.trains import next_train

if TYPE_CHECKING:
    from collections.abc import Callable

    from releases.domain.access import Actor

pytestmark = pytest.mark.django_db
STEERING = "To steer a promotion in DEV you need the role release manager, for all stages or for DEV."


def manager_in(stage: str) -> Actor:
    return person(f"manager-{stage}", Role.MANAGER, stage)


def approver_in(stage: str) -> Actor:
    return person(f"approver-{stage}", Role.APPROVER, stage)


def refusal_of(deed: Callable[[], object]) -> str:
    with pytest.raises(PermissionRefused) as refusal:
        deed()
    return refusal.value.message


def held() -> Promotion:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    return promotion


def paused() -> Promotion:
    promotion = promoting()
    pause_promotion(actor=person(), version=promotion.version)
    return promotion


def late() -> Promotion:
    promotion = held()
    tell(promotion, "inventory", "succeeded")
    return promotion


STEERED: dict[str, tuple[Callable[[], Promotion], Callable[..., object], dict[str, Any]]] = {
    "pause": (promoting, pause_promotion, {}),
    "resume": (paused, resume_promotion, {}),
    "cancel": (promoting, cancel, {"reason": "x"}),
    "retry": (held, retry_step, {"service": "inventory"}),
    "skip": (held, skip_step, {"service": "inventory", "reason": "x"}),
}


@pytest.mark.parametrize("verb", STEERED)
def test_a_promotion_is_steered_by_who_manages_its_stage(verb: str) -> None:
    begin, steer, more = STEERED[verb]
    promotion = begin()

    told = refusal_of(lambda: steer(actor=manager_in("QA"), version=promotion.version, **more))
    steer(actor=manager_in("DEV"), version=promotion.version, **more)

    assert (told, Release.objects.get().entries.order_by("-sequence")[0].actor != "maria") == (STEERING, True)


def test_a_late_result_is_accepted_by_who_manages_its_stage() -> None:
    version = held().version

    told = refusal_of(lambda: accept_late_result(actor=manager_in("QA"), version=version, service="inventory"))
    with pytest.raises(Conflict):  # nothing came late: that is looked at only for who may
        accept_late_result(actor=manager_in("DEV"), version=version, service="inventory")

    assert told == STEERING


@pytest.mark.django_db(transaction=True)
def test_the_rest_is_recovered_by_who_manages_its_stage() -> None:
    promotion = taking_back()
    fail(promotion, "recommendations")
    version = promotion.release.version

    told = refusal_of(lambda: recover(actor=manager_in("DEV"), version=version, reason="now"))
    recover(actor=manager_in("QA"), version=version, reason="now")

    assert (told, Freeze.objects.get().declared_by) == (STEERING.replace("DEV", "QA"), "manager-QA")


def test_a_release_is_promoted_by_who_manages_the_stage_that_it_goes_to() -> None:
    load_bookverse()
    release, request = created(), PromotionRequest(version="2.2.0-alpha.1", stage="DEV")

    told = refusal_of(lambda: promote_release(actor=manager_in("QA"), request=request))
    promote_release(actor=manager_in("DEV"), request=request)

    assert told == "To promote a release in DEV you need the role release manager, for all stages or for DEV."
    assert release.promotions.get().started_by.get_username() == "manager-DEV"


def test_a_release_is_taken_back_by_who_manages_the_stage_that_it_leaves() -> None:
    promotion = promoting("QA")
    finish(promotion)
    request = RollbackRequest(version=promotion.version, reason="x")

    told = refusal_of(lambda: roll_back(actor=manager_in("DEV"), request=request))
    roll_back(actor=manager_in("QA"), request=request)

    assert told == "To promote a release in QA you need the role release manager, for all stages or for QA."
    assert Release.objects.get(kind="rollback").created_by.get_username() == "manager-QA"


@pytest.mark.parametrize("named", ["DEV", ""])
def test_a_validation_is_asked_for_by_who_manages_its_stage(named: str) -> None:
    promotion = promoting()
    finish(promotion)
    request = ValidationRequest(version=promotion.version, stage=named)

    told = refusal_of(lambda: request_validation(actor=manager_in("QA"), request=request))
    with pytest.raises(Conflict, match="DEV has no validation target"):
        request_validation(actor=manager_in("DEV"), request=request)

    assert told == STEERING


def test_a_stage_is_frozen_and_freed_by_who_manages_it() -> None:
    load_bookverse()
    dev, qa = manager_in("DEV"), manager_in("QA")
    request = FreezeRequest(stages=("DEV",), reason="x", hours=1)

    refused = refusal_of(lambda: freeze_stages(actor=qa, request=request))
    (number,) = freeze_stages(actor=dev, request=request).freezes
    kept = refusal_of(lambda: lift_freezes(actor=qa, numbers=[number]))

    assert {refused, kept} == {"To freeze DEV you need the role release manager, for all stages or for DEV."}
    assert lift_freezes(actor=dev, numbers=[number]) == ("DEV",)


@pytest.mark.parametrize("stages", [(), ("DEV", "QA")])
def test_nobody_freezes_a_stage_along_with_their_own(stages: tuple[str, ...]) -> None:
    load_bookverse()
    request = FreezeRequest(stages=stages, reason="x", hours=1)

    told = refusal_of(lambda: freeze_stages(actor=manager_in("DEV"), request=request))

    assert told == "To freeze QA you need the role release manager, for all stages or for QA."
    assert not Freeze.objects.exists()


def test_nobody_lifts_a_freeze_along_with_that_of_their_own_stage() -> None:
    load_bookverse()
    request = FreezeRequest(stages=("DEV", "QA"), reason="x", hours=1)
    numbers = freeze_stages(actor=person(), request=request).freezes

    told = refusal_of(lambda: lift_freezes(actor=manager_in("DEV"), numbers=numbers))

    assert told == "To freeze QA you need the role release manager, for all stages or for QA."
    assert [freeze.lifted_by for freeze in Freeze.objects.all()] == ["", ""]


def test_who_manages_every_stage_freezes_all_of_them() -> None:
    load_bookverse()
    actor = manager_in("DEV")
    ensure_roles()
    user = User.objects.get(username=actor.name)
    user.groups.add(*Group.objects.filter(name__in=[StageRole(Role.MANAGER, stage).name for stage in STAGES]))

    frozen = freeze_stages(actor=actor_of(user), request=FreezeRequest(reason="x", hours=1))

    assert len(frozen.freezes) == len(STAGES)


def test_a_rule_for_approvers_takes_those_of_the_stage_and_those_of_all() -> None:
    load_bookverse()
    needs("DEV", count=2)
    release = created()

    told = refusal_of(lambda: sign_off(actor=approver_in("QA"), request=wish(release)))
    signed(release, approver_in("DEV"))
    signed(release, person("anna", Role.APPROVER))

    assert told == "To sign as approver in DEV you need the role approver, for all stages or for DEV."
    assert panel_of(release).needs[0].missing == 0


def test_who_manages_a_stage_signs_there_as_its_manager() -> None:
    load_bookverse()
    needs("DEV", role=Role.MANAGER)
    release = created()

    told = refusal_of(lambda: sign_off(actor=manager_in("QA"), request=wish(release, role=Role.MANAGER)))
    sign_off(actor=manager_in("DEV"), request=wish(release, role=Role.MANAGER))

    assert told == "To sign as release manager in DEV you need the role release manager, for all stages or for DEV."


def test_who_lost_the_role_in_the_stage_does_not_withdraw_what_they_signed_there() -> None:
    load_bookverse()
    needs("DEV")
    needs("QA")
    release, anna = created(), approver_in("DEV")
    number = signed(release, anna)
    User.objects.get(username=anna.name).groups.set([Group.objects.get_or_create(name="approver: QA")[0]])
    anna = actor_of(User.objects.get(username=anna.name))

    told = refusal_of(lambda: withdraw_signoff(actor=anna, version=release.version, number=number))

    assert told.startswith("To sign a release off in DEV you need the role approver or release manager")
    assert panel_of(release, anna).signoffs[0].withdraw.why_not == told
    assert SignOff.objects.get().withdrawn_at is None


def test_only_who_may_sign_in_the_next_stage_is_needed_now() -> None:
    load_bookverse()
    needs("DEV")
    created()
    wanted = {stage: [item.title for item in inbox(approver_in(stage))] for stage in ("DEV", "PROD")}

    assert wanted == {"DEV": ["Sign 2.2.0-alpha.1 off for DEV as approver"], "PROD": []}


def test_a_held_promotion_waits_for_who_manages_its_stage() -> None:
    held()
    waiting = {stage: [item.kind for item in inbox(manager_in(stage))] for stage in ("DEV", "QA")}

    assert waiting == {"DEV": ["held"], "QA": []}


def test_trains_are_run_only_by_who_manages_all_stages() -> None:
    train = next_train()

    told = refusal_of(lambda: depart_train(actor=manager_in("DEV"), label=train.label))

    assert told == "To run trains you need the role release manager for all stages."


def test_a_debt_belongs_to_no_stage_whatever_is_on_its_way() -> None:
    promotion = promoting("QA")
    release = promotion.release
    debt = Debt.objects.create(
        release=release,
        kind=DebtKind.STAGE.value,
        subject="DEV",
        cause=DebtCause.SKIPPED.value,
        owner=User.objects.get(username="maria"),
        created_at=release.created_at,
        due_on=release.created_at.date(),
    )

    pay_debt(actor=manager_in("DEV"), debt_id=debt.pk, how="looked")

    debt.refresh_from_db()
    assert debt.paid_by == "manager-DEV"


def test_a_token_may_in_a_stage_what_its_person_may_there() -> None:
    load_bookverse()
    user = User.objects.get(username=manager_in("DEV").name)
    token = actor_of(user, ["promote"])
    elsewhere = actor_of(user, ["promote:QA"])

    may = {
        (name, stage)
        for name, actor in (("promote", token), ("promote:QA", elsewhere))
        for stage in STAGES
        if not why_not(actor, Permission.PROMOTE, stage)
    }

    assert may == {("promote", "DEV")}


def test_the_group_of_a_stage_that_is_not_there_gives_nothing() -> None:
    load_bookverse()
    actor = person("moon", Role.MANAGER, "MOON")

    assert (len(actor.stage_roles), actor.roles) == (0, frozenset({Role.VIEWER}))
    assert why_not(actor, Permission.PLAN) == "To plan a release you need the role release manager."


def test_a_page_offers_what_counts_in_the_stages_that_it_speaks_of() -> None:
    load_bookverse()
    release = created()
    dev, qa = (signer_of(manager_in(stage)) for stage in ("DEV", "QA"))
    before = {viewer: release_view(release, viewer).promote.allowed for viewer in (dev, qa)}
    finish(promote(release))
    release.refresh_from_db()
    pages = {viewer: release_view(release, viewer) for viewer in (dev, qa)}

    assert before == {dev: True, qa: False}
    assert {viewer: page.promote.why_not for viewer, page in pages.items()} == {
        dev: "To promote a release in QA you need the role release manager, for all stages or for QA.",
        qa: "",
    }
    assert [page.roll_back.allowed for page in pages.values()] == [True, False]
    assert [page.validation.control.why_not == STEERING for page in pages.values()] == [False, True]
    assert [page.freezes.stages for page in pages.values()] == [("DEV",), ("QA",)]
    assert [page.freezes.all_stages for page in pages.values()] == [False, False]


def test_a_board_without_the_stages_of_somebody_says_what_they_would_need() -> None:
    load_bookverse()
    stages = list(Stage.objects.all())

    panel = freeze_panel(viewer_of(manager_in("DEV")), stages[1:], everywhere=stages)

    assert (panel.stages, panel.freeze.why_not) == (
        (),
        "To freeze PROD you need the role release manager, for all stages or for PROD.",
    )


def test_people_of_the_same_rights_share_a_picture_unless_they_sign() -> None:
    load_bookverse()
    needs("DEV")
    one, other = manager_in("DEV"), person("second", Role.MANAGER, "DEV")
    signers = {signer_of(approver_in("DEV")), signer_of(person("anna", Role.APPROVER, "DEV"))}

    assert (signer_of(one) == signer_of(other), signer_of(one) == signer_of(manager_in("QA"))) == (True, False)
    assert {signer.name for signer in signers} == {"approver-DEV", "anna"}
