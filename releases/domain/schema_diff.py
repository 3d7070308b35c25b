"""What a changed JSON schema breaks for whoever sends or reads it; what the rules here do not cover is said so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from releases.domain.references import NOTHING, TooLarge, Unreadable
from releases.domain.sameness import telling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from releases.domain.references import Source
    from releases.domain.sameness import Sameness

    Schema = Mapping[str, object]

# Deeper schemas are not followed, whoever wrote them.
MOST_DEPTH = 40
# Values of an enumeration that a sentence names.
MOST_VALUES = 5

_COMPARED = frozenset(
    {
        "additionalProperties",
        "enum",
        "items",
        "nullable",
        "properties",
        "readOnly",
        "required",
        "type",
        "writeOnly",
    }
)
# They bound a value by themselves, so that beside them the keywords above still mean what they say.
_BOUNDS = frozenset(
    {
        "const",
        "contentEncoding",
        "contentMediaType",
        "default",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "pattern",
        "uniqueItems",
        "xml",
    }
)


class Flow(Enum):
    """Which way a value goes: the consumer sends it, or reads it."""

    REQUEST = "request"
    RESPONSE = "response"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference, as a clause; it breaks the consumer, or nobody analysed whether it does."""

    is_break: bool
    text: str


def broke(text: str) -> Change:
    return Change(is_break=True, text=text)


