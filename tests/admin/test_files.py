"""Rules go out into files and come back from them, all or none."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils import timezone

from releases.models import (
    CompatibilityRow,
    Constraint,
    Contract,
    Denial,
    Dependency,
    DeploymentContract,
    Freeze,
    Ignore,
    JournalEntry,
    Service,
    Stage,
)
from tests.api.calling import caller_for, create_candidate

if TYPE_CHECKING:
    from django.test import Client
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

CSV, JSON = "0", "1"


def address(model: str, page: str) -> str:
    return reverse(f"admin:releases_{model}_{page}")


def upload(client: Client, model: str, content: str, kind: str = CSV) -> Response:
    file = SimpleUploadedFile("rules", content.encode())
    return client.post(address(model, "import"), {"format": kind, "import_file": file})


def fields_of(page: Response) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page.content.decode())
    return {name: unescape(value) for name, value in found}


def confirm(client: Client, model: str, page: Response, **changes: str) -> Response:
    return client.post(address(model, "process_import"), {**fields_of(page), **changes}, follow=True)


def exported(client: Client, model: str, kind: str = CSV) -> str:
    return client.post(address(model, "export"), {"format": kind}).content.decode()


def text(page: Response) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def test_a_row_goes_out_with_names_that_people_know(administrator: Client) -> None:
    inventory = Service.objects.get(slug="inventory")
    CompatibilityRow.objects.create(platform_version="2.1.0", service=inventory, approved=["1.2.3", "1.2.4"])

    assert exported(administrator, "compatibilityrow") == (
        'platform_version,service,approved,expires_on,note\r\n2.1.0,inventory,"1.2.3, 1.2.4",,\r\n'
    )


@pytest.mark.parametrize("kind", [CSV, JSON], ids=["csv", "json"])
def test_what_goes_out_comes_back_the_same(administrator: Client, kind: str) -> None:
    ends = {slug: Service.objects.get(slug=slug) for slug in ("web", "inventory")}
    Constraint.objects.create(
        consumer=ends["web"], consumer_range="=3.0.1", provider=ends["inventory"], provider_range="*", note="'=1+1"
    )
    before = list(Constraint.objects.order_by("pk").values())
    content = exported(administrator, "constraint", kind)
    Constraint.objects.filter(note="'=1+1").update(note="changed")
    page = upload(administrator, "constraint", content, kind)
    confirm(administrator, "constraint", page)

    assert list(Constraint.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "\n=1"])
def test_a_spreadsheet_calculates_nothing_that_it_finds_in_a_file(administrator: Client, cell: str) -> None:
    Constraint.objects.filter(note="").update(note=cell)
    shown = exported(administrator, "constraint")

    assert (f"'{cell}" in shown, re.search(rf"(^|[,\"]){re.escape(cell)}", shown)) == (True, None)


def test_a_file_is_previewed_before_it_changes_anything(administrator: Client) -> None:
    page = upload(administrator, "compatibilityrow", "platform_version,service,approved\n2.2.0,inventory,1.4.0\n")

    assert (CompatibilityRow.objects.count(), "Importing this changes nothing that is open or live." in text(page)) == (
        0,
        True,
    )
    confirm(administrator, "compatibilityrow", page)
    row = CompatibilityRow.objects.get()
    assert (row.approved, row.history.get().history_user.username) == (["1.4.0"], "root")


HEADER = "platform_version,service,approved\n"


def test_a_file_over_one_mebibyte_is_not_read(administrator: Client) -> None:
    page = upload(administrator, "compatibilityrow", HEADER + "x" * (1024 * 1024))
    assert "A file has at most 1 MiB; this one has 1,048,610 bytes." in text(page)


def test_a_file_of_more_than_five_thousand_rows_is_refused_whole(administrator: Client) -> None:
    page = upload(administrator, "compatibilityrow", HEADER + "2.2.0,inventory,1.4.0\n" * 5_001)
    assert "A file has at most 5,000 rows; this one has 5,001." in text(page)
    assert "confirm" not in fields_of(page)
    assert CompatibilityRow.objects.count() == 0


def test_a_preview_stores_not_even_history(administrator: Client) -> None:
    upload(administrator, "compatibilityrow", "platform_version,service,approved\n2.2.0,inventory,1.4.0\n")

    assert CompatibilityRow.history.count() == 0


@pytest.mark.parametrize(
    ("line", "field", "message"),
    [
        ("2.2.0,stock,1.4.0", "service", "There is no service “stock”."),
        ("2.2.0,inventory,1.4", "approved", "“1.4” is not a version: it must have three numbers, as in 1.4.0."),
        ("banana,inventory,1.4.0", "platform_version", "“banana” is not a version"),
        ("2.2.0,,1.4.0", "service", "This field cannot be null."),
    ],
)
def test_a_mistake_names_its_row_and_its_field(administrator: Client, line: str, field: str, message: str) -> None:
    content = f"platform_version,service,approved\n2.2.0,web,3.0.1\n{line}\n"
    page = upload(administrator, "compatibilityrow", content)
    (invalid,) = page.context["result"].invalid_rows

    assert (invalid.number, list(invalid.field_specific_errors)) == (2, [field])
    assert invalid.field_specific_errors[field][0].startswith(message)
    assert ("confirm_form" in page.context, CompatibilityRow.objects.count()) == (False, 0)


def strict(number: object = "") -> str:
    return (
        "id,consumer,consumer_range,provider,provider_range,severity,note\n"
        f"{number},bookverse-recommendations,>=2.2.0,inventory,>=9.0.0,ERROR,\n"
    )


def stock_rule() -> Constraint:
    return Constraint.objects.get(consumer_range=">=2.2.0")


def test_a_file_that_blocks_a_release_is_imported_once_that_was_seen(administrator: Client) -> None:
    create_candidate(caller_for("manager"))
    page = upload(administrator, "constraint", strict(stock_rule().pk))
    assert "Importing this blocks 1 open release." in text(page)

    confirm(administrator, "constraint", page)
    assert stock_rule().provider_range == ">=9.0.0"
    entry = JournalEntry.objects.get(kind="verdict.changed")
    assert entry.payload["because"] == "imported 1 compatibility rule"


def test_a_file_whose_impact_grew_since_is_shown_again(administrator: Client) -> None:
    manager = caller_for("manager")
    create_candidate(manager)
    page = upload(administrator, "constraint", strict(stock_rule().pk))
    create_candidate(manager)
    again = confirm(administrator, "constraint", page)
    assert ("Importing this blocks 2 open releases." in text(again), stock_rule().provider_range) == (True, ">=1.4.0")

    confirm(administrator, "constraint", again)
    assert stock_rule().provider_range == ">=9.0.0"


def test_a_rule_without_a_number_is_added(administrator: Client) -> None:
    before = Constraint.objects.count()
    content = "consumer,consumer_range,provider,provider_range,severity,note\nweb,*,inventory,*,WARNING,x\n"
    confirm(administrator, "constraint", upload(administrator, "constraint", content))

    assert (Constraint.objects.count(), Constraint.objects.latest("pk").severity) == (before + 1, "WARNING")


def test_a_number_that_is_not_there_is_a_mistake(administrator: Client) -> None:
    page = upload(administrator, "constraint", strict(424242))
    (invalid,) = page.context["result"].invalid_rows

    assert invalid.field_specific_errors == {
        "id": ["There is no compatibility rule 424242; leave the id empty to add one."]
    }


def test_a_file_that_went_bad_since_its_preview_changes_nothing(administrator: Client) -> None:
    content = "consumer,consumer_range,provider,provider_range,severity,note\n"
    content += "web,*,inventory,*,WARNING,x\ngifts,*,inventory,*,WARNING,y\n"
    gifts = Service.objects.create(
        slug="gifts", name="Gifts", application_key="gifts", dispatch_url="http://127.0.0.1:9", required=False
    )
    page = upload(administrator, "constraint", content)
    gifts.delete()
    before = Constraint.objects.count()
    answer = confirm(administrator, "constraint", page)

    assert ("There is no service “gifts”." in text(answer), Constraint.objects.count()) == (True, before)


@pytest.mark.parametrize("name", ["/etc/passwd", "x", ""])
def test_a_file_that_is_not_the_one_that_was_uploaded_is_refused(administrator: Client, name: str) -> None:
    page = upload(administrator, "constraint", strict())
    answer = confirm(administrator, "constraint", page, import_file_name=name)

    assert answer.status_code == (400 if name else 200)
    assert stock_rule().provider_range == ">=1.4.0"


def test_every_kind_of_rule_comes_back_from_its_own_file(administrator: Client) -> None:
    ends = {slug: Service.objects.get(slug=slug) for slug in ("web", "inventory", "helm")}
    now = timezone.now().replace(microsecond=0)
    Denial.objects.create(
        service=ends["web"], service_range="<1.0.0", other=ends["inventory"], other_range="*", reason="Deadlock"
    )
    Contract.objects.create(
        consumer=ends["web"], consumer_range="<1.0.0", provider=ends["inventory"], method="GET", path="/books",
        request_schema={"type": "object"},
    )  # fmt: skip
    DeploymentContract.objects.create(consumer=ends["helm"], probe="health_check", path="/health")
    Freeze.objects.create(
        stage=Stage.objects.get(name="PROD"), starts_at=now, ends_at=now + timedelta(days=1), reason="Holidays"
    )
    kinds: tuple[type[Model], ...] = (Denial, Contract, DeploymentContract, Freeze, Dependency)
    for model in kinds:
        name = model.__name__.lower()
        before = list(QuerySet(model).order_by("pk").values())
        page = upload(administrator, name, exported(administrator, name, JSON), JSON)
        assert {row.import_type for row in page.context["result"].rows} == {"skip"}, name
        assert list(QuerySet(model).order_by("pk").values()) == before, name


def ignores(expires_at: object, code: str = "range-broken") -> str:
    row = {"code": code, "service": "web", "other": "inventory", "reason": "Known", "expires_at": str(expires_at)}
    return json.dumps([row])


def test_whoever_imports_an_ignore_decides_it(administrator: Client) -> None:
    expires_at = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%d %H:%M:%S")
    confirm(administrator, "ignore", upload(administrator, "ignore", ignores(expires_at), JSON))

    assert Ignore.objects.get().created_by == User.objects.get(username="root")


@pytest.mark.parametrize(("days", "code", "field"), [(31, "range-broken", "expires_at"), (3, "denied", "code")])
def test_an_imported_ignore_is_held_to_the_same_rules(administrator: Client, days: int, code: str, field: str) -> None:
    expires_at = (timezone.now() + timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")
    page = upload(administrator, "ignore", ignores(expires_at, code), JSON)
    (invalid,) = page.context["result"].invalid_rows

    assert list(invalid.field_specific_errors) == [field]
