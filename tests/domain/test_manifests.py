"""What a manifest says, in BookVerse's own shape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from releases.domain.manifests import Component, ManifestFacts, manifest_document, sha256_of, written


def facts(*components: Component, **more: Any) -> ManifestFacts:
    values: dict[str, Any] = {
        "version": "2.2.0-alpha.1",
        "target_version": "2.2.0",
        "kind": "synchronized",
        "digest": "d" * 64,
        "baseline": "2.1.0",
        "verdict": "COMPATIBLE",
        "notes": "Gift cards.",
        "created_by": "maria",
        "created_at": datetime(2026, 11, 28, 10, tzinfo=UTC),
        "components": components,
    }
    return ManifestFacts(**(values | more))


def component(service: str, version: str, **more: Any) -> Component:
    return Component(service=service, application_key=f"bookverse-{service}", version=version, **more)


def test_a_manifest_names_every_application_with_what_is_known_of_it() -> None:
    package = {"name": "bookverse-web", "version": "3.0.2", "sha256": "a" * 64}
    web = component("web", "3.0.2", stage="PROD", sources=[{"type": "build"}], releasables=[package])

    document = manifest_document(facts(web, component("helm", "1.1.1", stage="PROD")))

    assert document == {
        "id": "platform-2.2.0-alpha.1",
        "version": "2.2.0-alpha.1",
        "platform_version": "2.2.0-alpha.1",
        "target_version": "2.2.0",
        "kind": "synchronized",
        "created_at": "2026-11-28T10:00:00Z",
        "source_stage": "PROD",
        "services": {"helm": "1.1.1", "web": "3.0.2"},
        "applications": [
            {
                "application_key": "bookverse-helm",
                "service": "helm",
                "version": "1.1.1",
                "sources": None,
                "releasables": None,
            },
            {
                "application_key": "bookverse-web",
                "service": "web",
                "version": "3.0.2",
                "sources": [{"type": "build"}],
                "releasables": [package],
            },
        ],
        "provenance": {
            "created_by": "maria",
            "baseline": "2.1.0",
            "verdict": "COMPATIBLE",
            "evidence_minimums": {"signatures_present": None},
        },
        "notes": "Gift cards.",
        "digest": "d" * 64,
    }


def test_versions_from_different_stages_have_no_common_source_stage() -> None:
    mixed = facts(component("web", "3.0.2", stage="PROD"), component("helm", "1.1.1", stage="QA"))
    assert manifest_document(mixed)["source_stage"] is None


def test_an_empty_list_says_that_there_is_none_and_null_that_nobody_read_it() -> None:
    document = manifest_document(
        facts(component("helm", "1.1.1", sources=[], releasables=[]), component("web", "3.0.2"))
    )
    applications: Any = document["applications"]
    assert [(each["sources"], each["releasables"]) for each in applications] == [([], []), (None, None)]


def test_what_apptrust_lists_is_sealed_alike_whatever_order_it_came_in() -> None:
    chart = {"name": "bookverse-web-chart", "version": "3.0.2", "sha256": "c" * 64}
    image = {"name": "bookverse-web", "version": "3.0.2", "sha256": "b" * 64}
    build = {"type": "build", "name": "web", "number": "7"}
    turned = [dict(reversed(each.items())) for each in (image, chart)]
    texts = [
        written(manifest_document(facts(component("web", "3.0.2", sources=[build], releasables=items))))
        for items in ([chart, image], turned)
    ]

    assert sha256_of(texts[0]) == sha256_of(texts[1])
    assert sha256_of(texts[0]) == "ae39492095783a9e88fd460f7e8bc1a72408f8c08785e61957416ff1f7c64f1a"


def test_the_digest_tells_any_two_manifests_apart() -> None:
    texts = [written(manifest_document(facts(component("web", version)))) for version in ("3.0.1", "3.0.2")]
    assert len({sha256_of(text) for text in texts}) == 2
