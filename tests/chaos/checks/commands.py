"""What people were told was done is done, once (I13): by answer, receipt, rows and journal."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.chaos.checks.lookup import Lookup, grouped, lookup
from tests.chaos.checks.outcome import Outcome, judged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.chaos.reading import Facts
    from tests.chaos.records import CommandRecord
    from tests.chaos.rows import EntryRow, ReceiptRow

_PATHS = {
    "create": re.compile(r"/releases"),
    "promote": re.compile(r"/releases/(?P<version>[^/]+)/promotions"),
    "pause": re.compile(r"/releases/(?P<version>[^/]+)/pause"),
    "resume": re.compile(r"/releases/(?P<version>[^/]+)/resume"),
    "cancel": re.compile(r"/releases/(?P<version>[^/]+)/cancel"),
    "retry": re.compile(r"/releases/(?P<version>[^/]+)/steps/(?P<service>[^/]+)/retry"),
    "skip": re.compile(r"/releases/(?P<version>[^/]+)/steps/(?P<service>[^/]+)/skip"),
    "accept": re.compile(r"/releases/(?P<version>[^/]+)/steps/(?P<service>[^/]+)/accept"),
}
_VERBS = {
    "release.created": "create",
    "promotion.started": "promote",
    "promotion.paused": "pause",
    "promotion.resumed": "resume",
    "promotion.cancelled": "cancel",
    "release.cancelled": "cancel",
    "step.retried": "retry",
    "step.accepted": "accept",
}
# What names the thing that a command made; the rest of an answer tells how things are by now.
_MADE = {"create": ("version",), "promote": ("promotion_id",), "retry": ("service", "attempt")}
_API = "/api/v1"

Deed = tuple[str, str, int | None, str]  # who, verb, release, service


@dataclass(frozen=True, slots=True, kw_only=True)
class _Command:
    """All tries of one command: several only where they share a key."""

    verb: str
    operator: str
    key: str
    version: str
    service: str
    tries: tuple[CommandRecord, ...]

    @property
    def accepted(self) -> list[CommandRecord]:
        return [each for each in self.tries if _is_success(each)]

    @property
    def is_uncertain(self) -> bool:
        """Nobody was told whether it was done."""
        return not self.accepted and any(each.http_status is None or each.http_status >= 500 for each in self.tries)

    def __str__(self) -> str:
        what = " ".join(filter(None, (self.verb, self.version, self.service)))
        return f"{self.operator}'s {what}" + (f" with key {self.key}" if self.key else "")


def _is_success(record: CommandRecord) -> bool:
    return record.http_status is not None and 200 <= record.http_status < 300


def commands_are_done_once(facts: Facts) -> Outcome:
    """I13: an accepted command has its receipt, its row and its journal entry; a repeated one had one effect."""
    known, commands = lookup(facts.board), list(_commands(facts.commands))
    receipts = {(each.actor, each.key): each for each in facts.board.receipts}
    return judged(
        "I13",
        "an accepted command is done, once",
        examined=sum(bool(command.accepted) for command in commands),
        violations=[
            *(finding for command in commands for finding in _answers(command)),
            *(finding for command in commands for finding in _receipt(command, receipts)),
            *(finding for command in commands for finding in _made(known, command)),
            *_deeds(known, commands),
            *_shared(facts.board.receipts),
        ],
    )


def _commands(records: Iterable[CommandRecord]) -> Iterator[_Command]:
    """Those that change a release; what else is posted, as a plan's preview, is none."""
    read = ((record, *_read(record.path)) for record in records if record.method == "POST")
    known = [(number, record, verb, names) for number, (record, verb, names) in enumerate(read) if verb]
    same = grouped(known, lambda each: (each[1].operator, each[1].key or each[0], each[2], *sorted(each[3].items())))
    for tries in same.values():
        _, record, verb, names = tries[0]
        yield _Command(
            verb=verb,
            operator=record.operator,
            key=record.key,
            version=names.get("version", ""),
            service=names.get("service", ""),
            tries=tuple(each[1] for each in tries),
        )


def _read(path: str) -> tuple[str, dict[str, str]]:
    short = path.removeprefix(_API)
    for verb, pattern in _PATHS.items():
        if found := pattern.fullmatch(short):
            return verb, found.groupdict()
    return "", {}


