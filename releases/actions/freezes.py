"""Freezing stages at once, with what becomes of promotions that are on their way, and lifting that early."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import transaction

from releases.actions.advancing import set_promotion_state
from releases.actions.ledger import claim_turn, open_ledger
from releases.actions.promotions import locked_stage
from releases.actions.receipts import fingerprint, recall, remember
from releases.actions.rules import lock_rules
from releases.domain.access import Permission, require
from releases.domain.errors import Conflict, InvalidInput, NotFound
from releases.domain.gates import InFlight, freeze_ends, in_flight_of, why_not_lift
from releases.domain.journal import Kind
from releases.domain.lifecycle import OPEN_PROMOTIONS, PromotionState
from releases.domain.plan_kinds import ROLLBACK
from releases.models import Freeze, Promotion, Stage
from releases.queries.clock import database_now
from releases.queries.gates import freeze_value
from releases.queries.impact import open_releases
from releases.queries.promotability import next_stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from releases.actions.ledger import Ledger
    from releases.domain.access import Actor
    from releases.models import Pulse

REASON_LIMIT = 300
MOST_AT_ONCE = 100
_PAUSED = PromotionState.PAUSED.value
_OPEN = [state.value for state in OPEN_PROMOTIONS]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeRequest:
    """Without ``stages`` all of them, from now on for so many hours; ``in_flight`` is ``finish`` or ``pause``."""

    reason: str
    hours: int
    stages: tuple[str, ...] = ()
    in_flight: str = InFlight.FINISH.value


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenStages:
    """The numbers of the freezes, one for each stage, and the releases whose promotion was paused."""

    freezes: tuple[int, ...]
    paused: tuple[str, ...]


@transaction.atomic(durable=True)
def freeze_stages(*, actor: Actor, request: FreezeRequest, key: str = "") -> FrozenStages:
    """Freeze stages from now on, and pause what is on its way there where that was chosen.

    Refused without a reason, an end within four weeks and a known stage. Rollbacks are not stopped.
    """
    require(actor, Permission.FREEZE)
    _check(request)
    print_ = fingerprint("freeze", **asdict(request))
    pulse = lock_rules()
    if known := recall(actor=actor, key=key, print_=print_):
        return FrozenStages(freezes=tuple(known["freezes"]), paused=tuple(known["paused"]))
    names = _names(request)
    for name in names:
        require(actor, Permission.FREEZE, name)
    ledgers = _open_ledgers(actor)
    stages = [locked_stage(name) for name in names]
    freezes = {stage.pk: _declare(actor, stage, request, database_now()) for stage in stages}
    _refuse_latecomers(stages, ledgers)
    paused = [ledger.release.version for ledger in ledgers if _note_freezes(ledger, freezes)]
    _redraw(pulse)
    answer = FrozenStages(freezes=tuple(freeze.pk for freeze in freezes.values()), paused=tuple(paused))
    remember(actor=actor, key=key, print_=print_, result=asdict(answer))
    return answer


@transaction.atomic(durable=True)
def lift_freezes(*, actor: Actor, numbers: Sequence[int], reason: str = "", key: str = "") -> tuple[str, ...]:
    """End freezes before their time and return their stages; what they paused stays paused until it is resumed.

    Refused for one that is over. One that has not begun is taken back altogether.
    """
    require(actor, Permission.FREEZE)
    wanted = tuple(sorted(set(numbers)))
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise InvalidInput("freezes", f"Name 1 to {MOST_AT_ONCE} freezes to lift.")
    reason = reason.strip()[:REASON_LIMIT]
    print_ = fingerprint("lift", freezes=wanted, reason=reason)
    pulse = lock_rules()
    if known := recall(actor=actor, key=key, print_=print_):
        return tuple(known["stages"])
    ledgers = _open_ledgers(actor)
    freezes = _liftable(wanted)
    for freeze in freezes:
        require(actor, Permission.FREEZE, freeze.stage.name)
    for freeze in freezes:
        _lift(actor, freeze, database_now())
    for ledger in ledgers:
        _note_lifts(ledger, freezes, reason)
    _redraw(pulse)
    stages = tuple(dict.fromkeys(freeze.stage.name for freeze in freezes))
    remember(actor=actor, key=key, print_=print_, result={"stages": stages})
    return stages


def _check(request: FreezeRequest) -> None:
    if not request.reason.strip() or len(request.reason) > REASON_LIMIT:
        raise InvalidInput("reason", f"Say in at most {REASON_LIMIT} characters why nothing may start there.")
    freeze_ends(database_now(), request.hours)
    in_flight_of(request.in_flight)


def _open_ledgers(actor: Actor) -> list[Ledger]:
    """Lock every open release, so that none of them starts a promotion while stages are frozen."""
    return [open_ledger(release_id=release.pk, actor=actor.name) for release in open_releases()]


def _names(request: FreezeRequest) -> tuple[str, ...]:
    """Return the stages in the order in which they are locked; a name that none has comes last, to be refused."""
    known = tuple(Stage.objects.order_by("position").values_list("name", flat=True))
    if not request.stages:
        return known
    return *(name for name in known if name in request.stages), *sorted(set(request.stages) - set(known))


def _declare(actor: Actor, stage: Stage, request: FreezeRequest, now: datetime) -> Freeze:
    freeze = Freeze(
        stage=stage,
        starts_at=now,
        ends_at=freeze_ends(now, request.hours),
        reason=request.reason.strip(),
        in_flight=request.in_flight,
        declared_by=actor.name,
    )
    _by(actor, freeze).save(force_insert=True)
    return freeze


def _by(actor: Actor, freeze: Freeze) -> Freeze:
    # A token's request carries nobody that the history could find by itself.
    freeze._history_user = User.objects.get(pk=actor.person_id)  # type: ignore[attr-defined] # noqa: SLF001
    return freeze


def _refuse_latecomers(stages: Sequence[Stage], ledgers: Sequence[Ledger]) -> None:
    """A release that was planned and promoted since the open ones were locked cannot be paused out of turn."""
    locked = [ledger.release.pk for ledger in ledgers]
    open_there = Promotion.objects.filter(stage__in=stages, state__in=_OPEN).exclude(release__in=locked)
    late = open_there.exclude(release__kind=ROLLBACK).select_related("stage").first()
    if late is not None:
        raise Conflict(f"{late.version} set out for {late.stage.name} at this very moment. Look again, then freeze.")


def _concerned(ledger: Ledger, freezes: dict[int, Freeze]) -> Iterator[Stage]:
    """Yield the frozen stages that the release is on its way to, or would go to next; a rollback is not stopped."""
    if ledger.release.kind == ROLLBACK:
        return
    promotion, ahead = _open_promotion(ledger), next_stage(ledger.release)
    for stage in (promotion.stage if promotion else None, ahead):
        if stage is not None and stage.pk in freezes:
            yield stage


def _open_promotion(ledger: Ledger) -> Promotion | None:
    return ledger.release.promotions.filter(state__in=_OPEN).select_related("stage").first()


def _note_freezes(ledger: Ledger, freezes: dict[int, Freeze]) -> bool:
    """Tell a release of the freezes that concern it; True when its promotion was paused by one."""
    paused = [_note_freeze(ledger, stage, freezes[stage.pk]) for stage in _concerned(ledger, freezes)]
    if paused:
        ledger.close()
    return any(paused)


def _note_freeze(ledger: Ledger, stage: Stage, freeze: Freeze) -> bool:
    ledger.append(
        Kind.FREEZE_DECLARED,
        stage=stage.name,
        freeze=freeze.pk,
        until=freeze.ends_at.isoformat(),
        in_flight=freeze.in_flight,
        reason=freeze.reason,
    )
    promotion = _open_promotion(ledger)
    if freeze.in_flight != InFlight.PAUSE or promotion is None or promotion.stage_id != stage.pk:
        return False
    if not set_promotion_state(ledger, promotion, PromotionState.PAUSED):
        return False
    claim_turn(ledger, None)
    reason = f"{stage.name} was frozen: {freeze.reason}"[:REASON_LIMIT]
    ledger.append(Kind.PROMOTION_PAUSED, stage=stage.name, reason=reason)
    return True


def _liftable(numbers: Sequence[int]) -> list[Freeze]:
    now = database_now()
    rows = Freeze.objects.select_for_update(of=("self",)).select_related("stage").filter(pk__in=numbers)
    found = {freeze.pk: freeze for freeze in rows.order_by("pk")}
    for number in numbers:
        if number not in found:
            raise NotFound(f"There is no freeze {number}.")
        if why_not := why_not_lift(freeze_value(found[number]), found[number].lifted_by, now):
            raise Conflict(why_not)
    return list(found.values())


def _lift(actor: Actor, freeze: Freeze, now: datetime) -> None:
    if freeze.starts_at >= now:
        _by(actor, freeze).delete()
        return
    freeze.ends_at, freeze.lifted_by = now, actor.name
    _by(actor, freeze).save(update_fields=["ends_at", "lifted_by"])


def _note_lifts(ledger: Ledger, freezes: Sequence[Freeze], reason: str) -> None:
    concerned = list(_concerned(ledger, {freeze.stage_id: freeze for freeze in freezes}))
    for stage in concerned:
        promotion = _open_promotion(ledger)
        is_paused = promotion is not None and (promotion.stage_id, promotion.state) == (stage.pk, _PAUSED)
        ledger.append(Kind.FREEZE_LIFTED, stage=stage.name, reason=reason, is_paused=is_paused)
    if concerned:
        ledger.close()


def _redraw(pulse: Pulse) -> None:
    """Let every open page look again: what no release's journal tells shows on the board too."""
    pulse.at = database_now()
    pulse.save(update_fields=["at"])
