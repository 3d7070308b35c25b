"""A train whose number was used up before: it is held until somebody chooses another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.steering import cancel
from releases.actions.train_numbers import choose_train_number
from releases.actions.trains import cancel_train, resume_train
from releases.domain.access import Role
from releases.domain.errors import Conflict, InvalidInput, PermissionRefused
from releases.models import Constraint, PlatformVersion, Train
from releases.queries.clock import database_now
from releases.queries.inbox import inbox
from releases.queries.trains import train_view
from tests.factories import bring, created, person, promote
from tests.trains import told
from tests.travelling import look, planned, platform, promoted, release_of, said, states, undone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_httpserver import HTTPServer

    from tests.fakes.registry import FakeRegistry

pytestmark = pytest.mark.django_db(transaction=True)
USED_UP = "2.2.0 is already published. Choose another platform version, such as 2.2.1."


@pytest.fixture
def registry(transactional_db: None, httpserver: HTTPServer) -> Iterator[FakeRegistry]:
    with platform(httpserver) as running:
        yield running


@pytest.fixture
def train(registry: FakeRegistry) -> Train:
    """It carries what a release carried that took its number to PROD and was cancelled there."""
    use_up()
    return planned()


def use_up() -> None:
    release = created()
    bring(release, "DEV", "QA", "STAGING")
    promote(release, "PROD")
    for _ in ("the promotion", "the release"):
        cancel(actor=person(), version=release.version, reason="the vendor was late")


def choose(train: Train, version: str = "2.2.1", reason: str = "2.2.0 was given up.", *, key: str = "") -> None:
    choose_train_number(actor=person(), label=train.label, version=version, reason=reason, key=key)
    train.refresh_from_db()


def test_a_train_whose_number_was_used_up_is_held_for_a_person(train: Train) -> None:
    assert (train.state, train.message, states(train)["compatibility"], train.release) == (
        "held",
        USED_UP,
        "waiting",
        None,
    )
    assert (told(train)[-1], said(train, "compatibility")) == (f"was held: {USED_UP}", USED_UP)


def test_it_goes_on_with_the_number_that_was_chosen_where_it_was_held(train: Train) -> None:
    choose(train)
    assert (train.state, train.message, told(train)[-1]) == (
        "departed",
        "",
        "goes on as 2.2.1. maria chose 2.2.1: 2.2.0 was given up.",
    )
    look(train)
    release = release_of(train)
    assert (release.version, release.target_version, states(train)["compatibility"]) == (
        "2.2.1-alpha.1",
        "2.2.1",
        "succeeded",
    )
    assert "2.2.1 was asked for in place of 2.2.0." in release.plan["rationale"]


def test_the_journal_of_its_release_says_who_chose_the_number_and_why(train: Train) -> None:
    choose(train)
    look(train)
    said_ = [entry.payload["text"] for entry in release_of(train).entries.filter(kind="train.step")]
    assert said_[0] == "carries release 2.2.1-alpha.1. maria chose 2.2.1: 2.2.0 was given up."


def test_its_page_offers_the_free_number_while_it_is_held_for_one(train: Train) -> None:
    view = train_view(train.label, "")
    assert (view.offered_version, view.choose_number.allowed) == ("2.2.1", True)

    choose(train)
    view = train_view(train.label, "")
    assert (view.offered_version, view.choose_number.why_not) == (
        "",
        f"Train {train.label} is not held, but departed.",
    )


def test_the_inbox_of_who_runs_trains_names_the_number(train: Train) -> None:
    (item,) = inbox(person())
    assert (item.kind, item.title, item.detail) == (
        "train_held",
        f"Train {train.label} is held",
        USED_UP,
    )


def test_who_resumes_it_without_choosing_has_it_held_again(train: Train) -> None:
    resume_train(actor=person(), label=train.label)
    look(train)
    assert (train.state, train.message) == ("held", USED_UP)


def test_a_number_that_was_taken_meanwhile_is_asked_for_again(train: Train) -> None:
    choose(train)
    PlatformVersion.objects.create(version="2.2.1", manifest={}, created_at=database_now())
    look(train)
    assert (train.state, train.message) == (
        "held",
        "2.2.1 is already published. Choose another platform version, such as 2.2.2.",
    )
    choose(train, "2.3.0")
    assert release_of(look(train)).target_version == "2.3.0"


def test_a_train_whose_number_is_taken_on_its_way_is_held_and_says_what_to_do(registry: FakeRegistry) -> None:
    train = planned()
    promoted(train, "QA")
    PlatformVersion.objects.create(version="2.2.0", manifest={}, created_at=database_now())
    promoted(train, "STAGING")
    mend = "Give this release up, and plan its versions again as 2.2.1 or another number."
    assert (train.state, states(train)["production"], train.message) == (
        "held",
        "waiting",
        f"2.2.0 is already published. {mend} Cancel this train for that; the next one asks for the number.",
    )
    assert train_view(train.label, "").choose_number.allowed is False


def test_the_same_choice_with_the_same_key_acts_once(train: Train) -> None:
    choose(train, key="k")
    once = told(train)
    choose(train, key="k")
    assert told(train) == once


def test_a_train_that_is_held_for_a_number_can_be_cancelled(train: Train) -> None:
    cancel_train(actor=person(), label=train.label, reason="not this week")
    look(train)
    assert (train.state, undone(train)) == ("cancelled", {"compatibility": "There was no release yet."})


def test_a_set_that_fits_under_no_number_fails(registry: FakeRegistry) -> None:
    use_up()
    Constraint.objects.filter(provider__slug="inventory").update(provider_range=">=9.0.0")
    assert planned().state == "failed"


REFUSED: dict[str, tuple[Callable[[Train], object], type[Exception], str]] = {
    "without a reason": (
        lambda train: choose(train, reason=" "),
        InvalidInput,
        "Say why the train goes on with this number.",
    ),
    "the used one": (lambda train: choose(train, "2.2.0"), InvalidInput, USED_UP),
    "below what is live": (
        lambda train: choose(train, "2.0.9"),
        InvalidInput,
        "2.0.9 is not above 2.1.0, the last platform version. Choose another platform version.",
    ),
    "a prerelease": (
        lambda train: choose(train, "2.3.0-rc.1"),
        InvalidInput,
        "A target version is a release; leave out what follows 2.3.0. Choose another platform version.",
    ),
    "as a viewer": (
        lambda train: choose_train_number(
            actor=person("vera", Role.VIEWER), label=train.label, version="2.2.1", reason="x"
        ),
        PermissionRefused,
        "To run trains you need the role release manager for all stages.",
    ),
}


@pytest.mark.parametrize("act", REFUSED)
def test_a_number_that_no_plan_could_have_is_refused_and_the_train_stays_held(train: Train, act: str) -> None:
    command, kind, words = REFUSED[act]
    with pytest.raises(kind) as refusal:
        command(train)
    train.refresh_from_db()
    assert (str(refusal.value), train.state, train.target_version) == (words, "held", "")


def test_a_train_that_is_held_for_something_else_keeps_its_number(registry: FakeRegistry) -> None:
    train = planned()
    Train.objects.filter(pk=train.pk).update(state="held", held_in="departed")
    with pytest.raises(Conflict) as refusal:
        choose(train)
    assert str(refusal.value) == f"Train {train.label} is not held for the number of its platform version."
