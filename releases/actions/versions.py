"""Announcing builds: a pipeline says what it made, what that needs of others, and how its interface reads."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.document_checks import check_document
from releases.actions.documents import store_document
from releases.actions.rules import note_verdicts
from releases.domain.access import Actor, Permission, require
from releases.domain.constraints import InvalidRange, compile_entered
from releases.domain.errors import Conflict, InvalidInput, NotFound
from releases.domain.sort_keys import sort_key
from releases.domain.versions import parse_entered
from releases.models import Service, ServiceVersion
from releases.queries.catalog import slugs_by_alias
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from releases.actions.document_checks import CheckedDocument
    from releases.domain.promises import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """``requires`` maps services (slugs or aliases) to ranges; ``openapi`` is None where the interface is not given.

    ``irreversible`` is what it does that going back does not undo.
    """

    service: str
    version: str
    notes: str = ""
    irreversible: str = ""
    requires: Mapping[str, str] = field(default_factory=dict)
    openapi: Document | None = None


def register_version(*, actor: Actor, new: NewVersion) -> ServiceVersion:
    """Note a build that a pipeline announces; the registry's next collection says how far it has come.

    Refused are a version that is registered already, and a range or a document that cannot be read.
    """
    require(actor, Permission.REGISTER)
    owner = Service.objects.filter(slug=new.service).first()
    if owner is None:
        raise NotFound(f"There is no service {new.service}.")
    try:
        version = parse_entered(new.version)
    except InvalidInput as mistake:
        raise InvalidInput("version", mistake.message) from mistake
    requires = _checked_requires(new)
    # Judging takes seconds for the largest documents: not inside the transaction.
    checked = check_document(new.openapi) if new.openapi is not None else None
    row = ServiceVersion(
        service=owner,
        version=version.raw,
        sort_key=sort_key(version),
        registry_status="REGISTERED",
        notes=new.notes,
        irreversible=new.irreversible.strip(),
        requires=requires,
    )
    return _store(actor, row, checked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What became known of a version after it was registered; None leaves what is said now, empty takes it back."""

    notes: str | None = None
    irreversible: str | None = None


@transaction.atomic
def note_version(*, actor: Actor, service: str, version: str, learnt: Learnt) -> ServiceVersion:
    """Note what a registered version changes, or does that going back does not undo.

    The drafts of release notes have it from now on; what manifests and edited notes say stays.
    """
    require(actor, Permission.REGISTER)
    said = {name: text.strip() for name, text in asdict(learnt).items() if text is not None}
    if not said:
        raise InvalidInput("notes", "Send notes, irreversible or both.")
    # Only these columns are written: a collection may write the others at the same time.
    rows = ServiceVersion.objects.select_related("service").filter(service__slug=service, version=version)
    if not rows.update(**said):
        raise NotFound(f"{service} has no registered version {version}.")
    return rows.get()


def _checked_requires(new: NewVersion) -> dict[str, str]:
    slugs = {slug: slug for slug in Service.objects.values_list("slug", flat=True)} | slugs_by_alias()
    ranges: dict[str, str] = {}
    for name, text in new.requires.items():
        slug, place = slugs.get(name, ""), f"requires.{name}"
        if not slug:
            raise InvalidInput(place, f"There is no service {name}; name one by its slug or an alias.")
        if slug == new.service:
            raise InvalidInput(place, f"{slug} cannot require a version of itself; leave it out.")
        if slug in ranges:
            raise InvalidInput(place, f"{slug} is named twice; keep one of the two ranges.")
        try:
            compile_entered(text)
        except InvalidRange as mistake:
            raise InvalidInput(place, mistake.message) from mistake
        ranges[slug] = text.strip()
    return ranges


@transaction.atomic(durable=True)
def _store(actor: Actor, row: ServiceVersion, checked: CheckedDocument | None) -> ServiceVersion:
    return note_verdicts(actor=actor, because=f"registered {row}", write=lambda: _insert(row, checked, by=actor.name))


def _insert(row: ServiceVersion, checked: CheckedDocument | None, *, by: str) -> ServiceVersion:
    if ServiceVersion.objects.filter(service=row.service, version=row.version).exists():
        raise Conflict(f"{row} is already registered.")
    row.registered_at = database_now()
    row.save(force_insert=True)
    if checked is not None:
        store_document(row, checked, by=by)
    return row
