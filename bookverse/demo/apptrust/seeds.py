"""The registry's first content, made by the same calls that a client would make."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from bookverse.demo.apptrust.creating import NewVersion, create_version, read_application
from bookverse.demo.apptrust.promoting import PROMOTE_STAGES, RELEASE_STAGE, Move, PromotionType, move_version
from bookverse.demo.apptrust.registry import Registry
from bookverse.demo.apptrust.setting import Creation, Setting

CONTENT = Path(__file__).parent.parent / "registry.yaml"
_DAY_S = 86_400.0
_STEP_S = 3_600.0
_AUTHOR = "bookverse-ci"


def seed(registry: Registry) -> None:
    """Fill an empty registry with what registry.yaml lists."""
    content: dict[str, Any] = yaml.safe_load(CONTENT.read_text("utf-8"))
    for application in content["applications"]:
        _seed_application(registry, content["project_key"], application)


def _seed_application(registry: Registry, project_key: str, application: Mapping[str, Any]) -> None:
    now = registry.now()
    oldest = max((entry["days_ago"] for entry in application["versions"]), default=0)
    details = {name: value for name, value in application.items() if name != "versions"}
    registry.add_application(read_application({**details, "project_key": project_key}, at=now - (oldest + 1) * _DAY_S))
    for entry in application["versions"]:
        _seed_version(registry, project_key, application["application_key"], entry)


def _seed_version(registry: Registry, project_key: str, key: str, entry: Mapping[str, Any]) -> None:
    created = registry.now() - entry["days_ago"] * _DAY_S
    setting = registry.setting()
    registry.change_setting(replace(Setting(), creation=Creation.FAIL if entry.get("failed") else Creation.COMPLETE))
    package = {"type": "docker", "name": key, "version": entry["version"], "repository_key": f"{key}-docker"}
    new = NewVersion(
        version=entry["version"],
        tag=entry.get("tag", ""),
        sources={"packages": [package]},
        by=_AUTHOR,
        at=created,
        is_async=False,
    )
    create_version(registry, key, new)
    for move in _moves(entry.get("stage", ""), created):
        move_version(registry, registry.version(key, entry["version"]), move, project_key=project_key)
    registry.change_setting(setting)


def _moves(stage: str, created: float) -> Iterator[Move]:
    """Yield the promotions from DEV up to and including the stage, some hours apart."""
    stages = (*PROMOTE_STAGES, RELEASE_STAGE)
    reached = stages[: stages.index(stage) + 1] if stage else ()
    for number, target in enumerate(reached, start=1):
        yield Move(
            target=target,
            promotion_type=PromotionType.COPY,
            is_async=False,
            by=_AUTHOR,
            options={},
            at=created + number * _STEP_S,
        )
