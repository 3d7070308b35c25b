"""The one way into a train: lock it, change it, and write down what happened, in its release's journal too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.actions.ledger import open_ledger
from releases.broadcast import publish_train_on_commit
from releases.domain.errors import NotFound
from releases.domain.lifecycle import move
from releases.domain.trains import TRAIN_MOVES, TrainState
from releases.models import Train, TrainEvent
from releases.queries.clock import database_now

if TYPE_CHECKING:
    from datetime import datetime

    from releases.actions.ledger import Ledger
    from releases.domain.journal import Kind

TEXT_LIMIT = 500


@dataclass(slots=True, kw_only=True)
class TrainLedger:
    """A locked train; ``ledger`` is that of its release, None before it has one. ``close`` must follow."""

    train: Train
    ledger: Ledger | None
    actor: str
    now: datetime

    @property
    def state(self) -> TrainState:
        return TrainState(self.train.state)

    def move(self, state: TrainState) -> None:
        """Change the train's state along the table; staying where it is is no change."""
        if self.state is not state:
            self.train.state = move(TRAIN_MOVES, self.state, state).value

    def note(self, kind: Kind, text: str, *, state: str, phase: str = "") -> None:
        """Write down what happened; ``text`` goes on after the train's name, ``state`` is what the line looks like."""
        text = text[:TEXT_LIMIT]
        TrainEvent.objects.create(train=self.train, at=self.now, actor=self.actor, state=state, text=text)
        if self.ledger is not None:
            self.ledger.append(kind, train=self.train.label, text=text, state=state, phase=phase)

    def nudge(self) -> None:
        """Let those look again who watch the train; for changes of which nothing is written down."""
        publish_train_on_commit(label=self.train.label)

    def close(self) -> None:
        """Save the train, nudge the live pages once the transaction is in, and close its release's books."""
        self.train.save(
            update_fields=[
                "release",
                "state",
                "held_in",
                "message",
                "conductor",
                "departs_at",
                "cut_off_at",
                "versions",
                "passengers",
                "target_version",
                "number_reason",
                "departed_at",
                "ended_at",
            ]
        )
        self.nudge()
        if self.ledger is not None:
            self.ledger.close()


def open_train(*, label: str, actor: str, release_id: int | None = None) -> TrainLedger:
    """Lock a train, after its release if it has one; ``NotFound`` for a name that no train has.

    ``release_id`` is the release that it shall get.
    """
    known = Train.objects.filter(label=label).first()
    if known is None:
        raise NotFound(f"There is no train {label[:16]}.")
    release_id = known.release_id or release_id
    # The order of locks is release, then train; a train gets its release once.
    ledger = open_ledger(release_id=release_id, actor=actor) if release_id else None
    train = Train.objects.select_for_update(of=("self",)).select_related("schedule", "conductor").get(pk=known.pk)
    if train.release_id not in {None, release_id}:
        return open_train(label=label, actor=actor)
    if release_id:
        train.release_id = release_id
    return TrainLedger(train=train, ledger=ledger, actor=actor, now=database_now())
