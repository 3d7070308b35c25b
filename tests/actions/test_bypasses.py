from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from releases.actions.bypasses import BypassRequest, bypass_gate, end_bypass
from releases.actions.freezes import FreezeRequest, freeze_stages
from releases.domain.access import Role
from releases.domain.errors import Conflict, GateRefused, InvalidInput, NotFound, PermissionRefused
from releases.models import Bypass, Delivery, Promotion, Release, Stage, Subscription, ValidationRun
from releases.queries.gates import gates_by_the_clock
from tests.factories import bring, created, kinds, load_bookverse, person, promote
from tests.signing import needs, panel_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def release() -> Release:
    load_bookverse()
    needs("DEV")
    return created()


def request(release: Release, **parts: object) -> BypassRequest:
    wanted = {"stage": "DEV", "gate": "approval", "reason": "the shop is down", "hours": 2, **parts}
    return BypassRequest(version=release.version, **wanted)  # type: ignore[arg-type]


def test_an_administrator_lets_one_release_pass_one_gate(release: Release) -> None:
    bypass_gate(actor=person("ada", Role.ADMIN), request=request(release))
    (gate,) = panel_of(release).gates
    assert (gate.state, gate.bypass_note.startswith("ada bypasses this until ")) == ("bypassed", True)
    assert promote(release).state == "running"
    assert kinds(release)[1] == "gate.bypassed"


def test_a_bypass_expires(release: Release) -> None:
    bypass_gate(actor=person("ada", Role.ADMIN), request=request(release))
    past = timezone.now() - timedelta(hours=3)
    Bypass.objects.update(granted_at=past, expires_at=past + timedelta(hours=1))
    with pytest.raises(GateRefused):
        promote(release)


def test_only_administrators_bypass(release: Release) -> None:
    with pytest.raises(PermissionRefused) as refusal:
        bypass_gate(actor=person(), request=request(release))
    assert refusal.value.message == "To bypass a gate you need the role admin."


@pytest.mark.parametrize(
    ("parts", "field"), [({"reason": " "}, "reason"), ({"hours": 25}, "hours"), ({"gate": "verdict"}, "gate")]
)
def test_a_bypass_has_a_reason_an_end_and_a_gate(release: Release, parts: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        bypass_gate(actor=person("ada", Role.ADMIN), request=request(release, **parts))
    assert (refusal.value.field, Bypass.objects.count()) == (field, 0)


@pytest.mark.parametrize("parts", [{"gate": "freeze"}, {"stage": "PROD"}])
def test_what_is_not_closed_is_not_bypassed(release: Release, parts: dict[str, object]) -> None:
    with pytest.raises(Conflict):
        bypass_gate(actor=person("ada", Role.ADMIN), request=request(release, **parts))


def test_the_same_key_bypasses_once(release: Release) -> None:
    ada = person("ada", Role.ADMIN)
    first = bypass_gate(actor=ada, request=request(release), key="k")
    assert (bypass_gate(actor=ada, request=request(release), key="k"), Bypass.objects.count()) == (first, 1)


def test_a_stage_takes_what_has_run_long_enough_in_the_one_before() -> None:
    load_bookverse()
    Stage.objects.filter(name="QA").update(soak_minutes=90)
    release = created()
    bring(release, "DEV")
    before = gates_by_the_clock(release.pk)
    (gate,) = panel_of(release).gates
    assert (gate.kind, gate.state) == ("soak", "closed")
    with pytest.raises(GateRefused, match="QA takes what has run 90 minutes in DEV: that is at "):
        promote(release, "QA")

    Promotion.objects.update(finished_at=timezone.now() - timedelta(minutes=91))
    assert (panel_of(release).gates[0].state, gates_by_the_clock(release.pk) == before) == ("open", False)
    assert promote(release, "QA").state == "running"


def test_a_stay_that_another_version_cut_short_is_not_enough() -> None:
    load_bookverse()
    Stage.objects.filter(name="QA").update(soak_minutes=90)
    first, second = created(title="first"), created(title="second")
    bring(first, "DEV")
    bring(second, "DEV")
    Promotion.objects.filter(release=first).update(finished_at=timezone.now() - timedelta(minutes=91))
    Promotion.objects.filter(release=second).update(finished_at=timezone.now() - timedelta(minutes=60))
    with pytest.raises(GateRefused, match="another version took its place there"):
        promote(first, "QA")


def test_the_first_stage_has_no_stage_before_it() -> None:
    load_bookverse()
    Stage.objects.filter(name="DEV").update(soak_minutes=90, requires_validation=True)
    release = created()
    assert panel_of(release).gates == ()


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (None, "QA takes what passed its validation in DEV; validation is not configured."),
        ("failed", "QA takes what passed its validation in DEV; the newest validation failed."),
        ("passed", "QA takes what passed its validation in DEV; the newest validation passed."),
    ],
)
def test_a_stage_takes_what_passed_its_newest_validation(state: str | None, text: str) -> None:
    load_bookverse()
    Stage.objects.filter(name="QA").update(requires_validation=True)
    release = created()
    bring(release, "DEV")
    for each in ("passed", "failed", state) if state else ():
        now = timezone.now()
        ValidationRun.objects.create(
            release=release,
            stage=Stage.objects.get(name="DEV"),
            version=release.version,
            scenarios=[],
            required=[],
            epoch=1,
            state=each,
            requested_by="maria",
            requested_at=now,
            due_at=now,
            finished_at=now,
        )
    (gate,) = panel_of(release).gates
    assert (gate.text, gate.state) == (text, "open" if state == "passed" else "closed")


