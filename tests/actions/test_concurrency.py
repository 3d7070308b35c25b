"""People who act at the same moment: exactly one gets through, the others are told why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.callbacks import Receipt
from releases.actions.promotions import PromotionRequest, StartedPromotion, promote_release
from releases.actions.releases import create_release
from releases.actions.steering import cancel, pause_promotion, retry_step, skip_step
from releases.domain.errors import Conflict
from releases.models import Promotion, Release
from tests import factories
from tests.factories import created, finish, load_bookverse, new_release, person, promoting, slot, step_of, tell
from tests.threads import at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from releases.domain.access import Actor

pytestmark = pytest.mark.django_db(transaction=True)
SEVERAL = 4


def outcomes(results: Sequence[object]) -> list[str]:
    return sorted("refused" if isinstance(result, Conflict) else type(result).__name__ for result in results)


def starting(version: str, stage: str, actor: Actor, key: str = "") -> Callable[[], StartedPromotion]:
    return lambda: promote_release(actor=actor, request=PromotionRequest(version=version, stage=stage), key=key)


def test_of_several_releases_one_gets_the_stage() -> None:
    load_bookverse()
    actor = person()
    versions = [created(actor, title=f"number {number}").version for number in range(SEVERAL)]

    results = at_once(*(starting(version, "DEV", actor) for version in versions))

    assert outcomes(results) == ["StartedPromotion", *["refused"] * (SEVERAL - 1)]
    assert Promotion.objects.count() == 1


def test_of_several_clicks_without_a_key_one_starts_the_promotion() -> None:
    load_bookverse()
    actor = person()

    results = at_once(*[starting(created(actor).version, "DEV", actor)] * SEVERAL)

    assert outcomes(results) == ["StartedPromotion", *["refused"] * (SEVERAL - 1)]


def test_several_clicks_with_one_key_start_one_promotion_and_get_one_answer() -> None:
    load_bookverse()
    actor = person()

    results = at_once(*[starting(created(actor).version, "DEV", actor, key="click")] * SEVERAL)

    assert results == [StartedPromotion(promotion_id=Promotion.objects.get().pk, notice="")] * SEVERAL


def test_several_clicks_with_one_key_create_one_release() -> None:
    load_bookverse()
    actor, new = person(), new_release()

    results = at_once(*[lambda: create_release(actor=actor, new=new, key="click")] * SEVERAL)

    assert results == [Release.objects.get().version] * SEVERAL


def test_releases_that_are_created_at_once_get_labels_of_their_own() -> None:
    load_bookverse()
    actor, new = person(), new_release()

    results = at_once(*[lambda: create_release(actor=actor, new=new)] * SEVERAL)

    assert sorted(map(str, results)) == [f"2.2.0-alpha.{number}" for number in range(1, SEVERAL + 1)]


def test_of_several_retries_one_asks_again() -> None:
    promotion = promoting()
    actor = person()
    tell(promotion, "inventory", "failed")

    results = at_once(
        *[lambda: retry_step(actor=actor, version=promotion.version, service="inventory")] * SEVERAL,
    )

    assert outcomes(results) == ["int", *["refused"] * (SEVERAL - 1)]
    assert step_of(promotion, "inventory").attempt == 2


def test_of_a_retry_and_a_skip_one_is_done() -> None:
    promotion = promoting()
    actor = person()
    tell(promotion, "inventory", "failed")

    results: list[object] = [
        *at_once(
            lambda: str(retry_step(actor=actor, version=promotion.version, service="inventory")),
            lambda: str(skip_step(actor=actor, version=promotion.version, service="inventory", reason="why not")),
        )
    ]

    assert outcomes(results) == ["refused", "str"]


def test_of_two_people_who_saw_the_same_page_one_acts() -> None:
    promotion = promoting()
    shown = Release.objects.get().lock_version
    maria, tom = person("maria"), person("tom")

    results = at_once(
        lambda: cancel(actor=maria, version=promotion.version, lock_version=shown),
        lambda: pause_promotion(actor=tom, version=promotion.version, lock_version=shown),
    )

    assert outcomes(results) == ["NoneType", "refused"]


def test_the_last_results_of_a_phase_open_the_next_once() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "succeeded")
    last = [slot(promotion, service) for service in ("checkout", "recommendations")]

    at_once(*[lambda dispatch=dispatch: factories.say(dispatch, "succeeded") for dispatch in last])

    assert promotion.sessions.filter(phase=2).count() == 1
    assert factories.open_services(promotion) == ["web"]


def test_the_same_callback_several_times_at_once_is_applied_once() -> None:
    promotion = promoting()
    dispatch = slot(promotion, "inventory")

    receipts = at_once(*[lambda: factories.say(dispatch, "succeeded", sequence=1)] * SEVERAL)

    duplicates = [receipt.duplicate for receipt in receipts if isinstance(receipt, Receipt)]
    assert sorted(duplicates) == [False, *[True] * (SEVERAL - 1)]
    assert dispatch.callbacks.count() == 1


def test_a_journal_that_many_write_at_once_has_no_gap() -> None:
    promotion = promoting()
    dispatch = slot(promotion, "inventory")
    at_once(*(lambda number=number: factories.say(dispatch, "progress", sequence=number) for number in range(8)))
    promotion.refresh_from_db()
    finish(promotion)
    release = Release.objects.get()

    numbers = list(release.entries.order_by("sequence").values_list("sequence", flat=True))

    assert numbers == list(range(1, release.sequence + 1))
