"""Calling the API as a script does, and answering as a service does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.test import Client

from releases.actions.tokens import create_token
from releases.clients.signing import callback_token
from releases.conf import signing_key
from releases.models import Dispatch

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

CANDIDATE = "2.2.0-alpha.1"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody with a token, or with none."""

    token: str = ""
    client: Client = field(default_factory=Client)

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Response:
        return self.client.get(f"/api/v1{path}", query or {}, headers=self._headers(headers))

    def post(self, path: str, body: object = None, **headers: str) -> Response:
        return self.client.post(f"/api/v1{path}", body, content_type="application/json", headers=self._headers(headers))

    def put(self, path: str, body: object = None, **headers: str) -> Response:
        return self.client.put(f"/api/v1{path}", body, content_type="application/json", headers=self._headers(headers))

    def patch(self, path: str, body: object = None, **headers: str) -> Response:
        return self.client.patch(
            f"/api/v1{path}", body, content_type="application/json", headers=self._headers(headers)
        )

    def delete(self, path: str, **headers: str) -> Response:
        return self.client.delete(f"/api/v1{path}", headers=self._headers(headers))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        given = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.token}", **given} if self.token else given


def caller_for(username: str, *scopes: str) -> Caller:
    return Caller(token=create_token(username=username, scopes=scopes))


def create_candidate(manager: Caller, **body: object) -> str:
    """Preview and create the release; returns its version."""
    digest = manager.post("/plans/preview", body).json()["digest"]
    answer = manager.post("/releases", {**body, "accept_digest": digest})
    assert answer.status_code == 201, answer.json()
    version: str = answer.json()["version"]
    return version


def promote(manager: Caller, stage: str = "DEV", version: str = CANDIDATE, **body: object) -> dict[str, Any]:
    answer = manager.post(f"/releases/{version}/promotions", {"stage": stage, **body})
    assert answer.status_code == 202, answer.json()
    started: dict[str, Any] = answer.json()
    return started


def report(dispatch: Dispatch, status: str, **more: object) -> Response:
    """Call back as the service of this dispatch does."""
    caller = Caller(token=callback_token(signing_key=signing_key(), dispatch_key=dispatch.key))
    body = {
        "correlation_id": str(dispatch.session.correlation_id),
        "source": dispatch.step.service.slug,
        "attempt": dispatch.attempt,
        "status": status,
    }
    return caller.post("/callbacks", {**body, **more})


def open_dispatches() -> list[Dispatch]:
    waiting = Dispatch.objects.filter(closed_at=None).select_related("session", "step__service")
    return list(waiting.order_by("step__service__slug"))


def finish_promotion() -> None:
    """Let every service that is asked report success, phase after phase."""
    while waiting := open_dispatches():
        for dispatch in waiting:
            assert report(dispatch, "succeeded").status_code == 200
