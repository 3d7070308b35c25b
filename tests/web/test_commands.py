"""Every button, with and without script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.steering import pause_promotion
from releases.models import Collection, Promotion, Release, Service, ServiceVersion
from tests import factories
from tests.factories import created, new_release, person, promote, tell
from tests.live.html import parse_html

if TYPE_CHECKING:
    from django.test import Client
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

PAGE = "/releases/2.2.0-alpha.1"
SCRIPTED = pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["plain", "htmx"])
Headers = dict[str, str]
COMMANDS: dict[str, tuple[str, dict[str, str]]] = {
    "promote": (f"{PAGE}/promote", {"stage": "DEV"}),
    "pause": (f"{PAGE}/pause", {}),
    "resume": (f"{PAGE}/resume", {}),
    "cancel": (f"{PAGE}/cancel", {"reason": "wrong day"}),
    "retry": (f"{PAGE}/steps/inventory/retry", {}),
    "skip": (f"{PAGE}/steps/inventory/skip", {"reason": "done by hand"}),
    "accept": (f"{PAGE}/steps/inventory/accept", {}),
}
RESULT = {
    "promote": ("running", "pending"),
    "pause": ("paused", "pending"),
    "resume": ("running", "pending"),
    "cancel": ("cancelled", "cancelled"),
    "retry": ("running", "pending"),
    "skip": ("running", "skipped"),
    "accept": ("running", "succeeded"),
}


def prepare(command: str) -> None:
    """Bring a release where the command makes sense."""
    release = created()
    if command == "promote":
        return
    promotion = promote(release)
    if command == "resume":
        pause_promotion(actor=person(), version=release.version)
    if command in {"retry", "skip", "accept"}:
        tell(promotion, "inventory", "failed")
    if command == "accept":
        tell(promotion, "inventory", "succeeded")


def give(client: Client, command: str, headers: Headers, **more: str) -> Response:
    address, form = COMMANDS[command]
    return client.post(address, {**form, **more}, headers=headers)


def problem_of(answer: Response) -> str:
    """Return the sentence that the refusal says."""
    page = parse_html(answer.content.decode())
    block = next(element for element in page.descendants() if element.attributes.get("role") == "alert")
    return block.first("p").text


@SCRIPTED
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_what_its_button_says(manager: Client, command: str, headers: Headers) -> None:
    prepare(command)

    answer = give(manager, command, headers)

    promotion = Promotion.objects.get()
    assert (answer.status_code, answer.get("Location")) == ((200, None) if headers else (302, PAGE))
    assert (promotion.state, factories.step_of(promotion, "inventory").state) == RESULT[command]


@SCRIPTED
@pytest.mark.parametrize("command", COMMANDS)
def test_a_viewer_is_refused_with_the_role_that_is_needed(
    manager: Client, viewer: Client, command: str, headers: Headers
) -> None:
    prepare(command)

    answer = give(viewer, command, headers)

    assert answer.status_code == 403
    assert "you need the role release manager" in problem_of(answer)


@SCRIPTED
@pytest.mark.parametrize("command", COMMANDS)
def test_an_act_on_a_stale_page_is_refused(manager: Client, command: str, headers: Headers) -> None:
    prepare(command)

    answer = give(manager, command, headers, lock_version="0")

    assert answer.status_code == 409
    assert "has changed since this page was shown" in problem_of(answer)


@SCRIPTED
@pytest.mark.parametrize("command", COMMANDS)
def test_a_release_that_is_not_there_is_not_found(manager: Client, command: str, headers: Headers) -> None:
    address, form = COMMANDS[command]

    answer = manager.post(address, form, headers=headers)

    assert (answer.status_code, problem_of(answer)) == (404, "There is no release 2.2.0-alpha.1.")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("number", ["abc", "-1", "9" * 30, "1.5"])
def test_a_number_that_was_meddled_with_is_refused(manager: Client, command: str, number: str) -> None:
    prepare(command)

    assert give(manager, command, {}, lock_version=number).status_code == 422


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_not_given_by_a_link(manager: Client, command: str) -> None:
    prepare(command)

    assert manager.get(COMMANDS[command][0]).status_code == 405


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_another_site_is_refused(manager: Client, command: str) -> None:
    prepare(command)
    manager.handler.enforce_csrf_checks = True

    assert give(manager, command, {}).status_code == 403


@pytest.mark.parametrize("command", COMMANDS)
def test_who_is_signed_out_is_sent_to_sign_in(manager: Client, client: Client, command: str) -> None:
    prepare(command)

    answer = give(client, command, {})

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/login/")


@pytest.mark.parametrize("command", ["resume", "retry", "skip", "accept"])
def test_a_command_that_makes_no_sense_now_is_refused(manager: Client, command: str) -> None:
    promote(created())

    assert give(manager, command, {}).status_code == 409


@pytest.mark.parametrize("command", ["cancel", "skip"])
@pytest.mark.parametrize("reason", ["x" * 301, "a\x00b"])
def test_a_reason_that_cannot_be_kept_is_refused(manager: Client, command: str, reason: str) -> None:
    prepare(command)

    assert give(manager, command, {}, reason=reason).status_code == 422


def test_a_skip_needs_a_reason(manager: Client) -> None:
    prepare("skip")

    answer = give(manager, "skip", {}, reason="")

    assert (answer.status_code, problem_of(answer)) == (422, "Say why the promotion may go on without this service.")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_key_with_a_nul_is_no_fault_of_ours(manager: Client, command: str) -> None:
    prepare(command)

    assert give(manager, command, {}, idempotency_key="a\x00b").status_code in {302, 422}


@pytest.mark.parametrize("stage", ["", "MOON", "DEV\x00", "x" * 5_000])
def test_a_stage_that_is_not_there_is_not_found(manager: Client, stage: str) -> None:
    prepare("promote")

    assert give(manager, "promote", {}, stage=stage).status_code in {404, 422}


@SCRIPTED
def test_a_busy_stage_is_a_conflict_but_no_verdict(manager: Client, headers: Headers) -> None:
    promote(created(title="first"))
    created(title="second")

    answer = manager.post("/releases/2.2.0-alpha.2/promote", {"stage": "DEV"}, headers=headers)

    title = parse_html(answer.content.decode()).find("refusal-title").text
    assert (answer.status_code, title) == (409, "This is not possible now")


def test_a_double_click_starts_one_promotion(manager: Client) -> None:
    created()

    answers = [give(manager, "promote", {}, idempotency_key="click") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Promotion.objects.count() == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_is_sent_twice_acts_once(manager: Client, command: str) -> None:
    prepare(command)
    give(manager, command, {}, idempotency_key="click")
    before = Release.objects.get().sequence

    answer = give(manager, command, {}, idempotency_key="click")

    assert (answer.status_code, Release.objects.get().sequence) == (302, before)


def creation(**more: str) -> dict[str, str]:
    return {"digest": new_release().accept_digest, "title": "Autumn", "idempotency_key": "click", **more}


def test_a_release_is_created_from_the_plan_that_was_shown(manager: Client) -> None:
    answer = manager.post("/releases/create", creation())

    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert Release.objects.get().title == "Autumn"


def test_with_script_the_new_releases_page_is_gone_to(manager: Client) -> None:
    answer = manager.post("/releases/create", creation(), headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Redirect"]) == (200, PAGE)


@SCRIPTED
def test_a_plan_that_changed_meanwhile_is_a_conflict(manager: Client, headers: Headers) -> None:
    form = creation()
    factories.register({"web": ["3.1.0"]})

    answer = manager.post("/releases/create", form, headers=headers)

    assert answer.status_code == 409
    assert problem_of(answer).startswith("The plan has changed since you saw it")


@SCRIPTED
def test_versions_that_do_not_fit_are_refused_with_the_reasons(manager: Client, headers: Headers) -> None:
    answer = manager.post("/releases/create", creation(**{"version-inventory": "1.3.0"}), headers=headers)

    assert answer.status_code == 409
    assert "recommendations 2.2.0" in parse_html(answer.content.decode()).text


@pytest.mark.parametrize(
    "change",
    [
        {"title": "x" * 121},
        {"notes": "x" * 20_001},
        {"title": "a\x00b"},
        {"kind": "train"},
        {"target_version": "9" * 200},
    ],
)
def test_a_form_that_cannot_be_kept_is_refused(manager: Client, change: dict[str, str]) -> None:
    assert manager.post("/releases/create", creation(**change)).status_code == 422


@pytest.mark.parametrize("version", ["latest", "1.2.3.4", "\ud800", "1.4.0 ", "x" * 255])
def test_any_string_may_be_chosen_and_is_judged(manager: Client, version: str) -> None:
    answer = manager.post("/plans/preview", {"version-inventory": version.encode("utf-8", "surrogatepass")})

    assert answer.status_code == 200


@SCRIPTED
def test_a_preview_judges_other_versions(manager: Client, headers: Headers) -> None:
    answer = manager.post("/plans/preview", {"version-inventory": "1.3.0"}, headers=headers)

    page = parse_html(answer.content.decode())
    assert answer.status_code == 200
    assert "Incompatible" in page.text
    assert any(element.tag == "main" for element in page.descendants()) is not bool(headers)


@pytest.mark.parametrize(("reason", "status"), [("", 409), ("1.2.2 is what the warehouse can speak with", 302)])
def test_a_service_goes_down_only_with_a_reason(manager: Client, reason: str, status: int) -> None:
    older = {"version": "1.2.2", "registry_status": "COMPLETED", "release_status": "RELEASED"}
    ServiceVersion.objects.create(service=Service.objects.get(slug="inventory"), **older)
    choices = {"version-inventory": "1.2.2", "version-recommendations": "2.1.0", "reason": reason}
    page = manager.post("/plans/preview", choices)
    digest = page.context["view"].plan.digest

    assert manager.post("/releases/create", {**choices, "digest": digest}).status_code == status


def test_a_preview_stores_nothing(manager: Client) -> None:
    manager.post("/plans/preview", {"version-inventory": "1.3.0"})

    assert Release.objects.count() == 0


@SCRIPTED
def test_a_collection_can_be_asked_for(manager: Client, headers: Headers) -> None:
    answer = manager.post("/catalog/collect", headers=headers)

    assert answer.status_code == (200 if headers else 302)
    assert Collection.objects.get().requested_by == "maria"


@SCRIPTED
def test_a_viewer_asks_for_no_collection(viewer: Client, headers: Headers) -> None:
    assert viewer.post("/catalog/collect", headers=headers).status_code == 403


def test_a_viewer_creates_nothing(manager: Client, viewer: Client) -> None:
    assert viewer.post("/releases/create", creation()).status_code == 403
    assert Release.objects.count() == 0


def test_signing_in_and_out(client: Client, db: None) -> None:
    person("maria")

    signed_in = client.post("/login/?next=/releases", {"username": "maria", "password": "maria", "next": "/releases"})
    signed_out = client.post("/logout/")

    assert (signed_in["Location"], signed_out["Location"]) == ("/releases", "/login/")
    assert client.get("/").status_code == 302
