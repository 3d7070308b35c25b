"""What people do with a train, and every no."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from releases.actions.timetables import keep_timetable
from releases.actions.trains import ExtraTrain, add_train, cancel_train, hold_train, resume_train
from releases.domain.access import Role
from releases.domain.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from releases.models import Train
from tests.factories import person
from tests.trains import bring_forward, bring_to, next_train, scheduled, told

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def in_(hours: float) -> datetime:
    return datetime.now(UTC) + hours * HOUR


def test_a_held_train_waits_where_it_is_until_it_is_resumed() -> None:
    train = next_train()
    hold_train(actor=person(), label=train.label, reason="incident")
    bring_forward(train, timedelta(days=2.5))
    keep_timetable()
    train.refresh_from_db()
    assert (train.state, train.message) == ("held", "Held by maria: incident")

    resume_train(actor=person(), label=train.label)
    keep_timetable()
    train.refresh_from_db()
    assert (train.state, train.message, told(train)[-3:]) == (
        "cut_off",
        "",
        [
            "was held: Held by maria: incident",
            "was resumed.",
            "is closed: what is registered from now on takes the next train.",
        ],
    )


def test_a_train_that_is_resumed_after_its_time_is_punctual_from_then_on() -> None:
    train = next_train()
    hold_train(actor=person(), label=train.label, reason="incident")
    bring_to(train, departs_in=-8 * HOUR)
    before = datetime.now(UTC)
    resume_train(actor=person(), label=train.label)
    train.refresh_from_db()
    assert before <= train.departs_at <= datetime.now(UTC)


def test_a_cancelled_train_stays_in_the_timetable_with_its_reason() -> None:
    train = next_train()
    cancel_train(actor=person(), label=train.label, reason="holidays")
    train.refresh_from_db()
    assert (train.state, train.message, train.ended_at is not None) == (
        "cancelled",
        "Cancelled by maria: holidays",
        True,
    )


def test_an_extra_train_is_named_like_every_other_and_left_alone_by_the_rule() -> None:
    schedule = scheduled()
    label = add_train(actor=person(), extra=ExtraTrain(schedule="platform", departs_at=in_(30), cut_off_at=in_(20)))
    keep_timetable()
    train = Train.objects.get(label=label)
    year, week, _ = train.day_on.isocalendar()
    assert (train.schedule, train.is_extra, label.startswith(f"{year}-W{week:02}")) == (schedule, True, True)


ACTS: dict[str, Callable[[str, str], object]] = {
    "hold": lambda label, name: hold_train(actor=person(name), label=label, reason="x", key="k"),
    "cancel": lambda label, name: cancel_train(actor=person(name), label=label, reason="x", key="k"),
}


@pytest.mark.parametrize("act", ACTS)
def test_the_same_command_with_the_same_key_acts_once(act: str) -> None:
    train = next_train()
    ACTS[act](train.label, "maria")
    once = told(train)
    ACTS[act](train.label, "maria")
    assert told(train) == once


def test_resuming_twice_with_the_same_key_acts_once() -> None:
    train = next_train()
    hold_train(actor=person(), label=train.label, reason="x")
    resume_train(actor=person(), label=train.label, key="k")
    once = told(train)
    resume_train(actor=person(), label=train.label, key="k")
    assert told(train) == once


def test_adding_a_train_twice_with_the_same_key_adds_one() -> None:
    scheduled()
    extra = ExtraTrain(schedule="platform", departs_at=in_(30))
    assert add_train(actor=person(), extra=extra, key="k") == add_train(actor=person(), extra=extra, key="k")


REFUSED: dict[str, tuple[Callable[[Train], object], type[Exception], str]] = {
    "hold without a reason": (
        lambda train: hold_train(actor=person(), label=train.label, reason=" "),
        InvalidInput,
        "Say why the train is held.",
    ),
    "cancel without a reason": (
        lambda train: cancel_train(actor=person(), label=train.label, reason=""),
        InvalidInput,
        "Say why the train is cancelled.",
    ),
    "resume what is not held": (
        lambda train: resume_train(actor=person(), label=train.label),
        Conflict,
        "Train {label} is not held, but boarding.",
    ),
    "hold nothing": (
        lambda _train: hold_train(actor=person(), label="2020-W01", reason="x"),
        NotFound,
        "There is no train 2020-W01.",
    ),
    "hold as a viewer": (
        lambda train: hold_train(actor=person("vera", Role.VIEWER), label=train.label, reason="x"),
        PermissionRefused,
        "To run trains you need the role release manager for all stages.",
    ),
    "resume as a viewer": (
        lambda train: resume_train(actor=person("vera", Role.VIEWER), label=train.label),
        PermissionRefused,
        "To run trains you need the role release manager for all stages.",
    ),
    "cancel as a viewer": (
        lambda train: cancel_train(actor=person("vera", Role.VIEWER), label=train.label, reason="x"),
        PermissionRefused,
        "To run trains you need the role release manager for all stages.",
    ),
    "add as a viewer": (
        lambda _train: add_train(
            actor=person("vera", Role.VIEWER), extra=ExtraTrain(schedule="platform", departs_at=in_(30))
        ),
        PermissionRefused,
        "To run trains you need the role release manager for all stages.",
    ),
    "add in the past": (
        lambda _train: add_train(actor=person(), extra=ExtraTrain(schedule="platform", departs_at=in_(-1))),
        InvalidInput,
        "A train departs in the future; let one depart at once by its own command.",
    ),
    "add with a late cut-off": (
        lambda _train: add_train(
            actor=person(), extra=ExtraTrain(schedule="platform", departs_at=in_(30), cut_off_at=in_(31))
        ),
        InvalidInput,
        "The cut-off comes before the departure.",
    ),
    "add to nothing": (
        lambda _train: add_train(actor=person(), extra=ExtraTrain(schedule="nightly", departs_at=in_(30))),
        NotFound,
        "There is no schedule nightly.",
    ),
    "add on a taken day": (
        lambda train: add_train(actor=person(), extra=ExtraTrain(schedule="platform", departs_at=train.departs_at)),
        Conflict,
        "Train {label} of platform departs on that day already.",
    ),
}


@pytest.mark.parametrize("act", REFUSED)
def test_every_no_is_a_sentence(act: str) -> None:
    train = next_train()
    command, kind, words = REFUSED[act]
    with pytest.raises(kind) as refusal:
        command(train)
    assert str(refusal.value) == words.format(label=train.label)


@pytest.mark.parametrize("act", ["hold", "cancel"])
def test_a_train_that_is_over_cannot_be_changed(act: str) -> None:
    train = next_train()
    cancel_train(actor=person(), label=train.label, reason="holidays")
    with pytest.raises(Conflict) as refusal:
        ACTS[act](train.label, "maria")
    assert str(refusal.value) == f"Train {train.label} has already been cancelled."


def test_a_train_that_is_held_is_not_held_again() -> None:
    train = next_train()
    hold_train(actor=person(), label=train.label, reason="x")
    with pytest.raises(Conflict) as refusal:
        hold_train(actor=person(), label=train.label, reason="y")
    assert str(refusal.value) == f"Train {train.label} is already held."
