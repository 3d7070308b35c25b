"""What waits for the caller, over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.domain.access import Role
from tests.api.calling import caller_for
from tests.factories import person
from tests.signing import needs

if TYPE_CHECKING:
    from tests.api.calling import Caller


def test_it_answers_what_waits_and_how_much(manager: Caller, candidate: str) -> None:
    needs("DEV")
    person("anna", Role.APPROVER)
    answer = caller_for("anna").get("/inbox").json()
    (item,) = answer["items"]
    assert (answer["count"], item["kind"], item["release"], item["stage"], item["train"], item["debt"]) == (
        1,
        "sign_off",
        candidate,
        "DEV",
        "",
        None,
    )
    assert manager.get("/inbox").json() == {"count": 0, "items": []}
