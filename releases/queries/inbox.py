"""Who is needed now: what waits for this person, oldest first, in a number of queries that does not grow with it."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from django.db.models import Exists, Max, OuterRef, Q

from releases.domain.access import Permission, why_not
from releases.domain.gates import pausing_gate
from releases.domain.journal import Kind
from releases.domain.lifecycle import PromotionState
from releases.domain.plan_kinds import ROLLBACK
from releases.domain.trains import TrainState
from releases.models import Debt, JournalEntry, Promotion, Train
from releases.queries.boards import release_lines
from releases.queries.clock import database_now
from releases.queries.gates import declared_freezes
from releases.queries.inbox_views import InboxItem, Waiting
from releases.queries.wanted_signoffs import wanted_signoffs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from releases.domain.access import Actor

_STOPPED = {PromotionState.HELD.value: Waiting.HELD, PromotionState.PAUSED.value: Waiting.PAUSED}
_STOPS = [Kind.PROMOTION_HELD.value, Kind.PROMOTION_PAUSED.value]


def inbox(actor: Actor) -> tuple[InboxItem, ...]:
    """Return everything that waits for this actor: what they may not decide is not theirs."""
    items = (*wanted_signoffs(actor), *_stopped_promotions(actor), *_debts(actor), *_trains(actor))
    return tuple(sorted(items, key=lambda item: (item.since, item.key)))


def _stopped_promotions(actor: Actor) -> Iterator[InboxItem]:
    """Yield promotions that go on only by somebody's word; what a freeze keeps paused waits for the freeze."""
    found = Promotion.objects.filter(state__in=_STOPPED).select_related("release", "stage").order_by("pk")
    mine = [promotion for promotion in found if not why_not(actor, Permission.OPERATE, promotion.stage.name)]
    if not mine:
        return
    releases = [promotion.release for promotion in mine]
    summaries = {line.version: line.summary for line in release_lines(releases)}
    since = _stopped_since([release.pk for release in releases])
    freezes, now = declared_freezes(), database_now()
    for promotion in mine:
        is_frozen = promotion.release.kind != ROLLBACK and pausing_gate(freezes, promotion.stage.name, now)
        if promotion.state != PromotionState.PAUSED or not is_frozen:
            yield InboxItem(
                kind=_STOPPED[promotion.state],
                state=promotion.state,
                title=f"{promotion.release.version} is {promotion.state} in {promotion.stage.name}",
                detail=summaries[promotion.release.version],
                since=since.get(promotion.release_id, promotion.started_at),
                release=promotion.release.version,
                stage=promotion.stage.name,
            )


def _stopped_since(releases: list[int]) -> dict[int, datetime]:
    entries = JournalEntry.objects.filter(release__in=releases, kind__in=_STOPS).order_by()
    return dict(entries.values_list("release").annotate(last=Max("at")))


def _debts(actor: Actor) -> Iterator[InboxItem]:
    """Yield what this person owes, and what anybody owes once it is due."""
    if why_not(actor, Permission.OPERATE):
        return
    today = database_now().astimezone(UTC).date()
    owed = Debt.objects.filter(Q(owner=actor.user_id) | Q(due_on__lte=today), paid_at=None)
    for debt in owed.select_related("release", "owner"):
        until, owner = f"{debt.due_on:%Y-%m-%d}", debt.owner.get_username()
        yield InboxItem(
            kind=Waiting.DEBT,
            state="overdue" if debt.due_on < today else "owed",
            title=debt.text,
            detail=f"{debt.release.version} owes it by {until}; {owner} answers for it.",
            since=debt.created_at,
            release=debt.release.version,
            debt=debt.pk,
        )


def _trains(actor: Actor) -> Iterator[InboxItem]:
    """Yield trains that somebody held, and those that failed, until the next one of their schedule has left."""
    if why_not(actor, Permission.RUN_TRAINS):
        return
    held = Train.objects.filter(state=TrainState.HELD.value).annotate(last=Max("events__at"))
    for train in held:
        yield _train(train, Waiting.TRAIN_HELD, train.last or train.cut_off_at)
    later = Train.objects.filter(schedule=OuterRef("schedule"), departed_at__gt=OuterRef("departed_at"))
    for failed in Train.objects.filter(~Exists(later), state=TrainState.FAILED.value):
        yield _train(failed, Waiting.TRAIN_FAILED, failed.ended_at or failed.departs_at)


def _train(train: Train, kind: Waiting, since: datetime) -> InboxItem:
    return InboxItem(
        kind=kind,
        state=train.state,
        title=f"Train {train.label} {'is held' if kind is Waiting.TRAIN_HELD else 'failed'}",
        detail=train.message,
        since=since,
        train=train.label,
    )
