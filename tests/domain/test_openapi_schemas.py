"""What a changed schema breaks, by the way that its values go."""

from __future__ import annotations

import pytest

from releases.domain.sameness import MOST_PARTS
from tests.domain.api_documents import TEXT, Json, answering, clauses, codes, record, taking


def enumeration(*values: Json) -> Json:
    return {"enum": list(values)}


@pytest.mark.parametrize(
    ("before", "after", "sent", "read"),
    [
        ("string", "integer", "was string and is integer", "was string and is integer"),
        ("integer", "number", "", "was integer and is number"),
        ("number", "integer", "was number and is integer", ""),
        (["string"], ["integer", "string"], "", "was string and is integer or string"),
        (["integer", "string"], "string", "was integer or string and is string", ""),
        ("string", ["string", "null"], "", "may now be null"),
        (["string", "null"], "string", "may no longer be null", ""),
    ],
)
def test_a_type_may_widen_for_who_sends_and_narrow_for_who_reads(
    before: Json, after: Json, sent: str, read: str
) -> None:
    old, new = {"type": before}, {"type": after}
    assert clauses_of_request(old, new) == ([("schema-broken", f"the request {sent}.")] if sent else HOLDS)
    assert clauses_of_answer(old, new) == ([("schema-broken", f"answer 200 {read}.")] if read else HOLDS)


HOLDS = [("contract-holds", "")]


def clauses_of_request(before: Json, after: Json, openapi: str = "3.1.0") -> list[tuple[str, str]]:
    return _clauses(taking(after, openapi), taking(before, openapi))


def clauses_of_answer(before: Json, after: Json, openapi: str = "3.1.0") -> list[tuple[str, str]]:
    return _clauses(answering(after, openapi), answering(before, openapi))


def _clauses(now: Json, then: Json) -> list[tuple[str, str]]:
    return HOLDS if codes(now, then) == ["contract-holds"] else clauses(now, then)


def test_nullable_counts_in_the_dialect_that_has_the_word() -> None:
    plain, nullable = {"type": "string"}, {"type": "string", "nullable": True}
    assert clauses_of_request(nullable, plain, "3.0.3") == [("schema-broken", "the request may no longer be null.")]
    assert clauses_of_request(plain, nullable, "3.0.3") == HOLDS
    assert clauses_of_answer(plain, nullable, "3.0.3") == [("schema-broken", "answer 200 may now be null.")]
    assert clauses_of_answer(nullable, plain, "3.0.3") == HOLDS
    assert _clauses(answering({"type": ["string", "null"]}, "3.1.0"), answering(nullable)) == HOLDS
    assert _clauses(answering(nullable, "3.1.0"), answering(nullable)) == HOLDS
    assert _clauses(taking(nullable, "3.1.0"), taking(nullable)) == [
        ("schema-broken", "the request may no longer be null.")
    ]


def test_a_type_that_only_one_side_states_is_not_analysed() -> None:
    expected = "its type is stated on one side only."
    assert clauses_of_request({}, TEXT) == [("not-analysed", f"the request: {expected}")]
    assert clauses_of_answer(TEXT, {}) == [("not-analysed", f"answer 200: {expected}")]


@pytest.mark.parametrize(
    ("before", "after", "sent", "read"),
    [
        (enumeration("a", "b"), enumeration("b"), "no longer admits a", ""),
        (enumeration("b"), enumeration("b", "a"), "", "may now be a"),
        ({}, enumeration("a", "b"), "now admits only a and b", ""),
        (enumeration("a", "b"), {}, "", "may now be anything beside a and b"),
        (enumeration(1), {"enum": [True]}, "no longer admits 1", "may now be True"),
        (enumeration(1, None), enumeration(None, 1.0), "", ""),
        ({}, enumeration(), "now admits only nothing", ""),
        (enumeration(), enumeration(*"abcdefg"), "", "may now be a, b, c, d, e and 2 more"),
    ],
)
def test_values_may_be_added_for_who_sends_and_taken_from_who_reads(
    before: Json, after: Json, sent: str, read: str
) -> None:
    assert clauses_of_request(before, after) == ([("schema-broken", f"the request {sent}.")] if sent else HOLDS)
    assert clauses_of_answer(before, after) == ([("schema-broken", f"answer 200 {read}.")] if read else HOLDS)


