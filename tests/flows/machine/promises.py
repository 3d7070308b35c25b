"""What must be true of a board at every moment: read from its tables and its journal, judged in plain Python."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from releases.domain.aggregation import FINAL_STATUSES, Disposition, Slot, tally
from releases.domain.journal import Kind
from releases.domain.lifecycle import (
    DONE_SLOTS,
    OPEN_PROMOTIONS,
    OPEN_SLOTS,
    RETRYABLE_SLOTS,
    PromotionState,
    SessionState,
    SlotState,
)
from releases.domain.replay import apply, begin
from releases.domain.replayed import first_difference
from releases.models import Callback, Deployment, Dispatch, JournalEntry, Promotion, Release, Stage
from releases.queries.release_pages import entry_view
from releases.queries.replay import stored_release

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from releases.domain.replayed import ReplayedPromotion, ReplayedRelease, ReplayedSession, ReplayedStep

_FINAL = [status.value for status in FINAL_STATUSES]
_UNCOUNTED = (Kind.CALLBACK_LATE.value, Kind.CALLBACK_CONTRADICTORY.value, Kind.CALLBACK_OUT_OF_ORDER.value)


@dataclass(slots=True, kw_only=True)
class Told:
    """One release as far as its journal was read; ``ends`` counts each session's close and each promotion's end."""

    release: ReplayedRelease | None = None
    ends: Counter[str] = field(default_factory=Counter)
    promotions: int = 0

    @property
    def sequence(self) -> int:
        return self.release.sequence if self.release else 0

    def read(self, entry: JournalEntry) -> None:
        line = entry_view(entry)
        self.release = apply(self.release, line) if self.release else begin(line)
        self.promotions += line.kind == Kind.PROMOTION_STARTED
        if line.kind == Kind.SESSION_CLOSED:
            self.ends[str(line.payload["correlation_id"])] += 1
        if line.kind in {Kind.PROMOTION_SUCCEEDED, Kind.PROMOTION_CANCELLED}:
            self.ends[f"promotion {self.promotions}"] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A dispatch with what was applied to it."""

    correlation_id: str
    service: str
    attempt: int
    key: str
    state: SlotState
    reason: str
    results: tuple[str, ...]


class Witness:
    """Looks at the board after every step, at what changed since the last look, and remembers what it was told."""

    def __init__(self) -> None:
        self.told: dict[int, Told] = {}

    def open_promotion(self, release_id: int) -> ReplayedPromotion | None:
        """Return the one that was open at the last look."""
        told = self.told.get(release_id)
        promotion = told.release.promotion if told and told.release else None
        return promotion if promotion and promotion.state in OPEN_PROMOTIONS else None

    def look(self, *, again: bool = False) -> None:
        """Judge every release that has news; ``again`` also those without, for nothing may change untold."""
        for release in Release.objects.select_related("created_by").order_by("pk"):
            told = self.told.setdefault(release.pk, Told())
            if again or told.sequence != release.sequence:
                self._judge(release, told)

    def _judge(self, release: Release, told: Told) -> None:
        for entry in release.entries.filter(sequence__gt=told.sequence).order_by("sequence"):
            told.read(entry)
        assert told.sequence == release.sequence, "the journal has a gap"
        stored = stored_release(release)
        assert first_difference(told.release, stored) is None
        orders = _orders(release)
        _judge_orders(orders)
        for number, promotion in enumerate(stored.promotions, start=1):
            _judge_promotion(promotion, [each for each in orders if each.correlation_id in _sessions(promotion)])
            assert told.ends[f"promotion {number}"] == (promotion.state not in OPEN_PROMOTIONS)
            for session in promotion.sessions:
                assert told.ends[session.correlation_id] == (session.state is not SessionState.RUNNING)
        _judge_stages(release, stored)


def _sessions(promotion: ReplayedPromotion) -> set[str]:
    return {session.correlation_id for session in promotion.sessions}


