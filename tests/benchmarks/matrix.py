"""The matrix page as the server answers it, for as many services and versions as are promised."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import django
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from releases.domain.observations import set_digest
from releases.domain.sort_keys import sort_key_of
from tests.benchmarks.measuring import Line, least_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET_S = 0.3
SERVICES, OBSERVATIONS, NEEDS = 50, 500, 3
VERSIONS = [f"{major}.{minor}.{patch}" for major in (1, 2) for minor in range(10) for patch in range(10)]
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
# Rows on either side and none between: every version of the page is inferred as well as observed.
PLATFORMS = ("2.1.0", "2.3.0")


def pages() -> Iterator[Line]:
    """Ask for every version where rows declare some, and where everything must be inferred."""
    client = _board()
    for platform, kind in ((PLATFORMS[0], "declared"), ("2.2.0", "inferred")):
        address = f"/matrix?newest={len(VERSIONS)}&platform={platform}"
        best = least_seconds({"page": partial(client.get, address), "empty": partial(client.get, "/matrix?q=nothing")})
        name = f"matrix, {SERVICES} services x {len(VERSIONS)} versions, {kind}"
        yield Line(name=name, ours=best["page"], against="what is promised", other=TARGET_S, target=1)
        yield Line(name=name, ours=best["page"], against="the same page without a version", other=best["empty"])


def _board() -> Client:
    """Fill a board in memory: every version was seen running, some are approved, neighbours need each other."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": "sqlite://:memory:"}
    django.setup()
    call_command("migrate", verbosity=0)
    services = _services()
    _rules(services)
    _observations(services)
    client = Client()
    client.force_login(get_user_model().objects.create_user("kim"))
    return client


def _model(name: str) -> Any:  # noqa: ANN401 (models cannot be imported before Django is set up)
    return apps.get_model("releases", name).objects


def _services() -> list[Any]:
    service, version = apps.get_model("releases", "Service"), apps.get_model("releases", "ServiceVersion")
    names = [f"service-{number:02}" for number in range(SERVICES)]
    services = [
        service(slug=name, name=name, application_key=name, dispatch_url="http://127.0.0.1:9") for name in names
    ]
    _model("Service").bulk_create(services)
    _model("ServiceVersion").bulk_create(
        version(service=each, version=text, sort_key=sort_key_of(text), registry_status="COMPLETED")
        for each in services
        for text in VERSIONS
    )
    return services


def _rules(services: list[Any]) -> None:
    for place, consumer in enumerate(services):
        for provider in services[max(0, place - NEEDS) : place]:
            _model("Dependency").create(consumer=consumer, provider=provider)
        for platform in PLATFORMS:
            _model("CompatibilityRow").create(platform_version=platform, service=consumer, approved=["1.5.0", "1.5.1"])


def _observations(services: list[Any]) -> None:
    stage = _model("Stage").create(name="DEV", position=0)
    for number in range(OBSERVATIONS):
        manifest = {each.slug: VERSIONS[(number + place) % len(VERSIONS)] for place, each in enumerate(services)}
        _model("Observation").create(
            stage=stage,
            platform_version="2.1.0",
            manifest=manifest,
            digest=set_digest(manifest),
            began_at=BEGAN,
            ended_at=BEGAN + timedelta(hours=1),
        )
