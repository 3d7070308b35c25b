"""A service that a release brought for the first time is uninstalled when the release is taken back."""

from __future__ import annotations

import pytest

from releases.actions.dispatches import send_due_dispatches
from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.actions.steering import skip_step
from releases.domain.replay import fold
from releases.models import Dependency, Deployment, Quarantine, Release, Service
from releases.queries.boards import service_cells
from releases.queries.replay import journal_of, stored_release
from tests.factories import LIVE, bring, created, finish, load_bookverse, person, register, tell
from tests.fakes.service import PATIENCE_S, FakeService
from tests.flows.racing import unsound_journals

pytestmark = pytest.mark.django_db(transaction=True)


def newcomer(url: str) -> None:
    """Add a service that nobody deployed yet."""
    promos = Service.objects.create(
        slug="promos",
        name="Promos",
        application_key="bookverse-promos",
        dispatch_url=f"{url}/promos/deployments",
        required=False,
    )
    Dependency.objects.create(consumer=promos, provider=Service.objects.get(slug="inventory"))
    register({"promos": ["1.0.0"]})


def taking_back(url: str) -> Release:
    """Bring promos to DEV with a release, and begin to take that back."""
    load_bookverse(url)
    newcomer(url)
    release = created()
    bring(release, "DEV")
    version = roll_back(actor=person(), request=RollbackRequest(version=release.version, reason="too many mails"))
    return Release.objects.get(version=version)


def running() -> dict[str, str]:
    return dict(Deployment.objects.filter(stage__name="DEV").values_list("service__slug", "version"))


@pytest.fixture
def rollback(service: FakeService) -> Release:
    return taking_back(service.url)


def test_the_stage_runs_exactly_what_it_ran_before(rollback: Release) -> None:
    before = running()
    finish(rollback.promotions.get())

    assert (before["promos"], running()) == ("1.0.0", LIVE)
    assert (rollback.plan["phases"][2], unsound_journals()) == (["checkout", "promos", "recommendations"], {})


def test_its_order_names_no_version(rollback: Release, service: FakeService) -> None:
    promotion = rollback.promotions.get()
    for name in ("helm", "web"):
        tell(promotion, name, "succeeded")
    send_due_dispatches()
    sent = [service.orders.get(timeout=PATIENCE_S).body for _ in range(3)]
    [order] = [body for body in sent if body["service"] == "promos"]

    assert (order["from_version"], order["to_version"]) == ("1.0.0", None)
    assert rollback.entries.get(kind="dispatch.sent", service="promos").payload["uninstalls"] is True


def test_the_journal_folds_to_what_is_stored(rollback: Release) -> None:
    finish(rollback.promotions.get())
    rollback.refresh_from_db()

    assert fold(journal_of(rollback)) == stored_release(rollback)


def test_its_version_goes_to_quarantine(rollback: Release) -> None:
    finish(rollback.promotions.get())

    assert Quarantine.objects.get(service__slug="promos").version == "1.0.0"


def test_one_that_does_not_let_itself_be_uninstalled_stays_on_record(rollback: Release) -> None:
    promotion = rollback.promotions.get()
    for name in ("helm", "web", "checkout", "recommendations"):
        tell(promotion, name, "succeeded")
    tell(promotion, "promos", "failed", message="still has orders")
    skip_step(actor=person(), version=rollback.version, service="promos", reason="it stays until tomorrow")
    promotion.refresh_from_db()
    finish(promotion)

    assert running() == {**LIVE, "promos": "1.0.0"}


def test_the_board_shows_that_it_runs_there_no_more(rollback: Release) -> None:
    finish(rollback.promotions.get())
    cell = service_cells(Service.objects.get(slug="promos"))[0]

    assert (cell.stage, cell.version, cell.state) == ("DEV", "", "absent")
