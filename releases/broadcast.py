"""Tell open pages that a release changed: ids only, because the database is the truth and this may get lost."""

from __future__ import annotations

import logging

from asgiref.sync import async_to_sync
from channels.layers import channel_layers
from django.db import transaction

LOG = logging.getLogger(__name__)
GROUP = "releases"


def publish_on_commit(*, release_id: int, sequence: int) -> None:
    """Nudge every process once the transaction is in; a layer that is away costs nothing but the nudge."""
    transaction.on_commit(lambda: _publish(release_id, sequence))


def _publish(release_id: int, sequence: int) -> None:
    layer = channel_layers["default"]
    try:
        async_to_sync(layer.group_send)(
            GROUP,
            {"type": "release.changed", "release_id": release_id, "sequence": sequence},
        )
    except Exception:
        LOG.warning("release %s #%s: live nudge lost", release_id, sequence, exc_info=True)
