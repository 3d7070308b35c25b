"""The settings that the app reads, typed and in one place."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings


def callback_url() -> str:
    """Where services report to."""
    return f"{settings.CALLBACK_BASE_URL}/api/v1/callbacks"


def default_timeout_ms() -> int:
    """A phase's time limit when nobody asks for another."""
    return int(settings.SESSION_TIMEOUT_DEFAULT_MS)


def maximum_timeout_ms() -> int:
    """The longest time limit that may be asked for."""
    return int(settings.SESSION_TIMEOUT_MAX_MS)


def start_lease() -> timedelta:
    """How long a service may stay silent after it was asked."""
    return timedelta(milliseconds=settings.START_LEASE_MS)


def progress_lease() -> timedelta:
    """How long a service may stay silent between two callbacks."""
    return timedelta(milliseconds=settings.PROGRESS_LEASE_MS)


def undeliverable_after() -> timedelta:
    """How long the board keeps trying to reach a service."""
    return timedelta(milliseconds=settings.UNDELIVERABLE_AFTER_MS)


def initial_platform_version() -> str:
    """What the first platform version is called."""
    return str(settings.INITIAL_PLATFORM_VERSION)


def outbound_allow() -> tuple[str, ...]:
    """Private networks that services may live in."""
    return tuple(settings.OUTBOUND_ALLOW)


def registry_url() -> str:
    """AppTrust's base address, empty when none is configured."""
    return str(settings.JFROG_URL)


def registry_token() -> str:
    """The bearer token for AppTrust."""
    return str(settings.JFROG_ACCESS_TOKEN)


def signing_key() -> bytes:
    """The key that callback tokens are derived from."""
    return str(settings.SECRET_KEY).encode()
