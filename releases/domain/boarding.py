"""Who is on board of a train: what each service had registered by the cut-off, and what came too late."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from releases.domain.plan_problems import TARGET_VERSION
from releases.domain.selection import Candidate, select_version
from releases.domain.verdicts import Overall
from releases.domain.versions import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from releases.domain.plans import Plan, Problem
    from releases.domain.verdicts import Reason
    from releases.domain.versions import Version


class Boarding(StrEnum):
    """Worst first, as the board lists them."""

    INCOMPATIBLE = "incompatible"
    ON_BOARD = "on_board"
    LATE = "late"
    NOT_COMING = "not_coming"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A version of a service and when the registry got it, None where it does not tell."""

    candidate: Candidate
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """``version`` is what the service goes with, ``live`` what it runs; ``late`` came after the cut-off and is newer.

    Each is empty where there is none; ``why`` says why nothing newer comes.
    """

    service: str
    live: str
    version: str
    late: str
    why: str

    @property
    def is_moving(self) -> bool:
        return bool(self.version) and self.version != self.live


@dataclass(frozen=True, slots=True, kw_only=True)
class Passenger:
    """One service as the departure board shows it; ``why`` is a sentence."""

    service: str
    state: Boarding
    live: str
    version: str
    late: str
    why: str


def ticket(service: str, registered: Sequence[Registered], *, live: str, cut_off_at: datetime) -> Ticket:
    """Choose the newest eligible version from before the cut-off; nobody goes back to an older one by train."""
    in_time = [each.candidate for each in registered if each.at is None or each.at <= cut_off_at]
    chosen = select_version(service, in_time, admit_prereleases=False)
    version, why = chosen.version, "" if chosen.version else chosen.why
    if version is not None and live and version <= parse(live) and version.raw != live:
        why = f"{version.raw}, the newest that may come, is not newer than {live}, which is live."
        version = None
    raw = version.raw if version else live
    return Ticket(
        service=service,
        live=live,
        version=raw,
        late=_late(service, registered, than=raw),
        why=why or (f"{live} is live and nothing newer was registered." if raw == live else ""),
    )


def _late(service: str, registered: Sequence[Registered], *, than: str) -> str:
    newest: Version | None = select_version(
        service, [each.candidate for each in registered], admit_prereleases=False
    ).version
    if newest is None or newest.raw == than or (than and newest <= parse(than)):
        return ""
    return newest.raw


def passengers(
    tickets: Iterable[Ticket], reasons: Iterable[Reason], problems: Iterable[Problem]
) -> tuple[Passenger, ...]:
    """Say of each service whether it comes; ``reasons`` are the verdict's errors, ``problems`` those of the plan."""
    against: dict[str, str] = {}
    for reason in reasons:
        for service in filter(None, (reason.service, reason.other)):
            against.setdefault(service, reason.text)
    for problem in problems:
        against.setdefault(problem.service, problem.text)
    found = (_passenger(each, against.get(each.service, "")) for each in tickets)
    order = list(Boarding)
    return tuple(sorted(found, key=lambda each: (order.index(each.state), each.service)))


def _passenger(each: Ticket, against: str) -> Passenger:
    state, why = _judged(each, against)
    return Passenger(service=each.service, state=state, live=each.live, version=each.version, late=each.late, why=why)


def _judged(each: Ticket, against: str) -> tuple[Boarding, str]:
    missed = f"{each.late} was registered after the cut-off and has to take the next train." if each.late else ""
    if against:
        return Boarding.INCOMPATIBLE, against
    if each.is_moving:
        new = f"{each.version} takes the place of {each.live}." if each.live else f"{each.version} is its first."
        return Boarding.ON_BOARD, f"{new} {missed}".strip()
    if each.late:
        return Boarding.LATE, missed
    return Boarding.NOT_COMING, each.why


def number_in_the_way(plan: Plan) -> Problem | None:
    """Return what is wrong with a plan's platform version, where another number is all that it needs; else None."""
    is_number = {problem.field for problem in plan.problems} == {TARGET_VERSION}
    return plan.problems[0] if is_number and plan.verdict.overall is not Overall.INCOMPATIBLE else None
