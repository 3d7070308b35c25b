"""Whatever people, services and clocks do in whatever order, the promises about a release hold after every step."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from releases.actions.releases import create_release
from releases.actions.steering import cancel, pause_promotion, resume_promotion, retry_step, skip_step
from releases.actions.sweeping import end_overdue_slots
from releases.domain.aggregation import Slot, tally
from releases.domain.errors import Conflict
from releases.domain.lifecycle import DONE_SLOTS, OPEN_PROMOTIONS, OPEN_SLOTS, RETRYABLE_SLOTS, SlotState
from releases.models import AggregationSession, Callback, Deployment, Dispatch, Promotion, PromotionStep, Release, Stage
from tests import factories
from tests.factories import STAGES, load_bookverse, new_release, person, promote, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from releases.domain.access import Actor

SERVICES = st.sampled_from(factories.SERVICES)
STATUSES = st.sampled_from(["accepted", "progress", "succeeded", "succeeded", "succeeded", "failed", "rejected"])
OPEN = [state.value for state in OPEN_PROMOTIONS]
UNSETTLED = [state.value for state in OPEN_SLOTS]
FINAL = ["succeeded", "failed", "rejected"]
MORE = bool(os.environ.get("CI"))


class Undo(Exception):
    """Ends a run's transaction, so that the next one finds the database as it was."""


