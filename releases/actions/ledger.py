"""The one way into a release: lock it, write what happened in order, tell everybody after the commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.broadcast import publish_on_commit
from releases.domain.access import SYSTEM
from releases.domain.errors import Conflict
from releases.domain.lifecycle import RELEASE_MOVES, ReleaseState, move
from releases.models import JournalEntry, Release
from releases.queries.clock import database_now
from releases.queries.labels import label_and_release

if TYPE_CHECKING:
    from datetime import datetime

    from releases.domain.journal import Kind


class StalePage(Conflict):
    """Somebody acted since the caller last looked."""

    code = "stale"


@dataclass(slots=True, kw_only=True)
class Ledger:
    """A locked release with its open journal; ``close`` must follow in the same transaction."""

    release: Release
    actor: str
    now: datetime

    def append(self, kind: Kind, *, service: str = "", **payload: object) -> None:
        """Write the next entry; ``payload`` must be JSON."""
        self.release.sequence += 1
        JournalEntry.objects.create(
            release=self.release,
            sequence=self.release.sequence,
            at=self.now,
            kind=kind.value,
            actor=self.actor,
            service=service,
            payload=payload,
        )

    def move(self, state: ReleaseState) -> None:
        """Change the release's state along the table; staying where it is is no change."""
        current = ReleaseState(self.release.state)
        if current is not state:
            self.release.state = move(RELEASE_MOVES, current, state).value

    def close(self) -> None:
        """Save the release and nudge the live pages once the transaction is in."""
        self.release.updated_at = self.now
        self.release.save(update_fields=["version", "state", "sequence", "lock_version", "updated_at"])
        publish_on_commit(release_id=self.release.pk, sequence=self.release.sequence)


def open_ledger(*, release_id: int, actor: str) -> Ledger:
    """Lock the release; everything that happens to it waits here for its turn."""
    release = Release.objects.select_for_update().get(pk=release_id)
    return Ledger(release=release, actor=actor, now=database_now())


def open_ledger_of_label(*, version: str, actor: str) -> Ledger:
    """Lock the release that carries this label in any stage."""
    return open_ledger(release_id=label_and_release(version)[1].pk, actor=actor)


def claim_turn(ledger: Ledger, lock_version: int | None) -> None:
    """Let a person act on what they saw: ``StalePage`` when somebody acted since, None goes by the state alone."""
    release = ledger.release
    if lock_version is not None and lock_version != release.lock_version:
        last = release.entries.exclude(actor=SYSTEM.name).filter(service="").order_by("-sequence").first()
        what = f"{last.actor} was here meanwhile ({last.kind})" if last else "somebody acted meanwhile"
        message = f"{release.version} has changed since this page was shown: {what}. Look again, then decide."
        raise StalePage(message)
    release.lock_version += 1
