"""What goes wrong, where and when: all of it follows from the seed and the topology alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from bookverse.demo.addresses import SERVICES
from tests.chaos.gate import Mode
from tests.chaos.postman import Fault, Forgery

# How far a process is when it is killed: usually up, now and then on its way there.
UP, STARTING = "", "as it starts"
WEBS, WORKERS = ("web-1", "web-2"), ("worker-1", "worker-2")


class Topology(StrEnum):
    EMBEDDED = "embedded"
    SPLIT = "split"


class Kind(StrEnum):
    """The kinds of faults; the first four are kills."""

    PROCESS = "kill"
    POSTGRES = "kill postgres"
    BACKEND = "kill backend"
    REDIS = "kill redis"
    FLUSH = "flush redis"
    GATE = "gate"
    CALLBACK = "callback"
    FORGERY = "forgery"
    CLASH = "clash"
    SERVICE = "service"


class Clash(StrEnum):
    """What two people, or one with two clicks, do to one release at the same moment."""

    PROMOTE_TWICE = "promote twice with one key"
    PROMOTE_BOTH = "promote with two keys"
    RETRY_TWICE = "retry twice with one key"
    RETRY_AND_SKIP = "retry and skip"
    PAUSE_BOTH = "pause, both"
    PAUSE_AND_CANCEL = "pause and cancel on the same page"
    RESUME_AND_CANCEL = "resume and cancel on the same page"
    CANCEL_TWICE = "cancel twice with one key"


KILLS = frozenset({Kind.PROCESS, Kind.POSTGRES, Kind.BACKEND, Kind.REDIS})
MODES = ("fail", "reject", "silent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """``gap_s`` after the one before; ``count`` and ``wait_s`` mean what the kind makes of them."""

    gap_s: float
    kind: Kind
    target: str
    how: str = ""
    count: int = 1
    wait_s: float = 0.0

    def __str__(self) -> str:
        return " ".join(filter(None, (f"+{self.gap_s:.2f}s", self.kind, self.target, self.how)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """How often each kind comes, and which processes there are to kill, each as often as it is named."""

    weights: dict[Kind, float]
    processes: tuple[str, ...]


_ELSEWHERE = {Kind.GATE: 13.0, Kind.CALLBACK: 13.0, Kind.FORGERY: 5.0, Kind.CLASH: 10.0, Kind.SERVICE: 7.0}
ODDS = {
    Topology.EMBEDDED: Odds(weights={Kind.PROCESS: 52.0, **_ELSEWHERE}, processes=("web-1",)),
    Topology.SPLIT: Odds(
        weights={
            Kind.PROCESS: 38.0,
            Kind.POSTGRES: 5.0,
            Kind.BACKEND: 6.0,
            Kind.REDIS: 6.0,
            Kind.FLUSH: 4.0,
            **_ELSEWHERE,
        },
        processes=(*WEBS, *WEBS, *WEBS, *WORKERS, *WORKERS, "beat"),
    ),
}
_TARGETS: dict[Kind, tuple[str, ...]] = {
    Kind.POSTGRES: ("postgres",),
    Kind.BACKEND: ("postgres",),
    Kind.REDIS: ("redis",),
    Kind.FLUSH: ("redis",),
    Kind.GATE: SERVICES,
    Kind.SERVICE: SERVICES,
    Kind.CALLBACK: ("postman",),
    Kind.FORGERY: ("postman",),
    Kind.CLASH: ("operators",),
}
_WAYS: dict[Kind, tuple[str, ...]] = {
    Kind.PROCESS: (*[UP] * 6, STARTING),
    Kind.GATE: tuple(mode for mode in Mode if mode is not Mode.OPEN),
    Kind.SERVICE: MODES,
    Kind.CALLBACK: tuple(Fault),
    Kind.FORGERY: tuple(Forgery),
    Kind.CLASH: tuple(Clash),
}
# After a kill the board gets a moment, or a run would be nothing but starts.
AFTER_KILL_S, AFTER_OTHERS_S = (0.0, 0.5), (0.0, 0.3)
WAITS_S, COUNTS = (0.05, 2.0), (1, 3)
# How many messages pass before a kill, and how long that may take.
MESSAGES, MESSAGES_WITHIN_S = (0, 14), 6.0


def schedule(seed: int, topology: Topology, count: int) -> tuple[Injection, ...]:
    """Draw the faults; a longer schedule begins like a shorter one."""
    chance = Random(f"{seed} {topology}")
    odds = ODDS[topology]
    drawn: list[Injection] = []
    while len(drawn) < count:
        after_kill = bool(drawn) and drawn[-1].kind in KILLS
        gap_s = round(chance.uniform(*(AFTER_KILL_S if after_kill else AFTER_OTHERS_S)), 3)
        (kind,) = chance.choices(list(odds.weights), list(odds.weights.values()))
        drawn.append(_draw(chance, odds, kind, gap_s))
    return tuple(drawn)


def _draw(chance: Random, odds: Odds, kind: Kind, gap_s: float) -> Injection:
    is_kill = kind is Kind.PROCESS
    wait_s = MESSAGES_WITHIN_S if is_kill else round(chance.uniform(*WAITS_S), 3)
    count = chance.randint(*(MESSAGES if is_kill else COUNTS))
    targets, ways = _TARGETS.get(kind, odds.processes), _WAYS.get(kind, ("",))
    return Injection(
        gap_s=gap_s, kind=kind, target=chance.choice(targets), how=chance.choice(ways), count=count, wait_s=wait_s
    )
