"""A thousand impatient clicks on Promote: one promotion starts, and everybody else is told so."""

from __future__ import annotations

import json
import os
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from releases.domain.errors import Conflict
from releases.models import Promotion, Release
from tests.api.calling import Caller, caller_for
from tests.factories import created, finish, load_bookverse, person, promote
from tests.flows.racing import starting, unsound_journals
from tests.threads import at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

pytestmark = pytest.mark.django_db(transaction=True)
# Fewer than the connections that a process may have on PostgreSQL.
THREADS = 12
CLICKS = int(os.environ.get("CLICKS", "400"))
KEY = "one click"


def clicked(act: Callable[[str], str], keys: Iterable[str]) -> Counter[str]:
    """Click with each key, the threads taking turns with them, and count what the clicks were answered."""
    given = list(keys)

    def click_on(mine: list[str]) -> list[str]:
        return [act(key) for key in mine]

    answers = at_once(*[partial(click_on, given[number::THREADS]) for number in range(THREADS)])
    failures = [answer for answer in answers if isinstance(answer, Exception)]
    assert failures == []
    return Counter(text for answer in answers if not isinstance(answer, Exception) for text in answer)


def click(release: Release, key: str) -> str:
    """Return what became of it in words, so that answers can be counted."""
    try:
        return f"promotion {starting(release, person(), key=key)()}"
    except Conflict as refusal:
        return refusal.message


def call(caller: Caller, release: Release, key: str) -> str:
    answer = caller.post(f"/releases/{release.version}/promotions", {"stage": "DEV"}, Idempotency_Key=key)
    document = answer.json()
    told = document["detail"] if answer.status_code == 409 else json.dumps(document, sort_keys=True)
    return f"{answer.status_code} {told}"


def one_key() -> list[str]:
    return [KEY] * CLICKS


def keys_of_their_own() -> list[str]:
    return [f"click {number}" for number in range(CLICKS)]


def test_clicks_with_one_key_are_all_answered_with_the_one_promotion() -> None:
    load_bookverse()
    release = created()

    answers = clicked(partial(click, release), one_key())

    assert answers == {f"promotion {Promotion.objects.get().pk}": CLICKS}
    assert unsound_journals() == {}


def test_of_clicks_with_keys_of_their_own_one_starts_it_and_the_others_are_told() -> None:
    load_bookverse()
    release = created()

    answers = clicked(partial(click, release), keys_of_their_own())

    refusal = "The promotion to DEV is still running; maria started it."
    assert answers == {f"promotion {Promotion.objects.get().pk}": 1, refusal: CLICKS - 1}
    assert unsound_journals() == {}


def test_calls_with_one_key_are_all_answered_alike() -> None:
    load_bookverse()
    release = created()
    caller = caller_for("maria")

    answers = clicked(partial(call, caller, release), one_key())

    assert ([text[:3] for text in answers], sum(answers.values())) == (["202"], CLICKS)
    assert (Promotion.objects.count(), unsound_journals()) == (1, {})


def test_of_calls_with_keys_of_their_own_one_starts_it_and_the_others_get_409() -> None:
    load_bookverse()
    release = created()
    caller = caller_for("maria")

    answers = clicked(partial(call, caller, release), keys_of_their_own())

    refusal = "409 The promotion to DEV is still running; maria started it."
    assert (answers.pop(refusal), [text[:3] for text in answers]) == (CLICKS - 1, ["202"])
    assert (Promotion.objects.count(), unsound_journals()) == (1, {})


def test_one_key_for_two_stages_at_once_stands_for_one_of_them() -> None:
    load_bookverse()
    maria = person()
    ahead, behind = created(maria, "ahead"), created(maria, "behind")
    finish(promote(ahead))

    results = at_once(starting(ahead, maria, key=KEY, stage="QA"), starting(behind, maria, key=KEY))

    assert [type(result).__name__ for result in results if not isinstance(result, int)] == ["KeyReused"]
    assert (Promotion.objects.count(), unsound_journals()) == (2, {})
