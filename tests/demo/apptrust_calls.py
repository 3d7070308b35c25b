"""Calls of AppTrust that the tests make more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

API = "/apptrust/api/v1"
INVENTORY = f"{API}/applications/bookverse-inventory/versions"
SOURCES = {"packages": [{"type": "docker", "name": "inventory", "version": "1.6.0", "repository_key": "docker"}]}


def create(client: httpx2.Client, version: str, **changes: object) -> httpx2.Response:
    return client.post(f"{INVENTORY}?async=false", json={"version": version, "sources": SOURCES, **changes})


def listed(client: httpx2.Client, query: str = "") -> list[str]:
    return [entry["version"] for entry in client.get(f"{INVENTORY}?{query}").json()["versions"]]


def content(client: httpx2.Client, version: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"{INVENTORY}/{version}/content").json()
    return answer


def standing(client: httpx2.Client, version: str) -> tuple[str, str, str]:
    """Return status, release status and current stage."""
    found = content(client, version)
    return found["status"], found["release_status"], found["current_stage"]


def promote(client: httpx2.Client, version: str, stage: str, **options: object) -> httpx2.Response:
    return client.post(f"{INVENTORY}/{version}/promote", json={"target_stage": stage, **options})


def set_up(client: httpx2.Client, **setting: object) -> None:
    client.put("/settings", json=setting).raise_for_status()
