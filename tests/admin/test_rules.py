from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from releases.models import CompatibilityRow, Constraint, Service, ServiceAlias
from tests.admin.forms import send

if TYPE_CHECKING:
    from django.test import Client

ADD_ROW = "/admin/releases/compatibilityrow/add/"


def row_with(approved: str) -> dict[str, object]:
    inventory = Service.objects.get(slug="inventory")
    return {"platform_version": "2.1.0", "service": inventory.pk, "approved": approved}


@pytest.mark.parametrize(
    "approved", ["1.2.3, 1.2.4", "1.2.3 1.2.4", "1.2.3,1.2.4 1.2.3", '["1.2.3", "1.2.4"]', " 1.2.3 ,\n1.2.4,"]
)
def test_approved_versions_are_entered_in_one_line(administrator: Client, approved: str) -> None:
    assert administrator.post(ADD_ROW, row_with(approved)).status_code == 302
    assert CompatibilityRow.objects.get().approved == ["1.2.3", "1.2.4"]


@pytest.mark.parametrize(
    ("approved", "message"),
    [
        ("", "This field is required."),
        (",", "This field is required."),
        ("1.2", "“1.2” is not a version"),
        ("[1.2.3", "“[1.2.3” is not a version"),
        ("[]", "This field is required."),
    ],
)
def test_approved_versions_that_are_none_are_refused(administrator: Client, approved: str, message: str) -> None:
    page = administrator.post(ADD_ROW, row_with(approved))
    (error,) = page.context["adminform"].form.errors["approved"]
    assert (error.startswith(message), CompatibilityRow.objects.count()) == (True, 0)


def test_a_row_is_shown_for_editing_as_it_is_entered(administrator: Client) -> None:
    administrator.post(ADD_ROW, row_with("1.2.3, 1.2.4"))
    row = CompatibilityRow.objects.get()
    page = administrator.get(reverse("admin:releases_compatibilityrow_change", args=[row.pk]))
    assert 'value="1.2.3, 1.2.4"' in page.content.decode()


def test_a_range_that_is_none_is_refused(administrator: Client) -> None:
    services = {service.slug: service.pk for service in Service.objects.all()}
    entered = {"consumer": services["web"], "provider": services["checkout"], "severity": "ERROR"}
    before = Constraint.objects.count()
    page = administrator.post(
        "/admin/releases/constraint/add/", {**entered, "consumer_range": "banana", "provider_range": ""}
    )
    assert page.context["adminform"].form.errors.keys() == {"consumer_range", "provider_range"}
    assert Constraint.objects.count() == before


def test_a_service_keeps_its_slug_and_may_get_aliases(administrator: Client) -> None:
    service = Service.objects.get(slug="inventory")
    entered: dict[str, object] = {
        "slug": "stock",
        "name": "Stock",
        "application_key": service.application_key,
        "dispatch_url": "http://127.0.0.1:9/stock",
        "required": "on",
        "secret_generation": 1,
        "aliases-TOTAL_FORMS": 2,
        "aliases-INITIAL_FORMS": 1,
        "aliases-0-id": service.aliases.get().pk,
        "aliases-0-service": service.pk,
        "aliases-0-name": "bookverse-inventory",
        "aliases-1-service": service.pk,
        "aliases-1-name": "stock",
    }
    address = reverse("admin:releases_service_change", args=[service.pk])
    assert send(administrator, address, entered).status_code == 302
    assert Service.objects.get(pk=service.pk).slug == "inventory"
    assert ServiceAlias.objects.get(name="stock").service == service
