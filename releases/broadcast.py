"""Tell open pages that a release or a train changed: ids only, for the database is the truth and this may get lost."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from channels.layers import channel_layers
from django.db import transaction

from releases.hints import Messenger

GROUP = "releases"
MESSENGER = Messenger("live-nudges")


def publish_on_commit(*, release_id: int, sequence: int) -> None:
    """Nudge every process once the transaction is in; a layer that is away costs nothing but the nudge."""
    transaction.on_commit(lambda: MESSENGER.leave(release_id, lambda: _publish(release_id, sequence)))


def publish_train_on_commit(*, label: str) -> None:
    """Nudge those who look at this train or at the departures, once the transaction is in."""
    transaction.on_commit(lambda: MESSENGER.leave(("train", label), lambda: _publish_train(label)))


def _publish(release_id: int, sequence: int) -> None:
    _send({"type": "release.changed", "release_id": release_id, "sequence": sequence})


def _publish_train(label: str) -> None:
    _send({"type": "train.changed", "train": label})


def _send(nudge: dict[str, object]) -> None:
    async_to_sync(channel_layers["default"].group_send)(GROUP, nudge)
