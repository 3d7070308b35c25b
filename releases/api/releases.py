"""Releases: creating, listing, reading, their manifests and journals."""

# ruff: noqa: ARG001 (ninja hands the request to every operation)

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from ninja.responses import Response

from releases.actions.releases import NewRelease, create_release
from releases.api.addresses import board_url, release_url
from releases.api.answers import CreatedRelease, JournalPage, ReleaseAnswer, ReleasePage
from releases.api.authentication import actor_behind
from releases.api.bodies import HotfixBody, IndependentBody, ReleaseBody
from releases.api.fields import Cursor, IdempotencyKey, Limit, VersionText
from releases.api.plans import plan_request
from releases.domain.documents import verdict_document
from releases.domain.lifecycle import ReleaseState
from releases.domain.plan_kinds import HOTFIX, INDEPENDENT
from releases.domain.plans import PlanRequest
from releases.queries.manifests import manifest_of
from releases.queries.release_lists import journal_after, release_page
from releases.queries.release_pages import release_by_label, release_view
from releases.queries.viewers import signer_of

router = Router(tags=["releases"])
JSON, YAML = "application/json", "application/yaml"
MANIFEST: dict[str, object] = {"responses": {200: {"content": {JSON: {}, YAML: {}}}}}


class ReleasesQuery(Schema):
    limit: Limit = 25
    cursor: Cursor | None = None
    state: ReleaseState | None = None


class JournalQuery(Schema):
    after: Cursor = 0
    limit: Limit = 100


@router.post("/releases", response={201: CreatedRelease})
def create(
    request: HttpRequest,
    body: ReleaseBody,
    key: IdempotencyKey,
) -> dict[str, object]:
    """Store the plan that ``accept_digest`` was previewed with as a release."""
    new = NewRelease(
        request=plan_request(body),
        accept_digest=body.accept_digest,
        title=body.title,
        notes=body.notes,
    )
    return _created(request, create_release(actor=actor_behind(request), new=new, key=key or ""))


@router.post("/independent-releases", response={201: CreatedRelease})
def create_independent(
    request: HttpRequest,
    body: IndependentBody,
    key: IdempotencyKey,
) -> dict[str, object]:
    """Plan one service beside what is live, and store the plan as a release unless its verdict says no."""
    return _alone(request, body, PlanRequest(kind=INDEPENDENT), key or "")


@router.post("/hotfixes", response={201: CreatedRelease})
def create_hotfix(
    request: HttpRequest,
    body: HotfixBody,
    key: IdempotencyKey,
) -> dict[str, object]:
    """Plan a hotfix of one service beside what is live, and store the plan as a release unless its verdict says no.

    It skips what its urgency lets it skip, and owes that afterwards.
    """
    return _alone(request, body, PlanRequest(kind=HOTFIX, urgency=body.urgency), key or "")


def _alone(request: HttpRequest, body: IndependentBody, kind: PlanRequest, key: str) -> dict[str, object]:
    wish = replace(kind, overrides={body.service: body.version}, target_version=body.target_version, reason=body.reason)
    new = NewRelease(request=wish, sight_unseen=True, title=body.title, notes=body.notes)
    return _created(request, create_release(actor=actor_behind(request), new=new, key=key))


def _created(request: HttpRequest, version: str) -> dict[str, object]:
    release = release_by_label(version)
    return {
        "version": version,
        "state": release.state,
        "url": release_url(request, version),
        "board_url": board_url(request, version),
    }


@router.get("/releases", response=ReleasePage)
def list_releases(request: HttpRequest, query: Query[ReleasesQuery]) -> dict[str, object]:
    """Releases, newest first."""
    lines, cursor = release_page(limit=query.limit, before=query.cursor, state=query.state or "")
    return {"items": lines, "next_cursor": cursor}


@router.get("/releases/{version}", response=ReleaseAnswer, url_name="release")
def read(request: HttpRequest, version: VersionText) -> dict[str, object]:
    """One release by any label that it carries, with the steps of its latest promotion."""
    release = release_by_label(version)
    actor = actor_behind(request)
    view = release_view(release, signer_of(actor))
    names = ReleaseAnswer.model_fields.keys() - {"versions", "digest", "path", "verdict"}
    return {
        **{name: getattr(view, name) for name in names},
        "versions": release.manifest,
        "digest": release.digest,
        "path": release.path,
        "verdict": verdict_document(view.verdict),
    }


@router.get("/releases/{version}/manifest", openapi_extra=MANIFEST)
def manifest(request: HttpRequest, version: VersionText) -> HttpResponse:
    """What the release was created of, by any of its labels; it never changes. JSON or, by ``Accept``, YAML."""
    found = manifest_of(version)
    if request.get_preferred_type([JSON, YAML]) == YAML:
        answer = HttpResponse(found.yaml, content_type=YAML)
    else:
        answer = Response(found.document)
    answer["ETag"] = f'"{found.sha256}"'
    return answer


@router.get("/releases/{version}/journal", response=JournalPage)
def journal(request: HttpRequest, version: VersionText, query: Query[JournalQuery]) -> dict[str, object]:
    """What happened to a release, numbered without gaps from 1."""
    entries, cursor = journal_after(release_by_label(version), after=query.after, limit=query.limit)
    return {"items": entries, "next_cursor": cursor}
