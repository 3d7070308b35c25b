"""What the demo declares of its services' endpoints is true of what they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bookverse.demo.addresses import SERVICES
from bookverse.demo.platform import live_version, platform_description
from releases.domain.contracts import check_contract
from releases.domain.promises import BreakingChange, Contract, Method
from releases.domain.rules import Rules
from releases.domain.versions import parse
from tests.demo.running import running_demo

if TYPE_CHECKING:
    from pathlib import Path

PLATFORM = platform_description(url_of=str)
NEXT = {"inventory": "1.4.0", "recommendations": "2.2.0", "checkout": "1.5.3"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document of each service."""
    documents = {}
    data: Path = tmp_path_factory.mktemp("demo")
    with running_demo(data, *SERVICES) as demo:
        for service in SERVICES:
            with demo.client(service) as client:
                documents[service] = client.get("/openapi.json").json()
    return documents


def contracts() -> list[Contract]:
    return [
        Contract(
            id=number,
            consumer=entry["consumer"],
            provider=entry["provider"],
            method=Method(entry["method"]),
            path=entry["path"],
            built_for=entry["built_for"],
            stable_since=entry["stable_since"],
        )
        for number, entry in enumerate(PLATFORM["contracts"])
    ]


def found(contract: Contract, version: str, served: dict[str, Any]) -> list[str]:
    document = served[contract.provider]
    documents = {contract.provider: {live_version(contract.provider): document, version: document}}
    changes = tuple(BreakingChange(id=number, **entry) for number, entry in enumerate(PLATFORM["breaking_changes"]))
    rules = Rules(documents=documents, breaking_changes=changes)
    return [reason.code for reason in check_contract(contract, rules, parse(version))]


def test_contracts_are_built_for_what_is_live() -> None:
    assert [contract.built_for for contract in contracts()] == [live_version(each.provider) for each in contracts()]


def test_the_live_and_the_next_versions_keep_every_contract(served: dict[str, Any]) -> None:
    kept = [
        found(contract, version, served)
        for contract in contracts()
        for version in (live_version(contract.provider), NEXT[contract.provider])
    ]
    assert kept == [["contract-holds"]] * 8


def test_the_version_in_quarantine_broke_one_of_them(served: dict[str, Any]) -> None:
    broken = {str(each.endpoint): found(each, "1.5.0", served) for each in contracts() if each.provider == "inventory"}
    assert broken == {
        "POST /api/v1/inventory/{id}/adjust": ["broken-endpoint", "major-not-bumped"],
        "GET /api/v1/books/{id}": ["contract-holds"],
    }