class PromotionMachine(RuleBasedStateMachine):
    """Two releases over one board; refusals are fine, broken promises are not."""

    def __init__(self) -> None:
        super().__init__()
        self.actor: Actor = person()
        load_bookverse()
        self.acknowledged = 0

    @initialize()
    def plan(self) -> None:
        for title in ("first", "second"):
            create_release(actor=self.actor, new=new_release(title))

    def _try(self, deed: Callable[[], object]) -> None:
        with suppress(Conflict):
            deed()

    @rule(number=st.integers(0, 1), stage=st.sampled_from(STAGES))
    def start(self, number: int, stage: str) -> None:
        release = Release.objects.order_by("pk")[number]
        self._try(lambda: promote(release, stage))

    @precondition(lambda _self: Dispatch.objects.exists())
    @rule(choice=st.integers(0, 60), status=STATUSES, sequence=st.none() | st.integers(0, 5))
    def report_anything(self, choice: int, status: str, sequence: int | None) -> None:
        """Any service reports on any order it ever got."""
        dispatches = list(Dispatch.objects.select_related("session", "step__service").order_by("pk"))
        receipt = say(dispatches[-1 - choice % len(dispatches)], status, sequence=sequence)
        self.acknowledged += not receipt.duplicate

    @precondition(lambda _self: Dispatch.objects.filter(state__in=UNSETTLED).exists())
    @rule()
    def all_succeed(self) -> None:
        """Every service that was asked gets its work done."""
        for dispatch in Dispatch.objects.filter(state__in=UNSETTLED).select_related("session", "step__service"):
            self.acknowledged += not say(dispatch, "succeeded").duplicate

    @rule(number=st.integers(0, 1), service=SERVICES)
    def retry(self, number: int, service: str) -> None:
        self._try(lambda: retry_step(actor=self.actor, version=self._label(number), service=service))

    @rule(number=st.integers(0, 1), service=SERVICES)
    def skip(self, number: int, service: str) -> None:
        self._try(lambda: skip_step(actor=self.actor, version=self._label(number), service=service, reason="why not"))

    @rule(number=st.integers(0, 1))
    def pause(self, number: int) -> None:
        self._try(lambda: pause_promotion(actor=self.actor, version=self._label(number)))

    @rule(number=st.integers(0, 1))
    def resume(self, number: int) -> None:
        self._try(lambda: resume_promotion(actor=self.actor, version=self._label(number)))

    @precondition(lambda _self: Promotion.objects.filter(state__in=OPEN).exists())
    @rule()
    def cancel_the_open_promotion(self) -> None:
        promotion = Promotion.objects.filter(state__in=OPEN)[0]
        self._try(lambda: cancel(actor=self.actor, version=promotion.version))

    @rule()
    def let_the_deadline_pass(self) -> None:
        AggregationSession.objects.filter(deadline_at__isnull=False, state="running").update(
            deadline_at=F("opened_at") - timedelta(seconds=1)
        )
        end_overdue_slots()

    def _label(self, number: int) -> str:
        return Release.objects.order_by("pk")[number].version

    @invariant()
    def every_acknowledged_callback_is_stored(self) -> None:
        assert Callback.objects.count() == self.acknowledged

    @invariant()
    def a_dispatch_has_one_applied_result_at_most(self) -> None:
        for dispatch in Dispatch.objects.all():
            applied = dispatch.callbacks.filter(disposition="applied", status__in=FINAL)
            assert applied.count() <= 1
            if applied:
                assert dispatch.state == applied[0].status

    @invariant()
    def an_attempt_has_one_identity(self) -> None:
        identities = list(Dispatch.objects.values_list("step", "attempt"))
        assert len(identities) == len(set(identities)) == Dispatch.objects.values("key").distinct().count()
        for step in PromotionStep.objects.all():
            assert sorted(step.dispatches.values_list("attempt", flat=True)) == list(range(1, step.attempt + 1))

    @invariant()
    def what_succeeded_was_deployed_and_reported(self) -> None:
        for step in PromotionStep.objects.filter(state="succeeded"):
            assert Callback.objects.filter(dispatch__step=step, status="succeeded", disposition="applied").count() == 1
            newer = PromotionStep.objects.filter(
                promotion__stage=step.promotion.stage, service=step.service, state="succeeded", pk__gt=step.pk
            )
            if not newer.exists():
                running = Deployment.objects.get(stage=step.promotion.stage, service=step.service)
                assert (running.version, running.step) == (step.to_version, step)

    @invariant()
    def nothing_of_a_phase_is_asked_before_the_one_before_is_done(self) -> None:
        for promotion in Promotion.objects.all():
            for step in promotion.steps.filter(attempt__gt=0):
                before = promotion.steps.filter(phase__lt=step.phase).values_list("state", flat=True)
                assert {SlotState(state) for state in before} <= DONE_SLOTS

    @invariant()
    def a_stage_runs_what_was_last_promoted_to_it(self) -> None:
        for stage in Stage.objects.select_related("live_version"):
            assert stage.live_version is not None
            last = stage.promotions.filter(state="succeeded").order_by("-epoch").first()
            assert stage.live_version.version == (last.version if last else "2.1.0")
            assert stage.promotions.filter(state__in=OPEN).count() <= 1

    @invariant()
    def the_journals_are_numbered_without_a_gap(self) -> None:
        for release in Release.objects.all():
            numbers = list(release.entries.order_by("sequence").values_list("sequence", flat=True))
            assert numbers == list(range(1, release.sequence + 1))

    @invariant()
    def every_summary_is_told_once_and_adds_up(self) -> None:
        for session in AggregationSession.objects.all():
            told = session.promotion.release.entries.filter(
                kind="session.closed", payload__correlation_id=str(session.correlation_id)
            )
            assert told.count() == (session.state != "running")
            slots = [Slot(state=SlotState(each.state), reason=each.reason) for each in session.dispatches.all()]
            if session.summary:
                totals = tally(slots)
                counted = (totals.expected, totals.received, totals.respondents, totals.errors)
                assert counted == tuple(
                    session.summary[name] for name in ("expected", "received", "respondents", "errors")
                )

    @invariant()
    def nothing_open_is_left_behind_by_what_is_closed(self) -> None:
        closed = Promotion.objects.exclude(state__in=OPEN)
        assert not Dispatch.objects.filter(step__promotion__in=closed, state__in=UNSETTLED).exists()
        assert not AggregationSession.objects.filter(promotion__in=closed, state="running").exists()

    @invariant()
    def the_state_follows_from_the_steps(self) -> None:
        for promotion in Promotion.objects.filter(state__in=["running", "held"]):
            states = {SlotState(state) for state in promotion.steps.values_list("state", flat=True)}
            assert (promotion.state == "held") is bool(states & RETRYABLE_SLOTS)
            if promotion.state == "running":
                assert Dispatch.objects.filter(step__promotion=promotion, state__in=UNSETTLED).exists()

    def teardown(self) -> None:
        """Everything that is still open comes to its end when services answer and people decide."""
        for promotion in Promotion.objects.filter(state__in=OPEN):
            self._bring_home(promotion)
            assert promotion.state == "succeeded"

    def _bring_home(self, promotion: Promotion) -> None:
        self._try(lambda: resume_promotion(actor=self.actor, version=promotion.version))
        promotion.refresh_from_db()
        while promotion.state in OPEN:
            failed = promotion.steps.filter(state__in=[state.value for state in RETRYABLE_SLOTS])
            for step in failed.select_related("service"):
                retry_step(actor=self.actor, version=promotion.version, service=step.service.slug)
            self.all_succeed()
            promotion.refresh_from_db()


class Isolated(PromotionMachine):
    """Each run inside a savepoint that is rolled back."""

    def __init__(self) -> None:
        self._savepoint = transaction.atomic()
        self._savepoint._from_testcase = True  # type: ignore[attr-defined] # noqa: SLF001 (actions refuse any other)
        self._savepoint.__enter__()
        super().__init__()

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            undo = Undo()
            self._savepoint.__exit__(Undo, undo, None)


@pytest.mark.django_db
def test_the_promises_hold_whatever_happens() -> None:
    run_state_machine_as_test(
        Isolated,
        settings=settings(
            max_examples=40 if MORE else 20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
