"""Keeping the OpenAPI document of each version: given by a pipeline, or fetched from the service that runs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from releases.actions.claims import CLAIM, renewing
from releases.actions.document_checks import CheckedDocument, DocumentRefused, check_document
from releases.actions.rules import note_verdicts
from releases.clients.documents import fetch_documents
from releases.domain.access import SYSTEM, Actor, Permission, require
from releases.domain.errors import Conflict, InvalidInput, NotFound
from releases.domain.versions import InvalidVersion, parse, parse_entered
from releases.models import ApiDocument, Deployment, DocumentFetch, ServiceVersion
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from releases.clients.documents import Fetched
    from releases.domain.promises import Document

FETCHING_TAKES = timedelta(seconds=90)
AT_ONCE = 8
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)
_DOUBLINGS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDocument:
    """``is_new`` is False when the same content was there already."""

    document: ApiDocument
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    version_id: int
    version: str
    url: str


def keep_document(*, actor: Actor, service: str, version: str, document: Document) -> KeptDocument:
    """Keep the document of a registered version; one that is no valid OpenAPI, or another than before, is refused."""
    require(actor, Permission.REGISTER)
    try:
        known = parse_entered(version)
    except InvalidInput as mistake:
        raise InvalidInput("version", mistake.message) from mistake
    # Judging takes seconds for the largest documents: not inside the transaction.
    return _keep(actor, service, known.raw, check_document(document))


@transaction.atomic(durable=True)
def _keep(actor: Actor, service: str, version: str, checked: CheckedDocument) -> KeptDocument:
    because = f"gave the API document of {service} {version}"
    return note_verdicts(actor=actor, because=because, write=lambda: _keep_locked(actor, service, version, checked))


def _keep_locked(actor: Actor, service: str, version: str, checked: CheckedDocument) -> KeptDocument:
    rows = ServiceVersion.objects.select_for_update(of=("self",)).select_related("service")
    row = rows.filter(service__slug=service, version=version).first()
    if row is None:
        raise NotFound(f"{service} {version} is not registered.")
    return store_document(row, checked, by=actor.name)


def store_document(row: ServiceVersion, checked: CheckedDocument, *, by: str) -> KeptDocument:
    """Store it under the lock of its version, once: a document never changes."""
    known = ApiDocument.objects.filter(service_version=row).first()
    if known is not None and known.sha256 != checked.sha256:
        raise Conflict(
            f"{row} has another document already (SHA-256 {known.sha256[:12]}…), and the document of a version "
            "never changes; announce a new version."
        )
    if known is not None:
        return KeptDocument(document=known, is_new=False)
    DocumentFetch.objects.filter(service_version=row).delete()
    document = ApiDocument.objects.create(
        service_version=row,
        sha256=checked.sha256,
        content=checked.content,
        uploaded_by=by,
        uploaded_at=database_now(),
    )
    return KeptDocument(document=document, is_new=True)


def fetch_due_documents() -> None:
    """Ask services for the documents of versions that they run and that nobody gave, unless others are at it."""
    orders = [order for row in _due() if (order := _claimed(row))]
    if not orders:
        return
    with renewing(lambda: _renew(orders), at_most=FETCHING_TAKES):
        found = fetch_documents([order.url for order in orders])
        for order in orders:
            _settle(order, found[order.url])


def _due() -> list[ServiceVersion]:
    now = database_now()
    runs = Deployment.objects.filter(service=OuterRef("service"), version=OuterRef("version"))
    waits = Q(document_fetch=None) | Q(document_fetch__due_at__lte=now) & _free(now, "document_fetch__")
    without = ServiceVersion.objects.filter(waits, Exists(runs), document=None, invalid_because="")
    reachable = without.exclude(service__base_url="").exclude(service__openapi_path="")
    return list(reachable.select_related("service").order_by("pk")[:AT_ONCE])


def _free(now: object, prefix: str = "") -> Q:
    return Q(**{f"{prefix}claimed_until": None}) | Q(**{f"{prefix}claimed_until__lt": now})


def _claimed(row: ServiceVersion) -> _Order | None:
    now = database_now()
    DocumentFetch.objects.get_or_create(service_version=row, defaults={"due_at": now})
    fetch = DocumentFetch.objects.filter(_free(now), service_version=row, due_at__lte=now)
    if not fetch.update(claimed_until=now + CLAIM):
        return None
    path = row.service.openapi_path.replace("{version}", quote(row.version, safe=""))
    return _Order(version_id=row.pk, version=row.version, url=row.service.base_url.rstrip("/") + path)


def _renew(orders: Iterable[_Order]) -> None:
    claimed = DocumentFetch.objects.filter(
        service_version__in=[order.version_id for order in orders], claimed_until__isnull=False
    )
    claimed.update(claimed_until=database_now() + CLAIM)


def _settle(order: _Order, fetched: Fetched) -> None:
    """Store what is the document of this version; for anything else say why not and try again later."""
    if fetched.document is None:
        _put_off(order, fetched.error)
        return
    if other := _another_version(fetched.document, order.version):
        _put_off(order, f"GET {order.url}: this is the document of {other}, not of {order.version}")
        return
    try:
        checked = check_document(fetched.document)
    except DocumentRefused as refusal:
        _put_off(order, f"GET {order.url}: {refusal.message}")
    else:
        _store_fetched(order, checked)


def _another_version(document: Mapping[str, object], expected: str) -> str:
    """The version that the document says it is of, when that is SemVer and another one; else ''."""
    info = document.get("info")
    said = info.get("version") if isinstance(info, dict) else None
    try:
        return str(said) if parse(str(said)).key != parse(expected).key else ""
    except InvalidVersion:
        return ""


@transaction.atomic(durable=True)
def _store_fetched(order: _Order, checked: CheckedDocument) -> None:
    because = f"fetched an API document from {order.url}"
    note_verdicts(actor=SYSTEM, because=because, write=lambda: _store_if_missing(order, checked))


def _store_if_missing(order: _Order, checked: CheckedDocument) -> None:
    row = ServiceVersion.objects.select_for_update(of=("self",)).filter(pk=order.version_id, document=None).first()
    if row is not None:  # else a pipeline was quicker, or the version is gone
        store_document(row, checked, by=SYSTEM.name)


@transaction.atomic(durable=True)
def _put_off(order: _Order, error: str) -> None:
    fetch = DocumentFetch.objects.select_for_update().filter(service_version=order.version_id).first()
    if fetch is None:  # meanwhile a pipeline gave the document
        return
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(fetch.attempts, _DOUBLINGS))
    changes = {"attempts": F("attempts") + 1, "due_at": database_now() + wait, "claimed_until": None}
    DocumentFetch.objects.filter(pk=fetch.pk).update(error=error[:500], **changes)
