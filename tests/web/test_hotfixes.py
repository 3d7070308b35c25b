"""Hotfixes on the pages: planning one, its panel, and paying what it owes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releases.actions.debts import pay_made_up_debts
from releases.domain.access import Role
from releases.models import Debt, Hotfix, Release
from releases.queries.plans import computed_plan
from tests import factories
from tests.factories import bring, created, promote
from tests.hotfixing import created_hotfix, hotfix_request, live_hotfix, note_validation
from tests.web.conftest import browser_of

if TYPE_CHECKING:
    from django.test import Client

ADDRESS = "/plans/new?kind=hotfix"
SCRIPTED = pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])


def fields(urgency: str = "CRITICAL") -> dict[str, str]:
    request = hotfix_request(urgency)
    chosen = {f"version-{name}": version for name, version in (factories.LIVE | {"checkout": "1.5.3"}).items()}
    digest = computed_plan(request).digest
    return {"kind": "hotfix", "urgency": urgency, "reason": request.reason, "digest": digest, **chosen}


def first_debt() -> Debt:
    return Debt.objects.order_by("pk")[0]


def test_the_plan_tells_what_its_urgency_skips_and_what_must_pass(manager: Client) -> None:
    page = manager.get(f"{ADDRESS}&urgency=CRITICAL&version-checkout=1.5.3").content.decode()

    assert "What a CRITICAL hotfix skips" in page
    assert "QA is skipped." in page
    assert "Service health must pass before the last stage takes it." in page


def test_without_a_reason_the_button_says_what_is_missing(manager: Client) -> None:
    view = manager.get(f"{ADDRESS}&version-checkout=1.5.3").context["view"]

    assert (view.create.allowed, view.create.why_not, view.urgency) == (False, "A hotfix needs a reason.", "HIGH")


def test_an_urgency_that_nobody_knows_is_refused(manager: Client) -> None:
    assert manager.get(f"{ADDRESS}&urgency=EXTREME").status_code == 422


def test_the_address_of_a_preview_keeps_the_urgency(manager: Client) -> None:
    answer = manager.post("/plans/preview", fields(), headers={"HX-Request": "true"})

    assert answer["HX-Replace-Url"] == (
        f"{ADDRESS}&urgency=CRITICAL&version-checkout=1.5.3&reason=Orders+fail+at+checkout"
    )


@SCRIPTED
def test_a_hotfix_is_created_with_and_without_script(manager: Client, headers: dict[str, str]) -> None:
    answer = manager.post("/releases/create", fields(), headers=headers)

    assert answer.headers.get("HX-Redirect", answer.headers.get("Location")) == "/releases/2.1.1-rc.1"
    assert Hotfix.objects.get().urgency == "CRITICAL"


def test_the_release_page_tells_what_the_hotfix_skips_and_how_its_tests_went(manager: Client) -> None:
    release = created_hotfix()
    bring(release, "STAGING")
    note_validation(release, health="passed", security="failed")

    page = manager.get("/releases/2.1.1-rc.1").content.decode()

    assert "Skips DEV, QA" in page
    assert "web answered 500" in page
    assert "is owed here once it is live" in page


def test_a_button_that_tests_keep_back_says_so(manager: Client) -> None:
    bring(created_hotfix(), "STAGING")

    page = manager.get("/releases/2.1.1-rc.1").content.decode()

    assert (
        "PROD takes a CRITICAL hotfix once its tests passed in STAGING; service health was not run in STAGING." in page
    )


def test_other_releases_have_no_such_panel(manager: Client) -> None:
    created()

    assert 'id="release-hotfix"' not in manager.get("/releases/2.2.0-alpha.1").content.decode()


def test_a_board_without_debts_says_what_will_appear(manager: Client) -> None:
    assert "Nothing is owed." in manager.get("/debts").content.decode()
    assert "Nothing was paid yet." in manager.get("/debts?paid=1").content.decode()


def test_what_is_owed_is_listed_with_its_owner_and_day(manager: Client) -> None:
    live_hotfix()

    page = manager.get("/debts").content.decode()

    assert "QA was skipped." in page
    assert f'datetime="{first_debt().due_on:%Y-%m-%d}"' in page


def owed_in_the_navigation(client: Client) -> str:
    (link,) = re.findall(r'<a href="/debts" data-go="o"[^>]*>(.*?)</a>', client.get("/").content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", link).split())


def test_the_navigation_counts_what_whoever_looks_owes(manager: Client, viewer: Client) -> None:
    before = owed_in_the_navigation(manager)
    live_hotfix()

    assert (before, owed_in_the_navigation(manager), owed_in_the_navigation(viewer)) == (
        "Debts",
        f"Debts {Debt.objects.count()} of yours",
        "Debts",
    )


def test_what_a_later_release_paid_is_named_in_the_list(manager: Client) -> None:
    live_hotfix()
    bring(later := created(), "DEV")
    later.refresh_from_db()
    pay_made_up_debts()

    page = " ".join(re.sub(r"<[^>]+>", " ", manager.get("/debts?paid=1").content.decode()).split())

    assert "paid by the board" in page
    assert f"{later.version} went through DEV" in page


def test_the_list_takes_the_same_number_of_queries_for_many(manager: Client) -> None:
    live_hotfix()
    manager.get("/debts")
    with CaptureQueriesContext(connection) as many:
        manager.get("/debts")
    Debt.objects.exclude(pk=first_debt().pk).delete()
    with CaptureQueriesContext(connection) as one:
        manager.get("/debts")

    assert len(many) == len(one)


@SCRIPTED
@pytest.mark.parametrize(("origin", "where"), [("debts", "/debts"), ("", "/releases/2.1.1")])
def test_a_debt_is_paid_with_and_without_script(
    manager: Client, headers: dict[str, str], origin: str, where: str
) -> None:
    live_hotfix()

    answer = manager.post(f"/debts/{first_debt().pk}/pay", {"how": "Ran it in DEV", "from": origin}, headers=headers)

    expected = "" if headers and not origin else where
    assert answer.headers.get("HX-Redirect", answer.headers.get("Location", "")) == expected
    assert (first_debt().how, first_debt().paid_by) == ("Ran it in DEV", "maria")
    assert "paid by maria" in manager.get("/debts?paid=1").content.decode()


@pytest.mark.parametrize("how", ["", "\x00", "x" * 301])
def test_a_debt_is_not_paid_without_words_that_fit(manager: Client, how: str) -> None:
    live_hotfix()

    assert manager.post(f"/debts/{first_debt().pk}/pay", {"how": how}).status_code == 422


def test_who_may_only_look_sees_debts_and_why_they_cannot_pay(manager: Client) -> None:
    live_hotfix()
    viewer = browser_of("vera", Role.VIEWER)

    page = viewer.get("/debts").content.decode()

    assert "To steer a promotion you need the role release manager." in page
    assert "/pay" not in page
    assert viewer.post(f"/debts/{first_debt().pk}/pay", {"how": "done"}).status_code == 403


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30])
def test_a_cursor_that_is_none_is_refused(manager: Client, cursor: str) -> None:
    assert manager.get(f"/debts?cursor={cursor}").status_code == 422


def test_a_later_plan_without_the_hotfix_is_told_which_one_it_would_undo(manager: Client) -> None:
    live_hotfix()

    page = manager.get("/plans/new?version-checkout=1.5.2").content.decode()

    assert "checkout 1.5.2 would undo the hotfix 2.1.1 (CRITICAL: Orders fail at checkout)" in page


def test_a_release_that_was_planned_before_the_hotfix_is_told_too(manager: Client) -> None:
    release = created(checkout="1.5.2")
    live_hotfix()

    page = manager.get(f"/releases/{release.version}").content.decode()

    assert "would undo the hotfix 2.1.1" in page
    assert promote(Release.objects.get(pk=release.pk)).state == "running"
