from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model, QuerySet
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from releases.models import (
    AggregationSession,
    ApiToken,
    BreakingChange,
    Callback,
    CompatibilityRow,
    Constraint,
    Contract,
    Denial,
    Dependency,
    DeploymentContract,
    Dispatch,
    Freeze,
    Ignore,
    JournalEntry,
    PlatformVersion,
    Promotion,
    Release,
    VerifiedFailure,
)
from tests.api.calling import caller_for, create_candidate, finish_promotion, promote

if TYPE_CHECKING:
    from django.test import Client

ADMINS = [model for model in admin.site._registry if model._meta.app_label == "releases"]  # noqa: SLF001 (no public way)
EXCHANGED: list[type[Model]] = [
    BreakingChange,
    CompatibilityRow,
    Constraint,
    Contract,
    Denial,
    Dependency,
    DeploymentContract,
    Freeze,
    Ignore,
    VerifiedFailure,
]
HISTORY: list[type[Model]] = [
    AggregationSession,
    Callback,
    Dispatch,
    JournalEntry,
    PlatformVersion,
    Promotion,
    Release,
]


def address(model: type[Model], page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def rows(model: type[Model]) -> QuerySet[Model]:
    return QuerySet(model).order_by("pk")


@pytest.fixture
def history(administrator: Client) -> None:
    """A release that reached its first stage, and a token."""
    manager = caller_for("manager")
    create_candidate(manager)
    promote(manager)
    finish_promotion()


def queries_of_list(administrator: Client, model: type[Model]) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert administrator.get(address(model, "changelist")).status_code == 200
    return len(captured)


def more_history() -> None:
    manager = caller_for("manager")
    promote(manager, "PROD")
    finish_promotion()
    older = {"inventory": "1.3.0", "recommendations": "2.1.0"}
    promote(manager, "DEV", version=create_candidate(manager, versions=older, reason="Back"))
    finish_promotion()


@pytest.mark.parametrize("model", ADMINS, ids=lambda model: model.__name__)
def test_a_list_costs_the_same_queries_however_long_it_is(
    administrator: Client, history: None, model: type[Model]
) -> None:
    administrator.get(address(model, "changelist"))
    before = queries_of_list(administrator, model)
    more_history()
    assert queries_of_list(administrator, model) == before


@pytest.mark.parametrize("model", ADMINS, ids=lambda model: model.__name__)
def test_a_list_can_be_searched(administrator: Client, history: None, model: type[Model]) -> None:
    assert administrator.get(address(model, "changelist"), {"q": "inventory"}).status_code == 200


@pytest.mark.parametrize("model", [*HISTORY, ApiToken], ids=lambda model: model.__name__)
def test_what_only_actions_write_can_be_seen_and_not_be_changed(
    administrator: Client, history: None, model: type[Model]
) -> None:
    row = rows(model).first()
    assert row is not None
    assert administrator.get(address(model, "change", row.pk)).status_code == 200
    assert administrator.post(address(model, "change", row.pk), {}).status_code == 403
    assert administrator.get(address(model, "add")).status_code == 403


@pytest.mark.parametrize("model", HISTORY, ids=lambda model: model.__name__)
def test_history_cannot_be_deleted(administrator: Client, history: None, model: type[Model]) -> None:
    row = rows(model).first()
    assert row is not None
    assert administrator.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_deleting_a_token_revokes_it(administrator: Client) -> None:
    caller = caller_for("viewer")
    token = ApiToken.objects.get()
    administrator.post(address(ApiToken, "delete", token.pk), {"post": "yes"})
    assert caller.get("/services").status_code == 401


@pytest.mark.parametrize("page", ["changelist", "change"])
def test_the_digest_of_a_token_is_never_shown(administrator: Client, page: str) -> None:
    caller_for("viewer")
    token = ApiToken.objects.get()
    shown = administrator.get(address(ApiToken, page, *([token.pk] if page == "change" else [])))
    assert (shown.status_code, token.digest in shown.content.decode()) == (200, False)


def test_the_secrets_of_a_dispatch_are_never_shown(administrator: Client, history: None) -> None:
    dispatch = Dispatch.objects.all()[0]
    shown = administrator.get(address(Dispatch, "change", dispatch.pk)).content.decode()
    assert (dispatch.token_hash in shown, str(dispatch.key) in shown) == (False, False)


def test_the_admin_carries_the_name_of_the_board(administrator: Client) -> None:
    assert "BookVerse Release Board" in administrator.get("/admin/").content.decode()


@pytest.mark.parametrize("model", EXCHANGED, ids=lambda model: model.__name__)
@pytest.mark.parametrize("page", ["add", "import", "export"])
def test_rules_are_added_imported_and_exported_from_their_list(
    administrator: Client, model: type[Model], page: str
) -> None:
    assert administrator.get(address(model, page)).status_code == 200


@pytest.mark.parametrize("model", EXCHANGED, ids=lambda model: model.__name__)
def test_every_rule_keeps_its_history(model: type[Model]) -> None:
    assert hasattr(model, "history")
