"""Asking one thing after another, in any order: each request meets what those before it left behind."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from releases.models import Dispatch, Release
from tests.api.fuzzing import Asker, Findings, undone
from tests.factories import token_of

if TYPE_CHECKING:
    from collections import Counter

    from schemathesis import BaseSchema

    from tests.api.fuzzing import AnyCase, AnyOperation, Known

STEPS = 15
ALMOST_ALWAYS = 0.95
# What happens to a release, and what stands in its way.
STORY = ("/api/v1/releases", "/api/v1/freezes", "/api/v1/inbox")
# What moves it most; a story of little else goes far.
STEERING = ("/promotions", "/pause", "/resume", "/cancel", "/retry", "/skip")
CALLBACKS = "/api/v1/callbacks"
REPORTS = ("accepted", "progress", "succeeded", "failed", "rejected")


class Story(RuleBasedStateMachine):
    """Somebody plans, promotes, steers and looks, while services report; afterwards nothing of it has happened."""

    acts: ClassVar[list[AnyOperation]]
    steering: ClassVar[list[AnyOperation]]
    looks: ClassVar[list[AnyOperation]]
    callback: ClassVar[AnyOperation]
    headers: ClassVar[dict[str, str]]
    known: ClassVar[Known]
    answered: ClassVar[Counter[int]]

    def __init__(self) -> None:
        super().__init__()
        self.findings = Findings()
        self.rest = ExitStack()
        self.rest.enter_context(undone())

    def teardown(self) -> None:
        self.answered.update(self.findings.statuses)
        self.rest.close()

    @rule(data=st.data())
    def act(self, data: st.DataObject) -> None:
        self._ask(data.draw(st.sampled_from(self.acts)), data)

    @rule(data=st.data())
    def steer(self, data: st.DataObject) -> None:
        self._ask(data.draw(st.sampled_from(self.steering)), data)

    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        self._ask(data.draw(st.sampled_from(self.looks)), data)

    @rule(data=st.data())
    def report(self, data: st.DataObject) -> None:
        """Call back as a service that was asked, be it too late."""
        asked = Dispatch.objects.select_related("session", "step__service").order_by("-pk")
        dispatch = data.draw(st.sampled_from([*asked.filter(closed_at=None), *asked[:2]]))
        case = _drawn(self.callback, data)
        case.body = {
            **(case.body if isinstance(case.body, dict) else {}),
            "correlation_id": str(dispatch.session.correlation_id),
            "source": dispatch.step.service.slug,
            "attempt": dispatch.attempt,
            "status": data.draw(st.sampled_from(REPORTS)),
        }
        self._send(self._asker(data), case, {"Authorization": f"Bearer {token_of(dispatch)}"})

    def _ask(self, operation: AnyOperation, data: st.DataObject) -> None:
        asker, case = self._asker(data), _drawn(operation, data)
        asker.aim(case)
        self._send(asker, case, self.headers)

    def _asker(self, data: st.DataObject) -> Asker:
        versions: list[Any] = [release.version for release in Release.objects.order_by("pk")]
        known = {**self.known, "version": versions, "stage": ["DEV", "PROD"]}
        chance = data.draw(st.randoms(use_true_random=False))
        return Asker(headers=self.headers, known=known, chance=chance, findings=self.findings, often=ALMOST_ALWAYS)

    def _send(self, asker: Asker, case: AnyCase, headers: dict[str, str]) -> None:
        asker.send(case, headers)
        assert self.findings.broken == {}, "\n\n".join(self.findings.broken.values())


def _drawn(operation: AnyOperation, data: st.DataObject) -> AnyCase:
    case: AnyCase = data.draw(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    return case


def story_of(
    schema: BaseSchema, *, headers: dict[str, str], known: Known, answered: Counter[int]
) -> type[RuleBasedStateMachine]:
    """Return the machine for this document and board; it adds to ``answered`` what each request was answered with."""
    operations = [operation.ok() for operation in schema.get_all_operations() if isinstance(operation, Ok)]
    told = [operation for operation in operations if operation.path.startswith(STORY)]
    members = {
        "acts": [operation for operation in told if operation.method != "get"],
        "steering": [operation for operation in told if operation.path.endswith(STEERING)],
        "looks": [operation for operation in told if operation.method == "get"],
        "callback": next(operation for operation in operations if operation.path == CALLBACKS),
        "headers": headers,
        "known": known,
        "answered": answered,
    }
    return type("StoryOfTheBoard", (Story,), members)
