"""The contents that contracts are checked against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.documents import keep_document
from releases.models import ApiDocument, Contract
from releases.queries import documents
from releases.queries.documents import ContentCache, documents_of
from releases.queries.rules import declared_rules
from tests.factories import load_bookverse, person
from tests.openapi_documents import api_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def platform(new_process: Callable[[], None]) -> None:
    load_bookverse()
    new_process()


@pytest.fixture
def new_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Forget what was read before, as a process does that has just begun."""
    return lambda: monkeypatch.setattr(documents, "CACHE", ContentCache())


def give(service: str, version: str, **more: object) -> None:
    keep_document(actor=person(), service=service, version=version, document=api_document(version, **more))


def test_documents_come_by_service_and_version() -> None:
    give("inventory", "1.2.3")
    give("inventory", "1.4.0")
    give("checkout", "1.5.2")

    assert documents_of({"inventory", "checkout"}) == {
        "inventory": {"1.2.3": api_document("1.2.3"), "1.4.0": api_document("1.4.0")},
        "checkout": {"1.5.2": api_document("1.5.2")},
    }


def test_only_the_asked_services_documents_come() -> None:
    give("inventory", "1.2.3")
    give("helm", "1.1.0")

    assert documents_of({"inventory"}) == {"inventory": {"1.2.3": api_document("1.2.3")}}


def test_known_contents_are_not_read_again(
    django_assert_num_queries: DjangoAssertNumQueries, new_process: Callable[[], None]
) -> None:
    give("inventory", "1.2.3")
    new_process()
    with django_assert_num_queries(2):
        first = documents_of({"inventory"})

    with django_assert_num_queries(1):
        again = documents_of({"inventory"})

    assert again["inventory"]["1.2.3"] is first["inventory"]["1.2.3"]


@pytest.mark.parametrize("named_at_most", [0, 500])
def test_any_number_of_new_contents_is_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
    new_process: Callable[[], None],
    named_at_most: int,
) -> None:
    monkeypatch.setattr(documents, "NAMED_AT_MOST", named_at_most)
    for version in ("1.2.3", "1.3.0", "1.4.0"):
        give("inventory", version)
    new_process()

    with django_assert_num_queries(2):
        found = documents_of({"inventory"})

    assert sorted(found["inventory"]) == ["1.2.3", "1.3.0", "1.4.0"]


def test_a_document_that_comes_later_is_seen() -> None:
    give("inventory", "1.2.3")
    documents_of({"inventory"})
    give("inventory", "1.4.0")

    assert sorted(documents_of({"inventory"})["inventory"]) == ["1.2.3", "1.4.0"]


def test_a_document_that_is_gone_is_gone() -> None:
    give("inventory", "1.2.3")
    documents_of({"inventory"})
    ApiDocument.objects.all().delete()

    assert documents_of({"inventory"}) == {}


def test_versions_may_share_a_content() -> None:
    for version in ("1.3.0", "1.4.0"):
        keep_document(actor=person(), service="inventory", version=version, document=api_document("1.x"))

    assert documents_of({"inventory"}) == {"inventory": {"1.3.0": api_document("1.x"), "1.4.0": api_document("1.x")}}


def test_rules_hold_the_documents_of_providers_only() -> None:
    give("inventory", "1.2.3")
    give("helm", "1.1.0")

    assert declared_rules().documents == {"inventory": {"1.2.3": api_document("1.2.3")}}


def test_without_a_contract_no_document_is_read(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    give("inventory", "1.2.3")
    Contract.objects.all().delete()

    assert declared_rules().documents == {}
