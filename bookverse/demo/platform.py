"""The demo's platform, read from platform.yaml beside this module."""

from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import yaml

from bookverse.demo.addresses import SERVICES

DESCRIPTION = Path(__file__).with_name("platform.yaml")


def platform_description(*, url_of: Callable[[str], str]) -> dict[str, Any]:
    """Return platform.yaml as a mapping; ``url_of`` gives a service's base address without a trailing slash."""
    urls = {f"{slug}_url": url_of(slug) for slug in SERVICES}
    description: dict[str, Any] = yaml.safe_load(Template(DESCRIPTION.read_text("utf-8")).substitute(urls))
    return description


def stage_names() -> tuple[str, ...]:
    return tuple(stage["name"] for stage in platform_description(url_of=str)["stages"])


def live_version(service: str) -> str:
    """Return the version that every stage runs before the first release of the demo."""
    return str(platform_description(url_of=str)["live"]["versions"][service])
