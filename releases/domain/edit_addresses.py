"""Edits as parameters of an address, so that what was tried out can be sent to somebody: short, readable, stable."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from releases.domain.errors import InvalidInput
from releases.domain.rules import Severity
from releases.domain.what_if import ConstraintEdit, DenialEdit, Edits, FreezeEdit, RowEdit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Parameters = Mapping[str, Sequence[str]]

MAX_LENGTH = 1_000
# What rule-7 and rule-7-for are about; the plain name stands for what is changed most.
RULE_PARTS = {
    "": "provider_range",
    "for": "consumer_range",
    "consumer": "consumer",
    "provider": "provider",
    "severity": "severity",
}
DENIAL_PARTS = {"": "other_range", "for": "service_range", "service": "service", "other": "other", "reason": "reason"}
FREEZE_PARTS = {"": "span", "stage": "stage", "reason": "reason"}
PARTS = {"rule": RULE_PARTS, "denial": DENIAL_PARTS, "freeze": FREEZE_PARTS}

_KNOWN = re.compile(r"(?P<noun>rule|denial|freeze)-(?P<id>[0-9]{1,18})(?:-(?P<part>[a-z]+))?", re.ASCII)
_RULE = re.compile(r"(\S+) ([^;]+?) -> (\S+) ([^;]+?)(?:; *(\S+))?")
_DENIAL = re.compile(r"(\S+) ([^;]+?) with (\S+) ([^;]+?)(?:; *(.+))?")
_SPAN = r"([0-9TZ:.+-]*)/([0-9TZ:.+-]*)"
_FREEZE = re.compile(rf"(.+?)@{_SPAN}(?:; *(.+))?")

RULE_FORM = "Write it as “recommendations >=2.2.0 -> inventory >=1.4.0”, with “; WARNING” at the end for a warning."
DENIAL_FORM = "Write it as “checkout <1.5.0 with inventory >=2.0.0; the reason”."
ROW_FORM = "Write it as “2.2.0 inventory 1.3.0 1.4.0”: platform version, service, approved versions."
FREEZE_FORM = "Write it as “PROD@2026-12-01T00:00Z/2026-12-02T00:00Z; the reason”."
SPAN_FORM = "Write it as “2026-12-01T00:00Z/2026-12-02T00:00Z”; either side may be left out."


def parse_edits(parameters: Parameters) -> Edits:
    """Read the edits among the parameters; ``InvalidInput`` names the parameter. Other names are left alone."""
    changes = _changes(parameters)
    return Edits(
        constraints=(
            *(_rule_edit(number, parts) for number, parts in changes["rule"]),
            *(_new_rule(text) for text in _texts(parameters, "newrule")),
        ),
        denials=(
            *(_denial_edit(number, parts) for number, parts in changes["denial"]),
            *(_new_denial(text) for text in _texts(parameters, "deny")),
        ),
        rows=tuple(_row(text) for text in _texts(parameters, "row")),
        freezes=(
            *(_freeze_edit(number, parts) for number, parts in changes["freeze"]),
            *(_new_freeze(text) for text in _texts(parameters, "freeze")),
        ),
    )


def edit_parameters(edits: Edits) -> list[tuple[str, str]]:
    """Write the edits as parameters: what is stored by its number, then what is new."""
    return [
        *(pair for edit in edits.constraints if edit.id is not None for pair in _changed("rule", edit.id, edit)),
        *(("newrule", _shown_rule(edit)) for edit in edits.constraints if edit.id is None),
        *(pair for edit in edits.denials if edit.id is not None for pair in _changed("denial", edit.id, edit)),
        *(("deny", _shown_denial(edit)) for edit in edits.denials if edit.id is None),
        *(("row", " ".join((row.platform_version, row.service, *row.approved))) for row in edits.rows),
        *(pair for edit in edits.freezes if edit.id is not None for pair in _changed("freeze", edit.id, edit)),
        *(("freeze", _shown_freeze(edit)) for edit in edits.freezes if edit.id is None),
    ]


def _texts(parameters: Parameters, name: str) -> Iterator[str]:
    """Values of a parameter that may come often; a field that was left empty says nothing."""
    return (text for each in parameters.get(name, ()) if (text := _bounded(name, each)))


def _bounded(name: str, text: str) -> str:
    if len(text) > MAX_LENGTH or not text.isprintable():
        raise InvalidInput(name, f"{name} has at most {MAX_LENGTH} printable characters.")
    return text.strip()


def _changes(parameters: Parameters) -> dict[str, list[tuple[int, dict[str, str]]]]:
    """What is said about each stored rule, denial and freeze: by number, the parts and their texts."""
    found: dict[str, dict[int, dict[str, str]]] = {noun: {} for noun in PARTS}
    for name, values in parameters.items():
        match = _KNOWN.fullmatch(name)
        if match is None or not values:
            continue
        noun, part = match["noun"], match["part"] or ""
        if part not in PARTS[noun]:
            raise InvalidInput(name, f"{name} is not known; what may follow {noun}-{match['id']} is {_endings(noun)}.")
        text = _bounded(name, values[-1])
        if text or not part:
            found[noun].setdefault(int(match["id"]), {})[PARTS[noun][part]] = text
    return {noun: sorted(numbers.items()) for noun, numbers in found.items()}


def _endings(noun: str) -> str:
    return ", ".join(f"-{part}" for part in PARTS[noun] if part)


def _rule_edit(number: int, parts: dict[str, str]) -> ConstraintEdit:
    if parts == {"provider_range": ""}:
        return ConstraintEdit(id=number, is_deleted=True)
    given: dict[str, Any] = dict(parts)
    if "severity" in given:
        given["severity"] = _severity(f"rule-{number}-severity", parts["severity"])
    return ConstraintEdit(id=number, **given)


def _denial_edit(number: int, parts: dict[str, str]) -> DenialEdit:
    if parts == {"other_range": ""}:
        return DenialEdit(id=number, is_deleted=True)
    given: dict[str, Any] = dict(parts)
    return DenialEdit(id=number, **given)


def _freeze_edit(number: int, parts: dict[str, str]) -> FreezeEdit:
    if parts == {"span": ""}:
        return FreezeEdit(id=number, is_deleted=True)
    edit = FreezeEdit(id=number, stage=parts.get("stage", ""), reason=parts.get("reason", ""))
    return _with_span(edit, f"freeze-{number}", parts["span"]) if parts.get("span") else edit


def _severity(name: str, text: str) -> Severity | None:
    if text in {"", *Severity}:
        return Severity(text) if text else None
    raise InvalidInput(name, f"{text} is no severity: write ERROR or WARNING.")


def _new_rule(text: str) -> ConstraintEdit:
    match = _RULE.fullmatch(text)
    if match is None:
        raise InvalidInput("newrule", f"“{text}” is not a rule. {RULE_FORM}")
    return ConstraintEdit(
        consumer=match[1],
        consumer_range=match[2],
        provider=match[3],
        provider_range=match[4],
        severity=_severity("newrule", match[5] or ""),
    )


def _new_denial(text: str) -> DenialEdit:
    match = _DENIAL.fullmatch(text)
    if match is None:
        raise InvalidInput("deny", f"“{text}” is not a denial. {DENIAL_FORM}")
    return DenialEdit(
        service=match[1], service_range=match[2], other=match[3], other_range=match[4], reason=match[5] or ""
    )


def _row(text: str) -> RowEdit:
    platform_version, *rest = text.split()
    if not rest:
        raise InvalidInput("row", f"“{text}” is not a row. {ROW_FORM}")
    return RowEdit(platform_version=platform_version, service=rest[0], approved=tuple(rest[1:]))


def _new_freeze(text: str) -> FreezeEdit:
    match = _FREEZE.fullmatch(text)
    if match is None:
        raise InvalidInput("freeze", f"“{text}” is not a freeze. {FREEZE_FORM}")
    return _with_span(FreezeEdit(stage=match[1], reason=match[4] or ""), "freeze", f"{match[2]}/{match[3]}")


def _with_span(edit: FreezeEdit, name: str, text: str) -> FreezeEdit:
    match = re.fullmatch(_SPAN, text)
    if match is None:
        raise InvalidInput(name, f"“{text}” is not a time span. {SPAN_FORM}")
    return replace(edit, starts_at=_moment(name, match[1]), ends_at=_moment(name, match[2]))


def _moment(name: str, text: str) -> datetime | None:
    """Read a time; one that names no zone is meant in UTC."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(name, f"“{text}” is no time. {SPAN_FORM}") from error


