"""A scenario as a conversation: it yields what to ask and is sent the answer, so that it needs no network itself."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from releases.domain.validation import Outcome, StepResult

_LONGEST = 300


class Token(StrEnum):
    """Whose token a request carries."""

    NONE = "none"
    STAGE = "stage"
    APPTRUST = "apptrust"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request; ``token`` says whose is sent with it, where one is configured."""

    url: str
    method: str = "GET"
    body: Mapping[str, object] | None = None
    key: str = ""
    token: Token = Token.STAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``error`` says why there is none. Header names are lower case; ``tls`` is the protocol, empty without one."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    took_ms: int = 0
    tls: str = ""
    error: str = ""

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 (what HTTP calls successful)


class Broken(Exception):
    """A step did not find what it must."""

    def __init__(
        self, message: str, *, outcome: Outcome = Outcome.FAILED, expected: object = "", observed: object = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.outcome = outcome
        self.expected = str(expected)
        self.observed = str(observed)


class Stopped(Exception):
    """A step ended so that those after it make no sense."""


Talk: TypeAlias = Generator[Ask, Answer, None]
Reply: TypeAlias = Generator[Ask, Answer, Answer]


class Record:
    """The steps of one conversation so far; whatever happens inside a step is that step's outcome."""

    def __init__(self, planned: Sequence[str] = ()) -> None:
        self.steps: list[StepResult] = []
        self.measured_ms: int | None = None
        self._planned = tuple(planned)
        self._spent_ms = 0
        self._found = StepResult(name="", outcome=Outcome.PASSED)

    @contextmanager
    def step(self, name: str, *, stops: bool = True) -> Iterator[None]:
        """Note how the block went; where ``stops``, a block that went wrong ends the conversation."""
        self._spent_ms, self._found = 0, StepResult(name=name, outcome=Outcome.PASSED)
        try:
            yield
        except Broken as broken:
            found = replace(
                self._found,
                outcome=broken.outcome,
                message=broken.message,
                expected=broken.expected,
                observed=broken.observed,
            )
        except Exception as mistake:  # noqa: BLE001 (whatever it is, it belongs to the step it happened in)
            found = replace(self._found, outcome=Outcome.ERROR, message=f"{type(mistake).__name__}: {mistake}")
        else:
            found = self._found
        self._note(found)
        if stops and found.outcome is not Outcome.PASSED:
            raise Stopped

    def _note(self, found: StepResult) -> None:
        kept = replace(
            found,
            name=_storable(found.name),
            message=_storable(found.message),
            expected=_storable(found.expected),
            observed=_storable(found.observed),
            duration_ms=self._spent_ms,
        )
        self.steps.append(kept)

    def say(self, message: str = "", *, expected: object = "", observed: object = "") -> None:
        """Tell what the present step found, in case it passes."""
        self._found = replace(self._found, message=message, expected=str(expected), observed=str(observed))

    def ask(self, ask: Ask) -> Reply:
        """Ask; nobody answering is an error of the step."""
        answer = yield ask
        self._spent_ms += answer.took_ms
        if answer.error:
            raise Broken(answer.error, outcome=Outcome.ERROR)
        return answer

    def ask_well(self, ask: Ask) -> Reply:
        """Ask for something that must succeed."""
        answer = yield from self.ask(ask)
        return good(ask, answer)

    def finished(self) -> tuple[StepResult, ...]:
        """Return every step, with those that were planned and not reached."""
        done = {step.name for step in self.steps}
        rest = [name for name in self._planned if name not in done]
        if not self.steps:
            return ()
        message = "The step before it did not pass."
        return (*self.steps, *(StepResult(name=name, outcome=Outcome.NOT_REACHED, message=message) for name in rest))


def good(ask: Ask, answer: Answer) -> Answer:
    """Return the answer; ``Broken`` unless it is a success."""
    if not answer.is_good:
        message = f"{ask.method} {ask.url} answered {answer.status}{_told(answer)}."
        raise Broken(message, expected="2xx", observed=answer.status)
    return answer


def _told(answer: Answer) -> str:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    detail = document.get("detail") if isinstance(document, dict) else None
    return f": {detail[:120].rstrip('.')}" if isinstance(detail, str) else ""


def _storable(text: str) -> str:
    """Make text of anybody fit for any database: bounded, without NUL and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:_LONGEST]


def read_json(answer: Answer) -> object:
    """Return the answer's JSON; ``Broken`` where it is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as mistake:
        raise Broken(
            "The answer is not JSON.", expected="JSON", observed=answer.body[:60].decode("utf-8", "replace")
        ) from mistake


def at(document: object, path: str) -> object:
    """Follow a dotted path into objects; ``Broken`` names what is missing, the empty path is the whole."""
    found = document
    for name in path.split(".") if path else ():
        if not isinstance(found, Mapping) or name not in found:
            names = ", ".join(sorted(map(str, found))[:12]) if isinstance(found, Mapping) else type(found).__name__
            raise Broken(f"The answer has no {path}.", expected=path, observed=names)
        found = found[name]
    return found


def whole_number(document: object, path: str) -> int:
    """Return the whole number there; ``Broken`` for anything else."""
    found = at(document, path)
    if not isinstance(found, int) or isinstance(found, bool):
        raise Broken(f"{path} is not a whole number.", expected="a whole number", observed=repr(found)[:60])
    return found


def put(path: str, value: object) -> dict[str, object]:
    """Return the object in which ``value`` stands at a dotted path."""
    first, _, rest = path.partition(".")
    return {first: put(rest, value) if rest else value}
