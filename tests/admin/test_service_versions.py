"""What a version changes, and what of that going back does not undo, is all that administrators say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.models import ServiceVersion
from tests.admin.forms import seen_on, send
from tests.admin.test_impact import text, url

if TYPE_CHECKING:
    from django.test import Client


def of(version: str) -> ServiceVersion:
    return ServiceVersion.objects.get(service__slug="web", version=version)


def test_it_is_entered_and_leaves_everything_else_to_the_registry(administrator: Client) -> None:
    row = of("3.0.2")
    said: dict[str, object] = {"irreversible": "drops a table", "notes": "Vouchers."}
    answer = send(administrator, url("change", row, "serviceversion"), {**said, "tag": "mine", "version": "9.9.9"})
    row.refresh_from_db()

    assert (answer.status_code, row.irreversible, row.notes) == (302, "drops a table", "Vouchers.")
    assert (row.tag, row.version) == ("", "3.0.2")


def test_no_version_is_added_or_deleted_by_hand(administrator: Client) -> None:
    row = of("3.0.2")
    answers = [
        administrator.get(url("add", model="serviceversion")),
        administrator.get(url("delete", row, "serviceversion")),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]


def test_the_second_save_is_told_of_the_first(administrator: Client) -> None:
    row = of("3.0.2")
    opened = administrator.get(url("change", row, "serviceversion"))
    ServiceVersion.objects.filter(pk=row.pk).update(irreversible="drops two tables")
    entered = {"irreversible": "drops a table", "_seen": seen_on(opened)}
    answer = administrator.post(url("change", row, "serviceversion"), entered)

    assert "changed this service version since you opened it: irreversible." in text(answer)