def test_what_is_sent_needs_no_new_property() -> None:
    before = record(["a"], a=TEXT, b=TEXT)
    after = record(["a", "b", "c"], a=TEXT, b=TEXT, c=TEXT, d=TEXT)
    assert clauses_of_request(before, after) == [
        (
            "schema-broken",
            "the request: the property b is now required; the request: the property c is now required.",
        )
    ]
    assert clauses_of_request(record(["a"], a=TEXT), record([], a=TEXT, b=TEXT)) == HOLDS


def test_what_is_sent_and_no_longer_described_is_not_analysed() -> None:
    assert clauses_of_request(record([], a=TEXT), record([])) == [
        ("not-analysed", "the request: the property a is no longer described.")
    ]


def test_what_is_read_keeps_its_properties() -> None:
    before = record(["a", "b", "c"], a=TEXT, b=TEXT)
    after = record(["b"], b=TEXT, d=TEXT)
    assert clauses_of_answer(before, after) == [
        ("schema-broken", "answer 200: the property a is gone; answer 200: the property c may now be absent.")
    ]
    assert clauses_of_answer(record([], a=TEXT), record(["a", "z"], a=TEXT, z=TEXT)) == HOLDS


def test_what_is_read_only_is_never_sent_and_what_is_write_only_never_read() -> None:
    read_only, write_only = {"type": "string", "readOnly": True}, {"type": "string", "writeOnly": True}
    assert clauses_of_request(record([]), record(["id"], id=read_only)) == HOLDS
    assert clauses_of_answer(record(["word"], word=write_only), record([])) == HOLDS
    assert clauses_of_request(record(["id"], id=read_only), record(["id"], id=TEXT)) == [
        ("schema-broken", "the request: the property id is now required.")
    ]


def test_what_lies_deeper_is_named_by_its_place() -> None:
    def nested(leaf: str) -> Json:
        inner = {"type": "object", "additionalProperties": {"type": leaf}}
        return record([], books={"type": "array", "items": inner})

    assert clauses_of_answer(nested("string"), nested("integer")) == [
        ("schema-broken", "answer 200.books[].* was string and is integer.")
    ]


def test_items_or_further_properties_on_one_side_only_are_not_analysed() -> None:
    array, closed = {"type": "array", "items": TEXT}, {"type": "object", "additionalProperties": False}
    assert clauses_of_answer(array, {"type": "array"}) == [
        ("not-analysed", "answer 200[]: one of its schemas is no object.")
    ]
    assert clauses_of_request({"type": "object"}, closed) == [
        ("not-analysed", "the request.*: one of its schemas is no object.")
    ]
    assert clauses_of_request({"type": "object"}, {"type": "object", "additionalProperties": True}) == HOLDS


@pytest.mark.parametrize(
    "keyword", ["oneOf", "anyOf", "allOf", "not", "if", "patternProperties", "$dynamicRef", "unheard"]
)
def test_a_keyword_beyond_the_rules_is_not_analysed_wherever_it_is_met(keyword: str) -> None:
    changed = {keyword: [], "type": "string"}, {keyword: [], "type": "integer"}
    assert clauses_of_request(*changed) == [("not-analysed", f"the request: {keyword} is in use.")]
    assert clauses_of_answer(TEXT, changed[0]) == [("not-analysed", f"answer 200: {keyword} is in use.")]


def test_several_keywords_beyond_the_rules_are_named_together() -> None:
    assert clauses_of_answer(TEXT, {"oneOf": [], "not": {}}) == [
        ("not-analysed", "answer 200: not and oneOf are in use.")
    ]


