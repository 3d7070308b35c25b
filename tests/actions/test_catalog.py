"""Describing a platform, and announcing versions."""

from __future__ import annotations

import pytest

from bookverse.demo.platform import platform_description
from releases.actions.catalog import load_platform
from releases.models import (
    BreakingChange,
    CompatibilityRow,
    Constraint,
    Contract,
    Dependency,
    Deployment,
    DeploymentContract,
    PlatformVersion,
    Service,
    ServiceAlias,
    Stage,
)
from tests import factories
from tests.factories import created, finish, load_bookverse, promote

pytestmark = pytest.mark.django_db
TABLES = (
    BreakingChange,
    CompatibilityRow,
    Constraint,
    Contract,
    Dependency,
    Deployment,
    DeploymentContract,
    PlatformVersion,
    Service,
    ServiceAlias,
    Stage,
)


def counts() -> dict[str, int]:
    return {table.__name__: table.objects.count() for table in TABLES}


def test_a_platform_is_loaded_as_described() -> None:
    load_bookverse()

    assert counts() == {
        "BreakingChange": 1,
        "CompatibilityRow": 10,
        "Constraint": 10,
        "Contract": 4,
        "Dependency": 9,
        "Deployment": 20,
        "DeploymentContract": 3,
        "PlatformVersion": 1,
        "Service": 5,
        "ServiceAlias": 5,
        "Stage": 4,
    }


def test_loading_again_adds_nothing() -> None:
    load_bookverse()
    before = counts()

    load_platform(platform_description(url_of=str))

    assert counts() == before


def test_loading_again_updates_what_changed() -> None:
    load_bookverse()

    load_platform(platform_description(url_of=lambda slug: f"http://127.0.0.1:7/{slug}"))

    web = Service.objects.get(slug="web")
    assert (web.dispatch_url, web.base_url) == ("http://127.0.0.1:7/web/deployments", "http://127.0.0.1:7/web")


def test_a_contract_is_loaded_with_what_it_was_built_for() -> None:
    load_bookverse()

    contract = Contract.objects.get(consumer__slug="checkout")

    assert (str(contract), contract.built_for, contract.stable_since) == (
        "checkout calls POST /api/v1/inventory/{id}/adjust of inventory",
        "1.2.3",
        "1.2.0",
    )


def test_no_contract_speaks_of_the_pair_whose_range_the_demo_shows() -> None:
    load_bookverse()

    assert not Contract.objects.filter(consumer__slug="recommendations").exists()


def test_the_chart_expects_its_probes_of_every_service() -> None:
    load_bookverse()

    assert [str(contract) for contract in DeploymentContract.objects.order_by("probe")] == [
        "helm expects health_check of every service at /health",
        "helm expects liveness_probe of every service at /health/live",
        "helm expects readiness_probe of every service at /health/ready",
    ]


def test_loading_again_leaves_what_runs_alone() -> None:
    load_bookverse()
    finish(promote(created()))

    load_platform(platform_description(url_of=str))

    stage = Stage.objects.get(name="DEV")
    assert dict(stage.deployments.values_list("service__slug", "version")) == factories.NEXT


def test_every_stage_runs_what_was_live_before_the_board() -> None:
    load_bookverse()

    running = Deployment.objects.filter(stage__name="QA").values_list("service__slug", "version")

    assert dict(running) == factories.LIVE
