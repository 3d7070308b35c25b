"""A day of a board in one process, every step by hand: what a chaos run meets by chance, met here on purpose.

Whoever dies in it dies by an exception at a named point, which rolls back and forgets what a killed process would.
"""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db.models import F

from releases.actions import sweeping
from releases.actions.asking import ask_overdue_services
from releases.actions.deliveries import send_due_deliveries
from releases.actions.dispatches import send_due_dispatches
from releases.models import AggregationSession, Delivery, Dispatch, Promotion, Release
from tests.api.calling import Caller
from tests.chaos.app.arming import Armed
from tests.chaos.app.hooks import hooked
from tests.chaos.bugs.planting import planted
from tests.chaos.records import CallbackRecord, CommandRecord, ForgedRecord
from tests.factories import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bookverse.demo.service.deployments import OpenCallback
    from tests.chaos.bugs import Bug
    from tests.chaos.records import Recorder
    from tests.chaos.workshops import Workshops

OPERATOR = "manager"
FINAL_ANSWERS = frozenset({401, 404, 410, 422})
LAPSE = timedelta(seconds=10)
ROUNDS = 40


class Died(BaseException):
    """What kills a process here; no handler of the product may take it for an error of its own."""


class Day:
    """``bug`` is planted for the whole day; as a process dies, what it kept in memory goes with it."""

    def __init__(self, workshops: Workshops, recorder: Recorder, *, token: str, bug: Bug | None = None) -> None:
        self.workshops = workshops
        self.recorder = recorder
        self.bug = bug
        self.version = ""
        self._manager = Caller(token=token)
        self._process = ExitStack()

    def restart(self) -> None:
        """End the process, if there is one, and start another."""
        self._process.close()
        if self.bug is not None:
            self._process.enter_context(planted(self.bug))
        sweeping.take_over()

    def end(self) -> None:
        self._process.close()

    @contextmanager
    def death_at(self, point: str, *, nth: int = 1) -> Iterator[None]:
        """Let whoever reaches the point in this block die there, the process with it."""
        with suppress(Died), hooked(Armed(last_visits={point: nth}, die=_die).reached):
            yield
        self.restart()

    def command(self, path: str, body: Mapping[str, object] | None = None, *, key: str = "") -> None:
        """Post as the operator does; the answer may be a refusal."""
        answer = self._manager.post(path, body or {}, **({"Idempotency-Key": key} if key else {}))
        self.recorder.write(
            CommandRecord(
                operator=OPERATOR,
                key=key,
                method="POST",
                path=f"/api/v1{path}",
                body=dict(body or {}),
                http_status=answer.status_code,
                answer=answer.json(),
            )
        )

    def insistently(self, path: str, body: Mapping[str, object] | None = None) -> None:
        """Post twice with one key, as somebody does whose first answer was lost."""
        key = str(uuid4())
        self.command(path, body, key=key)
        self.command(path, body, key=key)

    def steer(self, act: str, body: Mapping[str, object] | None = None, *, insist: bool = False) -> None:
        post = self.insistently if insist else self.command
        post(f"/releases/{self.version}/{act}", body)

    def begin(self) -> None:
        """Start the board, plan a release and start its first promotion."""
        self.restart()
        self.create()
        self.promote("DEV")

    def create(self) -> None:
        digest = self._manager.post("/plans/preview", {}).json()["digest"]
        self.insistently("/releases", {"accept_digest": digest})
        self.version = Release.objects.latest("pk").version

    def promote(self, stage: str, **request: object) -> None:
        self.insistently(f"/releases/{self.version}/promotions", {"stage": stage, "timeout_ms": 10_000, **request})
        self.version = Promotion.objects.latest("pk").version

    def work(self, service: str) -> None:
        """Let a service do what it was asked and report all of it."""
        self.workshops.work(service)
        self.report(service)

    def report(self, service: str, *, but_for: int = 0) -> None:
        """Deliver what a service has to say, but for the last, for as long as the board answers."""
        while self.workshops.unheard(service) > but_for:
            heard = [self.deliver(service, callback) for callback in self.workshops.waiting(service)]
            if not any(heard):
                return

    def deliver(self, service: str, callback: OpenCallback, *, copy: bool = False) -> bool:
        """Post one callback and do with the answer what the real services do; tell whether there is more to say."""
        body = json.loads(callback.body)
        status, answer = self._post_callback(body, callback.token)
        told = {name: body[name] for name in ("correlation_id", "source", "attempt", "status", "sequence", "message")}
        self.recorder.write(CallbackRecord(**told, http_status=status, answer=answer, copy=copy))
        if copy or status is None:
            return False
        is_final = status < 300 or status in FINAL_ANSWERS
        if is_final:
            outcome = "acknowledged" if status < 300 else f"given up after {status}"
            self.workshops.close_callback(service, callback, outcome)
        return is_final

    def _post_callback(self, body: Mapping[str, object], token: str) -> tuple[int | None, Any]:
        try:
            answer = Caller(token=token).post("/callbacks", body)
        except Died:
            return None, None
        return answer.status_code, answer.json()

    def forge(self, what: str, callback: OpenCallback, *, token: str = "of somebody else", **changes: object) -> None:
        """Post what nobody may believe."""
        body = {**json.loads(callback.body), "message": f"forged: {what}", "sequence": 999, **changes}
        answer = Caller(token=token).post("/callbacks", body)
        self.recorder.write(
            ForgedRecord(
                what=what,
                correlation_id=str(body["correlation_id"]),
                message=str(body["message"]),
                http_status=answer.status_code,
                body=answer.content.decode(),
            )
        )

    def send(self) -> None:
        send_due_dispatches()

    def sweep(self) -> None:
        """Look once after everything that is due."""
        sweeping.keep_time()
        send_due_dispatches()
        ask_overdue_services()
        send_due_deliveries()

    def pass_time(self, by: timedelta = LAPSE) -> None:
        """Let everything that waits be due that much earlier."""
        for model, names in _MOMENTS.items():
            model.objects.update(**{name: F(name) - by for name in names})

    def finish(self) -> None:
        """Do what is left as services and operators would who lost their patience with nothing."""
        for _ in range(ROUNDS):
            self.sweep()
            for service in SERVICES:
                self.work(service)
            promotion = Promotion.objects.filter(finished_at=None).first()
            if promotion is None:
                return
            self._help(promotion)

    def _help(self, promotion: Promotion) -> None:
        if promotion.state == "paused":
            self.steer("resume")
        elif promotion.state == "held":
            for service in promotion.steps.filter(state__in=["failed", "rejected", "timed_out"]).values_list(
                "service__slug", flat=True
            ):
                self.steer(f"steps/{service}/retry", insist=True)
        else:
            self.pass_time()


_MOMENTS: Mapping[Any, tuple[str, ...]] = {
    AggregationSession: ("deadline_at",),
    Delivery: ("next_send_at", "claimed_until"),
    Dispatch: ("next_send_at", "claimed_until", "lease_until", "asked_at"),
}


def _die(point: str) -> None:
    raise Died(point)