@pytest.mark.parametrize("schema", [{"oneOf": [TEXT]}, {"type": "string", "format": "uuid", "minLength": 3}, True, {}])
def test_what_stays_the_same_holds_whatever_it_is(schema: Json) -> None:
    assert clauses_of_request(schema, schema) == clauses_of_answer(schema, schema) == HOLDS


def test_a_bound_that_differs_is_not_analysed_and_what_breaks_is_still_seen() -> None:
    before = {"type": "string", "format": "date", "enum": ["a"]}
    after = {"type": "string", "minLength": 1, "enum": ["b"], "pattern": "b"}
    assert clauses_of_request(before, after) == [
        ("schema-broken", "the request no longer admits a."),
        ("not-analysed", "the request: format, minLength and pattern differ."),
    ]
    assert clauses_of_request(TEXT, {"type": "string", "maxLength": 9}) == [
        ("not-analysed", "the request: maxLength differs.")
    ]


def test_documentation_is_no_difference_but_a_property_of_that_name_is() -> None:
    before = {"type": "string", "description": "One.", "x-order": 1, "example": {"a": 1}}
    assert clauses_of_request(before, {"type": "string", "title": "Other", "x-order": 2}) == HOLDS
    assert clauses_of_answer(record([], description=TEXT), record([])) == [
        ("schema-broken", "answer 200: the property description is gone.")
    ]


def test_data_is_compared_to_the_letter() -> None:
    before, after = {"const": {"title": "a"}}, {"const": {"title": "b"}}
    assert clauses_of_answer(before, after) == [("not-analysed", "answer 200: const differs.")]
    assert clauses_of_answer({"default": {"$ref": "#/x"}}, {"default": {"$ref": "#/x"}}) == HOLDS


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": 7}, "its types or required properties cannot be read"),
        ({"type": "object", "required": "title"}, "its types or required properties cannot be read"),
        ({"type": "object", "required": [7]}, "its types or required properties cannot be read"),
        ({"type": "object", "properties": []}, "its properties cannot be read"),
        ({"enum": "abc"}, "its enumeration holds more than plain values"),
        ({"enum": [["a"]]}, "its enumeration holds more than plain values"),
        ("string", "one of its schemas is no object"),
        (None, "one of its schemas is no object"),
        ({"$ref": 7}, "a reference is no text"),
        ({"$ref": "other.yaml#/Book"}, "the reference other.yaml#/Book leads out of the document"),
        ({"$ref": "#anchor"}, "the reference #anchor leads out of the document"),
        ({"$ref": "#/components/Book"}, "the reference #/components/Book leads nowhere"),
    ],
)
def test_a_schema_that_cannot_be_read_is_not_analysed(schema: Json, why: str) -> None:
    code, text = clauses_of_request({"maxItems": 3}, schema)[-1]
    assert (code, text.split("; ")[-1]) == ("not-analysed", f"the request: {why}.")


def test_an_unreadable_part_does_not_hide_what_breaks_beside_it() -> None:
    outside = {"$ref": "other.yaml#/Book"}
    assert clauses_of_answer(record([], a=outside, b=TEXT), record([], a=outside)) == [
        ("schema-broken", "answer 200: the property b is gone."),
        ("not-analysed", "answer 200.a: the reference other.yaml#/Book leads out of the document."),
    ]


def with_node(leaf: Json, openapi: str = "3.1.0") -> Json:
    tree = record([], value=leaf, children={"type": "array", "items": {"$ref": "#/components/schemas/Node"}})
    return {
        **answering({"$ref": "#/components/schemas/Node"}, openapi),
        "components": {"schemas": {"Node": tree}},
    }


def test_a_circle_that_stays_the_same_holds_and_one_that_differs_is_not_analysed() -> None:
    assert codes(with_node(TEXT), with_node(TEXT)) == ["contract-holds"]
    assert clauses(with_node({"type": "integer"}), with_node(TEXT)) == [
        ("schema-broken", "answer 200.value was string and is integer."),
        ("not-analysed", "answer 200.children[]: it refers to itself."),
    ]


