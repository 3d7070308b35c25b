"""What services reported: nothing lost (I1), one result each (I2), nobody gave up (I9), nothing forged (I10)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.chaos.checks.lookup import FINAL, Lookup, lookup
from tests.chaos.checks.outcome import Outcome, judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.reading import Facts, SentCallback
    from tests.chaos.records import ForgedRecord
    from tests.chaos.rows import CallbackRow

MESSAGE_LIMIT = 500
ACKNOWLEDGED = "acknowledged"
UNAUTHORIZED = 401
# The board, its database or every web process was away: no judgement at all.
AWAY = frozenset({None, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """A callback that the board acknowledged."""

    correlation_id: str
    source: str
    attempt: int
    status: str
    sequence: int | None
    message: str

    def __str__(self) -> str:
        number = "" if self.sequence is None else f" number {self.sequence}"
        return f"{self.status}{number} of {self.source} attempt {self.attempt} ({self.correlation_id})"


def acknowledged_is_stored(facts: Facts) -> Outcome:
    """I1: what got a 2xx is in the table, or repeats what is; and what is in the table is in the journal."""
    known = lookup(facts.board)
    words = [*_answered(facts), *_acknowledged(facts)]
    lost = (finding for word in words if (finding := _missing(known, word)))
    return judged(
        "I1",
        "an acknowledged callback is stored",
        examined=len(words),
        violations=[*lost, *_contradicted_answers(facts, known), *_untold(known)],
    )


def _answered(facts: Facts) -> list[_Word]:
    return [
        _Word(
            correlation_id=each.correlation_id,
            source=each.source,
            attempt=each.attempt,
            status=each.status,
            sequence=each.sequence,
            message=each.message,
        )
        for each in facts.callbacks
        if _is_success(each.http_status)
    ]


def _acknowledged(facts: Facts) -> list[_Word]:
    bodies = [json.loads(each.body) for each in facts.services.callbacks if each.outcome == ACKNOWLEDGED]
    return [_Word(**{name: body.get(name) for name in _Word.__dataclass_fields__}) for body in bodies]


def _is_success(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def _missing(known: Lookup, word: _Word) -> str:
    dispatch = known.slots.get((word.correlation_id, word.source))
    if dispatch is None:
        return f"{word} was acknowledged, but no such dispatch exists."
    if dispatch.attempt != word.attempt:
        return f"{word} was acknowledged for a dispatch that is attempt {dispatch.attempt}."
    if any(_is_or_repeats(word, stored) for stored in known.callbacks[dispatch.id]):
        return ""
    return f"{word} was acknowledged, but neither it nor what it would repeat is stored."


def _is_or_repeats(word: _Word, stored: CallbackRow) -> bool:
    same = stored.status == word.status
    if word.sequence is not None and stored.sequence == word.sequence:
        return same and stored.message == word.message[:MESSAGE_LIMIT]
    if word.status in FINAL:
        return same
    return same and word.sequence is None and stored.message == word.message[:MESSAGE_LIMIT]


def _contradicted_answers(facts: Facts, known: Lookup) -> Iterator[str]:
    """The answer names a journal entry, which then must exist."""
    for each in facts.callbacks:
        dispatch = known.slots.get((each.correlation_id, each.source))
        if not _is_success(each.http_status) or dispatch is None:
            continue
        told = each.answer.get("sequence") if isinstance(each.answer, dict) else None
        last = known.releases[known.promotion(dispatch).release_id].sequence
        if not isinstance(told, int) or not 0 < told <= last:
            yield f"{each.status} of {each.source} was answered with entry {told}; the journal is at {last}."


def _untold(known: Lookup) -> Iterator[str]:
    """Every stored callback has one journal entry, and the other way round."""
    stored: Counter[tuple[str, str, int, str, str]] = Counter()
    for dispatch in known.keys.values():
        for each in known.callbacks[dispatch.id]:
            slot = (known.correlation(dispatch), known.service(dispatch), dispatch.attempt)
            stored[*slot, each.status, each.disposition] += 1
    told: Counter[tuple[str, str, int, str, str]] = Counter()
    for entries in known.entries.values():
        for entry in entries:
            if entry.kind.startswith("callback."):
                word = entry.payload
                slot = (word["correlation_id"], entry.service, word["attempt"])
                told[*slot, word["status"], entry.kind.removeprefix("callback.")] += 1
    for key in stored.keys() | told.keys():
        if stored[key] != told[key]:
            correlation, service, attempt, status, disposition = key
            what = f"{status} ({disposition}) of {service} attempt {attempt} ({correlation})"
            yield f"{what} is stored {stored[key]} times and told {told[key]} times in the journal."


def one_result_each(facts: Facts) -> Outcome:
    """I2: a dispatch has one applied final result at most, and closes once."""
    known = lookup(facts.board)
    return judged(
        "I2",
        "a dispatch has one final result at most",
        examined=len(facts.board.dispatches),
        violations=[*_several_results(known), *_several_ends(known)],
    )


def _several_results(known: Lookup) -> Iterator[str]:
    for dispatch in known.keys.values():
        applied = known.applied(dispatch)
        if len(applied) > 1:
            yield f"{known.slot_name(dispatch)} has {len(applied)} applied results: {', '.join(applied)}."


def _several_ends(known: Lookup) -> Iterator[str]:
    closed: Counter[tuple[str, str]] = Counter(
        (entry.payload["correlation_id"], entry.service)
        for entries in known.entries.values()
        for entry in entries
        if entry.kind == "slot.closed"
    )
    for slot, dispatch in known.slots.items():
        expected = 0 if dispatch.closed_at is None else 1
        if closed[slot] != expected:
            yield f"{known.slot_name(dispatch)} is {dispatch.state}; its end is told {closed[slot]} times."


def nobody_gave_up(facts: Facts) -> Outcome:
    """I9: the board's last word on a genuine callback is never a refusal."""
    return judged(
        "I9",
        "no service gave up on a callback",
        examined=len(facts.services.callbacks),
        violations=(
            f"{each.service} gave up on callback {each.sequence} of order {each.key}: {each.outcome}."
            for each in facts.services.callbacks
            if each.outcome not in {"", ACKNOWLEDGED}
        ),
    )


