"""Freezing and lifting from the board and a release's page: with htmx and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.domain.access import Role
from releases.models import Freeze
from tests.factories import created, person
from tests.live.html import parse_html
from tests.web.conftest import browser_of

if TYPE_CHECKING:
    from django.test import Client

HTMX = {"HX-Request": "true"}
FORM = {"stage": "DEV", "reason": "the payment provider is down", "hours": "4", "in_flight": "finish"}
BOTH = pytest.mark.parametrize(("headers", "status"), [({}, 302), (HTMX, 200)])


@BOTH
def test_a_stage_is_frozen_and_lifted(manager: Client, headers: dict[str, str], status: int) -> None:
    frozen = manager.post("/freezes", FORM, headers=headers)
    freeze = Freeze.objects.get()
    assert (frozen.status_code, freeze.stage.name, freeze.declared_by) == (status, "DEV", "maria")
    lifted = manager.post("/freezes/lift", {"freeze": str(freeze.pk)}, headers=headers)
    assert (lifted.status_code, Freeze.objects.get().lifted_by) == (status, "maria")


def test_no_stage_is_all_stages_and_all_are_lifted_at_once(manager: Client) -> None:
    manager.post("/freezes", {**FORM, "stage": ""})
    numbers = list(Freeze.objects.values_list("pk", flat=True))
    manager.post("/freezes/lift", {"freeze": [str(number) for number in numbers]})
    assert (len(numbers), Freeze.objects.filter(lifted_by="maria").count()) == (4, 4)


def test_everybody_sees_who_froze_it_and_why(manager: Client) -> None:
    release = created()
    manager.post("/freezes", FORM)
    viewer = browser_of("vera", Role.VIEWER)
    for page in ("/", f"/releases/{release.version}", "/trains"):
        text = viewer.get(page).content.decode()
        assert ("the payment provider is down" in text, "maria" in text) == (True, True), page
    assert "To freeze a stage you need the role release manager." in viewer.get("/").content.decode()


def test_the_plan_tells_of_it(manager: Client) -> None:
    manager.post("/freezes", FORM)
    assert "DEV is frozen by maria until " in manager.get("/plans/new").content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_promotion_is_refused_with_who_why_and_until_when(manager: Client, headers: dict[str, str]) -> None:
    release = created()
    manager.post("/freezes", FORM)
    answer = manager.post(f"/releases/{release.version}/promote", {"stage": "DEV"}, headers=headers)
    assert (answer.status_code, "DEV is frozen by maria until " in answer.content.decode()) == (409, True)


@pytest.mark.parametrize("wrong", [{"hours": "soon"}, {"reason": ""}, {"in_flight": "stop"}, {"reason": "a\x00"}])
def test_what_is_missing_is_told(manager: Client, wrong: dict[str, str]) -> None:
    assert (manager.post("/freezes", {**FORM, **wrong}).status_code, Freeze.objects.count()) == (422, 0)


def test_a_freeze_that_is_no_number_is_refused(manager: Client) -> None:
    assert manager.post("/freezes/lift", {"freeze": "x"}).status_code == 422


@pytest.mark.parametrize(("path", "form"), [("/freezes", FORM), ("/freezes/lift", {"freeze": "1"})])
def test_a_viewer_may_do_neither(manager: Client, path: str, form: dict[str, str]) -> None:
    assert browser_of("vera", Role.VIEWER).post(path, form).status_code == 403


def test_who_manages_one_stage_freezes_and_lifts_only_that(manager: Client) -> None:
    manager.post("/freezes", {**FORM, "stage": ""})
    number = Freeze.objects.get(stage__name="DEV").pk
    person("dora", Role.MANAGER, "DEV")
    page = parse_html(browser_of("dora", Role.MANAGER).get("/").content.decode()).find("freezes")

    forms = [each for each in page.descendants() if each.tag == "form"]
    offered = [each.text for each in page.descendants() if each.tag == "option"]
    assert [form.attributes["id"] for form in forms] == [f"lift-{number}-form", "freeze-form"]
    assert offered == ["DEV", "may finish", "are paused now, to be resumed when it is over"]
    assert "You may freeze and lift DEV, as your role counts there." in page.text
