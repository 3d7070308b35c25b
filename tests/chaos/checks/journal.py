"""The journal: every number once, every end once and nothing after it but what is late (I7); it verifies (I12)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.chaos.checks.lookup import OPEN_PROMOTIONS, Lookup, lookup
from tests.chaos.checks.outcome import Outcome, judged
from tests.chaos.checks.seals import broken_chain, sealing_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.reading import Facts
    from tests.chaos.rows import EntryRow, ReleaseRow

# What may still come of a session that is closed, of a promotion that ended, of a release that is over.
LATE = frozenset(
    {
        "callback.late",
        "callback.contradictory",
        "callback.out_of_order",
        "inbox.delivered",
        "inbox.gave_up",
        "delivery.repeated",
        "validation.started",
        "validation.finished",
    }
)
PROMOTION_ENDS = frozenset({"promotion.succeeded", "promotion.cancelled"})
RELEASE_ENDS = {"released": "release.released", "cancelled": "release.cancelled"}
BETWEEN_PROMOTIONS = LATE | {"promotion.started", "verdict.changed", *RELEASE_ENDS.values()}


def journal_is_whole(facts: Facts) -> Outcome:
    """I7: gapless from 1 to the release's number, each beginning and end told once, and only late things after."""
    known = lookup(facts.board)
    return judged(
        "I7",
        "journals are gapless and tell every end once",
        examined=len(facts.board.entries),
        violations=[
            *(finding for release in facts.board.releases for finding in _gaps(release, known.entries[release.id])),
            *(finding for release in facts.board.releases for finding in _release_ends(known, release)),
            *(finding for entries in known.entries.values() for finding in _after_ends(known, entries)),
            *_sessions(known),
            *_promotions(known),
        ],
    )


def _gaps(release: ReleaseRow, entries: list[EntryRow]) -> Iterator[str]:
    numbers = [entry.sequence for entry in entries]
    expected = range(1, release.sequence + 1)
    if missing := sorted(set(expected) - set(numbers)):
        yield f"the journal of {release.version} lacks entry {missing[0]}; it is at {release.sequence}."
    if beyond := sorted(set(numbers) - set(expected)):
        yield f"the journal of {release.version} has entry {beyond[0]}, but says it is at {release.sequence}."
    if len(set(numbers)) < len(numbers):
        yield f"the journal of {release.version} has a number twice."
    if entries and entries[0].kind != "release.created":
        yield f"the journal of {release.version} begins with {entries[0].kind}."


def _release_ends(known: Lookup, release: ReleaseRow) -> Iterator[str]:
    told = Counter(entry.kind for entry in known.entries[release.id])
    for state, kind in RELEASE_ENDS.items():
        expected = int(release.state == state)
        if told[kind] != expected:
            yield f"{release.version} is {release.state}; {kind} is told {told[kind]} times."


def _sessions(known: Lookup) -> Iterator[str]:
    told = Counter(
        (entry.kind, entry.payload["correlation_id"])
        for entries in known.entries.values()
        for entry in entries
        if entry.kind in {"session.opened", "session.closed"}
    )
    for session in known.sessions.values():
        expected = {"session.opened": 1, "session.closed": int(session.state != "running")}
        for kind, times in expected.items():
            found = told.pop((kind, str(session.correlation_id)), 0)
            if found != times:
                yield f"{known.session_name(session)} is {session.state}; {kind} is told {found} times."
    for kind, correlation in told:
        yield f"{kind} is told of a session {correlation} that does not exist."


def _promotions(known: Lookup) -> Iterator[str]:
    """The journal does not name promotions, but a release has one at a time: compare them in their order."""
    for release in known.releases.values():
        entries = known.entries[release.id]
        ends = [entry.kind.removeprefix("promotion.") for entry in entries if entry.kind in PROMOTION_ENDS]
        begun = sum(entry.kind == "promotion.started" for entry in entries)
        promotions = known.promotions_of[release.id]
        closed = [each.state for each in promotions if each.state not in OPEN_PROMOTIONS]
        if begun != len(promotions):
            yield f"{release.version} has {len(promotions)} promotions; {begun} beginnings are told."
        if ends != closed:
            yield f"the promotions of {release.version} ended as {closed}, its journal tells {ends}."


def _after_ends(known: Lookup, entries: list[EntryRow]) -> Iterator[str]:
    """Walk one journal: what comes after an end must be late."""
    version = known.releases[entries[0].release_id].version if entries else ""
    closed: set[str] = set()
    is_open = is_over = False
    for entry in entries:
        where = f"entry {entry.sequence} of {version} ({entry.kind})"
        if entry.payload.get("correlation_id") in closed and entry.kind not in LATE:
            yield f"{where} comes after its session was closed."
        if is_over and entry.kind not in LATE:
            yield f"{where} comes after the release was over."
        if not is_open and entry.kind not in BETWEEN_PROMOTIONS and entry.sequence > 1:
            yield f"{where} comes while no promotion is open."
        is_open = entry.kind == "promotion.started" or (is_open and entry.kind not in PROMOTION_ENDS)
        is_over = is_over or entry.kind in RELEASE_ENDS.values()
        if entry.kind == "session.closed":
            closed.add(entry.payload["correlation_id"])


def journal_verifies(facts: Facts) -> Outcome:
    """I12: the board's own verification holds, and so does the chain of seals, computed here once more."""
    said, known = facts.verification, lookup(facts.board)
    denied = [f"verify_journal ended with {said.status}: {said.said}"] if said.status else []
    keys = sealing_keys(facts.run.environment)
    chains = (
        finding
        for release in facts.board.releases
        for finding in broken_chain(release, known.entries[release.id], keys)
    )
    return judged("I12", "the journal verifies", examined=len(facts.board.entries), violations=[*denied, *chains])