def _orders(release: Release) -> list[Order]:
    results: dict[int, list[str]] = {}
    applied = Callback.objects.filter(
        dispatch__step__promotion__release=release, disposition=Disposition.APPLIED.value, status__in=_FINAL
    )
    for dispatch, status in applied.values_list("dispatch_id", "status"):
        results.setdefault(dispatch, []).append(status)
    rows = Dispatch.objects.filter(step__promotion__release=release).values_list(
        "pk", "session__correlation_id", "step__service__slug", "attempt", "key", "state", "reason"
    )
    return [
        Order(
            correlation_id=str(correlation_id),
            service=service,
            attempt=attempt,
            key=str(key),
            state=SlotState(state),
            reason=reason,
            results=tuple(results.get(pk, ())),
        )
        for pk, correlation_id, service, attempt, key, state, reason in rows.order_by("pk")
    ]


def _judge_orders(orders: Sequence[Order]) -> None:
    for order in orders:
        assert len(order.results) <= 1, "two results were applied to one attempt"
        if order.results:
            assert order.state.value == order.results[0], "a result that was applied does not show"
        if order.state is SlotState.SUCCEEDED:
            assert order.results == ("succeeded",), "an attempt succeeded without its service saying so"


def _judge_promotion(promotion: ReplayedPromotion, orders: Sequence[Order]) -> None:
    slots = {(order.correlation_id, order.service): order for order in orders}
    for session in promotion.sessions:
        _judge_session(session, [slots[session.correlation_id, service] for service in session.services])
    for step in promotion.steps:
        _judge_step(step, [order for order in orders if order.service == step.service])
        if step.attempt:
            before = {each.state for each in promotion.steps if each.phase < step.phase}
            assert before <= DONE_SLOTS, "a service was asked before the phase before was done"
    _judge_state(promotion, {order.state for order in orders})


def _judge_session(session: ReplayedSession, slots: Sequence[Order]) -> None:
    is_open = any(order.state in OPEN_SLOTS for order in slots)
    assert is_open is (session.state is SessionState.RUNNING), "a session is open without a slot, or closed with one"
    if session.summary:
        assert session.summary == tally([Slot(state=order.state, reason=order.reason) for order in slots])


def _judge_step(step: ReplayedStep, orders: Sequence[Order]) -> None:
    assert [order.attempt for order in orders] == list(range(1, step.attempt + 1)), "attempts are numbered twice"
    decided = {SlotState.SKIPPED, SlotState.CANCELLED}
    if orders and step.state not in decided and step.reason != "late_result":
        assert step.state is orders[-1].state, "a step does not show its last attempt"


def _judge_state(promotion: ReplayedPromotion, orders: Iterable[SlotState]) -> None:
    steps = {step.state for step in promotion.steps}
    waits = bool(OPEN_SLOTS & set(orders))
    match promotion.state:
        case PromotionState.RUNNING:
            assert waits, "nothing is asked and nobody is waited for"
            assert not steps & RETRYABLE_SLOTS
        case PromotionState.HELD:
            assert steps & RETRYABLE_SLOTS
        case PromotionState.SUCCEEDED:
            assert steps <= DONE_SLOTS
            assert not waits
        case PromotionState.CANCELLED:
            assert steps <= DONE_SLOTS | {SlotState.CANCELLED}
            assert not waits, "a cancelled promotion still waits"
        case PromotionState.PAUSED:
            # Whatever its steps have come to meanwhile is looked at once somebody resumes it.
            assert not steps & {SlotState.CANCELLED}


def _judge_stages(release: Release, stored: ReplayedRelease) -> None:
    """The last promotion that succeeded is live in its stage, with each of its services as it left them."""
    everywhere = list(Promotion.objects.order_by("epoch"))
    for stage in Stage.objects.select_related("live_version"):
        promotions = [promotion for promotion in everywhere if promotion.stage_id == stage.pk]
        assert sum(promotion.state in OPEN_PROMOTIONS for promotion in promotions) <= 1
        epochs = [promotion.epoch for promotion in promotions]
        assert epochs == list(range(1, stage.epoch + 1)), "an epoch was given twice"
        succeeded = [each.version for each in promotions if each.state == PromotionState.SUCCEEDED.value]
        assert stage.live_version is not None
        assert stage.live_version.version == (succeeded[-1] if succeeded else "2.1.0")
    deployments = Deployment.objects.filter(step__promotion__release=release)
    for service, version, state in deployments.values_list("service__slug", "version", "step__state"):
        assert state == SlotState.SUCCEEDED.value, f"{service} was deployed by a step that did not succeed"
        assert version == stored.manifest[service]
