"""``manage.py verify_journal``: says nothing of sound journals, and names what went wrong in the others."""

from __future__ import annotations

import logging
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from releases.actions.journal_guard import lifted_guard
from releases.models import Manifest, PromotionStep, Release
from tests.factories import created, finish, load_bookverse, promoting, tell

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import Settings

pytestmark = pytest.mark.django_db


def created_release() -> Release:
    load_bookverse()
    return created()


def drop_the_guard() -> None:
    """Take the guard away as its owner can; the test's own end brings it back."""
    names = ("changes",) if connection.vendor == "postgresql" else ("update", "delete")
    table = " ON releases_journalentry" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TRIGGER journal_refuses_{name}{table}")


def run(*arguments: object) -> tuple[list[str], int]:
    """Return the lines that the command prints, and its exit code."""
    out = StringIO()
    try:
        call_command("verify_journal", *arguments, stdout=out)
    except SystemExit as end:
        return out.getvalue().splitlines(), int(str(end.code))
    return out.getvalue().splitlines(), 0


def verify(*arguments: object) -> tuple[list[str], int]:
    """Return what the command prints but for the head."""
    lines, code = run(*arguments)
    return [line for line in lines if not line.startswith("journal-head ")], code


def tamper(release: Release, sequence: int, **changes: object) -> None:
    """Do what somebody with the database's password can do."""
    with lifted_guard():
        release.entries.filter(sequence=sequence).update(**changes)


def remove(release: Release, sequence: int) -> None:
    with lifted_guard():
        release.entries.filter(sequence=sequence).delete()


def test_the_journals_of_real_work_are_sound() -> None:
    promotion = promoting("QA")
    tell(promotion, "inventory", "progress", percent=30)
    created(title="second")
    assert verify() == (["2 checked, 0 unsound."], 0)
    finish(promotion)
    assert verify() == (["2 checked, 0 unsound."], 0)


def test_a_changed_row_is_named_with_its_release_and_both_values() -> None:
    promotion = promoting()
    PromotionStep.objects.filter(promotion=promotion, service__slug="web").update(percent=55)
    assert verify() == (
        [
            f"{promotion.version}: promotions[0].steps[3].percent: the journal tells None, the tables hold 55.",
            "1 checked, 1 unsound.",
        ],
        1,
    )


def test_a_missing_entry_is_named() -> None:
    promotion = promoting()
    remove(promotion.release, 2)
    last = promotion.release.sequence
    assert verify() == (
        [f"{promotion.version}: entry 2 is missing; the release is at {last}.", "1 checked, 1 unsound."],
        1,
    )


def test_an_entry_that_lost_a_word_is_named() -> None:
    promotion = promoting()
    tamper(promotion.release, 1, payload={"version": promotion.version})
    assert verify() == (
        [
            f"{promotion.version}: entry 1 does not fit its seal: it was edited.",
            f"{promotion.version}: Entry 1 (release.created) does not say its target.",
            "1 checked, 1 unsound.",
        ],
        1,
    )


def test_an_edit_that_no_table_contradicts_is_named_by_its_seal() -> None:
    promotion = promoting()
    finish(promotion)
    tamper(promotion.release, 3, actor="somebody else")
    assert verify() == (
        [f"{promotion.version}: entry 3 does not fit its seal: it was edited.", "1 checked, 1 unsound."],
        1,
    )


def test_a_promotion_whose_end_is_told_twice_is_named() -> None:
    promotion = promoting()
    finish(promotion)
    release = promotion.release
    release.refresh_from_db()
    end = release.entries.get(kind="promotion.succeeded")
    tamper(release, end.sequence - 1, kind=end.kind, payload=end.payload, service="")
    lines, code = verify("--release", release.version)
    assert lines[-2:] == [
        f"{release.version}: the promotion to DEV is succeeded, but its end is told 2 times.",
        "1 checked, 1 unsound.",
    ]
    assert code == 1


def test_only_the_named_release_is_checked() -> None:
    promotion = promoting()
    other = created(title="second")
    PromotionStep.objects.filter(promotion=promotion).update(percent=55)
    assert run("--release", other.version) == (["1 checked, 0 unsound."], 0)


def test_an_unknown_release_is_refused() -> None:
    with pytest.raises(CommandError) as refusal:
        verify("--release", "9.9.9")
    assert str(refusal.value).startswith("There is no release 9.9.9")


