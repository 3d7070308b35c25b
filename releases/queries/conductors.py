"""In whose name a train acts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.models import CommandReceipt
from releases.queries.access import actor_of

if TYPE_CHECKING:
    from releases.domain.access import Actor
    from releases.models import Train


def conductor(train: Train) -> Actor:
    """Return the conductor with their permissions of today."""
    return actor_of(train.conductor)


def train_key(train: Train, command: str) -> str:
    """Return the idempotency key of a train's command: however often it is given, it acts once."""
    return f"train-{train.label}-{command}"


def answer_of_train(train: Train, command: str, name: str) -> str:
    """Return what a command of this train was answered before, empty when it was not given yet."""
    key = train_key(train, command)
    receipt = CommandReceipt.objects.filter(actor=train.conductor.get_username(), key=key).first()
    return str(receipt.result[name]) if receipt else ""
