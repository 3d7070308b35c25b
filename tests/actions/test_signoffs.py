from __future__ import annotations

import pytest

from releases.actions.promotions import PromotionRequest, promote_release
from releases.actions.rules import edit_rule
from releases.actions.signoffs import sign_off, withdraw_signoff
from releases.domain.access import Role
from releases.domain.errors import Conflict, GateRefused, InvalidInput, NotFound, PermissionRefused
from releases.models import Constraint, Release, SignOff
from tests.factories import bring, created, kinds, load_bookverse, person, promote
from tests.signing import approver, needs, panel_of, signed, wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def release() -> Release:
    load_bookverse()
    needs("DEV")
    return created()


def refusal_of(release: Release, stage: str = "DEV") -> str:
    with pytest.raises(GateRefused) as refusal:
        promote_release(actor=person(), request=PromotionRequest(version=release.version, stage=stage))
    assert [getattr(reason, "text", "") for reason in refusal.value.reasons] == [refusal.value.message]
    return refusal.value.message


def test_no_promotion_starts_before_everybody_signed(release: Release) -> None:
    assert refusal_of(release) == "DEV needs 1 sign-off of role approver."


def test_the_last_sign_off_opens_the_gate(release: Release) -> None:
    signed(release)
    assert promote(release).state == "running"


def test_what_was_signed_is_in_the_journal(release: Release) -> None:
    number = signed(release)
    withdraw_signoff(actor=approver(), version=release.version, number=number)
    assert kinds(release) == ["release.created", "signoff.given", "signoff.withdrawn"]


def test_of_two_who_must_sign_the_one_who_is_missing_is_told(release: Release) -> None:
    needs("DEV", kind="synchronized", count=2)
    signed(release)
    assert refusal_of(release) == "DEV needs 1 more sign-off of role approver (anna signed as approver)."


def test_a_rule_for_another_kind_asks_for_nothing() -> None:
    load_bookverse()
    needs("DEV", kind="hotfix")
    release = created()
    assert panel_of(release).needs == ()
    assert promote(release).state == "running"


def test_the_digest_to_sign_is_the_one_of_the_plan(release: Release) -> None:
    assert panel_of(release).digest == release.digest


def test_a_sign_off_for_one_stage_counts_for_no_other(release: Release) -> None:
    needs("QA")
    signed(release)
    bring(release, "DEV")
    assert refusal_of(release, "QA") == "QA needs 1 sign-off of role approver."


def test_whoever_planned_the_release_cannot_sign_it() -> None:
    load_bookverse()
    needs("DEV", role=Role.MANAGER)
    release = created()
    with pytest.raises(PermissionRefused) as refusal:
        sign_off(actor=person(), request=wish(release, role=Role.MANAGER))
    assert refusal.value.message == f"You planned {release.version}; somebody else has to sign it off."


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_nobody_signs_in_a_role_that_they_lack(release: Release, role: Role) -> None:
    with pytest.raises(PermissionRefused) as refusal:
        sign_off(actor=person("tom", role), request=wish(release))
    assert refusal.value.message == "To sign as approver in DEV you need the role approver, for all stages or for DEV."


def test_a_viewer_signs_nothing(release: Release) -> None:
    with pytest.raises(PermissionRefused):
        sign_off(actor=person("vera", Role.VIEWER), request=wish(release))


def test_a_role_that_nobody_asks_for_signs_nothing(release: Release) -> None:
    with pytest.raises(Conflict) as refusal:
        sign_off(actor=person("tom"), request=wish(release, role=Role.MANAGER))
    assert refusal.value.message == "DEV needs no sign-off of role release manager for this release."


def test_a_role_that_does_not_exist_is_told(release: Release) -> None:
    with pytest.raises(InvalidInput):
        sign_off(actor=approver(), request=wish(release).__class__(version=release.version, role="king", digest="x"))