def _answers(command: _Command) -> Iterator[str]:
    names = _MADE.get(command.verb, ())
    told = {tuple(_field(each, name) for name in names) for each in command.accepted}
    if len(told) > 1:
        yield f"{command} was answered in {len(told)} ways: {sorted(map(str, told))}."


def _field(record: CommandRecord, name: str) -> Any:  # noqa: ANN401 (whatever was answered)
    """Return a value of the answer; a promotion that was waited for answers with its result, in the same name."""
    return record.answer.get(name) if isinstance(record.answer, dict) else None


def _receipt(command: _Command, receipts: Mapping[tuple[str, str], ReceiptRow]) -> Iterator[str]:
    if not command.key:
        return
    receipt = receipts.get((command.operator, command.key))
    if receipt is None:
        if command.accepted:
            yield f"{command} was accepted, but has no receipt."
        return
    if not command.accepted and not command.is_uncertain:
        statuses = sorted({str(each.http_status) for each in command.tries})
        yield f"{command} was refused with {', '.join(statuses)}, but has a receipt."
    for name in set(_MADE.get(command.verb, ())) & receipt.result.keys():
        for each in command.accepted:
            if _field(each, name) != receipt.result[name]:
                yield f"{command} was answered {name} {_field(each, name)}, its receipt says {receipt.result[name]}."


def _made(known: Lookup, command: _Command) -> Iterator[str]:
    """What the answer names exists."""
    for each in command.accepted:
        match command.verb:
            case "create":
                if _field(each, "version") not in known.labels:
                    yield f"{command} made {_field(each, 'version')}, which does not exist."
            case "promote":
                promotion = known.promotions.get(_field(each, "promotion_id"))
                if promotion is None:
                    yield f"{command} started promotion {_field(each, 'promotion_id')}, which does not exist."
                elif known.stage(promotion) != each.body.get("stage"):
                    yield f"{command} asked for {each.body.get('stage')}, but got {known.promotion_name(promotion)}."
            case _:
                pass


def _deeds(known: Lookup, commands: list[_Command]) -> Iterator[str]:
    """Count by person, release and verb: as many entries as commands that were done, or may have been."""
    done = Counter(_deed(known, command) for command in commands if command.accepted)
    uncertain = Counter(_deed(known, command) for command in commands if command.is_uncertain)
    operators = {command.operator for command in commands}
    told = Counter(
        deed
        for entries in known.entries.values()
        for entry in entries
        if (deed := _told(entry)) and deed[0] in operators
    )
    for deed in sorted(done.keys() | told.keys(), key=str):
        who, verb, release_id, service = deed
        least, most = done[deed], done[deed] + uncertain[deed]
        if not least <= told[deed] <= most:
            release = known.releases.get(release_id or 0)
            what = " ".join(filter(None, (verb, release.version if release else "", service)))
            yield f"{who} was told {least} times that {what} is done; the journal tells it {told[deed]} times."


def _deed(known: Lookup, command: _Command) -> Deed:
    if command.verb == "create":
        return command.operator, command.verb, None, ""
    label = known.labels.get(command.version)
    return command.operator, command.verb, label.release_id if label else None, command.service


def _told(entry: EntryRow) -> Deed | None:
    if entry.kind == "step.skipped":
        by_hand = entry.payload["cause"] == "operator"
        return (entry.actor, "skip", entry.release_id, entry.service) if by_hand else None
    verb = _VERBS.get(entry.kind)
    if verb is None:
        return None
    release_id = None if verb == "create" else entry.release_id
    return entry.actor, verb, release_id, entry.service


def _shared(receipts: tuple[ReceiptRow, ...]) -> Iterator[str]:
    """Two keys are two commands: none of them shares what it made with another."""
    made = [(name, receipt) for receipt in receipts for name in ("promotion_id", "version") if name in receipt.result]
    for (name, value), same in grouped(made, lambda each: (each[0], each[1].result[each[0]])).items():
        if len(same) > 1:
            keys = ", ".join(receipt.key for _, receipt in same)
            yield f"{name} {value} stands for {len(same)} keys: {keys}."
