"""What a run has to wait for before its viewers are compared with the database."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta

from tests.chaos import rows
from tests.chaos.checks.owed import Owed, owed
from tests.chaos.reading import Tables

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
LATER = AT + timedelta(seconds=5)


def test_a_board_that_promised_nothing_owes_nothing() -> None:
    assert owed(tables()) == ()


def test_a_validation_that_is_not_finished_is_owed() -> None:
    waits = validation()
    assert owed(tables(validations=(waits,))) == (
        Owed(what=f"the validation of 2.2.0 of {AT} is not finished", due_at=AT),
    )


def test_a_validation_that_somebody_is_at_is_owed_from_when_that_one_is_given_up() -> None:
    [found] = owed(tables(validations=(validation(claimed_until=LATER),)))
    assert found.due_at == LATER


def test_what_has_its_end_is_not_owed() -> None:
    ended = tables(
        deliveries=(delivery(1, delivered_at=LATER), delivery(2, gave_up_at=LATER)),
        collections=(rows.CollectionRow(id=1, requested_at=AT, finished_at=LATER),),
        validations=(validation(finished_at=LATER),),
        registry_records=(rows.RegistryRecordRow(id=1, version="2.2.0", next_try_at=AT, told_at=LATER),),
        quarantines=(quarantine(1, told_at=LATER), quarantine(2, lifted_at=LATER)),
    )
    assert owed(ended) == ()


def test_messages_collections_and_what_the_registry_has_to_learn_are_owed() -> None:
    board = tables(
        deliveries=(delivery(7),),
        collections=(rows.CollectionRow(id=1, requested_at=AT, finished_at=None),),
        registry_records=(rows.RegistryRecordRow(id=1, version="2.2.0", next_try_at=AT, told_at=None),),
        quarantines=(quarantine(1),),
    )
    assert owed(board) == (
        Owed(what="message 7 is not delivered", due_at=AT),
        Owed(what=f"the collection of {AT} is not finished", due_at=AT),
        Owed(what="the registry was not told of 2.2.0", due_at=AT),
        Owed(what="the registry was not told that 2.1.0 is taken back", due_at=AT),
    )


def tables(**found: tuple[object, ...]) -> Tables:
    empty: dict[str, tuple[object, ...]] = {each.name: () for each in fields(Tables) if each.name != "now"}
    return Tables(now=LATER, **{**empty, **found})  # type: ignore[arg-type] # each under its own name


def validation(*, claimed_until: datetime | None = None, finished_at: datetime | None = None) -> rows.ValidationRow:
    return rows.ValidationRow(
        id=1, version="2.2.0", requested_at=AT, due_at=AT, claimed_until=claimed_until, finished_at=finished_at
    )


def delivery(pk: int, *, delivered_at: datetime | None = None, gave_up_at: datetime | None = None) -> rows.DeliveryRow:
    return rows.DeliveryRow(id=pk, session_id=None, next_send_at=AT, delivered_at=delivered_at, gave_up_at=gave_up_at)


def quarantine(pk: int, *, told_at: datetime | None = None, lifted_at: datetime | None = None) -> rows.QuarantineRow:
    return rows.QuarantineRow(id=pk, version="2.1.0", next_try_at=AT, told_at=told_at, lifted_at=lifted_at)
