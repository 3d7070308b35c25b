"""A small BookVerse: two stages are enough for their order, five services for their phases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import Group, User

from releases.domain.access import Role
from releases.domain.sort_keys import sort_key_of
from releases.models import Service, ServiceVersion
from tests.kept_rows import NOWHERE, put_platform

LIVE = {"inventory": "1.2.3", "recommendations": "2.1.0", "checkout": "1.5.2", "web": "3.0.1", "helm": "1.1.0"}
NEWEST = {"inventory": "1.4.0", "recommendations": "2.2.0", "checkout": "1.5.3", "web": "3.0.2", "helm": "1.1.1"}
NEEDS = {
    "recommendations": ["inventory"],
    "checkout": ["inventory"],
    "web": ["inventory", "recommendations", "checkout"],
    "helm": ["inventory", "recommendations", "checkout", "web"],
}
MAJORS = {"inventory": "^1.2.0", "recommendations": "^2.0.0", "checkout": "^1.5.0", "web": "^3.0.0", "helm": "^1.1.0"}
RELEASED = {"registry_status": "COMPLETED", "release_status": "RELEASED", "registry_stage": "PROD"}
OTHERS = {
    "inventory": [
        {"version": "1.3.0", **RELEASED},
        {"version": "1.5.0", "tag": "quarantine", **RELEASED},
    ],
    "recommendations": [{"version": "2.3.0-rc.1", **RELEASED}],
    "checkout": [{"version": "2024.05.0", **RELEASED}],
    "web": [{"version": "3.1.0", **RELEASED, "release_status": "PRE_RELEASE", "registry_stage": "DEV"}],
}
REGISTERED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def platform_document(dispatch_base: str) -> dict[str, Any]:
    """Describe the platform; each service is asked at ``<dispatch_base>/<service>``."""
    return {
        "stages": [
            {"name": "DEV", "channel": "alpha", "admits_prereleases": True},
            {"name": "PROD", "channel": ""},
        ],
        "services": [
            {
                "slug": slug,
                "name": slug.capitalize(),
                "aliases": [f"bookverse-{slug}"],
                "application_key": f"bookverse-{slug}",
                "dispatch_url": f"{dispatch_base}/{slug}",
            }
            for slug in LIVE
        ],
        "dependencies": NEEDS,
        "constraints": [*_ranges(), _stock_level()],
        "live": {"platform_version": "2.1.0", "versions": LIVE},
    }


def _ranges() -> list[dict[str, str]]:
    return [
        {
            "consumer": consumer,
            "consumer_range": MAJORS[consumer],
            "provider": provider,
            "provider_range": MAJORS[provider],
        }
        for consumer, providers in NEEDS.items()
        for provider in providers
    ]


def _stock_level() -> dict[str, str]:
    return {
        "consumer": "recommendations",
        "consumer_range": ">=2.2.0",
        "provider": "inventory",
        "provider_range": ">=1.4.0",
        "note": "It reads the stock level with each book.",
    }


def build_platform(dispatch_base: str = NOWHERE) -> None:
    """Load the platform with its registered versions and one person for each role that matters here."""
    put_platform("api", platform_document, url=dispatch_base)
    for slug in LIVE:
        service = Service.objects.get(slug=slug)
        known = [{"version": versions[slug], **RELEASED} for versions in (LIVE, NEWEST)]
        for row in [*known, *OTHERS.get(slug, [])]:
            ServiceVersion.objects.create(
                service=service, sort_key=sort_key_of(row["version"]), registered_at=REGISTERED_AT, **row
            )
    for role, name in ((Role.MANAGER, "manager"), (Role.VIEWER, "viewer")):
        group, _ = Group.objects.get_or_create(name=role.value)
        User.objects.create_user(name, password="secret").groups.add(group)
