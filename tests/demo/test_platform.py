from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from semver import Version

from bookverse.demo import platform as platform_module
from bookverse.demo.addresses import SERVICES, server_url
from bookverse.demo.changes import change_notes
from bookverse.demo.platform import platform_description
from releases.domain.constraints import compile_range
from releases.domain.versions import parse

if TYPE_CHECKING:
    import pytest

REGISTRY: dict[str, Any] = yaml.safe_load(Path(platform_module.__file__).with_name("registry.yaml").read_text("utf-8"))
PLATFORM = platform_description(url_of=lambda service: f"http://{service}.test")
TARGET = {"inventory": "1.4.0", "recommendations": "2.2.0", "checkout": "1.5.3", "web": "3.0.2", "helm": "1.1.1"}


def admits(constraint: dict[str, str], versions: dict[str, str]) -> bool:
    """True also where the constraint says nothing about the consumer's version."""
    if not compile_range(constraint["consumer_range"]).admits(parse(versions[constraint["consumer"]])):
        return True
    return compile_range(constraint["provider_range"]).admits(parse(versions[constraint["provider"]]))


def test_each_service_is_dispatched_to_at_its_own_address() -> None:
    assert {service["slug"]: service["dispatch_url"] for service in PLATFORM["services"]} == {
        slug: f"http://{slug}.test/deployments" for slug in SERVICES
    }


def test_each_service_is_probed_and_asked_for_its_document_at_its_own_address() -> None:
    assert {service["slug"]: (service["base_url"], service["openapi_path"]) for service in PLATFORM["services"]} == {
        slug: (f"http://{slug}.test", "/openapi.json?version={version}") for slug in SERVICES
    }


def test_no_contract_outranks_the_rule_that_the_demo_is_about() -> None:
    pairs = [{contract["consumer"], contract["provider"]} for contract in PLATFORM["contracts"]]
    assert {"recommendations", "inventory"} not in pairs


def test_every_dependency_has_a_range_rule_for_the_live_and_for_the_next_set() -> None:
    edges = {(consumer, provider) for consumer, providers in PLATFORM["dependencies"].items() for provider in providers}
    for versions in (PLATFORM["live"]["versions"], TARGET):
        ruled = {
            (rule["consumer"], rule["provider"])
            for rule in PLATFORM["constraints"]
            if compile_range(rule["consumer_range"]).admits(parse(versions[rule["consumer"]]))
        }
        assert ruled == edges


def test_the_next_set_keeps_every_range_rule() -> None:
    assert [rule for rule in PLATFORM["constraints"] if not admits(rule, TARGET)] == []


def test_inventory_1_3_0_breaks_exactly_the_rule_of_recommendations_2_2_0() -> None:
    broken = [rule for rule in PLATFORM["constraints"] if not admits(rule, {**TARGET, "inventory": "1.3.0"})]
    assert [
        (rule["consumer"], rule["consumer_range"], rule["provider"], rule["provider_range"]) for rule in broken
    ] == [("recommendations", ">=2.2.0", "inventory", ">=1.4.0")]


def test_recommendations_2_1_0_mends_inventory_1_3_0() -> None:
    mended = {**TARGET, "inventory": "1.3.0", "recommendations": "2.1.0"}
    assert [rule for rule in PLATFORM["constraints"] if not admits(rule, mended)] == []


def test_the_rows_of_the_live_platform_approve_every_live_version() -> None:
    live = PLATFORM["live"]
    approved = PLATFORM["rows"][live["platform_version"]]
    assert {slug: version in approved[slug] for slug, version in live["versions"].items()} == dict.fromkeys(
        SERVICES, True
    )


def test_the_registry_holds_every_version_that_the_platform_names() -> None:
    registered = {
        (application["application_key"], entry["version"])
        for application in REGISTRY["applications"]
        for entry in application["versions"]
    }
    keys = {service["slug"]: service["application_key"] for service in PLATFORM["services"]}
    named = {
        (keys[slug], version)
        for row in (*PLATFORM["rows"].values(), {slug: [version] for slug, version in TARGET.items()})
        for slug, versions in row.items()
        for version in versions
    }
    assert named - registered == set()


def test_addresses_are_on_loopback_side_by_side() -> None:
    assert [server_url(slug, base=9000) for slug in SERVICES] == [
        f"http://127.0.0.1:{port}" for port in range(9001, 9006)
    ]


def test_addresses_follow_the_template_where_the_servers_are_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_URL", "http://bookverse-{server}:{port}")
    assert server_url("web", base=8100) == "http://bookverse-web:8104"


def test_every_completed_version_has_change_notes() -> None:
    slugs = {service["application_key"]: service["slug"] for service in PLATFORM["services"]}
    completed = {
        (slugs[application["application_key"]], entry["version"])
        for application in REGISTRY["applications"]
        for entry in application["versions"]
        if not entry.get("failed") and Version.is_valid(entry["version"])
    }
    assert set(change_notes()) == completed
    assert [version for version, text in change_notes().items() if not text.strip()] == []
