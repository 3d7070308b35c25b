"""A board as small as one can be that has everything: two stages, two phases, and two services in one of them."""

from __future__ import annotations

from releases.actions.catalog import load_platform
from tests.factories import created, register
from tests.kept_rows import NOWHERE

STAGES = ("DEV", "PROD")
NEEDS = {"inventory": [], "checkout": ["inventory"], "web": ["inventory"]}
SERVICES = tuple(NEEDS)


def load_small_board() -> None:
    """Load it with two releases that want the same stages."""
    load_platform(
        {
            "stages": [
                {"name": "DEV", "channel": "alpha", "admits_prereleases": True},
                {"name": "PROD", "channel": ""},
            ],
            "services": [
                {"slug": slug, "name": slug, "application_key": slug, "dispatch_url": NOWHERE} for slug in SERVICES
            ],
            "dependencies": NEEDS,
            "constraints": [
                {"consumer": consumer, "consumer_range": "^1.0.0", "provider": provider, "provider_range": "^1.0.0"}
                for consumer, providers in NEEDS.items()
                for provider in providers
            ],
            "live": {"platform_version": "2.1.0", "versions": dict.fromkeys(SERVICES, "1.0.0")},
        }
    )
    register(dict.fromkeys(SERVICES, ("1.0.0", "1.1.0", "1.2.0")))
    created(title="first", inventory="1.2.0", checkout="1.2.0", web="1.2.0")
    created(title="second", inventory="1.1.0", checkout="1.1.0", web="1.1.0")
