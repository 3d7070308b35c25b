"""The machine: whatever people, services, clocks and the network do, in whatever order."""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import Q
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from releases.actions.accepting import accept_late_result
from releases.actions.asking import ask_overdue_services
from releases.actions.callbacks import ForgedCallback, record_callback
from releases.actions.dispatches import send_due_dispatches
from releases.actions.promotions import PromotionRequest, promote_release
from releases.actions.receipts import KeyReused
from releases.actions.steering import cancel, pause_promotion, resume_promotion, retry_step, skip_step
from releases.actions.sweeping import ANSWER_WITHIN, PULSE, keep_time, take_over
from releases.domain.aggregation import FINAL_STATUSES
from releases.domain.errors import Conflict
from releases.domain.lifecycle import OPEN_PROMOTIONS, OPEN_SLOTS, RETRYABLE_SLOTS, PromotionState
from releases.models import Callback, Dispatch, Promotion, Pulse, Release
from tests.factories import incoming, person, say, token_of
from tests.flows.machine.board import SERVICES as SLUGS
from tests.flows.machine.board import STAGES, load_small_board
from tests.flows.machine.clock import steer
from tests.flows.machine.network import WORDS, Fate, connect
from tests.flows.machine.promises import Witness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from releases.domain.access import Actor

OPEN = [state.value for state in OPEN_PROMOTIONS]
UNSETTLED = [state.value for state in OPEN_SLOTS]
RETRYABLE = [state.value for state in RETRYABLE_SLOTS]
FINAL = {status.value for status in FINAL_STATUSES}
NUMBERS, CHOICES = st.integers(0, 1), st.integers(0, 30)
SERVICES = st.sampled_from(SLUGS)
FATES = st.lists(
    st.sampled_from([Fate.BOARD_DIES_BEFORE, Fate.ACCEPTED, Fate.BOARD_DIES_AFTER, *Fate]), min_size=1, max_size=2
)
SEQUENCES, PERCENTS = st.none() | st.integers(0, 5), st.none() | st.just(40)
KEYS = st.sampled_from(["", "", "a", "b"])
SECONDS = st.sampled_from([12, 1, 45, 0, 130, 6])
STATUSES = st.sampled_from(["failed", "succeeded", "accepted", "progress", "succeeded", "rejected"])
FORGERIES: tuple[dict[str, Any], ...] = ({"token": "wrong"}, {"source": "nobody"}, {"correlation_id": UUID(int=1)})
ENOUGH_ROUNDS = 60


class Deed(StrEnum):
    """What people do with an open promotion."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"
    SKIP = "skip"
    ACCEPT = "accept"


class Happening(StrEnum):
    """One step of a run."""

    PROMOTE = "somebody promotes"
    STEER = "somebody steers"
    SEND = "the board sends"
    REPORT = "a service reports"
    SUCCEED = "all that are asked succeed"
    TIME = "time passes"
    ABSENCE = "the board is away"


_LEADS_ON = (Happening.REPORT, Happening.SEND, Happening.TIME, Happening.STEER, Happening.SEND)
HAPPENINGS = (*_LEADS_ON, *Happening)
# More retries, for they lead on.
DEEDS = st.sampled_from([Deed.RETRY, Deed.RETRY, *Deed])


class Undo(Exception):
    """Ends a run's transaction, so that the next one finds the board as it was."""


