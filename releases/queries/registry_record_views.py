"""What pages and the API show of AppTrust's own record of a release; plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """``told_at`` is when AppTrust last had the version where it should be, None while it has not.

    ``wanted_stage`` and ``registry_stage`` are empty for none; ``problem`` is what stood in the way of the last try.
    """

    application_key: str
    version: str
    is_known: bool
    wanted_stage: str
    registry_stage: str
    told_at: datetime | None
    problem: str
