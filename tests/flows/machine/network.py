"""The services and the way to them: what arrives, what gets lost, and which answers come too late."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle
from typing import TYPE_CHECKING

from releases.actions import asking, dispatches
from releases.clients.questions import Truth
from releases.domain.aggregation import Answer, CallbackStatus, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

    from releases.clients.questions import Question
    from releases.clients.services import Order


class Fate(StrEnum):
    """What becomes of one order on its way."""

    ACCEPTED = "it arrives and is accepted"
    BOARD_DIES_BEFORE = "the board dies between its claim and the request"
    BOARD_DIES_AFTER = "it arrives, and the board dies before it hears so"
    STALLED = "it arrives, and the answer is written down much later"
    UNREACHED = "nobody listens"
    BUSY = "the service asks to come back later"
    REFUSED = "the service refuses it"
    BROKEN = "the service answers with an error"


_ARRIVES = frozenset({Fate.ACCEPTED, Fate.BOARD_DIES_AFTER, Fate.STALLED})
_ANSWERS = {
    Fate.ACCEPTED: Answer(status=202, status_url="http://127.0.0.1:9/deployments/1"),
    Fate.UNREACHED: Answer(error="ConnectError: refused"),
    Fate.BUSY: Answer(status=503),
    Fate.REFUSED: Answer(status=401),
    Fate.BROKEN: Answer(status=500),
}
# What a service says that is asked how far it is; None says nothing, and the board that asked may die meanwhile.
DIES = "the board dies before it hears"
WORDS: tuple[str | None, ...] = (*(status.value for status in CallbackStatus), None, DIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class StalledAnswer:
    """An answer that its process has got but not written down yet."""

    order: Order
    settle: Callable[[Order, Answer], None]


class Network:
    """Holds what each service was asked; ``fates`` and ``words`` are what happens next, over and over."""

    def __init__(self) -> None:
        self.fates: Sequence[Fate] = (Fate.ACCEPTED,)
        self.words: Sequence[str | None] = (None,)
        self.orders: dict[str, Order] = {}
        self.stalled: list[StalledAnswer] = []

    def send_orders(self, orders: Sequence[Order], settle: Callable[[Order, Answer], None]) -> None:
        """Stand in for the real one."""
        for order, fate in zip(orders, cycle(self.fates), strict=False):
            if fate in _ARRIVES:
                self._arrive(order)
            if fate is Fate.STALLED:
                self.stalled.append(StalledAnswer(order=order, settle=settle))
            elif fate in _ANSWERS:
                settle(order, _ANSWERS[fate])

    def _arrive(self, order: Order) -> None:
        known = self.orders.setdefault(order.key, order)
        assert known == order, "a repeated order asks for something else"
        twin = [each for each in self.orders.values() if _attempt(each) == _attempt(order)]
        assert twin == [order], "one attempt has two identities"

    def ask_services(self, questions: Sequence[Question], settle: Callable[[Question, Truth], None]) -> None:
        """Stand in for the real one."""
        for question, word in zip(questions, cycle(self.words), strict=False):
            if word is None:
                settle(question, Truth(problem="no answer"))
            elif word != DIES:
                settle(question, Truth(report=Report(status=CallbackStatus(word))))

    def let_answer_come(self, number: int, fate: Fate) -> None:
        """Let one of the stalled processes go on with what it does after its request."""
        stalled = self.stalled.pop(number % len(self.stalled))
        stalled.settle(stalled.order, _ANSWERS.get(fate, _ANSWERS[Fate.ACCEPTED]))


def _attempt(order: Order) -> tuple[str, str, int]:
    return order.correlation_id, order.service, order.attempt


def connect(monkeypatch: pytest.MonkeyPatch) -> Network:
    """Put a network between the board and its services."""
    network = Network()
    monkeypatch.setattr(dispatches, "send_orders", network.send_orders)
    monkeypatch.setattr(asking, "ask_services", network.ask_services)
    # Its thread would wait for the one transaction that a run of the machine is.
    monkeypatch.setattr(dispatches, "renewing", lambda *_args, **_kwargs: nullcontext())
    return network
