from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from releases.models import ApiToken
from tests.api.calling import Caller, caller_for

if TYPE_CHECKING:
    from collections.abc import Iterable

DIGEST = {"accept_digest": "0" * 64}
READS = [
    "/services",
    "/services/inventory/versions",
    "/releases",
    "/releases/2.2.0-alpha.1",
    "/releases/2.2.0-alpha.1/manifest",
    "/releases/2.2.0-alpha.1/journal",
    "/trains",
    "/freezes",
    "/inbox",
    "/sessions/6eda6882-683b-4828-bc1f-d92996cc94f8",
    "/sessions/6eda6882-683b-4828-bc1f-d92996cc94f8/stream",
]
LOOKS: list[tuple[str, object]] = [("/plans/preview", {}), ("/verdict", {"versions": {}})]
COMMANDS: list[tuple[str, object]] = [
    ("/services/inventory/versions", {"version": "9.9.9"}),
    ("/catalog/sync", None),
    ("/releases", DIGEST),
    ("/releases/2.2.0-alpha.1/promotions", {"stage": "DEV"}),
    ("/releases/2.2.0-alpha.1/pause", {}),
    ("/releases/2.2.0-alpha.1/resume", {}),
    ("/releases/2.2.0-alpha.1/cancel", {}),
    ("/releases/2.2.0-alpha.1/validations", {}),
    ("/releases/2.2.0-alpha.1/signoffs", {"role": "approver", "digest": "0" * 64}),
    ("/releases/2.2.0-alpha.1/bypasses", {"stage": "DEV", "gate": "freeze", "reason": "Known"}),
    ("/freezes", {"reason": "Incident", "hours": 1}),
    ("/freezes/lift", {"freezes": [1]}),
    ("/trains", {"schedule": "platform", "departs_at": "2030-01-01T10:00:00Z"}),
    ("/trains/2026-W48/depart", {}),
    ("/trains/2026-W48/hold", {"reason": "Incident"}),
    ("/trains/2026-W48/resume", {}),
    ("/trains/2026-W48/cancel", {"reason": "Holidays"}),
    ("/releases/2.2.0-alpha.1/steps/inventory/retry", {}),
    ("/releases/2.2.0-alpha.1/steps/inventory/skip", {"reason": "Known"}),
]


@pytest.mark.parametrize("path", READS)
def test_nobody_may_read_without_credentials(nobody: Caller, path: str) -> None:
    answer = nobody.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


@pytest.mark.parametrize(("path", "body"), [*LOOKS, *COMMANDS])
def test_nobody_may_command_without_credentials(nobody: Caller, path: str, body: object) -> None:
    answer = nobody.post(path, body)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("path", READS)
def test_a_viewer_may_read(viewer: Caller, candidate: str, path: str) -> None:
    assert viewer.get(path).status_code == (404 if "sessions" in path else 200)


@pytest.mark.parametrize(("path", "body"), LOOKS)
def test_a_viewer_may_ask_what_would_be(viewer: Caller, path: str, body: object) -> None:
    assert viewer.post(path, body).status_code == 200


@pytest.mark.parametrize(("path", "body"), COMMANDS)
def test_a_viewer_may_command_nothing(viewer: Caller, candidate: str, path: str, body: object) -> None:
    answer = viewer.post(path, body)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:bookverse:problem:permission-refused")


@pytest.mark.parametrize(("path", "body"), COMMANDS)
def test_a_token_that_may_only_read_commands_nothing(candidate: str, path: str, body: object) -> None:
    assert caller_for("manager", "read").post(path, body).status_code == 403


def test_a_token_for_one_stage_promotes_to_no_other(candidate: str) -> None:
    narrow = caller_for("manager", "promote:PROD")
    answer = narrow.post(f"/releases/{candidate}/promotions", {"stage": "DEV"})
    assert (answer.status_code, answer.json()["detail"]) == (
        403,
        "This token's scopes do not let it promote a release in DEV.",
    )


def test_a_token_for_the_stage_promotes_to_it(candidate: str) -> None:
    narrow = caller_for("manager", "promote:DEV")
    assert narrow.post(f"/releases/{candidate}/promotions", {"stage": "DEV"}).status_code == 202


def bad_tokens(good: str) -> Iterable[str]:
    return ["nonsense", "rb_", "rb__", f"{good}x", good[:-1], good.replace("rb_", "xx_"), "rb_a_\x00", "é"]


def test_a_token_that_is_none_opens_nothing(viewer: Caller) -> None:
    answers = [Caller(token=token).get("/services").status_code for token in bad_tokens(viewer.token)]
    assert set(answers) == {401}


def test_an_expired_token_opens_nothing(viewer: Caller) -> None:
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert viewer.get("/services").status_code == 401


def test_the_token_of_somebody_who_left_opens_nothing(viewer: Caller) -> None:
    User.objects.filter(username="viewer").update(is_active=False)
    assert viewer.get("/services").status_code == 401


def test_a_revoked_token_opens_nothing(viewer: Caller) -> None:
    ApiToken.objects.all().delete()
    assert viewer.get("/services").status_code == 401


def signed_in(username: str, *, with_csrf: bool) -> Caller:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username=username))
    if with_csrf:
        client.cookies["csrftoken"] = "a" * 32
    return Caller(client=client)


def test_somebody_signed_in_may_read(platform: None) -> None:
    assert signed_in("viewer", with_csrf=False).get("/services").status_code == 200


def test_somebody_signed_in_needs_a_csrf_token_to_command(candidate: str) -> None:
    answer = signed_in("manager", with_csrf=False).post(f"/releases/{candidate}/cancel")
    assert (answer.status_code, answer.json()["detail"]) == (
        403,
        "The CSRF token is missing or wrong; send it as X-CSRFToken.",
    )


def test_somebody_signed_in_with_a_csrf_token_may_command(candidate: str) -> None:
    answer = signed_in("manager", with_csrf=True).post(f"/releases/{candidate}/cancel", X_CSRFToken="a" * 32)
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")


def test_a_wrong_token_is_not_made_good_by_a_session(platform: None) -> None:
    answer = signed_in("viewer", with_csrf=True).get("/services", Authorization="Bearer nonsense")
    assert answer.status_code == 401


def test_health_tells_everybody_the_status_only(nobody: Caller) -> None:
    answer = nobody.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_health_tells_viewers_its_checks(viewer: Caller) -> None:
    checks = viewer.get("/health").json()["checks"]
    assert (checks["running_sessions"], checks["overdue_sessions"]) == (0, 0)