def test_one_person_signs_once(release: Release) -> None:
    signed(release)
    with pytest.raises(Conflict) as refusal:
        signed(release)
    assert refusal.value.message == "You signed as approver already."


def test_the_same_key_signs_once_and_answers_alike(release: Release) -> None:
    first = sign_off(actor=approver(), request=wish(release), key="k")
    assert (sign_off(actor=approver(), request=wish(release), key="k"), SignOff.objects.count()) == (first, 1)


def test_who_saw_another_digest_is_told_to_look_again(release: Release) -> None:
    with pytest.raises(Conflict) as refusal:
        sign_off(actor=approver(), request=wish(release, digest="f" * 64))
    assert refusal.value.code == "agreement-changed"


def test_a_changed_rule_voids_a_sign_off_and_says_only_what_changed(release: Release) -> None:
    signed(release)
    rule = Constraint.objects.get(consumer__slug="recommendations", consumer_range=">=2.2.0")
    admin = person("ada", Role.ADMIN)
    edit_rule(actor=admin, model=Constraint, number=rule.pk, fields={"provider_range": ">=1.3.5"})

    (void,) = panel_of(release).signoffs
    assert (void.state, len(void.appeared), len(void.gone)) == ("void", 1, 1)
    assert (">=1.3.5" in void.appeared[0], ">=1.3.5" in void.gone[0]) == (True, False)
    assert refusal_of(release) == "DEV needs 1 sign-off of role approver."


def test_a_void_sign_off_can_be_given_anew(release: Release) -> None:
    signed(release)
    rule = Constraint.objects.get(consumer__slug="recommendations", consumer_range=">=2.2.0")
    admin = person("ada", Role.ADMIN)
    edit_rule(actor=admin, model=Constraint, number=rule.pk, fields={"provider_range": ">=1.3.5"})
    signed(release)
    assert [each.state for each in panel_of(release).signoffs] == ["signed"]


def test_a_rejection_blocks_until_it_is_withdrawn(release: Release) -> None:
    signed(release, approver("berta"))
    number = signed(release, reject="vouchers were not tested.")
    assert refusal_of(release) == "anna rejected the release for DEV: vouchers were not tested."
    withdraw_signoff(actor=approver(), version=release.version, number=number)
    assert promote(release).state == "running"


def test_a_rejection_needs_a_reason(release: Release) -> None:
    request = wish(release, reject=" ")
    with pytest.raises(InvalidInput) as refusal:
        sign_off(actor=approver(), request=request)
    assert (refusal.value.field, SignOff.objects.count()) == ("reason", 0)


def test_nobody_withdraws_the_word_of_somebody_else(release: Release) -> None:
    number = signed(release)
    with pytest.raises(PermissionRefused) as refusal:
        withdraw_signoff(actor=approver("berta"), version=release.version, number=number)
    assert refusal.value.message == "Only anna can withdraw this sign-off."


def test_what_was_withdrawn_cannot_be_withdrawn_again(release: Release) -> None:
    number = signed(release)
    withdraw_signoff(actor=approver(), version=release.version, number=number)
    with pytest.raises(NotFound):
        withdraw_signoff(actor=approver(), version=release.version, number=number)


def test_the_panel_offers_each_person_what_they_may(release: Release) -> None:
    signed(release)
    offered = {
        actor.name: [panel.needs[0].sign.why_not, panel.signoffs[0].withdraw.allowed]
        for actor in (approver(), approver("berta"), person())
        for panel in [panel_of(release, actor)]
    }
    assert offered == {
        "anna": ["You signed as approver already.", True],
        "berta": ["", False],
        "maria": ["To sign as approver in DEV you need the role approver, for all stages or for DEV.", False],
    }


def test_after_the_last_stage_there_is_nothing_to_sign(release: Release) -> None:
    signed(release)
    bring(release)
    with pytest.raises(Conflict):
        sign_off(actor=approver(), request=wish(release, digest="x"))
    assert panel_of(release).gates == ()
