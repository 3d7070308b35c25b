"""Writing release notes: every text is kept, and nobody writes over what they have not read."""

from __future__ import annotations

import pytest

from releases.actions.receipts import KeyReused
from releases.actions.release_notes import NotesChanged, NotesEdit, edit_notes
from releases.actions.steering import cancel
from releases.domain.access import Role
from releases.domain.errors import InvalidInput, NotFound, PermissionRefused
from releases.domain.manifests import sha256_of
from releases.models import NotesRevision, Release
from releases.queries.release_notes import newest_revision, notes_of
from releases.queries.replay import replayed_release, stored_release
from tests.factories import bring, created, kinds, load_bookverse, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def release() -> Release:
    load_bookverse()
    return created()


def write(release: Release, markdown: str, revision: int = 0, *, by: str = "maria", key: str = "") -> int:
    edit = NotesEdit(markdown=markdown, revision=revision)
    return edit_notes(actor=person(by), version=release.version, edit=edit, key=key)


def texts(release: Release) -> list[tuple[int, str, str]]:
    rows = release.notes_revisions.order_by("number")
    return [(row.number, row.text, row.written_by.get_username()) for row in rows.select_related("written_by")]


def test_each_edit_is_the_next_revision_and_the_ones_before_it_stay(release: Release) -> None:
    assert (write(release, "Faster.\r\n"), write(release, "Smaller.", 1, by="tom")) == (1, 2)
    assert texts(release) == [(1, "Faster.", "maria"), (2, "Smaller.", "tom")]
    assert (notes_of(release).markdown, notes_of(release, 1).markdown) == ("Smaller.", "Faster.")


def test_the_journal_tells_of_an_edit_without_its_text(release: Release) -> None:
    write(release, "Faster.")
    entry = release.entries.latest("sequence")
    digest = sha256_of("Faster.")
    assert (entry.kind, entry.actor, entry.payload) == ("notes.edited", "maria", {"revision": 1, "sha256": digest})
    assert NotesRevision.objects.get().sha256 == digest


def test_who_writes_second_is_told_who_was_faster_and_changes_nothing(release: Release) -> None:
    write(release, "Faster.", by="tom")
    with pytest.raises(NotesChanged) as refusal:
        write(release, "Slower.")
    written = newest_revision(release).written_at
    assert refusal.value.message == (
        f"tom wrote revision 1 of these notes at {written:%Y-%m-%d %H:%M:%S} UTC. Read it, then decide."
    )
    assert texts(release) == [(1, "Faster.", "tom")]


@pytest.mark.parametrize("revision", [1, 7])
def test_nobody_writes_after_a_revision_that_there_is_not(release: Release, revision: int) -> None:
    with pytest.raises(NotesChanged) as refusal:
        write(release, "Faster.", revision)
    assert refusal.value.message == f"These notes have no revision {revision} yet; the newest is 0."


def test_the_same_click_twice_writes_once(release: Release) -> None:
    assert [write(release, "Faster.", key="k"), write(release, "Faster.", key="k")] == [1, 1]
    assert texts(release) == [(1, "Faster.", "maria")]
    with pytest.raises(KeyReused):
        write(release, "Slower.", key="k")


def test_an_edit_is_in_the_way_of_no_other_command(release: Release) -> None:
    before = release.lock_version
    write(release, "Faster.")
    release.refresh_from_db()
    assert release.lock_version == before


def test_a_typing_error_is_mended_after_the_release(release: Release) -> None:
    bring(release)
    write(release, "Live.")
    assert (release.state, kinds(release)[-2:]) == ("released", ["release.released", "notes.edited"])


def test_the_notes_of_a_release_that_was_given_up_may_say_why(release: Release) -> None:
    cancel(actor=person(), version=release.version)
    write(release, "Superseded.")
    assert kinds(release)[-2:] == ["release.cancelled", "notes.edited"]


def test_a_replay_reads_over_an_edit(release: Release) -> None:
    write(release, "Faster.")
    release.refresh_from_db()
    assert replayed_release(release, release.sequence) == stored_release(release)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER])
def test_who_may_not_plan_writes_no_notes(release: Release, role: Role) -> None:
    edit = NotesEdit(markdown="Faster.", revision=0)
    with pytest.raises(PermissionRefused, match=r"^To write release notes you need the role release manager\.$"):
        edit_notes(actor=person("vera", role), version=release.version, edit=edit)
    assert texts(release) == []


def test_a_text_that_is_too_long_is_refused(release: Release) -> None:
    with pytest.raises(InvalidInput):
        write(release, "x" * 50_001)
    assert (kinds(release), texts(release)) == (["release.created"], [])


def test_there_is_nothing_to_write_of_what_is_no_release(release: Release) -> None:
    with pytest.raises(NotFound):
        edit_notes(actor=person(), version="9.9.9", edit=NotesEdit(markdown="", revision=0))
