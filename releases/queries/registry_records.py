"""How AppTrust's own record of a release stands, for its page and the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.models import RegistryRecord
from releases.queries.registry_record_views import RecordView

if TYPE_CHECKING:
    from releases.models import Release


def record_view(release: Release) -> RecordView | None:
    """Return it, None for a release that AppTrust was not told of."""
    record = RegistryRecord.objects.filter(release=release).first()
    if record is None:
        return None
    return RecordView(
        application_key=record.application_key,
        version=record.version,
        is_known=record.is_known,
        wanted_stage=record.wanted_stage,
        registry_stage=record.registry_stage,
        told_at=record.told_at,
        problem=record.problem,
    )
