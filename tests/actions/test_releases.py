"""Creating a release: only the plan that was seen, only once, and only where it may be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from releases.actions.releases import create_release
from releases.domain.access import Role
from releases.domain.errors import Conflict, PermissionRefused, VerdictRefused
from releases.models import PlatformVersion, Release
from tests import factories
from tests.factories import created, load_bookverse, new_release, person, register

pytestmark = pytest.mark.django_db


def test_a_release_is_the_plan_that_was_accepted() -> None:
    load_bookverse()

    release = created(title="Autumn")

    assert (release.version, release.target_version, release.title) == ("2.2.0-alpha.1", "2.2.0", "Autumn")
    assert (release.state, release.manifest) == ("planned", factories.NEXT)
    assert release.plan["digest"] == release.digest


def test_a_release_begins_its_journal() -> None:
    load_bookverse()
    release = created()

    entry = release.entries.get()

    assert (entry.sequence, entry.kind, entry.actor) == (1, "release.created", "maria")
    assert release.sequence == 1


def test_a_label_stands_for_its_manifest() -> None:
    load_bookverse()
    created(checkout="1.5.2")

    label = PlatformVersion.objects.get(version="2.2.0-alpha.1")

    assert label.manifest == factories.NEXT | {"checkout": "1.5.2"}


def test_a_second_release_of_the_same_target_gets_the_next_label() -> None:
    load_bookverse()

    assert [created().version, created().version] == ["2.2.0-alpha.1", "2.2.0-alpha.2"]


def test_a_plan_that_changed_since_it_was_seen_is_refused() -> None:
    load_bookverse()
    seen = new_release()
    register({"web": ["3.1.0"]})

    with pytest.raises(Conflict, match="The plan has changed since you saw it") as refusal:
        create_release(actor=person(), new=seen)

    assert refusal.value.code == "plan-changed"
    assert Release.objects.count() == 0


def test_versions_that_do_not_fit_together_are_refused_with_reasons() -> None:
    load_bookverse()

    with pytest.raises(VerdictRefused, match="incompatible") as refusal:
        create_release(actor=person(), new=new_release(inventory="1.3.0"))

    assert [getattr(reason, "code", "") for reason in refusal.value.reasons][:1] == ["range-broken"]


def test_a_plan_with_a_problem_is_refused_with_the_way_out() -> None:
    load_bookverse()

    with pytest.raises(VerdictRefused, match="This plan cannot become a release: ") as refusal:
        create_release(actor=person(), new=new_release(inventory="9.9.9"))

    assert getattr(refusal.value.reasons[0], "service", "") == "inventory"


def test_nothing_changed_is_no_release() -> None:
    load_bookverse()

    with pytest.raises(VerdictRefused):
        create_release(actor=person(), new=new_release(**factories.LIVE))


def test_the_same_key_creates_one_release() -> None:
    load_bookverse()
    new, actor = new_release(), person()

    versions = {create_release(actor=actor, new=new, key="click") for _ in range(2)}

    assert (versions, Release.objects.count()) == ({"2.2.0-alpha.1"}, 1)


def test_the_same_key_with_other_words_is_refused() -> None:
    load_bookverse()
    new, actor = new_release(), person()
    create_release(actor=actor, new=new, key="click")

    with pytest.raises(Conflict) as refusal:
        create_release(actor=actor, new=replace(new, title="other"), key="click")

    assert refusal.value.code == "idempotency-key-reused"


def test_two_people_may_use_the_same_key() -> None:
    load_bookverse()
    new = new_release()

    versions = [create_release(actor=person(name), new=new, key="1") for name in ("maria", "tom")]

    assert versions == ["2.2.0-alpha.1", "2.2.0-alpha.2"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER])
def test_who_may_not_plan_creates_nothing(role: Role) -> None:
    load_bookverse()

    with pytest.raises(PermissionRefused):
        create_release(actor=person("vera", role), new=new_release())


def test_a_board_without_stages_refuses_to_create() -> None:
    with pytest.raises(Conflict):
        create_release(actor=person(), new=new_release())
