"""The journals with their seals, where they end, and whether the database guards them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from releases import conf
from releases.domain.broken_seals import Journal
from releases.domain.journal_heads import Head, head_lines
from releases.models import JournalEntry, Manifest, Release

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper
    from django.db.models import Model

_STATEMENTS = {
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled IN ('O', 'A')",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
}
_GUARDS: tuple[tuple[type[Model], dict[str, set[str]]], ...] = (
    (
        JournalEntry,
        {"postgresql": {"journal_refuses_changes"}, "sqlite": {"journal_refuses_update", "journal_refuses_delete"}},
    ),
    (
        Manifest,
        {"postgresql": {"manifests_refuse_changes"}, "sqlite": {"manifests_refuse_update", "manifests_refuse_delete"}},
    ),
)


def sealed_journal(release: Release) -> Journal:
    """Return a release's whole journal as it was sealed."""
    return Journal(
        release_id=release.pk,
        lines=tuple(release.entries.order_by("sequence")),
        end=release.sequence,
        seal=release.seal,
        keys=conf.sealing_keys(),
    )


def signed_heads(*, moved_since: datetime | None = None) -> Iterator[str]:
    """Return the lines that tell where the journals end, of all releases or of those that moved."""
    releases = Release.objects.order_by("pk")
    moved = releases if moved_since is None else releases.filter(updated_at__gte=moved_since)
    rows = moved.values_list("pk", "sequence", "seal")
    heads = (Head(release_id=pk, entries=sequence, seal=seal) for pk, sequence, seal in rows)
    return head_lines(heads, key=conf.sealing_keys()[0])


def lost_since(heads: Iterable[Head]) -> Iterator[str]:
    """Say what journals no longer hold of what they held when these heads were signed."""
    names = dict(Release.objects.values_list("pk", "version"))
    for head in heads:
        entries = JournalEntry.objects.filter(release_id=head.release_id)
        seal = entries.filter(sequence=head.entries).values_list("seal", flat=True).first()
        if head.release_id not in names:
            yield f"release {head.release_id} is gone; its journal had {head.entries} entries."
        elif seal is None:
            yield f"{names[head.release_id]}: entry {head.entries} is gone, which the earlier head ends with."
        elif seal != head.seal:
            yield f"{names[head.release_id]}: entry {head.entries} has another seal than in the earlier head."


def is_guarded() -> bool:
    """Tell whether the database refuses to change the journal and the manifests."""
    with connection.cursor() as cursor:
        return all(guards[connection.vendor] <= _triggers(cursor, model) for model, guards in _GUARDS)


def _triggers(cursor: CursorWrapper, model: type[Model]) -> set[str]:
    cursor.execute(_STATEMENTS[connection.vendor], [model._meta.db_table])
    return {name for (name,) in cursor.fetchall()}
