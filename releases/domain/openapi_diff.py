"""What a changed OpenAPI operation breaks for its consumer, and what of it nobody analysed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from releases.domain.operation_security import security_changes
from releases.domain.references import NOTHING, Source, Unreadable, is_annotation
from releases.domain.sameness import Sameness
from releases.domain.schema_diff import Change, Flow, SchemaDiff, broke, unclear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from releases.domain.openapi import Operation

    Part = Mapping[str, object]
    Key = tuple[str, str | int]

_COMPARED = frozenset({"parameters", "requestBody", "responses", "security", "servers"})
_PARAMETER = re.compile(r"{([^{}/]*)}")
_JSON = re.compile(r"application/([\w.-]+\+)?json(;.*)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What breaks, and what was not analysed, as clauses in the order in which they were met, each once."""

    breaks: tuple[str, ...] = ()
    unanalysed: tuple[str, ...] = ()


def collect(changes: Iterable[Change]) -> Changes:
    found = dict.fromkeys(changes)
    return Changes(
        breaks=tuple(change.text for change in found if change.is_break),
        unanalysed=tuple(change.text for change in found if not change.is_break),
    )


@lru_cache(maxsize=4096)
def compare(before: Operation, after: Operation) -> Changes:
    """Compare what one document says of an endpoint with what another one says of it."""
    if before is after:
        return Changes()
    sameness = Sameness(before=before.source, after=after.source)
    steps = (_rest, _parameters, _request, _answers, security_changes)
    return collect(change for step in steps for change in _guarded(step, sameness, before, after))


def _guarded(
    step: Callable[[Sameness, Operation, Operation], Iterator[Change]],
    sameness: Sameness,
    before: Operation,
    after: Operation,
) -> Iterator[Change]:
    try:
        yield from step(sameness, before, after)
    except Unreadable as error:
        yield unclear(str(error))


def _rest(sameness: Sameness, before: Operation, after: Operation) -> Iterator[Change]:
    for keyword in sameness.differing(before.own, after.own, but=_COMPARED):
        yield unclear(f"{str(keyword)[:60]} of the operation changed")


def _parameters(sameness: Sameness, before: Operation, after: Operation) -> Iterator[Change]:
    was, now = _parameters_of(before), _parameters_of(after)
    for key in sorted(was.keys() | now.keys(), key=str):
        if key not in now:
            yield unclear(f"{_named(key)} is no longer described")
        elif key in was:
            yield from _compare_parameter(sameness, was[key], now[key], _named(key))
        elif key[0] == "path":
            yield unclear(f"{_named(key)} is new")
        elif now[key].get("required") is True:
            yield broke(f"{_named(key)} is new and required")


def _compare_parameter(sameness: Sameness, was: Part, now: Part, place: str) -> Iterator[Change]:
    if now.get("required") is True and was.get("required") is not True:
        yield broke(f"{place} is now required")
    yield from _compare_holder(sameness, was, now, Flow.REQUEST, place, but=frozenset({"in", "name", "required"}))


def _compare_holder(
    sameness: Sameness, was: Part, now: Part, flow: Flow, place: str, but: frozenset[str] = frozenset()
) -> Iterator[Change]:
    """Compare two parts by their schemas, and see that everything else is the same."""
    if "schema" in was and "schema" in now:
        but |= {"schema"}
        yield from SchemaDiff(sameness=sameness, flow=flow).changes(was["schema"], now["schema"], place)
    for keyword in sameness.differing(was, now, but=but):
        yield unclear(f"{place}: {str(keyword)[:60]} changed")


def _parameters_of(operation: Operation) -> dict[Key, Part]:
    """Return the parameters; those of the path by their place, for their names are not sent."""
    places = {name: place for place, name in enumerate(_PARAMETER.findall(operation.template))}
    found: dict[Key, Part] = {}
    for holder in (operation.shared, operation.own):
        for node in _list(holder.get("parameters", []), "the parameters"):
            parameter = _mapping(operation.source.follow(node), "a parameter")
            found[_key(parameter, places)] = parameter
    return found


def _key(parameter: Part, places: Mapping[str, int]) -> Key:
    where, name = parameter.get("in"), parameter.get("name")
    if not isinstance(where, str) or not isinstance(name, str):
        raise Unreadable("a parameter cannot be read")
    if where == "path":
        return where, places.get(name, name)
    return where, name.lower() if where == "header" else name


def _named(key: Key) -> str:
    where, name = key
    return f"path parameter {name + 1}" if isinstance(name, int) else f"{where[:60]} parameter {name[:60]}"


def _request(sameness: Sameness, before: Operation, after: Operation) -> Iterator[Change]:
    was, now = _body(before), _body(after)
    is_required = bool(now) and now.get("required") is True
    if is_required and was.get("required") is not True:
        yield broke("a request body is now required")
    if was and now:
        yield from _content(sameness, was, now, Flow.REQUEST, "the request")
        yield from _others_of(sameness, was, now, "the request", frozenset({"content", "required"}))
    elif was:
        yield unclear("the request body is no longer described")


