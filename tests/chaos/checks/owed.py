"""What the board still owes: work that it promised for later and does by itself, which changes what a page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.chaos.checks.lookup import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tests.chaos.reading import Tables
    from tests.chaos.rows import DeliveryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One piece of work without its end; ``due_at`` is since when anybody may do it."""

    what: str
    due_at: datetime


def owed(board: Tables) -> tuple[Owed, ...]:
    """Return all that is promised and not done, whether it is due or not."""
    return (*_deliveries(board), *_collections(board), *_validations(board), *_registry(board))


def _deliveries(board: Tables) -> Iterator[Owed]:
    for delivery in board.deliveries:
        if delivery.delivered_at is None and delivery.gave_up_at is None:
            yield Owed(what=f"{_message(board, delivery)} not delivered", due_at=delivery.next_send_at)


def _message(board: Tables, delivery: DeliveryRow) -> str:
    if delivery.session_id is None:
        return f"message {delivery.id} is"
    known = lookup(board)
    return f"the results of {known.session_name(known.sessions[delivery.session_id])} are"


def _collections(board: Tables) -> Iterator[Owed]:
    for collection in board.collections:
        if collection.finished_at is None:
            yield Owed(
                what=f"the collection of {collection.requested_at} is not finished", due_at=collection.requested_at
            )


def _validations(board: Tables) -> Iterator[Owed]:
    for validation in board.validations:
        if validation.finished_at is None:
            what = f"the validation of {validation.version} of {validation.requested_at} is not finished"
            yield Owed(what=what, due_at=validation.claimed_until or validation.due_at)


def _registry(board: Tables) -> Iterator[Owed]:
    for record in board.registry_records:
        if record.told_at is None:
            yield Owed(what=f"the registry was not told of {record.version}", due_at=record.next_try_at)
    for taken in board.quarantines:
        if taken.told_at is None and taken.lifted_at is None:
            yield Owed(what=f"the registry was not told that {taken.version} is taken back", due_at=taken.next_try_at)
