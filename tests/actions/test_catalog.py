"""Describing a platform, and announcing versions."""

from __future__ import annotations

import pytest

from bookverse.demo.platform import platform_description
from releases.actions.catalog import load_platform, register_version
from releases.domain.access import Role
from releases.domain.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from releases.models import (
    CompatibilityRow,
    Constraint,
    Dependency,
    Deployment,
    PlatformVersion,
    Service,
    ServiceAlias,
    ServiceVersion,
    Stage,
)
from tests import factories
from tests.factories import created, finish, load_bookverse, person, promote

pytestmark = pytest.mark.django_db
TABLES = (CompatibilityRow, Constraint, Dependency, Deployment, PlatformVersion, Service, ServiceAlias, Stage)


def counts() -> dict[str, int]:
    return {table.__name__: table.objects.count() for table in TABLES}


def test_a_platform_is_loaded_as_described() -> None:
    load_bookverse()

    assert counts() == {
        "CompatibilityRow": 10,
        "Constraint": 10,
        "Dependency": 9,
        "Deployment": 20,
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

    assert Service.objects.get(slug="web").dispatch_url == "http://127.0.0.1:7/web/deployments"


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


def test_a_build_that_a_pipeline_announces_is_noted() -> None:
    load_bookverse()
    register_version(actor=person(), service="web", version="3.1.0", notes="Search")

    noted = ServiceVersion.objects.get(service__slug="web", version="3.1.0")

    assert (noted.registry_status, noted.notes, noted.invalid_because) == ("REGISTERED", "Search", "")


def test_a_build_is_announced_once() -> None:
    load_bookverse()

    with pytest.raises(Conflict, match=r"web 3\.0\.2 is already registered"):
        register_version(actor=person(), service="web", version="3.0.2")


def test_what_is_no_version_is_not_announced() -> None:
    load_bookverse()

    with pytest.raises(InvalidInput) as refusal:
        register_version(actor=person(), service="web", version="latest")

    assert refusal.value.field == "version"


def test_a_version_of_an_unknown_service_is_refused() -> None:
    load_bookverse()

    with pytest.raises(NotFound):
        register_version(actor=person(), service="nobody", version="1.0.0")


def test_a_viewer_announces_nothing() -> None:
    load_bookverse()

    with pytest.raises(PermissionRefused):
        register_version(actor=person("vera", Role.VIEWER), service="web", version="3.1.0")