def _changed(noun: str, number: int, edit: ConstraintEdit | DenialEdit | FreezeEdit) -> Iterator[tuple[str, str]]:
    if edit.is_deleted:
        yield f"{noun}-{number}", ""
        return
    for ending, part in PARTS[noun].items():
        text = _told_span(edit) if isinstance(edit, FreezeEdit) and part == "span" else getattr(edit, part)
        if text:
            yield (f"{noun}-{number}-{ending}" if ending else f"{noun}-{number}"), str(text)


def _shown_rule(edit: ConstraintEdit) -> str:
    rule = f"{edit.consumer} {edit.consumer_range} -> {edit.provider} {edit.provider_range}"
    return f"{rule}; {edit.severity}" if edit.severity else rule


def _shown_denial(edit: DenialEdit) -> str:
    denial = f"{edit.service} {edit.service_range} with {edit.other} {edit.other_range}"
    return f"{denial}; {edit.reason}" if edit.reason else denial


def _shown_freeze(edit: FreezeEdit) -> str:
    freeze = f"{edit.stage}@{_span(edit)}"
    return f"{freeze}; {edit.reason}" if edit.reason else freeze


def _told_span(edit: FreezeEdit) -> str:
    return _span(edit) if edit.starts_at or edit.ends_at else ""


def _span(edit: FreezeEdit) -> str:
    return f"{_shown_moment(edit.starts_at)}/{_shown_moment(edit.ends_at)}"


def _shown_moment(moment: datetime | None) -> str:
    if moment is None:
        return ""
    shown = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{shown.isoformat(timespec='auto' if shown.second or shown.microsecond else 'minutes')}Z"
