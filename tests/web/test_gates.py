"""The gates of a release's page: with htmx and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.domain.access import Role
from releases.models import Bypass, SignOff
from tests.factories import created
from tests.signing import needs, panel_of
from tests.web.conftest import browser_of

if TYPE_CHECKING:
    from django.test import Client

    from releases.models import Release

PAGE = "/releases/2.2.0-alpha.1"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def release(manager: Client) -> Release:
    needs("DEV")
    return created()


def form(release: Release, **more: str) -> dict[str, str]:
    return {"role": "approver", "digest": panel_of(release).digest, "decision": "approved", **more}


@pytest.mark.parametrize(("headers", "status"), [({}, 302), (HTMX, 200)])
def test_an_approver_signs(release: Release, headers: dict[str, str], status: int) -> None:
    answer = browser_of("anna", Role.APPROVER).post(f"{PAGE}/signoffs", form(release), headers=headers)
    assert (answer.status_code, SignOff.objects.get().decision) == (status, "approved")


@pytest.mark.parametrize(("headers", "status"), [({}, 302), (HTMX, 200)])
def test_an_approver_rejects_and_withdraws(release: Release, headers: dict[str, str], status: int) -> None:
    anna = browser_of("anna", Role.APPROVER)
    rejected = anna.post(f"{PAGE}/signoffs", form(release, decision="rejected", reason="late"), headers=headers)
    number = SignOff.objects.get().pk
    withdrawn = anna.post(f"{PAGE}/signoffs/{number}/withdraw", headers=headers)
    assert (rejected.status_code, withdrawn.status_code) == (status, status)
    assert panel_of(release).signoffs == ()


@pytest.mark.parametrize(("headers", "status"), [({}, 302), (HTMX, 200)])
def test_an_administrator_bypasses(release: Release, headers: dict[str, str], status: int) -> None:
    wanted = {"stage": "DEV", "gate": "approval", "reason": "outage", "hours": "2"}
    ada = browser_of("ada", Role.ADMIN)
    answer = ada.post(f"{PAGE}/bypass", wanted, headers=headers)
    assert (answer.status_code, Bypass.objects.count()) == (status, 1)
    assert "Gate bypassed" in ada.get(PAGE).content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_closed_gate_refuses_the_promotion(manager: Client, release: Release, headers: dict[str, str]) -> None:
    answer = manager.post(f"{PAGE}/promote", {"stage": "DEV"}, headers=headers)
    assert (answer.status_code, "A gate is closed" in answer.content.decode()) == (409, True)


def test_a_number_that_is_none_is_told(release: Release) -> None:
    wanted = {"stage": "DEV", "gate": "approval", "reason": "outage", "hours": "two"}
    assert browser_of("ada", Role.ADMIN).post(f"{PAGE}/bypass", wanted).status_code == 422


@pytest.mark.parametrize("sent", [{"role": "x" * 65}, {"reason": "x" * 301}, {"role": "a\x00"}])
def test_what_cannot_be_stored_is_refused(release: Release, sent: dict[str, str]) -> None:
    assert browser_of("anna", Role.APPROVER).post(f"{PAGE}/signoffs", form(release, **sent)).status_code == 422


def test_disabled_buttons_say_why(manager: Client, release: Release) -> None:
    page = manager.get(PAGE).content.decode()
    assert "To sign as approver in DEV you need the role approver, for all stages or for DEV." in page
    assert "To bypass a gate you need the role admin." in page


@pytest.mark.parametrize(("headers", "status"), [({}, 302), (HTMX, 200)])
def test_a_bypass_is_loud_until_an_administrator_ends_it(
    manager: Client, release: Release, headers: dict[str, str], status: int
) -> None:
    ada = browser_of("ada", Role.ADMIN)
    ada.post(f"{PAGE}/bypass", {"stage": "DEV", "gate": "approval", "reason": "outage", "hours": "2"})
    number = Bypass.objects.get().pk
    pages = [each.get(PAGE).content.decode() for each in (ada, manager)]
    assert ["ada lets this release pass the gate approval of DEV" in page for page in pages] == [True, True]
    assert ["End the bypass" in page for page in pages] == [True, False]

    answer = ada.post(f"{PAGE}/bypasses/{number}/end", {"reason": ""}, headers=headers)
    assert (answer.status_code, Bypass.objects.get().ended_by) == (status, "ada")
    assert "ada lets this release pass" not in manager.get(PAGE).content.decode()
