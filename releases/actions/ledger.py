"""The one way into a release: lock it, write what happened in order, tell everybody after the commit."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from releases import conf
from releases.actions.telling import followers, is_followed, tell
from releases.broadcast import publish_on_commit
from releases.domain.errors import Conflict, NotFound
from releases.domain.lifecycle import RELEASE_MOVES, ReleaseState, move
from releases.domain.sealing import origin, seal_of
from releases.models import JournalEntry, Release
from releases.queries.acts import last_act
from releases.queries.clock import database_now
from releases.queries.labels import label_and_release
from releases.tracing import tracing

if TYPE_CHECKING:
    from datetime import datetime

    from releases.actions.telling import Follower
    from releases.domain.journal import Kind


LOG = logging.getLogger("releases.journal")


class StalePage(Conflict):
    """Somebody acted since the caller last looked."""

    code = "stale"


def _log(entry: JournalEntry) -> None:
    """Log an entry once it is in and note it in the trace, with the ids that other lines about the same thing have."""
    if not (LOG.isEnabledFor(logging.INFO) or tracing().is_on):
        return
    about = {name: entry.payload[name] for name in ("correlation_id", "stage") if name in entry.payload}
    if entry.service:
        about["service"] = entry.service
    about["release"] = entry.release.version
    names = {"sequence": entry.sequence, "actor": entry.actor, **about}
    transaction.on_commit(lambda: LOG.info("%s", entry.kind, extra=names))
    transaction.on_commit(lambda: tracing().note(entry.kind, **about))


@dataclass(slots=True, kw_only=True)
class Ledger:
    """A locked release with its open journal; ``close`` must follow in the same transaction.

    ``followers`` are those who are told of its entries; None until somebody has to look.
    """

    release: Release
    actor: str
    now: datetime
    followers: tuple[Follower, ...] | None = None

    def append(self, kind: Kind, *, service: str = "", **payload: object) -> None:
        """Write the next entry and seal it; ``payload`` must be JSON."""
        release = self.release
        entry = JournalEntry(
            release=release,
            sequence=release.sequence + 1,
            at=self.now,
            kind=kind.value,
            actor=self.actor,
            service=service,
            payload=payload,
        )
        previous = release.seal or origin(release.pk)
        entry.seal = seal_of(release_id=release.pk, line=entry, previous=previous, key=conf.sealing_keys()[0])
        entry.save(force_insert=True)
        release.sequence, release.seal = entry.sequence, entry.seal
        if self.followers is None:
            self.followers = followers()
        tell(self.followers, entry)
        _log(entry)

    def move(self, state: ReleaseState) -> None:
        """Change the release's state along the table; staying where it is is no change."""
        current = ReleaseState(self.release.state)
        if current is not state:
            self.release.state = move(RELEASE_MOVES, current, state).value

    def close(self) -> None:
        """Save the release and nudge the live pages once the transaction is in."""
        self.release.updated_at = self.now
        self.release.save(update_fields=["version", "state", "sequence", "seal", "lock_version", "updated_at"])
        publish_on_commit(release_id=self.release.pk, sequence=self.release.sequence)


def open_ledger(*, release_id: int, actor: str) -> Ledger:
    """Lock the release, where everything that happens to it waits for its turn; ``NotFound`` for one that is gone."""
    waiting = Release.objects.select_for_update(of=("self",)).annotate(is_followed=is_followed()).filter(pk=release_id)
    # A restore that ended while this waited has put the row there anew: looking again finds it.
    release = waiting.first() or waiting.first()
    if release is None:
        raise NotFound("This release is no longer there.")
    nobody = None if release.is_followed else ()  # type: ignore[attr-defined] # annotated
    return Ledger(release=release, actor=actor, now=database_now(), followers=nobody)


def open_ledger_of_label(*, version: str, actor: str) -> Ledger:
    """Lock the release that carries this label in any stage."""
    return open_ledger(release_id=label_and_release(version)[1].pk, actor=actor)


def claim_turn(ledger: Ledger, lock_version: int | None) -> None:
    """Let a person act on what they saw: ``StalePage`` when somebody acted since, None goes by the state alone."""
    release = ledger.release
    if lock_version is not None and lock_version != release.lock_version:
        message = (
            f"{release.version} has changed since this page was shown: {last_act(release)}. Look again, then decide."
        )
        raise StalePage(message)
    release.lock_version += 1
