"""The notes of a release over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.models import NotesRevision
from tests.api.calling import caller_for
from tests.factories import LIVE, NEXT

if TYPE_CHECKING:
    from tests.api.calling import Caller


def path_of(candidate: str) -> str:
    return f"/releases/{candidate}/notes"


def test_the_draft_is_read_until_somebody_writes_notes(viewer: Caller, candidate: str) -> None:
    steps = [f"{service} {LIVE[service]} → {NEXT[service]}" for service in sorted(NEXT)]
    points = "".join(f"<li>{step}</li>\n" for step in steps)
    assert viewer.get(path_of(candidate)).json() == {
        "version": candidate,
        "revision": 0,
        "newest_revision": 0,
        "markdown": "\n- ".join(["# Changes since 2.1.0\n\n## Without change notes\n", *steps]),
        "html": f"<h3>Changes since 2.1.0</h3>\n<h4>Without change notes</h4>\n<ul>\n{points}</ul>\n",
        "written_by": "",
        "written_at": None,
    }


def test_what_is_written_is_answered_as_markdown_and_as_html(manager: Caller, candidate: str) -> None:
    answer = manager.put(path_of(candidate), {"markdown": "# Faster\r\n<b>Much</b>", "revision": 0})
    row = NotesRevision.objects.get()
    expected = {
        "version": candidate,
        "revision": 1,
        "newest_revision": 1,
        "markdown": "# Faster\n<b>Much</b>",
        "html": "<h3>Faster</h3>\n<p>&lt;b&gt;Much&lt;/b&gt;</p>\n",
        "written_by": "manager",
        "written_at": row.written_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    assert (answer.status_code, answer.json()) == (200, expected)
    assert manager.get(path_of(candidate)).json() == expected


def test_earlier_texts_are_read_by_their_number(manager: Caller, candidate: str) -> None:
    for revision in (0, 1):
        manager.put(path_of(candidate), {"markdown": f"Text {revision + 1}", "revision": revision})
    answers = [manager.get(path_of(candidate), {"revision": number}).json() for number in (0, 1, 2)]
    assert [(each["revision"], each["newest_revision"]) for each in answers] == [(0, 2), (1, 2), (2, 2)]
    assert [each["markdown"] for each in answers[1:]] == ["Text 1", "Text 2"]
    assert manager.get(path_of(candidate), {"revision": 3}).status_code == 404


def test_who_writes_on_an_old_revision_is_told_who_was_faster(manager: Caller, candidate: str) -> None:
    manager.put(path_of(candidate), {"markdown": "Theirs", "revision": 0})
    answer = manager.put(path_of(candidate), {"markdown": "Mine", "revision": 0})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "urn:bookverse:problem:stale")
    assert problem["detail"].startswith("manager wrote revision 1 of these notes at ")
    assert NotesRevision.objects.get().text == "Theirs"


def test_the_same_key_writes_once(manager: Caller, candidate: str) -> None:
    body = {"markdown": "Faster", "revision": 0}
    answers = [manager.put(path_of(candidate), body, Idempotency_Key="k") for _ in range(2)]
    assert [(answer.status_code, answer.json()["revision"]) for answer in answers] == [(200, 1), (200, 1)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"markdown": "x" * 50_001, "revision": 0}, "markdown"),
        ({"markdown": "a\0b", "revision": 0}, "markdown"),
        ({"markdown": "a", "revision": -1}, "revision"),
        ({"markdown": "a", "revision": 2**31}, "revision"),
        ({"markdown": "a", "revision": "0"}, "revision"),
        ({"markdown": "a"}, "revision"),
        ({"revision": 0}, "markdown"),
        ({"markdown": "a", "revision": 0, "title": "b"}, "title"),
    ],
)
def test_what_is_malformed_is_named(manager: Caller, candidate: str, body: dict[str, object], field: str) -> None:
    answer = manager.put(path_of(candidate), body)
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", field])


@pytest.mark.parametrize("revision", [-1, 2**31, "last"])
def test_no_revision_goes_by_such_a_number(viewer: Caller, candidate: str, revision: object) -> None:
    assert viewer.get(path_of(candidate), {"revision": revision}).status_code == 422


def test_who_only_looks_writes_nothing(viewer: Caller, candidate: str) -> None:
    answer = viewer.put(path_of(candidate), {"markdown": "Mine", "revision": 0})
    assert (answer.status_code, answer.json()["detail"]) == (
        403,
        "To write release notes you need the role release manager.",
    )
    assert caller_for("manager", "read").put(path_of(candidate), {"markdown": "", "revision": 0}).status_code == 403


def test_there_are_no_notes_of_what_is_no_release(viewer: Caller, candidate: str) -> None:
    assert viewer.get(path_of("9.9.9")).status_code == 404
