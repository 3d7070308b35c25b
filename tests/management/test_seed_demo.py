"""``manage.py seed_demo``: the data that the demo begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from bookverse.demo.changes import change_notes
from releases.models import ServiceVersion
from tests.fakes.registry import FakeRegistry, row

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings
    from pytest_httpserver import HTTPServer


@pytest.fixture
def registry(transactional_db: None, httpserver: HTTPServer, settings: Settings) -> FakeRegistry:
    fake = FakeRegistry(httpserver)
    settings.DEMO, settings.JFROG_URL = True, fake.url
    fake.versions = {"bookverse-web": [row("3.0.2", tag="latest"), row("3.2.0")]}
    return fake


def noted() -> dict[tuple[str, str], str]:
    return {(row.service.slug, row.version): row.notes for row in ServiceVersion.objects.select_related("service")}


def test_versions_carry_the_change_notes_of_their_pipelines(registry: FakeRegistry) -> None:
    call_command("seed_demo", verbosity=0)

    assert noted() == {**change_notes(), ("web", "3.2.0"): ""}
    assert ServiceVersion.objects.get(service__slug="web", version="3.0.2").tag == "latest"


def test_what_is_registered_already_keeps_its_notes(registry: FakeRegistry) -> None:
    call_command("seed_demo", verbosity=0)
    ServiceVersion.objects.filter(version="3.0.2").update(notes="Ours.")

    call_command("seed_demo", verbosity=0)

    assert noted() == {**change_notes(), ("web", "3.0.2"): "Ours.", ("web", "3.2.0"): ""}


def test_it_refuses_outside_the_demo(registry: FakeRegistry, settings: Settings) -> None:
    settings.DEMO = False

    with pytest.raises(CommandError, match="Set BOOKVERSE_DEMO=1 if this really is a demo"):
        call_command("seed_demo", verbosity=0)
    assert noted() == {}
