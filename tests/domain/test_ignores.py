from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from releases.domain import contract_reasons, findings
from releases.domain.evidence import NEVER_IGNORED
from releases.domain.ignores import IGNORABLE, code_mistake, expiry_mistake

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FINE = {"approved-row", "range-holds", "contract-holds"}
# Said of a whole check, never of a pair.
OF_A_WHOLE = {"nothing-checked", "missing-provider"}


def codes(path: str) -> set[str]:
    """The codes that a module gives to reasons, also those chosen between."""
    calls = (node for node in ast.walk(ast.parse(Path(path).read_text("utf-8"))) if isinstance(node, ast.Call))
    given = (keyword.value for call in calls for keyword in call.keywords if keyword.arg == "code")
    texts = (leaf for value in given for leaf in ast.walk(value) if isinstance(leaf, ast.Constant))
    return {str(leaf.value) for leaf in texts}


def test_every_reason_about_a_pair_is_either_ignorable_or_not_on_purpose() -> None:
    known = codes(str(findings.__file__)) | codes(str(contract_reasons.__file__))

    assert known - FINE - OF_A_WHOLE - NEVER_IGNORED == set(IGNORABLE)


@pytest.mark.parametrize("code", sorted(IGNORABLE))
def test_what_is_ignorable_may_be_ignored(code: str) -> None:
    assert code_mistake(code) == ""


@pytest.mark.parametrize("code", sorted(NEVER_IGNORED))
def test_what_is_never_ignored_is_refused(code: str) -> None:
    assert code_mistake(code) == f"“{code}” cannot be lived with: change the rule or the set instead."


def test_an_unknown_code_is_refused() -> None:
    assert code_mistake("banana").startswith("No reason that can be ignored has the code “banana”")


@pytest.mark.parametrize(
    ("after", "may"),
    [
        (timedelta(), False),
        (timedelta(microseconds=1), True),
        (timedelta(days=30), True),
        (timedelta(days=30, microseconds=1), False),
    ],
)
def test_an_ignore_runs_for_at_most_thirty_days(after: timedelta, may: bool) -> None:  # noqa: FBT001 (an outcome)
    assert (expiry_mistake(NOW + after, NOW) == "") is may
