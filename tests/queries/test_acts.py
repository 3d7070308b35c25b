"""Who comes too late is told who was there before, and what they did."""

from __future__ import annotations

import pytest

from releases.actions.steering import pause_promotion, retry_step
from releases.queries.acts import last_act
from tests.factories import created, finish, load_bookverse, person, promote, promoting, tell

pytestmark = pytest.mark.django_db


def test_a_new_release_was_created_by_somebody() -> None:
    load_bookverse()

    assert last_act(created(person("tom"))) == "tom created the release"


def test_what_services_report_is_nobodys_act() -> None:
    promotion = promoting()
    pause_promotion(actor=person("tom"), version=promotion.version)
    tell(promotion, "inventory", "failed")

    assert last_act(promotion.release) == "tom paused the promotion to DEV"


def test_an_act_on_one_service_names_the_service() -> None:
    promotion = promoting()
    tell(promotion, "inventory", "failed")
    retry_step(actor=person("tom"), version=promotion.version, service="inventory")

    assert last_act(promotion.release) == "tom retried inventory"


def test_a_version_that_ran_already_was_skipped_by_nobody() -> None:
    load_bookverse()
    maria = person("maria")
    first, second = created(maria, "first"), created(maria, "second")
    finish(promote(first))
    promote(second, actor=person("tom"))

    assert last_act(second) == "tom started the promotion to DEV"
