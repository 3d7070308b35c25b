"""Writing the notes of a release: each edit is kept, and none is lost to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from releases.actions.ledger import open_ledger_of_label
from releases.actions.receipts import fingerprint, recall, remember
from releases.domain.access import Permission, require
from releases.domain.errors import Conflict
from releases.domain.journal import Kind
from releases.domain.manifests import sha256_of
from releases.domain.release_notes import checked_notes
from releases.models import NotesRevision
from releases.queries.release_notes import newest_revision

if TYPE_CHECKING:
    from releases.actions.ledger import Ledger
    from releases.domain.access import Actor


class NotesChanged(Conflict):
    """Somebody wrote other notes since the caller last read them."""

    code = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesEdit:
    """``revision`` is the one that the text was made of; 0 is the draft."""

    markdown: str
    revision: int


@transaction.atomic(durable=True)
def edit_notes(*, actor: Actor, version: str, edit: NotesEdit, key: str = "") -> int:
    """Keep a text as the newest revision and return its number; allowed in every state of the release.

    ``NotesChanged`` when somebody was faster, ``InvalidInput`` for a text that is too long or cannot be stored.
    """
    require(actor, Permission.WRITE_NOTES)
    markdown = checked_notes(edit.markdown)
    ledger = open_ledger_of_label(version=version, actor=actor.name)
    print_ = fingerprint("edit_notes", version=version, edit=edit)
    if known := recall(actor=actor, key=key, print_=print_):
        return int(known["revision"])
    _refuse_stale(ledger, edit.revision)
    number = edit.revision + 1
    digest = sha256_of(markdown)
    NotesRevision.objects.create(
        release=ledger.release,
        number=number,
        text=markdown,
        sha256=digest,
        written_by_id=actor.person_id,
        written_at=ledger.now,
    )
    # The text itself stays out: it is long, and a journal cannot be corrected.
    ledger.append(Kind.NOTES_EDITED, revision=number, sha256=digest)
    ledger.close()
    remember(actor=actor, key=key, print_=print_, result={"revision": number})
    return number


def _refuse_stale(ledger: Ledger, revision: int) -> None:
    newest = newest_revision(ledger.release)
    if newest.number == revision:
        return
    if newest.written_at is None or newest.number < revision:
        message = f"These notes have no revision {revision} yet; the newest is {newest.number}."
    else:
        when = f"{newest.written_at:%Y-%m-%d %H:%M:%S} UTC"
        message = f"{newest.written_by} wrote revision {newest.number} of these notes at {when}. Read it, then decide."
    raise NotesChanged(message)
