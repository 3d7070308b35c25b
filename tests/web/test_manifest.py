"""The manifest on the release's page, and as a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import yaml
from django.utils.html import strip_tags

from releases.actions.journal_guard import lifted_guard
from releases.models import Manifest, ServiceVersion, VersionContent
from releases.queries.clock import database_now
from tests.factories import NEXT, created

if TYPE_CHECKING:
    from django.test import Client


def page(browser: Client) -> str:
    return " ".join(browser.get("/releases/2.2.0-alpha.1").content.decode().split())


def test_the_page_names_the_manifest_and_offers_it_as_a_file(manager: Client) -> None:
    stored = created().stored_manifest
    shown = page(manager)
    assert f'title="{stored.sha256}"' in shown
    assert "Written when the release was created; nobody can change it. 5 applications" in shown
    assert '/releases/2.2.0-alpha.1/manifest.yaml"' in shown


def test_the_page_says_what_is_in_each_application_as_far_as_it_was_read(manager: Client) -> None:
    listed: list[tuple[str, list[dict[str, str]], list[dict[str, str]]]] = [
        ("web", [{"name": "web"}], [{"name": "web"}, {"name": "chart"}]),
        ("helm", [{"name": "helm"}], []),
    ]
    for service, sources, releasables in listed:
        version = ServiceVersion.objects.get(service__slug=service, version=NEXT[service])
        VersionContent.objects.create(
            service_version=version,
            sources=sources,
            releasables=releasables,
            read_at=database_now(),
            next_try_at=database_now(),
        )
    created()
    shown = " ".join(strip_tags(page(manager).replace("<", " <")).split())

    assert "5 applications, what is in them is known of 2." in shown
    assert "web 3.0.2 1 source, 2 releasables" in shown
    assert "helm 1.1.1 1 source, 0 releasables" in shown
    assert "inventory 1.4.0 not read yet" in shown


def test_the_file_is_named_after_the_manifest(manager: Client) -> None:
    created()
    as_yaml = manager.get("/releases/2.2.0-alpha.1/manifest.yaml")
    as_json = manager.get("/releases/2.2.0-alpha.1/manifest.json")
    assert (as_yaml["Content-Disposition"], as_json["Content-Disposition"]) == (
        'attachment; filename="platform-2.2.0-alpha.1.yaml"',
        'attachment; filename="platform-2.2.0-alpha.1.json"',
    )
    assert yaml.safe_load(as_yaml.content) == json.loads(as_json.content)
    assert json.loads(as_json.content)["services"] == NEXT


def test_a_manifest_that_is_not_what_was_written_is_called_so(manager: Client) -> None:
    body = created().stored_manifest.body
    with lifted_guard():
        Manifest.objects.update(body=body.replace("1.4.0", "1.3.0"))
    assert "This manifest is not what was written when the release was created." in page(manager)


def test_a_release_without_one_says_so(manager: Client) -> None:
    created()
    with lifted_guard():
        Manifest.objects.all().delete()
    assert "This release has no manifest." in page(manager)
    assert manager.get("/releases/2.2.0-alpha.1/manifest.yaml").status_code == 404
