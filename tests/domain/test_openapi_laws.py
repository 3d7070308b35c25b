"""What holds for every document, kind or hostile."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from releases.domain.contracts import Maturity, check_contract
from releases.domain.rules import Severity
from releases.domain.versions import parse
from tests.domain.api_documents import CONTRACT, Json, answering, codes, document, rules_of, taking

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = (
    "#/components/schemas/Book",
    "#/paths",
    "$ref",
    "/books/{id}",
    "3.0.3",
    "allOf",
    "array",
    "content",
    "enum",
    "get",
    "in",
    "items",
    "name",
    "null",
    "nullable",
    "object",
    "openapi",
    "parameters",
    "paths",
    "properties",
    "required",
    "responses",
    "schema",
    "string",
    "type",
    "url",
)
words = st.one_of(st.sampled_from(WORDS), st.text(max_size=3))
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), words)
anything = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=4)),
    max_leaves=12,
)
types = st.lists(st.sampled_from(["integer", "number", "string", "null"]), min_size=1, unique=True)
enumerations = st.lists(st.sampled_from(["a", "b", 1, True, None]), unique_by=repr)
simple = st.fixed_dictionaries({}, optional={"type": types, "enum": enumerations})
names = st.sampled_from(["id", "description", "type"])


def _wider(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.just("object"),
            "properties": st.dictionaries(names, inner, max_size=2),
            "required": st.lists(names, max_size=2, unique=True),
            "items": inner,
            "additionalProperties": inner,
            "oneOf": st.lists(inner, max_size=2),
            "description": st.text(max_size=2),
            "format": st.just("uuid"),
        },
    )


schemas = st.recursive(simple, _wider, max_leaves=6)


def holders(node: Json) -> Iterator[tuple[Json, Json]]:
    """Yield each place in a document, as what holds it and its key there."""
    places = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in [*places]:
        yield node, key
        yield from holders(inner)


def spoil(shown: Json, place: int, by: Json) -> Json:
    spoilt = deepcopy(shown)
    found = [*holders(spoilt)]
    holder, key = found[place % len(found)]
    holder[key] = by
    return spoilt


def deep(depth: int) -> Json:
    schema: Json = {}
    for _ in range(depth):
        schema = {"items": [schema]}
    return schema


@given(now=anything, then=anything)
def test_whatever_is_called_a_document_is_judged_without_raising_and_never_passes(now: Json, then: Json) -> None:
    contract = replace(CONTRACT, request_schema=then, response_schema=now)
    rules = rules_of({"1.2.3": then, "2.0.0": now})
    assert {reason.severity for reason in check_contract(contract, rules, parse("2.0.0"))} <= {
        Severity.UNKNOWN,
        Severity.ERROR,
    }


def test_however_deep_a_document_goes_it_is_judged() -> None:
    assert codes(answering(deep(5_000)), answering(deep(4_999))) == ["not-analysed"]


@given(place=st.integers(min_value=0, max_value=200), by=anything)
def test_a_document_that_is_spoilt_anywhere_is_judged_without_raising(place: int, by: Json) -> None:
    kind, spoilt = document(), spoil(document(), place, by)
    for now, then in ((spoilt, kind), (kind, spoilt), (spoilt, deepcopy(spoilt))):
        assert codes(now, then) != []


@given(place=st.integers(min_value=0, max_value=200), by=anything)
def test_a_stated_schema_that_is_spoilt_anywhere_is_judged_without_raising(place: int, by: Json) -> None:
    shown = document()
    spoilt = spoil({"schema": shown["components"]["schemas"]["Book"]}, place, by)["schema"]
    contract = replace(CONTRACT, request_schema=spoilt, response_schema=spoilt)
    assert codes(shown, contract=contract) != []


@given(schema=schemas)
def test_a_schema_that_stays_the_same_breaks_nothing(schema: Json) -> None:
    for describe in (answering, taking):
        assert codes(describe(schema), describe(deepcopy(schema))) == ["contract-holds"]


@given(schema=schemas)
def test_a_schema_behind_a_reference_is_the_same_schema(schema: Json) -> None:
    named = {**answering({"$ref": "#/components/schemas/A"}), "components": {"schemas": {"A": schema}}}
    assert codes(named, answering(schema)) == codes(answering(schema), named) == ["contract-holds"]


@given(before=schemas, after=schemas)
def test_documentation_changes_nothing(before: Json, after: Json) -> None:
    documented = {**after, "title": "A title.", "example": after, "x-team": "shop"}
    assert codes(answering(documented), answering(before)) == codes(answering(after), answering(before))


@given(before=simple, after=simple)
def test_what_breaks_who_sends_breaks_who_reads_the_other_way_round(before: Json, after: Json) -> None:
    assert codes(taking(after), taking(before)) == codes(answering(before), answering(after))


@given(before=schemas, after=schemas)
def test_a_pass_is_never_given_to_schemas_that_admit_different_types(before: Json, after: Json) -> None:
    differ = {*before.get("type", ())} != {*after.get("type", ())}
    both = [codes(answering(after), answering(before)), codes(answering(before), answering(after))]
    assert (both == [["contract-holds"]] * 2) <= (not differ)


@given(name=st.text(st.characters(exclude_characters="{}/", exclude_categories=["Cs"]), min_size=1))
def test_the_name_of_a_path_parameter_changes_nothing(name: str) -> None:
    renamed = document()
    item = renamed["paths"].pop("/books/{id}")
    item["parameters"][0]["name"] = name
    renamed["paths"][f"/books/{{{name}}}"] = item
    assert codes(renamed) == ["contract-holds"]
    assert codes(document(), contract=replace(CONTRACT, path=f"/books/{{{name}}}")) == ["contract-holds"]


@given(maturity=st.sampled_from(Maturity), place=st.integers(min_value=0, max_value=200), by=anything)
def test_the_same_question_has_the_same_answer(maturity: Maturity, place: int, by: Json) -> None:
    now = spoil(document(), place, by)
    contract = replace(CONTRACT, maturity=maturity)
    assert codes(now, contract=contract) == codes(deepcopy(now), contract=contract)
