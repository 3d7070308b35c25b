from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.domain.access import Role
from releases.models import Debt, Hotfix, PlatformVersion, Release
from releases.queries.clock import database_now
from tests.api.calling import caller_for
from tests.factories import load_bookverse, person
from tests.hotfixing import live_hotfix

if TYPE_CHECKING:
    from tests.api.calling import Caller

FIX = {"service": "checkout", "version": "1.5.3", "urgency": "HIGH", "reason": "Orders fail"}


@pytest.fixture
def debtor(db: None) -> Caller:
    """Somebody on a board with a hotfix that owes something."""
    load_bookverse()
    person("maria", Role.MANAGER)
    live_hotfix()
    return caller_for("maria")


def test_a_hotfix_is_created_with_its_urgency(manager: Caller) -> None:
    answer = manager.post("/hotfixes", FIX)

    assert (answer.status_code, answer.json()["version"]) == (201, "2.1.1-alpha.1")
    assert (Release.objects.get().kind, Hotfix.objects.get().urgency) == ("hotfix", "HIGH")


def test_a_hotfix_whose_number_was_used_up_is_created_with_the_free_one_that_the_refusal_names(manager: Caller) -> None:
    PlatformVersion.objects.create(version="2.1.1", manifest={}, created_at=database_now())
    (reason,) = manager.post("/hotfixes", FIX).json()["reasons"]
    assert (reason["code"], reason["fix"]) == (
        "already-published",
        "Choose another platform version, such as 2.1.2.",
    )
    answer = manager.post("/hotfixes", {**FIX, "target_version": "2.1.2"})
    assert (answer.status_code, answer.json()["version"]) == (201, "2.1.2-alpha.1")


def test_a_hotfix_that_does_not_fit_is_refused_with_reasons(manager: Caller) -> None:
    answer = manager.post("/hotfixes", {**FIX, "service": "recommendations", "version": "2.2.0", "urgency": "CRITICAL"})

    assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (409, "range-broken")


@pytest.mark.parametrize(
    ("field", "value"), [("urgency", "EXTREME"), ("urgency", None), ("reason", ""), ("reason", "x" * 301)]
)
def test_a_hotfix_without_a_known_urgency_or_a_reason_is_malformed(manager: Caller, field: str, value: object) -> None:
    assert manager.post("/hotfixes", {**FIX, field: value}).status_code == 422


def test_who_may_not_plan_makes_no_hotfix(viewer: Caller) -> None:
    assert (viewer.post("/hotfixes", FIX).status_code, Release.objects.count()) == (403, 0)


def test_the_same_key_makes_one_hotfix(manager: Caller) -> None:
    versions = {manager.post("/hotfixes", FIX, Idempotency_Key="pager-1").json()["version"] for _ in range(2)}

    assert (versions, Release.objects.count()) == ({"2.1.1-alpha.1"}, 1)


def test_a_preview_tells_what_is_skipped_and_what_must_pass(viewer: Caller) -> None:
    body = {"kind": "hotfix", "urgency": "CRITICAL", "reason": "Orders fail", "versions": {"checkout": "1.5.3"}}

    plan = viewer.post("/plans/preview", body).json()

    assert plan["hotfix"] == {
        "urgency": "CRITICAL",
        "path": ["PROD"],
        "skipped_stages": ["DEV"],
        "scenarios": ["health"],
        "skipped_scenarios": ["journey", "security", "consistency"],
        "budget_ms": 3_600_000,
        "debt_days": 3,
    }


def test_a_preview_without_urgency_names_the_field(viewer: Caller) -> None:
    plan = viewer.post("/plans/preview", {"kind": "hotfix", "versions": {"checkout": "1.5.3"}}).json()

    assert [problem["field"] for problem in plan["problems"]] == ["urgency", "reason"]


def test_what_is_owed_is_listed_and_paid(debtor: Caller) -> None:
    first = debtor.get("/debts").json()["items"][0]
    assert (first["subject"], first["cause"], first["owner"], first["paid_at"]) == ("DEV", "skipped", "maria", None)

    answer = debtor.post(f"/debts/{first['id']}/pay", {"how": "Ran it in DEV"})

    assert (answer.status_code, answer.json()) == (200, {"release": "2.1.1"})
    assert [each["how"] for each in debtor.get("/debts", {"paid": "true"}).json()["items"]] == ["Ran it in DEV"]


def test_a_debt_is_paid_once(debtor: Caller) -> None:
    number = Debt.objects.order_by("pk")[0].pk
    debtor.post(f"/debts/{number}/pay", {"how": "done"})

    assert debtor.post(f"/debts/{number}/pay", {"how": "again"}).status_code == 409


@pytest.mark.parametrize("number", [0, -1, 999_999, 2**70])
def test_a_debt_that_is_not_there_is_not_found(manager: Caller, number: int) -> None:
    assert manager.post(f"/debts/{number}/pay", {"how": "done"}).status_code == 404


def test_a_debt_is_not_paid_without_words(debtor: Caller) -> None:
    number = Debt.objects.order_by("pk")[0].pk

    assert debtor.post(f"/debts/{number}/pay", {"how": ""}).status_code == 422


def test_who_may_not_steer_pays_nothing(debtor: Caller) -> None:
    person("vera", Role.VIEWER)
    number = Debt.objects.order_by("pk")[0].pk

    assert caller_for("vera").post(f"/debts/{number}/pay", {"how": "done"}).status_code == 403
