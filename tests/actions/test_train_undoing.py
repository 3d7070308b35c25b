"""A train that goes no further: what it did is undone, the latest first, and what cannot be is said."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from releases.actions.probing import probe_due_round, request_probing
from releases.actions.steering import cancel
from releases.actions.trains import cancel_train
from releases.domain.access import SYSTEM
from releases.models import (
    Deployment,
    Release,
    ServiceVersion,
)
from tests.factories import LIVE, finish, person, tell
from tests.trains import told
from tests.travelling import (
    look,
    open_promotion,
    planned,
    platform,
    promoted,
    release_of,
    said,
    states,
    undone,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer

    from tests.fakes.registry import FakeRegistry

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def registry(transactional_db: None, httpserver: HTTPServer) -> Iterator[FakeRegistry]:
    with platform(httpserver) as running:
        yield running


def test_a_cancelled_promotion_fails_the_train_and_undoes_what_it_did(registry: FakeRegistry) -> None:
    train = planned()
    promoted(train, "DEV")
    cancel(actor=person(), version=release_of(train).version, reason="wrong", stage="QA")
    look(train)
    assert (train.state, train.message) == ("failed", "Promotions: The promotion to QA was cancelled.")
    assert (states(train)["promotions"], states(train)["production"]) == ("failed", "cancelled")
    release = release_of(train)
    back = Release.objects.get(rolls_back=release)
    assert (release.state, back.kind, back.manifest) == ("cancelled", "rollback", LIVE)
    assert undone(train) == {
        "compatibility": f"Release {release.version} was cancelled.",
        "build": "Nothing was ordered.",
        "testing": "DEV is undone with the promotions.",
        "promotions": f"DEV goes back by rollback {back.version}.",
    }
    assert told(train)[-4:] == [
        f"undid promotions: DEV goes back by rollback {back.version}.",
        "undid testing: DEV is undone with the promotions.",
        "undid build: Nothing was ordered.",
        f"undid compatibility: Release {release.version} was cancelled.",
    ]


def test_a_cancelled_release_cancels_its_train(registry: FakeRegistry) -> None:
    train = planned()
    version = release_of(train).version
    for stage in ("DEV", ""):
        cancel(actor=person(), version=version, reason="wrong", stage=stage)
    look(train)
    assert (train.state, train.message) == (
        "cancelled",
        f"Its release {version} was cancelled: maria cancelled the release.",
    )
    assert undone(train)["compatibility"] == f"Release {version} is cancelled and stays in the record."


def test_cancelling_a_train_on_its_way_undoes_it_the_latest_first(registry: FakeRegistry) -> None:
    train = planned()
    cancel_train(actor=person(), label=train.label, reason="wrong")
    look(train)
    assert (train.state, release_of(train).state) == ("cancelled", "cancelled")
    assert undone(train)["promotions"] == "The promotion to DEV was cancelled."
    assert release_of(train).promotions.get().state == "cancelled"


def test_undoing_goes_on_where_a_process_died(registry: FakeRegistry) -> None:
    train = planned()
    cancel_train(actor=person(), label=train.label, reason="wrong")
    cancel(actor=person(), version=release_of(train).version, reason="by the one who died", stage="DEV")
    look(train)
    assert (release_of(train).state, train.steps.filter(undo_due_at__isnull=False).count()) == ("cancelled", 0)


def test_a_failed_probe_in_production_fails_the_train(registry: FakeRegistry, httpserver: HTTPServer) -> None:
    train = planned(watch_minutes=10)
    promoted(train, "PROD")
    probe_due_round()
    look(train)
    assert (train.state, states(train)["monitoring"]) == ("departed", "running")
    assert said(train, "monitoring").endswith("12 probes passed so far.")

    httpserver.clear()

    request_probing(actor=SYSTEM)
    probe_due_round()
    look(train)
    assert (train.state, states(train)["monitoring"]) == ("failed", "failed")
    assert train.message.startswith("Monitoring: PROD: ")
    assert release_of(train).state == "released"
    ways = {back.path[0]: back.version for back in Release.objects.filter(rolls_back=release_of(train)).order_by("pk")}
    assert list(ways) == ["PROD", "STAGING", "QA", "DEV"]
    assert undone(train)["production"] == f"PROD goes back by rollback {ways['PROD']}."


def test_a_stage_that_must_not_go_back_by_itself_is_left_to_people_and_said(registry: FakeRegistry) -> None:
    train = planned()
    finish(open_promotion(train))
    ServiceVersion.objects.filter(service__slug="inventory", version="1.4.0").update(irreversible="drops a column")
    cancel_train(actor=person(), label=train.label, reason="wrong")
    look(train)
    assert undone(train)["promotions"].startswith("DEV is not taken back: Going back does not undo everything: ")
    assert (Release.objects.filter(rolls_back__isnull=False).count(), release_of(train).state) == (0, "cancelled")


def test_a_promotion_that_was_half_done_is_taken_back_whole(registry: FakeRegistry) -> None:
    train = planned()
    tell(open_promotion(train), "inventory", "succeeded")
    cancel_train(actor=person(), label=train.label, reason="wrong")
    look(train)
    back = Release.objects.get(rolls_back=release_of(train))
    assert undone(train)["promotions"] == f"DEV goes back by rollback {back.version}."
    finish(back.promotions.get())
    assert dict(Deployment.objects.filter(stage__name="DEV").values_list("service__slug", "version")) == LIVE