def forged_is_refused(facts: Facts) -> Outcome:
    """I10: what is forged gets 401 with one and the same body and leaves nothing; what is stored is genuine."""
    judged_ones = [each for each in facts.forged if each.http_status not in AWAY]
    return judged(
        "I10",
        "forged callbacks are refused alike and leave nothing",
        examined=len(judged_ones),
        violations=[*_accepted(judged_ones), *_told_apart(judged_ones), *_from_nowhere(facts)],
    )


def _accepted(forged: list[ForgedRecord]) -> Iterator[str]:
    for each in forged:
        if each.http_status != UNAUTHORIZED:
            yield f"a callback with {each.what} was answered {each.http_status}, not 401: {each.body[:200]}"


def _told_apart(forged: list[ForgedRecord]) -> Iterator[str]:
    """Whoever forges learns nothing from the answer: not one word differs."""
    examples = {each.body: each.what for each in forged if each.http_status == UNAUTHORIZED}
    if len(examples) > 1:
        for body, what in examples.items():
            yield f"forged callbacks are told apart: one with {what} was refused with {body[:200]}"


def _from_nowhere(facts: Facts) -> Iterator[str]:
    """Only where the services' own logs are at hand."""
    if not facts.services.orders:
        return
    known = lookup(facts.board)
    sent = {(each.key, each.sequence): each for each in facts.services.callbacks}
    asked = _truths(known)
    for dispatch in known.keys.values():
        for stored in known.callbacks[dispatch.id]:
            if stored.sequence is None:
                genuine = (known.correlation(dispatch), known.service(dispatch), stored.status) in asked
            else:
                genuine = _is_from(sent.get((str(dispatch.key), stored.sequence)), stored)
            if not genuine:
                what = f"{stored.status} number {stored.sequence} for {known.slot_name(dispatch)}"
                yield f"{what} is stored, but its service never said so: {stored.message[:100]!r}"


def _truths(known: Lookup) -> set[tuple[str, str, str]]:
    """What services said when they were asked, by slot."""
    return {
        (entry.payload["correlation_id"], entry.service, entry.payload["status"])
        for entries in known.entries.values()
        for entry in entries
        if entry.kind == "service.asked"
    }


def _is_from(sent: SentCallback | None, stored: CallbackRow) -> bool:
    if sent is None:
        return False
    body = json.loads(sent.body)
    said = (body["status"], body["percent"], body["message"][:MESSAGE_LIMIT])
    return said == (stored.status, stored.percent, stored.message)
