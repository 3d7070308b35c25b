"""Services and their versions."""

# ruff: noqa: ARG001 (ninja hands the request to every operation)

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import TypeVar

from django.http import HttpRequest
from ninja import Body, Query, Router, Schema, Status
from pydantic import Field

from releases.actions.collections import request_collection
from releases.actions.documents import keep_document
from releases.actions.versions import Learnt, NewVersion, note_version, register_version
from releases.api.answers import CollectionAnswer, DocumentAnswer, RegisteredAnswer, ServicePage, VersionPage
from releases.api.authentication import actor_behind
from releases.api.bodies import VersionBody, VersionChangeBody
from releases.api.fields import Cursor, Limit, OpenApi, Slug, Text, VersionText
from releases.domain.promises import Document
from releases.models import Collection, ServiceVersion, VersionContent
from releases.queries.contents import contents_of
from releases.queries.documents import document_content
from releases.queries.services import service_views, versions_of
from releases.queries.views import VersionChoice

router = Router(tags=["services"])
MOST_WITH_CONTENTS = 20
Item = TypeVar("Item")


class ServicesQuery(Schema):
    limit: Limit = 100
    cursor: Cursor = 0


class VersionsQuery(ServicesQuery):
    """``stage`` is how far the registry says that a version has come.

    With ``contents`` each version says what is in it, and a page has no more than 20.
    """

    stage: Text = Field(default="", max_length=64)
    eligible: bool | None = None
    contents: bool = False


@router.get("/services", response=ServicePage, url_name="services")
def list_services(request: HttpRequest, query: Query[ServicesQuery]) -> dict[str, object]:
    """Every service with what it runs in each stage."""
    return _page(service_views(), query)


@router.get("/services/{slug}/versions", response=VersionPage, url_name="service_versions")
def list_versions(request: HttpRequest, slug: Slug, query: Query[VersionsQuery]) -> dict[str, object]:
    """Registered versions by SemVer precedence, newest first; strings that are no version come last."""
    found = [
        choice
        for choice in versions_of(slug)
        if (not query.stage or choice.stage.casefold() == query.stage.casefold())
        and (query.eligible is None or choice.eligible is query.eligible)
    ]
    if query.contents:
        query.limit = min(query.limit, MOST_WITH_CONTENTS)
    page = _page(found, query)
    shown = found[query.cursor : query.cursor + query.limit]
    known = contents_of(slug, [choice.version for choice in shown], whole=query.contents)
    return {**page, "items": [_listed(choice, known.get(choice.version), query) for choice in shown]}


def _listed(choice: VersionChoice, content: VersionContent | None, query: VersionsQuery) -> dict[str, object]:
    return {
        **asdict(choice),
        "content_read_at": content and content.read_at,
        "content": content if query.contents else None,
    }


@router.post("/services/{slug}/versions", response={201: RegisteredAnswer})
def register(request: HttpRequest, slug: Slug, body: VersionBody) -> dict[str, object]:
    """Announce a build; the registry's next collection says how far it has come."""
    new = NewVersion(
        service=slug,
        version=body.version,
        notes=body.notes,
        irreversible=body.irreversible,
        requires=body.requires,
        openapi=body.openapi,
    )
    return _registered(register_version(actor=actor_behind(request), new=new))


@router.patch("/services/{slug}/versions/{version}", response=RegisteredAnswer)
def change(request: HttpRequest, slug: Slug, version: VersionText, body: VersionChangeBody) -> dict[str, object]:
    """Say of a registered version what it changes, or what going back from it does not undo."""
    learnt = Learnt(notes=body.notes, irreversible=body.irreversible)
    return _registered(note_version(actor=actor_behind(request), service=slug, version=version, learnt=learnt))


def _registered(row: ServiceVersion) -> dict[str, object]:
    return {
        "service": row.service.slug,
        "version": row.version,
        "notes": row.notes,
        "irreversible": row.irreversible,
        "registered_at": row.registered_at,
    }


@router.put("/services/{slug}/versions/{version}/openapi", response={200: DocumentAnswer, 201: DocumentAnswer})
def give_document(
    request: HttpRequest, slug: Slug, version: VersionText, document: Body[OpenApi]
) -> Status[dict[str, object]]:
    """Give a registered version its OpenAPI document, once; the same document again answers 200 and changes nothing."""
    kept = keep_document(actor=actor_behind(request), service=slug, version=version, document=document)
    answer = {
        "service": slug,
        "version": version,
        "sha256": kept.document.sha256,
        "uploaded_by": kept.document.uploaded_by,
        "uploaded_at": kept.document.uploaded_at,
    }
    return Status(HTTPStatus.CREATED if kept.is_new else HTTPStatus.OK, answer)


@router.get("/services/{slug}/versions/{version}/openapi", response=OpenApi, url_name="service_document")
def show_document(request: HttpRequest, slug: Slug, version: VersionText) -> Document:
    """Return the OpenAPI document of a version as it was given or fetched."""
    return document_content(slug, version)


@router.post("/catalog/sync", response={202: CollectionAnswer})
def sync_catalog(request: HttpRequest) -> Collection:
    """Collect versions from the registry, or join the collection that is on its way."""
    return request_collection(actor=actor_behind(request))


def _page(items: list[Item] | tuple[Item, ...], query: ServicesQuery) -> dict[str, object]:
    end = query.cursor + query.limit
    return {"items": list(items[query.cursor : end]), "next_cursor": end if end < len(items) else None}