def bypassed(release: Release, **parts: object) -> int:
    return bypass_gate(actor=person("ada", Role.ADMIN), request=request(release, **parts))


def test_a_bypass_is_ended_and_the_gate_is_closed_again(release: Release) -> None:
    number = bypassed(release)
    end_bypass(actor=person("bob", Role.ADMIN), version=release.version, number=number, reason="no need")
    assert ([gate.state for gate in panel_of(release).gates], panel_of(release).bypasses) == (["closed"], ())
    with pytest.raises(GateRefused):
        promote(release)
    entry = release.entries.latest("sequence")
    assert (entry.kind, entry.actor, entry.payload) == (
        "gate.restored",
        "bob",
        {"stage": "DEV", "gate": "approval", "reason": "no need", "bypass": number},
    )


def test_a_bypass_that_is_over_is_not_ended_again_and_who_ended_it_is_said(release: Release) -> None:
    number, ada = bypassed(release), person("ada", Role.ADMIN)
    end_bypass(actor=ada, version=release.version, number=number, key="k")
    end_bypass(actor=ada, version=release.version, number=number, key="k")
    with pytest.raises(Conflict) as refusal:
        end_bypass(actor=ada, version=release.version, number=number)
    at = f"{Bypass.objects.get().expires_at:%Y-%m-%d %H:%M} UTC"
    assert refusal.value.message == f"The bypass of the gate approval of DEV is over: ada ended it at {at}."


def test_only_administrators_end_a_bypass_and_only_one_that_there_is(release: Release) -> None:
    number = bypassed(release)
    with pytest.raises(PermissionRefused):
        end_bypass(actor=person(), version=release.version, number=number)
    with pytest.raises(NotFound):
        end_bypass(actor=person("ada", Role.ADMIN), version=release.version, number=number + 1)


def test_it_is_shown_for_as_long_as_it_lasts_though_the_release_has_set_out(release: Release) -> None:
    number = bypassed(release)
    promote(release)
    (shown,) = panel_of(release).bypasses
    assert (shown.id, shown.by, shown.stage, shown.reason, panel_of(release).stage) == (
        number,
        "ada",
        "DEV",
        "the shop is down",
        "QA",
    )


def test_a_follower_with_the_usual_events_hears_of_bypasses_and_freezes(release: Release) -> None:
    Subscription.objects.create(name="ops", url="http://ops.test/hook")
    end_bypass(actor=person("ada", Role.ADMIN), version=release.version, number=bypassed(release))
    freeze_stages(actor=person(), request=FreezeRequest(stages=("DEV",), reason="incident", hours=1))
    assert list(Delivery.objects.order_by("pk").values_list("kind", flat=True)) == [
        "gate.bypassed",
        "gate.restored",
        "freeze.declared",
    ]
