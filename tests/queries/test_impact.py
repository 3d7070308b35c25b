"""The rules after an edit that nobody saved are the rules after saving it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from releases.domain.access import Role
from releases.domain.impact import NO_IMPACT
from releases.models import (
    BreakingChange,
    CompatibilityRow,
    Constraint,
    Contract,
    Denial,
    Dependency,
    Deployment,
    DeploymentContract,
    Freeze,
    Ignore,
    Service,
    Stage,
    VerifiedFailure,
)
from releases.queries.impact import impact_of
from releases.queries.rule_edits import Edit, edited_rules
from releases.queries.rules import declared_rules
from tests.factories import created, finish, load_bookverse, person, promote

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model

    from releases.domain.rules import Rules

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def platform() -> None:
    load_bookverse()
    person("root", Role.ADMIN)


def service(slug: str) -> Service:
    return Service.objects.get(slug=slug)


def row() -> Model:
    return CompatibilityRow(platform_version="2.2.0", service=service("inventory"), approved=["1.4.0", "1.4.1"])


def constraint() -> Model:
    ends = {"consumer": service("web"), "provider": service("inventory")}
    return Constraint(**ends, consumer_range=">=3.0.2", provider_range=">=1.5.0", severity="WARNING", note="Why")


def denial() -> Model:
    ends = {"service": service("web"), "other": service("inventory")}
    return Denial(**ends, service_range="^3.0.0", other_range="<1.4.0", reason="Deadlock")


def failure() -> Model:
    ends = {"service": service("web"), "other": service("checkout")}
    stage = Stage.objects.get(name="QA")
    return VerifiedFailure(
        **ends, version="3.0.2", other_version="1.5.3", reason="Timeouts", stage=stage, seen_at=timezone.now()
    )


def contract() -> Model:
    ends = {"consumer": service("web"), "provider": service("inventory")}
    return Contract(**ends, method="GET", path="/api/v1/books", built_for="1.2.3", request_schema={"type": "object"})


def breaking_change() -> Model:
    return BreakingChange(provider=service("inventory"), version="1.4.0", text="Prices are strings", path="/books")


def ignore() -> Model:
    return Ignore(
        code="range-broken",
        service=service("web"),
        other=service("inventory"),
        reason="Known",
        created_by=User.objects.get(username="root"),
        created_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=3),
    )


def dependency() -> Model:
    return Dependency(consumer=service("inventory"), provider=service("checkout"))


def optional_service() -> Model:
    return Service(slug="gifts", name="Gifts", application_key="gifts", dispatch_url="http://x.example", required=False)


KINDS = [row, constraint, denial, failure, contract, breaking_change, ignore, dependency, optional_service]


READ_WHOLE = (
    "rows",
    "denials",
    "failures",
    "contracts",
    "breaking_changes",
    "documents",
    "ignores",
    "depends_on",
    "required",
    "optional",
)


def numbered(rules: Rules, number: int) -> Rules:
    """Give the one new rule the number that it got."""
    changed: dict[str, Any] = {
        name: tuple(replace(each, id=number) if each.id == -1 else each for each in getattr(rules, name))
        for name in ("rows", "constraints", "denials", "failures", "contracts", "breaking_changes", "ignores")
    }
    return replace(rules, **changed)


def kinds(rules: Rules) -> dict[str, object]:
    """All that can be edited; rules and what versions state are ordered apart."""
    return {name: getattr(rules, name) for name in READ_WHOLE} | {
        "constraints": sorted(rules.constraints, key=lambda each: (each.origin, each.id))
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_would_be_added_is_what_is_added(kind: Callable[[], Model]) -> None:
    added = kind()
    expected = edited_rules(declared_rules(), Edit(saved=[added]))
    added.save()

    assert kinds(numbered(expected, added.pk)) == kinds(declared_rules())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_would_be_deleted_is_what_is_deleted(kind: Callable[[], Model]) -> None:
    # Without a contract nobody reads what versions broke, before or after.
    contract().save()
    kept = kind() if kind is not contract else contract_of_another_path()
    kept.save()
    expected = edited_rules(declared_rules(), Edit(deleted=[kept]))
    kept.delete()

    assert kinds(expected) == kinds(declared_rules())


def contract_of_another_path() -> Model:
    found = contract()
    assert isinstance(found, Contract)
    found.path = "/api/v1/authors"
    return found


CHANGES: list[tuple[Callable[[], Model], str, object]] = [
    (row, "approved", ["1.4.2"]),
    (constraint, "provider_range", "^2.0.0"),
    (denial, "other_range", "*"),
    (failure, "version", "3.0.3"),
    (contract, "stable_since", "1.3.0"),
    (ignore, "observed", "1.4.0"),
    (optional_service, "required", True),
]


@pytest.mark.parametrize(("kind", "field", "value"), CHANGES, ids=lambda each: getattr(each, "__name__", ""))
def test_what_would_be_changed_is_what_is_changed(kind: Callable[[], Model], field: str, value: object) -> None:
    kept = kind()
    kept.save()
    setattr(kept, field, value)
    expected = edited_rules(declared_rules(), Edit(saved=[kept]))
    kept.save()

    assert kinds(expected) == kinds(declared_rules())


def test_a_dependency_that_moves_leaves_its_old_place() -> None:
    kept = Dependency.objects.get(consumer__slug="web", provider__slug="checkout")
    kept.provider = service("helm")
    expected = edited_rules(declared_rules(), Edit(saved=[kept]))
    kept.save()

    assert kinds(expected) == kinds(declared_rules())


def test_a_service_takes_every_rule_about_it_along() -> None:
    for kind in KINDS[:-1]:
        kind().save()
    gone = service("inventory")
    expected = edited_rules(declared_rules(), Edit(deleted=[gone]))
    gone.delete()

    assert kinds(expected) == kinds(declared_rules())


def test_several_new_rules_keep_numbers_of_their_own() -> None:
    expected = edited_rules(declared_rules(), Edit(saved=[constraint(), constraint()]))

    assert [rule.id for rule in expected.constraints if rule.id < 0] == [-1, -2]


@pytest.mark.parametrize("kind", ["deployment contract", "freeze"])
def test_what_no_verdict_reads_changes_none(kind: str) -> None:
    begins = datetime(2026, 12, 1, tzinfo=UTC)
    saved: Model = (
        Freeze(stage=Stage.objects.get(name="PROD"), starts_at=begins, ends_at=begins + timedelta(1), reason="Holidays")
        if kind == "freeze"
        else DeploymentContract(consumer=service("helm"), probe="health_check", path="/health")
    )

    assert impact_of(Edit(saved=[saved], deleted=[saved])) == NO_IMPACT


def strict_rule() -> Constraint:
    rule = Constraint.objects.get(consumer__slug="recommendations", provider_range=">=1.4.0")
    rule.provider_range = ">=9.0.0"
    return rule


def test_an_open_release_is_judged_and_what_runs_too() -> None:
    created()

    assert impact_of(Edit(saved=[strict_rule()])).summary == "blocks 1 open release"
    assert impact_of(Edit(saved=[denial()])).summary == "un-verifies the current sets of DEV, QA, STAGING and PROD"


def test_the_effect_proposes_versions_that_are_registered() -> None:
    created()
    (effect,) = impact_of(Edit(saved=[strict_rule()])).effects

    assert [reason.fix for reason in effect.causes] == ["Keep recommendations at 2.1.0."]


def test_a_release_is_judged_by_the_policy_of_its_next_stage() -> None:
    release = created()
    narrow = constraint()
    assert impact_of(Edit(saved=[narrow])).summary == "warns about 1 open release"
    for stage in ("DEV", "QA"):
        finish(promote(release, stage))
    release.refresh_from_db()
    found = impact_of(Edit(saved=[narrow]))

    assert [effect.subject.name for effect in found.effects] == [release.version, "DEV", "QA"]


def test_what_runs_though_it_is_no_version_hides_nothing() -> None:
    Deployment.objects.filter(stage__name="PROD", service__slug="helm").update(version="latest")

    assert impact_of(Edit(saved=[denial()])).summary == (
        "un-verifies the current sets of DEV, QA and STAGING, adds reasons against PROD's current set"
    )
