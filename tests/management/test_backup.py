"""``manage.py backup`` and ``restore``: every row comes back, and nothing is overwritten or taken in by mistake."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from releases.actions.sweeping import grant_absence
from releases.domain.sealed_lines import sealed
from releases.models import Callback, Promotion, Pulse, Release, Stage
from releases.queries.backups import applied_migrations, backup_lines
from releases.queries.seals import is_guarded
from tests.factories import created, finish, promote, promoting, session_of, tell
from tests.threads import at_once

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "board.backup"


def backup(path: Path) -> None:
    call_command("backup", path, stdout=StringIO())


def restore(path: Path, **options: Any) -> str:
    out = StringIO()
    call_command("restore", path, stdout=out, **options)
    return out.getvalue()


def refused(path: Path, **options: Any) -> str:
    with pytest.raises(CommandError) as refusal:
        restore(path, **options)
    return str(refusal.value)


def rows() -> list[str]:
    """Return every row as a backup would write it, but for the numbers that a restore raises."""
    fenced = ("releases.Stage", "releases.Promotion")
    return [line for line in list(backup_lines())[1:] if json.loads(line)[0] not in fenced]


def written(path: Path, *lines: str) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in sealed(lines))
    return path


def forget_everything() -> None:
    call_command("flush", interactive=False, verbosity=0)


def test_every_row_comes_back_into_an_empty_database(file: Path) -> None:
    promotion = promoting("QA")
    tell(promotion, "inventory", "progress", percent=30, details={"ready": "2/5", "pods": [1, None]})
    Pulse.objects.create(name="sweeper", at=timezone.now())
    before = rows()
    backup(file)
    forget_everything()

    restore(file)

    assert rows() == before


def test_what_a_database_held_is_dropped_only_when_told_to(file: Path) -> None:
    promoting()
    Pulse.objects.create(name="sweeper", at=timezone.now())
    before = rows()
    backup(file)
    created(title="later")

    assert refused(file) == (
        "This database holds a board already; restore into an empty one, or say --replace to drop it."
    )
    assert Release.objects.filter(title="later").exists()
    restore(file, replace=True)
    assert rows() == before


def test_new_rows_get_new_numbers_after_a_restore(file: Path) -> None:
    finish(promoting())
    backup(file)
    forget_everything()
    restore(file)
    last = Release.objects.latest("pk").pk
    assert created(title="next").pk > last


def test_stages_are_taken_over_and_open_promotions_come_to_their_end(file: Path) -> None:
    promotion = promoting("QA")
    tell(promotion, "inventory", "progress", percent=30)
    before = dict(Stage.objects.values_list("name", "epoch"))
    backup(file)
    forget_everything()

    restore(file)

    assert dict(Stage.objects.values_list("name", "epoch")) == {name: epoch + 1 for name, epoch in before.items()}
    going_on = Promotion.objects.get(pk=promotion.pk)
    finish(going_on)
    live = Stage.objects.values_list("live_version__version", flat=True).get(name="QA")
    assert (going_on.state, live) == ("succeeded", promotion.version)
    release = Release.objects.get(pk=promotion.release_id)
    assert promote(release, "STAGING").state == "running"


@pytest.mark.parametrize("pulse", [True, False], ids=["with a sweeper before", "without a sweeper before"])
def test_the_time_until_the_restore_is_granted_to_the_services(file: Path, pulse: bool) -> None:  # noqa: FBT001 (a case)
    promotion = promoting()
    tell(promotion, "inventory", "accepted")
    hour = timedelta(hours=1)
    session = session_of(promotion)
    deadline = session.deadline_at
    assert deadline is not None
    if pulse:
        Pulse.objects.create(name="sweeper", at=timezone.now())
    lines = list(backup_lines())
    forget_everything()
    restore(written(file, *lines))
    assert Pulse.objects.filter(name="sweeper").exists()
    # An hour goes by between the backup and the first look of a sweeper.
    session = session_of(promotion)
    for name, moment in (("opened_at", session.opened_at), ("deadline_at", deadline)):
        type(session).objects.filter(pk=session.pk).update(**{name: moment - hour})
    session.dispatches.update(heard_at=timezone.now() - hour)
    Pulse.objects.update(at=timezone.now() - hour)

    grant_absence()

    granted = session_of(promotion).deadline_at
    assert granted is not None
    assert abs(granted - deadline) < timedelta(seconds=10)


def test_callbacks_that_arrive_meanwhile_are_in_it_whole_or_not_at_all(file: Path) -> None:
    promotion = promoting()

    def report() -> None:
        for percent in range(20):
            tell(promotion, "inventory", "progress", percent=percent, sequence=percent)

    tell(promotion, "inventory", "accepted")
    assert at_once(report, lambda: backup(file)) == [None, None]
    assert Callback.objects.count() == 21

    restore(file, replace=True)

    kept = list(Callback.objects.order_by("pk").values_list("sequence", flat=True))
    assert kept == [None, *range(20)][: len(kept)]
    assert kept
    call_command("verify_journal", stdout=StringIO())


def test_a_backup_never_overwrites_a_file(file: Path) -> None:
    file.write_text("precious")
    with pytest.raises(CommandError) as refusal:
        backup(file)
    assert str(refusal.value) == f"{file} exists already; name another file."
    assert file.read_text() == "precious"


def test_only_its_owner_can_read_a_backup_and_nothing_else_is_left(file: Path) -> None:
    backup(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "board.backup"
    with pytest.raises(CommandError) as refusal:
        backup(path)
    assert str(refusal.value) == f"{path} cannot be written: No such file or directory."


def test_a_changed_backup_is_refused_and_changes_nothing(file: Path) -> None:
    promoting()
    head, *rest = backup_lines()
    with gzip.open(file, "wt", encoding="utf-8") as changed:
        changed.writelines(f"{line}\n" for line in list(sealed([head, *rest]))[:-2])
    before = rows()
    assert refused(file, replace=True) == (
        "The backup is cut short or was changed: its last line does not seal the others. Take another one."
    )
    assert rows() == before


def test_a_file_that_ends_in_the_middle_is_refused(file: Path) -> None:
    promoting()
    backup(file)
    file.write_bytes(file.read_bytes()[:-40])
    assert refused(file, replace=True).startswith(f"{file} cannot be read as a backup: ")
    assert Release.objects.count() == 1


@pytest.mark.parametrize("head", ["[]", "no JSON", '{"format": 2}', ""])
def test_something_else_is_no_backup(file: Path, head: str) -> None:
    assert refused(written(file, head)) == "This is no backup of a board in format 1."


def test_a_backup_of_another_version_names_the_migration(file: Path) -> None:
    head, *rest = backup_lines()
    newer = json.loads(head)
    newer["migrations"].append("releases.9999_later")
    assert refused(written(file, json.dumps(newer), *rest)) == (
        "The backup was made with migration releases.9999_later, which this database lacks: run manage.py migrate."
    )


def test_a_backup_of_an_older_version_says_how_to_bring_it_up(tmp_path: Path) -> None:
    head, *rest = backup_lines()
    older = json.loads(head)
    older["migrations"].remove("releases.0002_evidence")
    assert refused(written(tmp_path / "older", json.dumps(older), *rest)) == (
        "The backup is of another version of the board. This database has releases.0002_evidence besides. "
        "Restore it with that version, then migrate."
    )
    other = json.loads(head)
    other["tables"]["releases.Stage"].remove("epoch")
    assert refused(written(tmp_path / "other", json.dumps(other), *rest)) == (
        "The backup is of another version of the board. Restore it with that version, then migrate."
    )


def test_a_backup_of_a_board_with_single_sign_on_says_what_to_set(file: Path) -> None:
    head, *rest = backup_lines()
    extra = json.loads(head)
    extra["migrations"] += ["account.0001_initial", "socialaccount.0001_initial"]
    extra["tables"]["socialaccount.SocialAccount"] = ["id", "user_id", "provider", "uid"]
    assert refused(written(file, json.dumps(extra), *rest)) == (
        "The backup is of a board with single sign-on, which is off here: set it up as it was there (SSO_ISSUER and "
        "what belongs to it), run manage.py migrate, and restore again; it can be switched off afterwards."
    )


def test_what_an_extra_that_was_switched_off_left_behind_is_no_part_of_a_backup(file: Path) -> None:
    MigrationRecorder(connection).record_applied("socialaccount", "0001_initial")
    backup(file)
    MigrationRecorder(connection).record_unapplied("socialaccount", "0001_initial")
    restore(file)
    assert applied_migrations() == json.loads(next(backup_lines()))["migrations"]


def tampered(lines: Iterable[str]) -> Iterator[str]:
    """Let somebody else have created the release, as who can write the file but has no key would."""
    for line in lines:
        created_by_maria = line.startswith('["releases.JournalEntry"') and "release.created" in line
        yield line.replace('"maria"', '"nobody"') if created_by_maria else line


def test_a_backup_whose_journal_was_changed_is_refused_and_changes_nothing(file: Path) -> None:
    promotion = promoting()
    before = rows()
    head, *rest = backup_lines()
    written(file, head, *tampered(rest))

    assert refused(file, replace=True) == (
        f"The backup is not what the board once wrote. {promotion.version}: "
        "entry 1 does not fit its seal: it was edited."
    )
    assert rows() == before
    assert is_guarded()


def test_a_backup_of_a_board_with_another_key_says_which_one_is_needed(file: Path, settings: Settings) -> None:
    promoting()
    Pulse.objects.create(name="sweeper", at=timezone.now())
    backup(file)
    before = rows()
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-secret-" + "0123456789" * 5
    assert refused(file, replace=True) == (
        "The backup's journal is sealed with another key than this board's. Set AUDIT_KEY to that of the board which "
        "was backed up, or to its SECRET_KEY if it had none; --unverified restores it nevertheless."
    )

    settings.AUDIT_KEY = [old]
    told = StringIO()
    restore(file, replace=True, stderr=told)

    assert told.getvalue() == (
        "The board that was backed up had another SECRET_KEY: callbacks of services that it asked will be refused, "
        "so retry what is open.\n"
    )
    assert rows() == before


def test_a_backup_whose_key_is_lost_is_restored_when_told_to_and_says_what_that_means(
    file: Path, settings: Settings
) -> None:
    promotion = promoting()
    Pulse.objects.create(name="sweeper", at=timezone.now())
    backup(file)
    before = rows()
    settings.SECRET_KEY = "another-secret-" + "0123456789" * 5
    told = StringIO()

    restore(file, replace=True, unverified=True, stderr=told)

    assert told.getvalue().splitlines()[0].startswith(f"{promotion.version}: none of its ")
    assert rows() == before


def test_a_restored_journal_is_guarded_and_goes_on_from_its_last_seal(file: Path) -> None:
    promotion = promoting()
    backup(file)
    forget_everything()
    restore(file)
    assert is_guarded()
    finish(Promotion.objects.get(pk=promotion.pk))
    call_command("verify_journal", stdout=StringIO())


def test_a_backup_leaves_the_connection_as_it_was(file: Path) -> None:
    backup(file)
    assert connection.in_atomic_block is False
    assert Release.objects.count() == 0


def test_a_database_that_is_no_board_of_this_version_is_not_backed_up(file: Path) -> None:
    newest = MigrationRecorder.Migration.objects.filter(app="releases").latest("name").name
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("releases", newest)
    try:
        with pytest.raises(CommandError) as refusal:
            backup(file)
    finally:
        recorder.record_applied("releases", newest)

    said = f"This database is no board of this version: releases.{newest} has not run. Is DATABASE_URL right?"
    assert str(refusal.value) == said
    assert list(file.parent.iterdir()) == []