def unclear(text: str) -> Change:
    return Change(is_break=False, text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaDiff:
    """Compares schemas of values that go one way.

    With ``is_expectation`` the schemas before are what the consumer itself states: what it reads and does not
    mention there is of no matter to it.
    """

    sameness: Sameness
    flow: Flow
    is_expectation: bool = False
    _walked: set[tuple[int, int]] = field(default_factory=set)

    def changes(
        self, before: object, after: object, place: str, above: tuple[tuple[int, int], ...] = ()
    ) -> Iterator[Change]:
        """Yield what differs; ``place`` names the value in a sentence, ``above`` the schemas that this one is in.

        Two schemas that differ and are met again by another way are told of where they were met first.
        """
        try:
            if not self._is_same(before, after):
                yield from self._differences(before, after, place, above)
        except Unreadable as error:
            yield unclear(f"{place}: {error}")

    def _is_same(self, before: object, after: object) -> bool:
        """What cannot be read is not the same; where it is shows further down."""
        try:
            return self.sameness.holds(before, after)
        except TooLarge:
            raise
        except Unreadable:
            return False

    def _differences(
        self, before: object, after: object, place: str, above: tuple[tuple[int, int], ...]
    ) -> Iterator[Change]:
        old, new = self.sameness.before.follow(before), self.sameness.after.follow(after)
        here = (id(old), id(new))
        if here in above:
            raise Unreadable("it refers to itself")
        if here in self._walked:
            return
        if len(above) >= MOST_DEPTH:
            raise Unreadable("it is nested too deeply")
        if not isinstance(old, Mapping) or not isinstance(new, Mapping):
            raise Unreadable("one of its schemas is no object")
        if beyond := sorted((telling(old) | telling(new)) - _COMPARED - _BOUNDS, key=str):
            raise Unreadable(f"{_listed(beyond)} {'is' if len(beyond) == 1 else 'are'} in use")
        self._walked.add(here)
        yield from self._compare(old, new, place, (*above, here))

    def _compare(self, old: Schema, new: Schema, place: str, above: tuple[tuple[int, int], ...]) -> Iterator[Change]:
        was, now = _types(old, self.sameness.before), _types(new, self.sameness.after)
        yield from self._compare_types(was, now, place)
        if was and now and not _within(was, now) and not _within(now, was):
            return
        yield from self._compare_bounds(old, new, place)
        yield from self._compare_values(_values(old), _values(new), place)
        yield from self._compare_members(old, new, place)
        yield from self._descend(old, new, place, above)

    def _compare_types(self, was: frozenset[str], now: frozenset[str], place: str) -> Iterator[Change]:
        if not was or not now:
            if was != now and not (self.is_reading_freely and not was):
                yield unclear(f"{place}: its type is stated on one side only")
            return
        strange = was - _within(was, now) if self.flow is Flow.REQUEST else now - _within(now, was)
        if "null" in strange:
            yield broke(f"{place} may {'no longer' if self.flow is Flow.REQUEST else 'now'} be null")
        if strange - {"null"}:
            yield broke(f"{place} was {_either(was)} and is {_either(now)}")

    @property
    def is_reading_freely(self) -> bool:
        return self.is_expectation and self.flow is Flow.RESPONSE

    def _compare_bounds(self, old: Schema, new: Schema, place: str) -> Iterator[Change]:
        differing = self.sameness.differing(old, new, but=_COMPARED)
        telling_ones = [each for each in differing if each in old or not self.is_reading_freely]
        if telling_ones:
            yield unclear(f"{place}: {_listed(telling_ones)} {'differs' if len(telling_ones) == 1 else 'differ'}")

    def _compare_values(self, was: Values | None, now: Values | None, place: str) -> Iterator[Change]:
        if self.flow is Flow.REQUEST and now is not None:
            if was is None:
                yield broke(f"{place} now admits only {_shown(now)}")
            elif gone := {key: was[key] for key in was.keys() - now.keys()}:
                yield broke(f"{place} no longer admits {_shown(gone)}")
        if self.flow is Flow.RESPONSE and was is not None:
            if now is None:
                yield broke(f"{place} may now be anything beside {_shown(was)}")
            elif added := {key: now[key] for key in now.keys() - was.keys()}:
                yield broke(f"{place} may now be {_shown(added)}")

    def _compare_members(self, old: Schema, new: Schema, place: str) -> Iterator[Change]:
        was, now = self._members(old), self._members(new)
        needed, needs = self._required(old), self._required(new)
        gone = sorted(was.keys() - now.keys())
        if self.flow is Flow.REQUEST:
            yield from (broke(f"{place}: the property {name} is now required") for name in sorted(needs - needed))
            yield from (unclear(f"{place}: the property {name} is no longer described") for name in gone)
        else:
            yield from (broke(f"{place}: the property {name} is gone") for name in gone)
            absent = sorted(needed - needs - set(gone))
            yield from (broke(f"{place}: the property {name} may now be absent") for name in absent)

    def _members(self, schema: Schema) -> Schema:
        """Return the properties that go this way: what is read only is never sent, what is write only never read."""
        members = schema.get("properties", NOTHING)
        if not isinstance(members, Mapping):
            raise Unreadable("its properties cannot be read")
        return {name: each for name, each in members.items() if isinstance(name, str) and not self._is_hidden(each)}

    def _is_hidden(self, member: object) -> bool:
        keyword = "readOnly" if self.flow is Flow.REQUEST else "writeOnly"
        return isinstance(member, Mapping) and member.get(keyword) is True

    def _required(self, schema: Schema) -> set[str]:
        members = schema.get("properties", NOTHING)
        known = members if isinstance(members, Mapping) else NOTHING
        return {name for name in _texts(schema.get("required", ())) if not self._is_hidden(known.get(name))}

    def _descend(self, old: Schema, new: Schema, place: str, above: tuple[tuple[int, int], ...]) -> Iterator[Change]:
        was, now = self._members(old), self._members(new)
        for name in sorted(was.keys() & now.keys()):
            yield from self.changes(was[name], now[name], f"{place}.{name}", above)
        yield from self._descend_by("items", old, new, f"{place}[]", above)
        yield from self._descend_by("additionalProperties", old, new, f"{place}.*", above)

    def _descend_by(
        self, keyword: str, old: Schema, new: Schema, place: str, above: tuple[tuple[int, int], ...]
    ) -> Iterator[Change]:
        if keyword not in old and (keyword not in new or self.is_reading_freely):
            return
        yield from self.changes(old.get(keyword, True), new.get(keyword, True), place, above)


Values = Mapping[tuple[bool, object], object]


def _types(schema: Schema, source: Source) -> frozenset[str]:
    """Return the types that are admitted; none when the schema does not say."""
    stated = schema.get("type", ())
    types = frozenset(_texts([stated] if isinstance(stated, str) else stated))
    if types and source.knows_nullable and schema.get("nullable") is True:
        return types | {"null"}
    return types


def _texts(stated: object) -> Iterable[str]:
    if not isinstance(stated, list | tuple) or not all(isinstance(each, str) for each in stated):
        raise Unreadable("its types or required properties cannot be read")
    return stated


def _within(types: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """Return those of the types that the others admit: every integer is a number."""
    return frozenset(each for each in types if each in others or (each == "integer" and "number" in others))


def _values(schema: Schema) -> Values | None:
    """Return the enumeration by what tells its values apart in JSON; None when there is none."""
    if "enum" not in schema:
        return None
    stated = schema["enum"]
    if not isinstance(stated, list) or not all(each is None or isinstance(each, str | int | float) for each in stated):
        raise Unreadable("its enumeration holds more than plain values")
    return {(isinstance(each, bool), each): each for each in stated}


def _either(types: Iterable[str]) -> str:
    return " or ".join(sorted(types))


def _shown(values: Values) -> str:
    return _listed(sorted(str(value)[:60] for value in values.values())) if values else "nothing"


def _listed(words: list[str]) -> str:
    shown = [str(word)[:60] for word in words[:MOST_VALUES]]
    more = [f"{len(words) - MOST_VALUES} more"] if len(words) > MOST_VALUES else []
    *first, last = [*shown, *more]
    return f"{', '.join(first)} and {last}" if first else last