def test_a_board_with_another_key_says_so(settings: Settings) -> None:
    promotion = promoting()
    settings.SECRET_KEY = "another-secret-" + "0123456789" * 5
    assert verify() == (
        [
            (
                f"{promotion.version}: none of its {promotion.release.sequence} entries fits its seal: was AUDIT_KEY "
                "or SECRET_KEY changed? If not, the journal was rewritten."
            ),
            "1 checked, 1 unsound.",
        ],
        1,
    )


def test_the_secret_key_may_change_when_the_old_one_becomes_the_audit_key(settings: Settings) -> None:
    created_release()
    settings.AUDIT_KEY = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-" + "0123456789" * 5
    created(title="second")
    assert verify() == (["2 checked, 0 unsound."], 0)


def test_a_new_audit_key_seals_and_the_old_one_still_verifies(settings: Settings) -> None:
    promotion = promoting()
    settings.AUDIT_KEY = ["a new audit key", settings.SECRET_KEY]
    finish(promotion)
    assert verify() == (["1 checked, 0 unsound."], 0)
    settings.AUDIT_KEY = ["a new audit key"]
    lines, code = verify()
    assert (code, lines[0].endswith("they were rewritten, or sealed with another key.")) == (1, True)


def test_a_database_without_the_guard_is_unsound() -> None:
    created_release()
    drop_the_guard()
    assert verify() == (
        ["the database lets the journal or the manifests be changed: triggers are missing.", "1 checked, 0 unsound."],
        1,
    )


def test_the_head_is_printed_logged_and_saved(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    release = created_release()
    with caplog.at_level(logging.INFO, logger="releases"):
        lines, code = run("--save-head", tmp_path / "head")
    saved = (tmp_path / "head").read_text().splitlines()
    assert (code, saved[0]) == (0, f"journal-head release={release.pk} entries=1 seal={release.seal}")
    assert lines == ["1 checked, 0 unsound.", saved[1]]
    assert caplog.messages[-1:] == [saved[1]]


def test_a_cut_off_end_that_the_release_does_not_show_is_found_by_an_earlier_head(tmp_path: Path) -> None:
    promotion = promoting()
    release = promotion.release
    tell(promotion, "inventory", "accepted")
    release.refresh_from_db()
    run("--save-head", tmp_path / "head")
    assert verify("--head", tmp_path / "head") == (["1 checked, 0 unsound."], 0)
    remove(release, release.sequence)
    left = release.entries.order_by("sequence").last()
    assert left is not None
    Release.objects.filter(pk=release.pk).update(sequence=left.sequence, seal=left.seal)

    lines, code = verify("--head", tmp_path / "head")

    assert code == 1
    assert lines[-2] == f"{release.version}: entry {release.sequence} is gone, which the earlier head ends with."


def test_a_journal_that_was_rewritten_with_the_key_is_found_by_an_earlier_head(tmp_path: Path) -> None:
    release = created_release()
    run("--save-head", tmp_path / "head")
    tamper(release, 1, seal="0" * 64)
    lines, _ = verify("--head", tmp_path / "head")
    assert lines[-2] == f"{release.version}: entry 1 has another seal than in the earlier head."


def test_a_release_that_is_gone_is_found_by_an_earlier_head(tmp_path: Path) -> None:
    release = created_release()
    run("--save-head", tmp_path / "head")
    pk = release.pk
    remove(release, 1)
    release.labels.all().delete()
    with lifted_guard():
        Manifest.objects.all().delete()
    release.delete()
    assert verify("--head", tmp_path / "head") == (
        [f"release {pk} is gone; its journal had 1 entries.", "0 checked, 0 unsound."],
        1,
    )


@pytest.mark.parametrize("kept", [slice(1, None), slice(1), slice(0)], ids=["no release", "no signature", "nothing"])
def test_a_head_that_lost_lines_is_refused(tmp_path: Path, kept: slice) -> None:
    created_release()
    head = tmp_path / "head"
    run("--save-head", head)
    head.write_text("\n".join(head.read_text().splitlines()[kept]))
    with pytest.raises(CommandError) as refusal:
        verify("--head", head)
    assert str(refusal.value) == (
        "These are no heads of a journal that this board signed: some line was lost or changed."
    )


def test_a_head_is_never_written_over_and_a_missing_one_is_named(tmp_path: Path) -> None:
    created_release()
    head = tmp_path / "head"
    with pytest.raises(CommandError, match="cannot be read"):
        run("--head", head)
    head.write_text("precious")
    with pytest.raises(CommandError) as refusal:
        run("--save-head", head)
    assert str(refusal.value) == f"{head} cannot be written: File exists."
    assert head.read_text() == "precious"
