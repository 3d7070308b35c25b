"""Probing what is deployed: asked for in one transaction, carried out outside, stored in another."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from releases import conf
from releases.actions.claims import CLAIM, free, renewing
from releases.clients.probes import ProbeAnswer, probe
from releases.domain.access import SYSTEM, Actor, Permission, require
from releases.domain.promises import ProbeOutcome
from releases.enqueue import task_on_commit
from releases.models import DeploymentContract, Observation, ProbeResult, ProbeRound
from releases.queries.clock import database_now
from releases.queries.probes import planned_probes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from releases.queries.probes import PlannedProbe

    Answered = tuple[PlannedProbe, ProbeAnswer]

PROBING_TAKES = timedelta(minutes=5)
KEEP = timedelta(days=7)
_NOWHERE = ProbeAnswer(outcome=ProbeOutcome.NOT_CONFIGURED)
_MADE = frozenset({ProbeOutcome.PASSED, ProbeOutcome.FAILED, ProbeOutcome.ERROR})


@transaction.atomic(durable=True)
def request_probing(*, actor: Actor) -> ProbeRound:
    """Ask for a round of probes, or join the one that is already on its way."""
    if actor is not SYSTEM:
        require(actor, Permission.PROBE)
    round_ = _open_round(actor, database_now())
    task_on_commit("releases.probe_due_round")
    return round_


def _open_round(actor: Actor, now: datetime) -> ProbeRound:
    while True:
        running = ProbeRound.objects.filter(finished_at=None).first()
        if running:
            return running
        try:
            with transaction.atomic():
                return ProbeRound.objects.create(requested_by=actor.name, requested_at=now)
        except IntegrityError:
            # Somebody else's was committed between the look and the row: join that one.
            continue


def keep_probing() -> None:
    """Ask for a round when the last one is long enough ago, and carry out whichever is open."""
    if _is_time():
        request_probing(actor=SYSTEM)
    probe_due_round()


def _is_time() -> bool:
    every = conf.probe_every()
    if not every or not DeploymentContract.objects.exists():
        return False
    return not ProbeRound.objects.filter(requested_at__gt=database_now() - every).exists()


def probe_due_round() -> None:
    """Carry out the round that was asked for, unless another process is at it."""
    round_ = _claim()
    if round_ is None:
        return
    with renewing(lambda: _renew(round_), at_most=PROBING_TAKES):
        planned = planned_probes()
        answers = probe({each.url for each in planned if each.url})
    _store(round_, [(each, answers.get(each.url, _NOWHERE)) for each in planned])


def _claim() -> ProbeRound | None:
    now = database_now()
    open_ones = ProbeRound.objects.filter(free(now), finished_at=None)
    round_ = open_ones.first()
    if round_ is None:
        return None
    won = open_ones.filter(pk=round_.pk).update(claimed_until=now + CLAIM)
    return round_ if won else None


def _renew(round_: ProbeRound) -> None:
    ProbeRound.objects.filter(pk=round_.pk, finished_at=None).update(claimed_until=database_now() + CLAIM)


@transaction.atomic(durable=True)
def _store(round_: ProbeRound, answered: Sequence[Answered]) -> None:
    """Store the answers, unless somebody else who took the round over already has."""
    now = database_now()
    if not ProbeRound.objects.filter(pk=round_.pk, finished_at=None).update(finished_at=now):
        return
    ProbeResult.objects.bulk_create(
        [_result(round_, planned, answer, now) for planned, answer in answered], batch_size=500
    )
    _count(answered, now)
    _forget(now - KEEP)


def _result(round_: ProbeRound, planned: PlannedProbe, answer: ProbeAnswer, now: datetime) -> ProbeResult:
    return ProbeResult(
        round=round_,
        contract_id=planned.order.contract_id,
        service_id=planned.service_id,
        stage_id=planned.stage_id,
        version=planned.version,
        outcome=answer.outcome.value,
        message=answer.message,
        took_ms=answer.took_ms,
        probed_at=now,
    )


def _count(answered: Sequence[Answered], now: datetime) -> None:
    """Add to what is known of each set that still runs as it did when its probes were planned."""
    by_stage: defaultdict[int, list[Answered]] = defaultdict(list)
    for planned, answer in answered:
        if answer.outcome in _MADE:
            by_stage[planned.stage_id].append((planned, answer))
    for observation in Observation.objects.select_for_update().filter(stage__in=by_stage, ended_at=None).order_by("pk"):
        made = by_stage[observation.stage_id]
        if all(observation.manifest.get(planned.order.service) == planned.version for planned, _ in made):
            _count_in(observation, [answer for _, answer in made], now)


def _count_in(observation: Observation, answers: Sequence[ProbeAnswer], now: datetime) -> None:
    failed = sum(answer.outcome is not ProbeOutcome.PASSED for answer in answers)
    since: Mapping[str, object] = {"first_failure_at": Coalesce("first_failure_at", Value(now))} if failed else {}
    changes = {"probes": F("probes") + len(answers), "failed_probes": F("failed_probes") + failed, **since}
    Observation.objects.filter(pk=observation.pk).update(**changes)


def _forget(before: datetime) -> None:
    old = ProbeRound.objects.filter(finished_at__lt=before)
    # By themselves first: as part of their rounds each would be loaded to be deleted.
    ProbeResult.objects.filter(round__in=old).delete()
    old.delete()
