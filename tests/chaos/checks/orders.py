"""What services were asked: once for each attempt (I3), believed only with a reason (I4), phase after phase (I5)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.chaos.checks.lookup import DONE, Lookup, grouped, lookup
from tests.chaos.checks.outcome import Outcome, judged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.chaos.reading import Effect, Facts, TakenOrder
    from tests.chaos.records import OrderRecord
    from tests.chaos.rows import DispatchRow, EntryRow, PromotionRow

# A service's own clock is compared with itself only, so this is the resolution of its notes.
SAME_MOMENT_S = 0.001


def asked_once(facts: Facts) -> Outcome:
    """I3: one key and one outside effect for each (session, service, attempt), and no order that the board denies."""
    known = lookup(facts.board)
    orders: list[OrderRecord | TakenOrder] = [*facts.orders, *facts.services.orders]
    return judged(
        "I3",
        "one key and one effect for each attempt",
        examined=len(orders),
        violations=[
            *_several_keys(orders),
            *(finding for order in orders if (finding := _differs(known, order))),
            *_several_effects(facts),
        ],
    )


def _several_keys(orders: Iterable[OrderRecord | TakenOrder]) -> Iterator[str]:
    attempts = grouped(orders, lambda each: (each.correlation_id, each.service, each.attempt))
    for (correlation, service, attempt), same in attempts.items():
        keys = {each.key for each in same}
        if len(keys) > 1:
            yield f"{service} attempt {attempt} ({correlation}) was asked with {len(keys)} keys: {', '.join(keys)}."


def _differs(known: Lookup, order: OrderRecord | TakenOrder) -> str:
    dispatch = known.keys.get(order.key)
    if dispatch is None:
        return f"{order.service} was asked with key {order.key}, which no dispatch has."
    meant = (
        known.correlation(dispatch),
        known.service(dispatch),
        dispatch.attempt,
        known.stage(known.promotion(dispatch)),
        known.steps[dispatch.step_id].to_version,
    )
    asked = (order.correlation_id, order.service, order.attempt, order.stage, order.to_version)
    return "" if asked == meant else f"order {order.key} said {asked}, the board meant {meant}."


def _several_effects(facts: Facts) -> Iterator[str]:
    attempts = {each.key: (each.correlation_id, each.service, each.attempt) for each in facts.services.orders}
    for slot, effects in grouped(facts.services.effects, lambda each: attempts.get(each.key)).items():
        if slot is None:
            yield f"{effects[0].service} deployed {effects[0].version} for an order that it never took."
        elif len(effects) > 1:
            correlation, service, attempt = slot
            yield f"{service} attempt {attempt} ({correlation}) was carried out {len(effects)} times."


def believed_with_reason(facts: Facts) -> Outcome:
    """I4: a slot succeeded exactly where the service did it and an applied callback, or its own answer, says so."""
    known = lookup(facts.board)
    effects = {each.key: each for each in facts.services.effects}
    findings = (
        finding for dispatch in facts.board.dispatches for finding in _unfounded(facts, known, effects, dispatch)
    )
    return judged(
        "I4",
        "a slot succeeded exactly where the service did and said so",
        examined=sum(each.state == "succeeded" for each in facts.board.dispatches) + len(effects),
        violations=findings,
    )


def _unfounded(facts: Facts, known: Lookup, effects: Mapping[str, Effect], dispatch: DispatchRow) -> Iterator[str]:
    name, effect = known.slot_name(dispatch), effects.get(str(dispatch.key))
    applied = [each for each in known.callbacks[dispatch.id] if each.disposition == "applied"]
    words = [each for each in applied if each.status == "succeeded"]
    if dispatch.state == "succeeded":
        if effect is None and facts.services.orders:
            yield f"{name} succeeded, but the service did nothing."
        if not words:
            yield f"{name} succeeded without an applied callback that says so."
        elif words[0].sequence is None and facts.services.orders and not _was_asked(known, dispatch):
            yield f"{name} succeeded by a word that the service neither sent nor answered."
        if effect is not None:
            yield from _other_effect(known, dispatch, effect)
    elif words:
        yield f"{name} is {dispatch.state} although an applied callback says succeeded."
    elif effect is not None:
        yield from _unheard(facts, known, dispatch)


def _was_asked(known: Lookup, dispatch: DispatchRow) -> bool:
    entries = known.entries[known.promotion(dispatch).release_id]
    meant = (known.correlation(dispatch), known.service(dispatch), "succeeded")
    return any(
        each.kind == "service.asked" and (each.payload["correlation_id"], each.service, each.payload["status"]) == meant
        for each in entries
    )


def _other_effect(known: Lookup, dispatch: DispatchRow, effect: Effect) -> Iterator[str]:
    meant = (known.stage(known.promotion(dispatch)), known.steps[dispatch.step_id].to_version, dispatch.attempt)
    done = (effect.stage, effect.version, effect.attempt)
    if done != meant:
        yield f"{known.slot_name(dispatch)} meant {meant}, the service did {done}."


def _unheard(facts: Facts, known: Lookup, dispatch: DispatchRow) -> Iterator[str]:
    """Done, but not believed: right where word came after the slot had closed, by silence or by a person."""
    name = known.slot_name(dispatch)
    if dispatch.reason == "reported":
        yield f"the service carried out {name}, the slot is {dispatch.state} as reported."
    if str(dispatch.key) not in _acknowledged_successes(facts):
        return
    if dispatch.closed_at is None:
        yield f"the service carried out {name} and was heard, the slot is still {dispatch.state}."
    elif not any(each.status == "succeeded" for each in known.callbacks[dispatch.id]):
        yield f"the service carried out {name} and was heard, but nothing of it is stored."


def _acknowledged_successes(facts: Facts) -> set[str]:
    return {
        each.key
        for each in facts.services.callbacks
        if each.outcome == "acknowledged" and json.loads(each.body)["status"] == "succeeded"
    }


def phase_after_phase(facts: Facts) -> Outcome:
    """I5: nothing of a phase is asked before all of the phases before it is done: by rows, journal and services."""
    known = lookup(facts.board)
    later = [each for each in facts.board.dispatches if known.steps[each.step_id].phase > 0]
    return judged(
        "I5",
        "no phase is asked before the one before is done",
        examined=len(later),
        violations=[
            *(finding for dispatch in later for finding in _too_early(known, dispatch)),
            *(finding for entries in known.entries.values() for finding in _told_too_early(entries)),
            *_done_too_early(facts, known),
        ],
    )


def _too_early(known: Lookup, dispatch: DispatchRow) -> Iterator[str]:
    step = known.steps[dispatch.step_id]
    for before in known.steps_of[step.promotion_id]:
        if before.phase >= step.phase:
            continue
        if before.state not in DONE:
            yield f"{known.slot_name(dispatch)} was asked; {known.step_name(before)} before it is {before.state}."
        elif before.finished_at is None or before.finished_at > dispatch.opened_at:
            yield f"{known.slot_name(dispatch)} was asked before {known.step_name(before)} was done."


def _told_too_early(entries: list[EntryRow]) -> Iterator[str]:
    """Read the journal alone: what is done when a session opens."""
    phases: list[list[str]] = []
    done: set[str] = set()
    for entry in entries:
        match entry.kind:
            case "promotion.started":
                phases, done = entry.payload["phases"], set()
            case "step.skipped" | "step.accepted":
                done.add(entry.service)
            case "slot.closed" if entry.payload["state"] == "succeeded":
                done.add(entry.service)
            case "session.opened":
                before = {service for phase in phases[: entry.payload["phase"] - 1] for service in phase}
                if missing := sorted(before - done):
                    number = entry.payload["phase"]
                    yield f"entry {entry.sequence} opens phase {number} before {', '.join(missing)} is done."
            case _:
                pass


def _done_too_early(facts: Facts, known: Lookup) -> Iterator[str]:
    """Compare the services' own notes, which share one clock: an order was taken after what it needs was done."""
    done_at = {each.key: each.at for each in facts.services.effects}
    promotions = grouped(_asked(facts, known), lambda each: each[1].id)
    for asked in promotions.values():
        for order, promotion, phase in asked:
            for other, _, earlier in asked:
                at = done_at.get(other.key)
                if earlier < phase and at is not None and at > order.accepted_at + SAME_MOMENT_S:
                    dispatch = known.keys.get(other.key)
                    if dispatch is not None and dispatch.state == "succeeded":
                        name = known.promotion_name(promotion)
                        yield f"{order.service} took its order before {other.service} was done in {name}."


def _asked(facts: Facts, known: Lookup) -> Iterator[tuple[TakenOrder, PromotionRow, int]]:
    for order in facts.services.orders:
        if (dispatch := known.keys.get(order.key)) is not None:
            yield order, known.promotion(dispatch), known.steps[dispatch.step_id].phase
