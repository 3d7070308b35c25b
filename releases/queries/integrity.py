"""What the integrity of a release is judged by: its sealed manifest, and where AppTrust has its version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases import conf
from releases.domain.registry_records import version_path
from releases.domain.validation_setup import DeployedService, Recorded, SealedSet
from releases.models import RegistryRecord, Service
from releases.queries.manifests import manifest_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from releases.models import Release, ValidationRun


def sealed_set(release: Release, address_of: Callable[[Service | None], str]) -> SealedSet:
    """Return what the manifest holds; nothing for a release that was created without one."""
    manifest = manifest_view(release)
    if manifest is None:
        return SealedSet()
    services = {service.slug: service for service in Service.objects.all()}
    return SealedSet(
        is_intact=manifest.is_intact,
        services=tuple(
            DeployedService(
                slug=each["service"],
                version=each["version"],
                url=address_of(services.get(each["service"])),
                application_key=each["application_key"],
            )
            for each in manifest.document["applications"]
        ),
    )


def recorded_for(run: ValidationRun) -> Recorded:
    """Return where AppTrust has what the stage runs: of a rollback, the release that it went back to."""
    if missing := _missing():
        return Recorded(why_not=f"AppTrust is not asked: set {' and '.join(missing)}.")
    record = RegistryRecord.objects.filter(release__labels__live_in=run.stage).first()
    if record is None:
        return Recorded(why_not=f"AppTrust was never told of {run.version}, so it has no record to compare.")
    path = version_path(record.application_key, record.version)
    return Recorded(
        name=f"{record.application_key} {record.version}",
        url=f"{conf.registry_url()}{path}/content?include=sources&limit=250",
    )


def _missing() -> list[str]:
    needed = {
        "JFROG_URL": conf.registry_url(),
        "JFROG_ACCESS_TOKEN": conf.registry_token(),
        "PLATFORM_APPLICATION_KEY": conf.platform_application_key(),
    }
    return [name for name, value in needed.items() if not value]