def test_a_reference_to_itself_leads_nowhere() -> None:
    def circular() -> Json:
        loop = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
        return {**answering({"$ref": "#/components/schemas/A"}), "components": {"schemas": loop}}

    assert clauses(circular(), circular()) == [("not-analysed", "answer 200: a reference leads round in a circle.")]


def beside(reference: Json, openapi: str = "3.1.0", target: Json = TEXT) -> Json:
    schema = {"$ref": "#/components/schemas/A", **reference}
    return {**answering(schema, openapi), "components": {"schemas": {"A": target}}}


def test_what_stands_beside_a_reference_counts_where_the_dialect_says_so() -> None:
    short, long = {"maxLength": 3}, {"maxLength": 9}
    assert codes(beside(short), beside(short)) == ["contract-holds"]
    assert codes(beside({"description": "a"}), beside({})) == ["contract-holds"]
    assert clauses(beside(long), beside(short)) == [("not-analysed", "answer 200: a reference has keywords beside it.")]
    assert clauses(beside(short, target={"type": "integer"}), beside(short)) == [
        ("not-analysed", "answer 200: a reference has keywords beside it.")
    ]
    assert codes(beside(long, "3.0.3"), beside(short, "3.0.3")) == ["contract-holds"]


def test_a_reference_and_what_it_names_are_the_same() -> None:
    assert codes(beside({}), answering(TEXT, "3.1.0")) == ["contract-holds"]
    assert codes(answering(TEXT, "3.1.0"), beside({})) == ["contract-holds"]


@pytest.mark.parametrize("reference", ["#/x~1y/z~0/1", "#/x~1y/z%7E0/1"])
def test_a_reference_may_be_escaped_and_point_into_a_list(reference: str) -> None:
    now = {**answering({"$ref": reference}), "x/y": {"z~": [False, TEXT]}}
    assert codes(now, answering(TEXT)) == ["contract-holds"]


@pytest.mark.parametrize("place", ["2", "-1", "1234567890", "x"])
def test_a_place_that_a_list_does_not_have_leads_nowhere(place: str) -> None:
    now = {**answering({"$ref": f"#/list/{place}"}), "list": [TEXT, TEXT]}
    assert clauses(now, answering(TEXT)) == [
        ("not-analysed", f"answer 200: the reference #/list/{place} leads nowhere.")
    ]


def nested(depth: int, leaf: Json) -> Json:
    schema = leaf
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


def test_depth_has_an_end_when_something_differs_and_none_when_nothing_does() -> None:
    assert clauses_of_answer(nested(10_000, TEXT), nested(10_000, TEXT)) == HOLDS
    assert clauses_of_answer(nested(39, TEXT), nested(39, {"type": "integer"})) == [
        ("schema-broken", f"answer 200{'[]' * 39} was string and is integer.")
    ]
    assert clauses_of_answer(nested(500, TEXT), nested(500, {"type": "integer"})) == [
        ("not-analysed", f"answer 200{'[]' * 40}: it is nested too deeply.")
    ]


def laughing(leaf: str) -> Json:
    """Return a document that is small as written and immense when its references are written out."""
    schemas: Json = {"L0": {"type": leaf}}
    for level in range(1, 35):
        below = {"$ref": f"#/components/schemas/L{level - 1}"}
        schemas[f"L{level}"] = record([], **{f"p{place}": below for place in range(4)})
    return {**answering({"$ref": "#/components/schemas/L34"}), "components": {"schemas": schemas}}


def test_a_document_that_unfolds_without_end_is_told_of_once() -> None:
    assert codes(laughing("string"), laughing("string")) == ["contract-holds"]
    assert clauses(laughing("integer"), laughing("string")) == [
        ("schema-broken", f"answer 200{'.p0' * 34} was string and is integer.")
    ]


def test_a_document_that_is_too_large_is_given_up_on() -> None:
    def large() -> Json:
        return answering({"properties": {f"p{number}": {"type": "string"} for number in range(MOST_PARTS)}})

    assert clauses(large(), large()) == [("not-analysed", "answer 200: the documents are too large.")]
