"""One judgement: wherever it is asked for, it is told in the same words."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from releases.domain.plans import PlanRequest
from releases.models import Constraint, Release, Stage
from releases.queries.plans import plan_view
from releases.queries.promotability import promotion_refusal
from releases.queries.release_pages import release_view
from tests.api.calling import caller_for
from tests.factories import LOOKER, created, load_bookverse, person

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.django_db

GOLDEN = {"inventory": "1.3.0", "recommendations": "2.2.0", "checkout": "1.5.2"}
STOCK = {"consumer__slug": "recommendations", "provider_range": ">=1.4.0"}
BROKEN = "recommendations 2.2.0 needs inventory >=1.4.0, but inventory 1.3.0 is chosen."
FIX = "Take inventory 1.4.0, or keep recommendations at 2.1.0."

Told = list[tuple[str, str, str]]


def of_documents(reasons: Iterable[dict[str, Any]]) -> Told:
    return [(reason["text"], reason["fix"], reason["evidence"]) for reason in reasons]


def of_reasons(reasons: Iterable[Any]) -> Told:
    return [(reason.text, reason.fix, reason.evidence) for reason in reasons]


def test_every_door_gives_the_same_reasons_for_the_same_set() -> None:
    """The release is made while the rule is away, so that there is a promotion to refuse."""
    load_bookverse()
    rule = Constraint.objects.get(**STOCK)
    Constraint.objects.filter(pk=rule.pk).update(provider_range="*")
    release = created(None, "", **GOLDEN)
    Constraint.objects.filter(pk=rule.pk).update(provider_range=">=1.4.0")

    told = doors(release)

    assert told["page"][0] == (BROKEN, FIX, f"constraint:{rule.pk}")
    assert {name: reasons for name, reasons in told.items() if reasons != told["page"]} == {}


def doors(release: Release) -> dict[str, Told]:
    manager = person()
    api = caller_for(manager.name)
    manifest = dict(release.manifest)
    whole = {"versions": manifest, "platform_version": release.target_version}
    refused = promotion_refusal(release, Stage.objects.get(name="DEV"))
    assert refused is not None
    rejected = api.post(f"/releases/{release.version}/promotions", {"stage": "DEV"})
    previewed = api.post("/plans/preview", {"versions": GOLDEN}).json()
    return {
        "page": of_reasons(plan_view(PlanRequest(overrides=GOLDEN), manager).plan.verdict.reasons),
        "preview": of_documents(previewed["verdict"]["reasons"]),
        "verdict": of_documents(api.post("/verdict", whole).json()["reasons"]),
        "can_i_release": of_documents(printed(manifest, release.target_version)["reasons"]),
        "release page": of_reasons(release_view(release, LOOKER).verdict.reasons),
        "refusal": of_reasons(refused.reasons),
        "rejected promotion": of_documents(rejected.json()["reasons"]),
    }


def printed(versions: dict[str, str], platform_version: str) -> dict[str, Any]:
    """What the command line prints for a script."""
    out, pairs = StringIO(), [f"{service}={version}" for service, version in versions.items()]
    with pytest.raises(SystemExit):
        call_command("can_i_release", *pairs, "--platform-version", platform_version, "--json", stdout=out)
    document: dict[str, Any] = json.loads(out.getvalue())
    return document
