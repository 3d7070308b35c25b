from __future__ import annotations

from releases.domain.errors import Conflict, VerdictRefused


def test_a_verdict_that_refuses_carries_its_reasons_in_order() -> None:
    refusal = VerdictRefused("These versions do not fit together.", ["worst", "bad"])

    assert (refusal.message, refusal.reasons, refusal.code) == (
        "These versions do not fit together.",
        ("worst", "bad"),
        "verdict-refused",
    )
    assert isinstance(refusal, Conflict)
