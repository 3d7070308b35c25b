"""The settings that the app reads, typed and in one place."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string

from releases.domain.sealing import sealing_key

if TYPE_CHECKING:
    from collections.abc import Callable


def callback_url() -> str:
    """Where services report to."""
    return f"{settings.CALLBACK_BASE_URL}/api/v1/callbacks"


def build_url() -> str:
    """Where builds of trains are ordered, empty when there is no build system."""
    return str(settings.BUILD_URL)


def build_callback_url() -> str:
    """Where the build system reports to."""
    return f"{settings.CALLBACK_BASE_URL}/api/v1/builds/callbacks"


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


def site_url() -> str:
    """How people reach the board."""
    return str(settings.SITE_URL)


def platform_name() -> str:
    """What the platform is called."""
    return str(settings.PLATFORM_NAME)


def wording() -> Callable[[Any], Any]:
    """Return what words a journal entry: named by its path, for who sends words stands below who shows them."""
    found: Callable[[Any], Any] = import_string(settings.WORDING)
    return found


def notify_schemes() -> tuple[str, ...]:
    """Kinds of addresses that may be notified."""
    return tuple(settings.NOTIFY_SCHEMES)


def vault_keys() -> tuple[str, ...]:
    """The keys of stored secrets: the first encrypts, all of them decrypt."""
    return tuple(settings.SECRETS_KEY or [settings.SECRET_KEY])


def probe_every() -> timedelta:
    """How often everything that is deployed is probed; zero for only when somebody asks."""
    return timedelta(seconds=settings.PROBE_EVERY_S)


def health_every() -> timedelta:
    """How often the platform's health is checked; zero for only when somebody asks."""
    return timedelta(seconds=settings.HEALTH_EVERY_S)


def health_slow_ms() -> int:
    """How long an answer to a probe may take before its service counts as slow."""
    return int(settings.HEALTH_SLOW_MS)


def retain_callbacks() -> timedelta:
    """How long the callbacks of releases that are over are kept; zero for ever."""
    return timedelta(days=settings.RETAIN_CALLBACKS_DAYS)


def retain_events() -> timedelta:
    """How long messages that were delivered or given up are kept; zero for ever."""
    return timedelta(days=settings.RETAIN_EVENTS_DAYS)


def self_healing() -> bool:
    """Tell whether what got lost is tried again by itself."""
    return bool(settings.SELF_HEALING)


def self_healing_tries() -> int:
    """How often something is tried again before it is left to people."""
    return int(settings.SELF_HEALING_TRIES)


def collect_every() -> timedelta:
    """How often versions are collected."""
    return timedelta(seconds=settings.COLLECT_EVERY_S)


def redis_url() -> str:
    """Where the processes meet, empty when there is only one."""
    return str(settings.REDIS_URL)


def registry_url() -> str:
    """AppTrust's base address, empty when none is configured."""
    return str(settings.JFROG_URL)


def registry_token() -> str:
    """The bearer token for AppTrust."""
    return str(settings.JFROG_ACCESS_TOKEN)


def platform_application_key() -> str:
    """The key of the application in AppTrust that stands for the whole platform, empty for none."""
    return str(settings.PLATFORM_APPLICATION_KEY)


def validation_token() -> str:
    """The bearer token that validations call services with, empty for none."""
    return str(settings.VALIDATION_TOKEN)


def signing_key() -> bytes:
    """The key that callback tokens are derived from."""
    return str(settings.SECRET_KEY).encode()


def sealing_keys() -> tuple[bytes, ...]:
    """The keys of the journal's seals: the first seals, all of them verify."""
    return tuple(sealing_key(secret) for secret in settings.AUDIT_KEY or [settings.SECRET_KEY])