class PromotionMachine(RuleBasedStateMachine):
    """Two releases over one board; refusals are fine, broken promises are not."""

    actor: ClassVar[Actor]

    def __init__(self) -> None:
        super().__init__()
        self._patches = pytest.MonkeyPatch()
        self._run = transaction.atomic()
        self._run._from_testcase = True  # type: ignore[attr-defined] # noqa: SLF001 (actions refuse any other)
        self._run.__enter__()
        self.clock, self.network, self.witness = steer(self._patches), connect(self._patches), Witness()
        self.acknowledged = 0
        self.keys: dict[str, tuple[tuple[int, str], int]] = {}

    @initialize(number=NUMBERS, phases=st.integers(0, 2))
    def begin(self, number: int, phases: int) -> None:
        """Every run begins with a promotion on its way, or half of them would try all else in vain."""
        self.releases = list(Release.objects.order_by("pk").values_list("pk", flat=True))
        self._promote(number)
        for _ in range(phases):
            self._all_that_are_asked_succeed()

    # One rule for all of it: of several hypothesis leaves some out of every run, and one that cannot promote, send or
    # report gets nowhere.

    @rule(what=st.sampled_from(HAPPENINGS), data=st.data())
    def something_happens(self, what: Happening, data: st.DataObject) -> None:
        draw = data.draw
        match what:
            case Happening.PROMOTE:
                self._somebody_promotes(draw(NUMBERS), draw(st.sampled_from([None, None, *STAGES])), draw(KEYS))
            case Happening.STEER:
                self._somebody_steers(draw(DEEDS), draw(NUMBERS), draw(SERVICES))
            case Happening.SEND:
                self._board_sends(draw(FATES), draw(st.none() | st.sampled_from(Fate)), draw(CHOICES))
            case Happening.REPORT:
                self._service_reports(
                    draw(CHOICES), draw(STATUSES), {"sequence": draw(SEQUENCES), "percent": draw(PERCENTS)}
                )
            case Happening.SUCCEED:
                self._all_that_are_asked_succeed()
            case Happening.TIME:
                self._time_passes(draw(SECONDS), draw(st.lists(st.sampled_from(WORDS), max_size=2)))
            case Happening.ABSENCE:
                self._board_is_away(draw(SECONDS), alone=draw(st.sampled_from([False, False, True])))

    def _somebody_promotes(self, number: int, stage: str | None, key: str) -> None:
        """Go on to the next stage, or to one that it may not be its turn for; with a key, in two clicks."""
        if key:
            self._click_twice(number, stage or self._next(number), key)
            return
        with suppress(Conflict):
            self._promote(number, stage)

    def _somebody_steers(self, deed: Deed, number: int, service: str) -> None:
        """Do something to a release with something open, rather than to the other one."""
        chosen = number if number in self._open() else next(iter(self._open()), number)
        with suppress(Conflict):
            self._steer(deed, chosen, self._failed(chosen, service))

    def _steer(self, deed: Deed, number: int, service: str) -> None:
        here: dict[str, Any] = {"actor": self.actor, "version": self._label(number)}
        match deed:
            case Deed.PAUSE:
                pause_promotion(**here)
            case Deed.RESUME:
                resume_promotion(**here)
            case Deed.CANCEL:
                cancel(**here, stage=self._stage_of(number))
            case Deed.RETRY:
                retry_step(**here, service=service)
            case Deed.SKIP:
                skip_step(**here, service=service, reason="why not")
            case Deed.ACCEPT:
                accept_late_result(**here, service=service)

    def _promote(self, number: int, stage: str | None = None) -> None:
        wanted = PromotionRequest(version=self._label(number), stage=stage or self._next(number))
        promote_release(actor=self.actor, request=wanted)

    def _next(self, number: int) -> str:
        done = Promotion.objects.filter(release=self.releases[number], state="succeeded").count()
        return STAGES[min(done, len(STAGES) - 1)]

    def _label(self, number: int) -> str:
        return Release.objects.values_list("version", flat=True).get(pk=self.releases[number])

    def _open(self) -> list[int]:
        """Return the numbers of the releases that have something open, by what was last seen of them."""
        return [number for number, pk in enumerate(self.releases) if self.witness.open_promotion(pk)]

    def _stage_of(self, number: int) -> str:
        promotion = self.witness.open_promotion(self.releases[number])
        return promotion.stage if promotion else STAGES[0]

    def _failed(self, number: int, otherwise: str) -> str:
        """Return a service that waits for a decision, or nearly all decisions would be refused."""
        promotion = self.witness.open_promotion(self.releases[number])
        failed = [step.service for step in promotion.steps if step.state in RETRYABLE_SLOTS] if promotion else []
        return otherwise if otherwise in failed else next(iter(failed), otherwise)

    def _click_twice(self, number: int, stage: str, key: str) -> None:
        """A key stands for one command for ever, and gives its one answer as often as it is sent."""
        wish = (number, stage)
        wanted = PromotionRequest(version=f"2.2.0-alpha.{number + 1}", stage=stage)
        for _ in range(2):
            known = self.keys.get(key)
            try:
                started = promote_release(actor=self.actor, request=wanted, key=key).promotion_id
            except KeyReused:
                assert known is not None
                assert known[0] != wish
            except Conflict:
                assert known is None or known[0] != wish
            else:
                assert self.keys.setdefault(key, (wish, started)) == (wish, started)

    def _board_sends(self, fates: Sequence[Fate], late: Fate | None, choice: int) -> None:
        """What is due is sent, or an answer is written down that its process was stopped over."""
        if late and self.network.stalled:
            self.network.let_answer_come(choice, late)
        else:
            self.network.fates = fates
            send_due_dispatches()

    def _service_reports(self, choice: int, status: str, words: dict[str, Any]) -> None:
        """Any service reports on any order that ever reached it, and now and then repeats it or forges one."""
        if (dispatch := self._asked(choice)) is None:
            return
        self.acknowledged += not say(dispatch, status, **words).duplicate
        if choice % 5 == 0:
            self._repeat(dispatch, status, words)
        if choice % 5 == 1:
            self._forge(dispatch)

    def _asked(self, choice: int) -> Dispatch | None:
        """Return a dispatch whose order has arrived; the board sends first where none has."""
        if not self.network.orders:
            self._board_sends([Fate.ACCEPTED], None, 0)
        keys = list(self.network.orders)
        if not keys:
            return None
        # The latest ones more often than not: what is said of the others is nearly always late.
        lately = choice % (len(keys) if choice % 4 == 0 else min(2, len(keys)))
        return Dispatch.objects.select_related("session", "step__service").get(key=keys[-1 - lately])

    def _repeat(self, dispatch: Dispatch, status: str, words: dict[str, Any]) -> None:
        """Whoever got no answer says the same again."""
        receipt = say(dispatch, status, **words)
        assert receipt.duplicate or (status not in FINAL and words["sequence"] is None), "a repetition counts as news"
        self.acknowledged += not receipt.duplicate

    def _forge(self, dispatch: Dispatch) -> None:
        for how in FORGERIES:
            token = how.get("token", token_of(dispatch))
            words = {name: value for name, value in how.items() if name != "token"}
            with pytest.raises(ForgedCallback):
                record_callback(callback=incoming(dispatch, "succeeded", **words), token=token)

    def _all_that_are_asked_succeed(self) -> None:
        self.network.fates = (Fate.ACCEPTED,)
        send_due_dispatches()
        for dispatch in Dispatch.objects.filter(state__in=UNSETTLED).select_related("session", "step__service"):
            if str(dispatch.key) in self.network.orders:
                self.acknowledged += not say(dispatch, "succeeded").duplicate

    def _time_passes(self, seconds: int, words: Sequence[str | None]) -> None:
        """Somebody looked all the time; then nothing is overdue but what is being asked, and that may tell."""
        self.clock.pass_by(seconds)
        Pulse.objects.filter(name=PULSE).update(at=self.clock.time)
        self._look_after_it()
        if words:
            self._ask(words)

    def _board_is_away(self, seconds: int, *, alone: bool) -> None:
        """The time is nobody's fault; who starts and knows that no other process runs frees what those were at."""
        self.clock.pass_by(seconds)
        if alone:
            take_over()
        self._look_after_it()

    def _look_after_it(self) -> None:
        keep_time()
        now = self.clock.time
        overdue = Dispatch.objects.filter(
            Q(session__deadline_at__lte=now) | Q(lease_until__lte=now),
            Q(asked_at=None) | Q(asked_at__lte=now - ANSWER_WITHIN),
            state__in=UNSETTLED,
        )
        assert list(overdue) == [], "something is overdue, and nobody minds"

    def _ask(self, words: Sequence[str | None]) -> None:
        """What a service says when it is asked is kept like a callback."""
        before = Callback.objects.count()
        self.network.words = words
        ask_overdue_services()
        self.acknowledged += Callback.objects.count() - before

    @invariant()
    def every_promise_is_kept(self) -> None:
        assert Callback.objects.count() == self.acknowledged, "what was acknowledged is not what is stored"
        self.witness.look()

    def teardown(self) -> None:
        """Everything that is still open comes to its end when services answer and people decide."""
        try:
            self._bring_home()
            self.witness.look(again=True)
        finally:
            self._patches.undo()
            self._run.__exit__(Undo, Undo(), None)

    def _bring_home(self) -> None:
        for _ in range(ENOUGH_ROUNDS):
            unfinished = Promotion.objects.filter(state__in=OPEN)
            if not unfinished:
                return
            for promotion in unfinished:
                self._decide(promotion)
            self.clock.pass_by(6)
            self._all_that_are_asked_succeed()
        assert list(Promotion.objects.filter(state__in=OPEN)) == [], "a promotion cannot be brought to its end"

    def _decide(self, promotion: Promotion) -> None:
        if promotion.state == PromotionState.PAUSED.value:
            resume_promotion(actor=self.actor, version=promotion.version)
        failed = promotion.steps.filter(state__in=RETRYABLE).values_list("service__slug", flat=True)
        for service in list(failed):
            retry_step(actor=self.actor, version=promotion.version, service=service)


def set_up_board() -> None:
    """Make what every run begins with."""
    load_small_board()
    PromotionMachine.actor = person()