def _body(operation: Operation) -> Part:
    """Return the request body, empty when there is none."""
    if "requestBody" not in operation.own:
        return NOTHING
    return _mapping(operation.source.follow(operation.own["requestBody"]), "the request body")


def _answers(sameness: Sameness, before: Operation, after: Operation) -> Iterator[Change]:
    was, now = _answers_of(before), _answers_of(after)
    for code in sorted(was.keys() | now.keys()):
        if not code.startswith("2"):
            yield from _other_answer(sameness, was, now, code)
        elif code not in was:
            yield unclear(f"answer {code} is new")
        elif code in now:
            yield from _answer(sameness, was[code], now[code], f"answer {code}")
        elif now.keys() & {"2XX", "DEFAULT"}:
            yield unclear(f"answer {code} is no longer described by itself")
        else:
            yield broke(f"answer {code} is gone")


def _answers_of(operation: Operation) -> dict[str, object]:
    stated = _mapping(operation.own.get("responses", NOTHING), "the answers")
    return {str(code)[:60].upper(): answer for code, answer in stated.items() if not is_annotation(code)}


def _other_answer(
    sameness: Sameness, was: Mapping[str, object], now: Mapping[str, object], code: str
) -> Iterator[Change]:
    if code not in was or code not in now or not sameness.holds(was[code], now[code]):
        yield unclear(f"answer {code.lower()} changed")


def _answer(sameness: Sameness, before: object, after: object, place: str) -> Iterator[Change]:
    try:
        was = _mapping(sameness.before.follow(before), "it")
        now = _mapping(sameness.after.follow(after), "it")
        yield from _content(sameness, was, now, Flow.RESPONSE, place)
        yield from _others_of(sameness, was, now, place, frozenset({"content"}))
    except Unreadable as error:
        yield unclear(f"{place}: {error}")


def _content(sameness: Sameness, before: Part, after: Part, flow: Flow, place: str) -> Iterator[Change]:
    was, now = _media(before, place), _media(after, place)
    for name in sorted(was):
        where = place if name == "application/json" else f"{place} as {name}"
        if name in now:
            yield from _compare_holder(sameness, was[name], now[name], flow, where)
        elif any("*" in each for each in now):
            yield unclear(f"{place}: {name} is no longer described by itself")
        else:
            yield broke(f"{place} is no longer {'taken' if flow is Flow.REQUEST else 'given'} as {name}")


def _media(holder: Part, place: str) -> dict[str, Part]:
    stated = _mapping(holder.get("content", NOTHING), f"{place}: its content")
    return {
        str(name)[:100].lower().replace(" ", ""): _mapping(media, f"{place}: its content")
        for name, media in stated.items()
    }


def _others_of(sameness: Sameness, was: Part, now: Part, place: str, but: frozenset[str]) -> Iterator[Change]:
    for keyword in sameness.differing(was, now, but=but):
        yield unclear(f"{place}: {str(keyword)[:60]} changed")


def compare_sent(schema: object, operation: Operation) -> Changes:
    """Compare what the consumer says it sends with the body that the operation takes."""
    try:
        taken = _json_schema(_body(operation), "the request")
    except Unreadable as error:
        return collect([unclear(str(error))])
    return _compare_stated(schema, operation, Flow.REQUEST, {"the request": taken})


def compare_read(schema: object, operation: Operation) -> Changes:
    """Compare what the consumer says it reads with each answer of success that has a body."""
    try:
        given = {
            f"answer {code}": _json_schema(found, f"answer {code}")
            for code, answer in sorted(_answers_of(operation).items())
            if code.startswith("2")
            and (found := _mapping(operation.source.follow(answer), f"answer {code}")).get("content")
        }
    except Unreadable as error:
        return collect([unclear(str(error))])
    return _compare_stated(schema, operation, Flow.RESPONSE, given)


def _compare_stated(schema: object, operation: Operation, flow: Flow, described: Mapping[str, object]) -> Changes:
    if not isinstance(schema, Mapping):
        return collect([unclear("the contract's own schema is no object")])
    if not described:
        return collect([unclear("no answer of success describes a body")])
    stated = Source(root=schema, knows_nullable=False)
    diff = SchemaDiff(sameness=Sameness(before=stated, after=operation.source), flow=flow, is_expectation=True)
    return collect(change for place, each in described.items() for change in diff.changes(schema, each, place))


def _json_schema(holder: Part, place: str) -> object:
    """Return the schema of the first JSON body; raises ``Unreadable`` when there is none."""
    for name, media in _media(holder, place).items():
        if _JSON.fullmatch(name) and "schema" in media:
            return media["schema"]
    raise Unreadable(f"{place} describes no JSON")


def _mapping(part: object, what: str) -> Part:
    if not isinstance(part, Mapping):
        raise Unreadable(f"{what} cannot be read")
    return part


def _list(part: object, what: str) -> list[object]:
    if not isinstance(part, list):
        raise Unreadable(f"{what} cannot be read")
    return part
