from __future__ import annotations

import pytest

from releases.domain.deeds import BY_PEOPLE, deed


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("release.created", "created the release"),
        ("promotion.paused", "paused the promotion to QA"),
        ("step.retried", "retried web"),
        ("step.accepted", "accepted the late result of web"),
        ("validation.started", "started the validation in QA"),
    ],
)
def test_a_deed_is_told_with_what_it_was_done_to(kind: str, words: str) -> None:
    assert deed(kind, stage="QA", service="web") == words


def test_everything_that_people_do_has_words() -> None:
    assert all(deed(kind, stage="QA", service="web") for kind in BY_PEOPLE)
