"""Announcing builds."""

from __future__ import annotations

import pytest

from releases.actions.release_notes import NotesEdit, edit_notes
from releases.actions.versions import Learnt, NewVersion, note_version, register_version
from releases.domain.access import Role
from releases.domain.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from releases.models import ApiDocument, ServiceVersion
from releases.queries.manifests import manifest_of
from releases.queries.release_notes import notes_of
from tests.factories import created, load_bookverse, person
from tests.openapi_documents import api_document


@pytest.fixture(autouse=True)
def platform(db: None) -> None:
    load_bookverse()


def announce(version: str = "3.1.0", service: str = "web", **more: object) -> ServiceVersion:
    return register_version(actor=person(), new=NewVersion(service=service, version=version, **more))  # type: ignore[arg-type]


def refused_requirement(**requires: str) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as refusal:
        announce(requires=requires)
    return refusal.value.field, refusal.value.message


def test_a_build_that_a_pipeline_announces_is_noted() -> None:
    announce(notes="Search")

    noted = ServiceVersion.objects.get(service__slug="web", version="3.1.0")

    assert (noted.registry_status, noted.notes, noted.invalid_because) == ("REGISTERED", "Search", "")


def test_a_build_is_announced_once() -> None:
    with pytest.raises(Conflict, match=r"web 3\.0\.2 is already registered"):
        announce("3.0.2")


def test_what_is_no_version_is_not_announced() -> None:
    with pytest.raises(InvalidInput) as refusal:
        announce("latest")

    assert refusal.value.field == "version"


def test_a_version_of_an_unknown_service_is_refused() -> None:
    with pytest.raises(NotFound):
        announce(service="nobody")


def test_a_viewer_announces_nothing() -> None:
    with pytest.raises(PermissionRefused):
        register_version(actor=person("vera", Role.VIEWER), new=NewVersion(service="web", version="3.1.0"))


def test_what_a_build_requires_is_kept_by_slug() -> None:
    announce(requires={"bookverse-inventory": " ^1.4.0 ", "checkout": ">=1.5.2 <2"})

    noted = ServiceVersion.objects.get(service__slug="web", version="3.1.0")

    assert noted.requires == {"inventory": "^1.4.0", "checkout": ">=1.5.2 <2"}


def test_a_requirement_of_a_stranger_is_refused() -> None:
    assert refused_requirement(payments="^1.0.0") == (
        "requires.payments",
        "There is no service payments; name one by its slug or an alias.",
    )


def test_a_range_that_cannot_be_read_is_refused() -> None:
    field, message = refused_requirement(inventory="about 1.4")

    assert (field, message.startswith("“about 1.4” is not a version range: ")) == ("requires.inventory", True)


def test_an_empty_range_is_refused() -> None:
    assert refused_requirement(inventory=" ")[0] == "requires.inventory"


def test_a_build_cannot_require_itself() -> None:
    assert refused_requirement(web="^3.0.0") == (
        "requires.web",
        "web cannot require a version of itself; leave it out.",
    )


def test_a_service_is_not_required_twice_by_two_names() -> None:
    requires = {"inventory": "^1.4.0", "bookverse-inventory": "^1.5.0"}

    with pytest.raises(InvalidInput) as refusal:
        announce(requires=requires)

    assert (refusal.value.field, refusal.value.message) == (
        "requires.bookverse-inventory",
        "inventory is named twice; keep one of the two ranges.",
    )


def test_a_document_is_kept_with_the_build() -> None:
    announce(openapi=api_document("3.1.0"))

    document = ApiDocument.objects.get(service_version__version="3.1.0")

    assert (document.content, document.uploaded_by) == (api_document("3.1.0"), "maria")


def test_a_build_with_a_document_that_is_refused_is_not_noted() -> None:
    with pytest.raises(InvalidInput) as refusal:
        announce(openapi={"swagger": "2.0"})

    assert (refusal.value.field, ServiceVersion.objects.filter(version="3.1.0").exists()) == ("openapi", False)


def test_what_going_back_does_not_undo_is_noted_with_the_build() -> None:
    assert announce(irreversible=" drops the table of old orders ").irreversible == "drops the table of old orders"


def test_it_may_be_noted_of_a_version_that_the_registry_listed_first() -> None:
    note = {"actor": person(), "service": "web", "version": "3.0.2"}
    noted = note_version(**note, learnt=Learnt(irreversible="drops a table")).irreversible  # type: ignore[arg-type]
    taken_back = note_version(**note, learnt=Learnt(irreversible=" ")).irreversible  # type: ignore[arg-type]

    assert (noted, taken_back) == ("drops a table", "")


def test_of_a_version_that_nobody_registered_nothing_is_noted() -> None:
    with pytest.raises(NotFound, match=r"^web has no registered version 9\.9\.9\.$"):
        note_version(actor=person(), service="web", version="9.9.9", learnt=Learnt(notes="Vouchers."))


def test_a_viewer_notes_nothing() -> None:
    with pytest.raises(PermissionRefused):
        note_version(
            actor=person("vera", Role.VIEWER), service="web", version="3.0.2", learnt=Learnt(notes="Vouchers.")
        )


def test_change_notes_that_arrive_late_are_drafted_and_leave_the_sealed_manifest_alone() -> None:
    release = created()
    before = manifest_of(release.version)
    note_version(actor=person(), service="web", version="3.0.2", learnt=Learnt(notes="Vouchers can be paid with."))
    after = manifest_of(release.version)

    assert ((after.yaml, after.sha256), after.is_intact) == ((before.yaml, before.sha256), True)
    assert "Vouchers can be paid with." in notes_of(release).markdown


def test_change_notes_that_arrive_late_leave_notes_that_somebody_wrote_alone() -> None:
    release = created()
    edit_notes(actor=person(), version=release.version, edit=NotesEdit(markdown="Mine.", revision=0))
    note_version(actor=person(), service="web", version="3.0.2", learnt=Learnt(notes="Vouchers can be paid with."))

    assert notes_of(release).markdown == "Mine."
