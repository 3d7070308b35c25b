"""Validations from the request to the result."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F

from releases.actions import validations
from releases.actions.ledger import StalePage
from releases.actions.receipts import KeyReused
from releases.actions.validations import ValidationRequest, carry_out_due_validation, request_validation
from releases.clients.validations import carry_out
from releases.domain.access import Role
from releases.domain.errors import Conflict, NotFound, PermissionRefused
from releases.domain.replay import fold
from releases.domain.validation import Scenario
from releases.models import Release, ValidationRun, ValidationTarget
from releases.queries.replay import journal_of, stored_release
from tests.actions.validating import ask, target, validate, view
from tests.factories import created, finish, kinds, person, promote, register
from tests.threads import at_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_django.fixtures import Settings

    from releases.domain.validation import ScenarioResult
    from releases.domain.validation_setup import Setup
    from tests.fakes.shop import Shop


def test_the_journal_tells_of_the_beginning_and_the_end(release: Release) -> None:
    validate(release)

    began, ended = release.entries.order_by("sequence").filter(kind__startswith="validation.")
    assert (began.kind, began.actor, began.payload["stage"]) == ("validation.started", "maria", "DEV")
    assert (ended.kind, ended.actor, ended.payload["state"]) == ("validation.finished", "board", "passed")


def test_the_journal_still_folds_to_what_is_stored(release: Release) -> None:
    validate(release)

    release.refresh_from_db()
    assert fold(journal_of(release)) == stored_release(release)


def test_a_promotion_asks_for_a_validation_where_the_target_says_so(shop: Shop) -> None:
    target(run_after_promotion=True)
    release = created()

    finish(promote(release))

    assert (kinds(release)[-1], view(release).state, view(release).requested_by) == (
        "validation.started",
        "requested",
        "board",
    )
    carry_out_due_validation()
    assert view(release).state == "passed"


def test_a_promotion_asks_for_none_where_the_target_says_nothing(release: Release) -> None:
    assert view(release).state == "not_run"


def test_a_stage_without_a_target_says_so_and_is_refused(release: Release) -> None:
    ValidationTarget.objects.all().delete()

    with pytest.raises(Conflict, match=r"^DEV has no validation target; an administrator adds one\.$"):
        ask(release)
    assert (view(release).state, view(release).message) == ("not_configured", "DEV has no validation target.")


def test_what_is_in_no_stage_yet_is_refused(shop: Shop) -> None:
    with pytest.raises(Conflict, match=r"^2\.2\.0-alpha\.1 is in no stage yet: promote it first\.$"):
        ask(created())


def test_where_it_does_not_run_it_is_refused(release: Release) -> None:
    target("QA")
    with pytest.raises(Conflict, match=r"^2\.2\.0-alpha\.1 does not run in QA: it runs 2\.1\.0\.$"):
        ask(release, stage="QA")


def test_while_a_promotion_to_the_stage_is_open_it_is_refused(release: Release) -> None:
    register({"checkout": ["1.5.4"]})
    promote(created())

    with pytest.raises(Conflict, match=r"^A promotion to DEV is open; validate once it has ended\.$"):
        ask(release)


def test_a_second_one_beside_it_is_refused(release: Release) -> None:
    ask(release)

    with pytest.raises(Conflict, match=r"^The validation of .* in DEV is already on its way\.$"):
        ask(release)


def test_the_same_key_asks_once(release: Release) -> None:
    assert ask(release, key="k") == ask(release, key="k")
    assert ValidationRun.objects.count() == 1
    with pytest.raises(KeyReused):
        ask(release, Scenario.HEALTH, key="k")


def test_an_old_page_is_refused(release: Release) -> None:
    with pytest.raises(StalePage):
        ask(release, lock_version=release.lock_version - 1)


def test_an_unknown_stage_is_refused(release: Release) -> None:
    with pytest.raises(NotFound, match=r"^There is no stage MOON; the stages are DEV, QA, STAGING, PROD\.$"):
        ask(release, stage="MOON")


def test_a_viewer_may_not_validate(release: Release) -> None:
    with pytest.raises(PermissionRefused):
        request_validation(
            actor=person("vera", Role.VIEWER), request=ValidationRequest(version=release.version, stage="DEV")
        )


def test_a_run_whose_process_was_killed_is_carried_out_by_the_next(
    release: Release, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The killed one had ordered already; what the next one orders is its own."""
    ask(release)
    before = dict(shop.stock)
    with monkeypatch.context() as patch:
        patch.setattr(validations, "_store", killed)
        with pytest.raises(SystemExit):
            carry_out_due_validation()
    carry_out_due_validation()
    assert view(release).state == "requested"
    ValidationRun.objects.update(claimed_until=F("requested_at") - timedelta(seconds=1))

    carry_out_due_validation()

    assert (view(release).state, ValidationRun.objects.get().attempts) == ("passed", 2)
    assert shop.stock == before


def killed(*_args: object) -> None:
    raise SystemExit


def test_a_run_that_never_ends_is_ended(release: Release) -> None:
    ask(release)
    ValidationRun.objects.update(attempts=validations.MOST_ATTEMPTS)

    carry_out_due_validation()

    assert (view(release).state, view(release).message) == (
        "error",
        "Journey: It was begun 5 times and never ended.",
    )


def test_a_result_that_comes_second_changes_nothing(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a process sleeps through its claim: another takes the run over and is done first."""
    ask(release)

    def overtaken(setup: Setup, scenarios: Sequence[Scenario]) -> tuple[ScenarioResult, ...]:
        monkeypatch.setattr(validations, "carry_out", carry_out)
        ValidationRun.objects.update(claimed_until=None)
        carry_out_due_validation()
        return carry_out(setup, scenarios)

    monkeypatch.setattr(validations, "carry_out", overtaken)

    carry_out_due_validation()

    assert kinds(release).count("validation.finished") == 1


def test_two_processes_carry_a_run_out_once(release: Release, shop: Shop) -> None:
    ask(release)

    at_once(carry_out_due_validation, carry_out_due_validation)

    assert kinds(release).count("validation.finished") == 1
    assert ValidationRun.objects.get().attempts == 1


def test_a_stage_that_was_taken_over_meanwhile_says_nothing_of_the_release(release: Release, shop: Shop) -> None:
    ask(release)
    register({"checkout": ["1.5.4"]})
    promote(created())
    shop.calls.clear()

    carry_out_due_validation()

    assert (view(release).state, view(release).message) == (
        "error",
        "Another promotion to DEV began meanwhile, so this says nothing about 2.2.0-alpha.1.",
    )
    assert shop.calls == []


def test_a_target_that_was_removed_meanwhile_leaves_it_not_configured(release: Release) -> None:
    ask(release)
    ValidationTarget.objects.all().delete()

    carry_out_due_validation()

    assert view(release).state == "not_configured"


def test_a_target_that_cannot_be_read_is_an_error(release: Release) -> None:
    ValidationTarget.objects.update(paths={"moon": "/"})

    assert validate(release).state == "error"


def test_the_token_is_sent_but_to_what_must_refuse_without(release: Release, shop: Shop, settings: Settings) -> None:
    settings.VALIDATION_TOKEN = "secret-of-the-shop"
    shop.calls.clear()

    validate(release)

    without = {call.path for call in shop.calls if not call.authorization}
    assert "/checkout/api/v1/admin" in without
    assert {call.authorization for call in shop.calls if "books" in call.path} == {"Bearer secret-of-the-shop"}
