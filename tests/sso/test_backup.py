"""A restored board knows the provider's people again, and says what to set where it could not."""

from __future__ import annotations

import gzip
import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from releases.domain.sealed_lines import sealed
from releases.queries.backups import app_of, backup_lines
from tests.sso.conftest import Person
from tests.sso.test_signing_in import people

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.openid_provider import FakeOpenIdProvider

pytestmark = pytest.mark.django_db(transaction=True)
EXTRA = {"account", "socialaccount"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "board.backup"


def test_who_came_before_a_backup_is_the_same_after_its_restore(
    provider: FakeOpenIdProvider, person: Person, file: Path
) -> None:
    person.signs_in()
    call_command("backup", file, stdout=StringIO())
    call_command("flush", interactive=False, verbosity=0)

    call_command("restore", file, stdout=StringIO())

    provider.person["preferred_username"] = "another-name"
    again = Person(client=Client())
    again.signs_in()
    assert (again.is_signed_in, people()) == (True, [(provider.issuer, "u-1", "maria")])


def test_a_backup_from_before_single_sign_on_is_restored_with_nobody_known(
    provider: FakeOpenIdProvider, person: Person, file: Path
) -> None:
    User.objects.create_user("carla")
    first, *rest = backup_lines()
    head = json.loads(first)
    head["migrations"] = [name for name in head["migrations"] if app_of(name) not in EXTRA]
    head["tables"] = {name: columns for name, columns in head["tables"].items() if app_of(name) not in EXTRA}
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        lines.writelines(f"{line}\n" for line in sealed([json.dumps(head), *rest]))
    person.signs_in()

    call_command("restore", file, replace=True, stdout=StringIO())

    assert (people(), list(User.objects.values_list("username", flat=True))) == ([], ["carla"])


def test_an_older_version_of_the_board_is_still_told_from_this_one(provider: FakeOpenIdProvider, file: Path) -> None:
    first, *rest = backup_lines()
    head = json.loads(first)
    head["migrations"].remove("socialaccount.0006_alter_socialaccount_extra_data")
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        lines.writelines(f"{line}\n" for line in sealed([json.dumps(head), *rest]))
    with pytest.raises(CommandError, match="The backup is of another version of the board"):
        call_command("restore", file, stdout=StringIO())
