from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TypeVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from releases.domain.edit_addresses import edit_parameters, parse_edits
from releases.domain.errors import InvalidInput
from releases.domain.rules import Severity
from releases.domain.what_if import NO_EDITS, ConstraintEdit, DenialEdit, Edits, FreezeEdit, RowEdit
from tests.domain.strategies import cores, range_texts

E = TypeVar("E", ConstraintEdit, DenialEdit, FreezeEdit)
BEGIN = datetime(2026, 12, 1, tzinfo=UTC)
END = datetime(2026, 12, 2, tzinfo=UTC)
NEW_RULE = ConstraintEdit(
    consumer="recommendations", consumer_range=">=2.2.0", provider="inventory", provider_range=">=1.4.0"
)

EXAMPLES: list[tuple[list[tuple[str, str]], Edits]] = [
    ([("rule-7", "^2.0.0")], Edits(constraints=(ConstraintEdit(id=7, provider_range="^2.0.0"),))),
    ([("rule-7", "")], Edits(constraints=(ConstraintEdit(id=7, is_deleted=True),))),
    (
        [("rule-7-for", ">=2"), ("rule-7-severity", "WARNING")],
        Edits(constraints=(ConstraintEdit(id=7, consumer_range=">=2", severity=Severity.WARNING),)),
    ),
    ([("newrule", "recommendations >=2.2.0 -> inventory >=1.4.0")], Edits(constraints=(NEW_RULE,))),
    (
        [("newrule", "web ^1.0.0 || ^2.0.0 -> inventory 1.0.0 - 2.0.0; ERROR")],
        Edits(
            constraints=(
                ConstraintEdit(
                    consumer="web",
                    consumer_range="^1.0.0 || ^2.0.0",
                    provider="inventory",
                    provider_range="1.0.0 - 2.0.0",
                    severity=Severity.ERROR,
                ),
            )
        ),
    ),
    ([("denial-3", "")], Edits(denials=(DenialEdit(id=3, is_deleted=True),))),
    (
        [("denial-3", "<2"), ("denial-3-reason", "It loops.")],
        Edits(denials=(DenialEdit(id=3, other_range="<2", reason="It loops."),)),
    ),
    (
        [("deny", "checkout <1.5.0 with inventory x || >=2.0.0; it crashes with 2")],
        Edits(
            denials=(
                DenialEdit(
                    service="checkout",
                    service_range="<1.5.0",
                    other="inventory",
                    other_range="x || >=2.0.0",
                    reason="it crashes with 2",
                ),
            )
        ),
    ),
    (
        [("row", "2.2.0 inventory 1.3.0 1.4.0"), ("row", "2.2.0 web")],
        Edits(
            rows=(
                RowEdit(platform_version="2.2.0", service="inventory", approved=("1.3.0", "1.4.0")),
                RowEdit(platform_version="2.2.0", service="web"),
            )
        ),
    ),
    (
        [("freeze", "PROD@2026-12-01T00:00Z/2026-12-02T00:00Z")],
        Edits(freezes=(FreezeEdit(stage="PROD", starts_at=BEGIN, ends_at=END),)),
    ),
    (
        [("freeze-4", "/2026-12-02T00:00Z"), ("freeze-4-reason", "audit"), ("freeze", "QA@/2026-12-02T00:00Z; x@y")],
        Edits(
            freezes=(
                FreezeEdit(id=4, ends_at=END, reason="audit"),
                FreezeEdit(stage="QA", ends_at=END, reason="x@y"),
            )
        ),
    ),
    ([("freeze-4", "")], Edits(freezes=(FreezeEdit(id=4, is_deleted=True),))),
    ([], NO_EDITS),
]


def parsed(*pairs: tuple[str, str]) -> Edits:
    return parse_edits({name: [text for other, text in pairs if other == name] for name, _ in pairs})


@pytest.mark.parametrize(("pairs", "edits"), EXAMPLES)
def test_an_edit_is_read_from_the_address_and_written_as_it_was_read(
    pairs: list[tuple[str, str]], edits: Edits
) -> None:
    assert parsed(*pairs) == edits
    assert edit_parameters(edits) == pairs


def test_other_parameters_and_fields_that_were_left_empty_are_no_edits() -> None:
    pairs = [("version-web", "3.0.2"), ("rule", "x"), ("reason", "y"), ("newrule", " "), ("freeze", ""), ("row", "")]
    assert parsed(*pairs, ("rule-7-for", ""), ("rulebook-7", "*")) == NO_EDITS


def test_a_name_without_a_value_is_no_edit() -> None:
    assert parse_edits({"rule-7": []}) == NO_EDITS


def test_of_several_values_for_one_rule_the_last_counts() -> None:
    assert parsed(("rule-7", "*"), ("rule-7", "^2")) == Edits(constraints=(ConstraintEdit(id=7, provider_range="^2"),))


def test_a_time_without_a_zone_is_in_utc_and_any_other_zone_is_left_behind() -> None:
    (one, two) = parsed(("freeze", "QA@2026-12-01/2026-12-02"), ("freeze", "QA@2026-12-01T02:00+02:00/")).freezes
    assert (one.starts_at, one.ends_at, two.starts_at) == (BEGIN, END, BEGIN)


