"""What AppTrust says of its record of a release, read in every spelling."""

from __future__ import annotations

import pytest

from releases.domain.registry_records import difference, has_reached, is_ahead, was_refused

STAGES = ("DEV", "QA", "STAGING", "PROD")
SET = {"bookverse-helm": "1.1.1", "bookverse-web": "3.0.2"}


def source(key: str, version: str) -> dict[str, object]:
    return {"type": "application_version", "application_key": key, "version": version}


def test_a_version_of_exactly_the_set_is_no_other() -> None:
    sources = [source("bookverse-web", "3.0.2"), source("bookverse-helm", "1.1.1"), {"type": "build", "name": "x"}]
    assert difference(sources, SET) == ""


def test_a_version_of_another_set_names_each_difference() -> None:
    sources = [source("bookverse-web", "3.0.1"), source("bookverse-shop", "1.0.0")]
    assert difference(sources, SET) == (
        "AppTrust has another version of this name: bookverse-helm missing instead of 1.1.1, "
        "bookverse-web 3.0.1 instead of 3.0.2, bookverse-shop 1.0.0 which is not part of it."
    )


def test_sources_that_are_not_told_are_not_taken_for_the_right_ones() -> None:
    assert difference(None, {"bookverse-web": "3.0.2"}) == (
        "AppTrust has another version of this name: bookverse-web missing instead of 3.0.2."
    )


@pytest.mark.parametrize(
    ("stage", "wanted", "expected"),
    [
        ("", "", True),
        ("DEV", "", False),
        ("", "DEV", False),
        ("bookverse-DEV", "DEV", True),
        ("qa", "QA", True),
        ("QA", "DEV", False),
    ],
)
def test_a_stage_is_reached_whatever_its_spelling(stage: str, wanted: str, expected: bool) -> None:  # noqa: FBT001
    assert has_reached(stage, wanted) is expected


def test_what_is_further_than_it_should_be_goes_back() -> None:
    ahead = [(stage, wanted) for stage in ("", *STAGES) for wanted in ("", *STAGES) if is_ahead(stage, wanted, STAGES)]
    assert ahead == [
        ("DEV", ""),
        ("QA", ""),
        ("QA", "DEV"),
        ("STAGING", ""),
        ("STAGING", "DEV"),
        ("STAGING", "QA"),
        ("PROD", ""),
        ("PROD", "DEV"),
        ("PROD", "QA"),
        ("PROD", "STAGING"),
    ]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"status": "success"}, ""),
        ({}, ""),
        ({"status": "failure", "message": "violated policies: [X]"}, "violated policies: [X]"),
        ({"status": "failed"}, "failed"),
        ({"status": "success", "evaluations": {"entry_gate": {"decision": "fail", "explanation": "no"}}}, "no"),
        ({"status": "success", "evaluations": {"entry_gate": {"decision": "warn"}, "exit_gate": None}}, ""),
    ],
)
def test_a_refusal_is_found_in_an_answer_of_success(answer: dict[str, object], expected: str) -> None:
    assert was_refused(answer) == expected