def test_a_time_is_written_in_utc_and_as_exactly_as_it_is_known() -> None:
    east = timezone(timedelta(hours=2))
    starts_at, ends_at = BEGIN.astimezone(east), END + timedelta(seconds=1, microseconds=5)
    edits = Edits(freezes=(FreezeEdit(stage="QA", starts_at=starts_at, ends_at=ends_at),))
    assert edit_parameters(edits) == [("freeze", "QA@2026-12-01T00:00Z/2026-12-02T00:00:01.000005Z")]


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("newrule", "recommendations needs inventory", "Write it as “recommendations >=2.2.0 -> inventory >=1.4.0”"),
        ("newrule", "a * -> b *; FATAL", "write ERROR or WARNING"),
        ("deny", "checkout and inventory", "Write it as “checkout <1.5.0 with inventory >=2.0.0; the reason”"),
        ("row", "2.2.0", "Write it as “2.2.0 inventory 1.3.0 1.4.0”"),
        ("freeze", "PROD until christmas", "Write it as “PROD@2026-12-01T00:00Z/2026-12-02T00:00Z; the reason”"),
        ("freeze", "PROD@2026-13-01/2026-12-02", "“2026-13-01” is no time"),
        ("freeze", "PROD@0001-01-01T00:00+10:00/", "is no time"),
        ("freeze-4", "christmas", "is not a time span"),
        ("rule-7-severity", "FATAL", "write ERROR or WARNING"),
        ("rule-7-note", "x", "what may follow rule-7 is -for, -consumer, -provider, -severity"),
        ("rule-7", "x" * 1001, "at most 1000 printable characters"),
        ("row", "2.2.0 web\x00", "at most 1000 printable characters"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_refused_by_its_name_with_how_to_write_it(
    name: str, text: str, hint: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parsed((name, text))
    assert refusal.value.field == name
    assert refusal.value.message.find(hint) >= 0


ids = st.integers(min_value=1, max_value=10**18 - 1)
slugs = st.text("abz09-_", min_size=1, max_size=8)
reasons = st.text("abc xyz;@/.:", max_size=20).map(str.strip)
times = st.none() | st.datetimes(timezones=st.just(UTC))
severities = st.sampled_from([None, Severity.ERROR, Severity.WARNING])
maybe_ranges = st.just("") | range_texts

new_rules = st.builds(
    ConstraintEdit,
    consumer=slugs,
    consumer_range=range_texts,
    provider=slugs,
    provider_range=range_texts,
    severity=severities,
)
changed_rules = st.builds(
    ConstraintEdit,
    id=ids,
    consumer=st.just("") | slugs,
    consumer_range=maybe_ranges,
    provider=st.just("") | slugs,
    provider_range=maybe_ranges,
    severity=severities,
)
deleted_rules = ids.map(lambda number: ConstraintEdit(id=number, is_deleted=True))
new_denials = st.builds(
    DenialEdit, service=slugs, service_range=range_texts, other=slugs, other_range=range_texts, reason=reasons
)
changed_denials = st.builds(
    DenialEdit,
    id=ids,
    service=st.just("") | slugs,
    service_range=maybe_ranges,
    other_range=maybe_ranges,
    reason=reasons,
)
rows = st.builds(RowEdit, platform_version=cores, service=slugs, approved=st.lists(cores, max_size=3).map(tuple))
new_freezes = st.builds(
    FreezeEdit,
    stage=st.text("ABC 9", min_size=1).map(lambda name: f"S{name}S"),
    starts_at=times,
    ends_at=times,
    reason=reasons,
)
changed_freezes = st.builds(
    FreezeEdit, id=ids, stage=st.just("") | slugs, starts_at=times, ends_at=times, reason=reasons
)


def told(stored: st.SearchStrategy[E], new: st.SearchStrategy[E]) -> st.SearchStrategy[tuple[E, ...]]:
    """Edits as an address holds them: what is stored once and by number, then what is new; each says something."""
    known = st.lists(stored.filter(says_something), unique_by=number_of, max_size=3)
    return st.tuples(known, st.lists(new, max_size=3)).map(lambda both: (*sorted(both[0], key=number_of), *both[1]))


def number_of(edit: ConstraintEdit | DenialEdit | FreezeEdit) -> int:
    return edit.id or 0


def says_something(edit: ConstraintEdit | DenialEdit | FreezeEdit) -> bool:
    return edit != type(edit)(id=edit.id)


@example(Edits(freezes=(FreezeEdit(id=1, reason="/"),)))
@given(
    st.builds(
        Edits,
        constraints=told(changed_rules | deleted_rules, new_rules),
        denials=told(changed_denials, new_denials),
        rows=st.lists(rows, max_size=3).map(tuple),
        freezes=told(changed_freezes, new_freezes),
    )
)
def test_every_edit_is_read_back_from_its_address(edits: Edits) -> None:
    assert parsed(*edit_parameters(edits)) == edits
