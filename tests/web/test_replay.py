"""The replay page: any entry by its address, the parts that htmx gets, and the journal as a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from releases.models import Release
from tests.factories import created, finish, promote
from tests.live.html import Element, parse_html

if TYPE_CHECKING:
    from django.test import Client


@pytest.fixture
def release(manager: Client) -> Release:
    """A release that was brought to DEV."""
    release = created(title="November")
    finish(promote(release))
    return Release.objects.get(pk=release.pk)


def page(client: Client, address: str) -> Element:
    answer = client.get(address)
    assert answer.status_code == 200
    return parse_html(answer.content.decode())


def states(whole: Element) -> list[str]:
    rows = (each for each in whole.first("table").descendants() if each.tag == "tr")
    return [row.attributes["data-state"] for row in rows if "data-state" in row.attributes]


def test_without_a_number_the_last_entry_is_shown(manager: Client, release: Release) -> None:
    whole = page(manager, f"/releases/{release.version}/replay")
    assert whole.find("replay").attributes["data-sequence"] == str(release.sequence)
    assert whole.find("at").attributes["value"] == whole.find("at").attributes["max"] == str(release.sequence)
    assert states(whole) == ["succeeded"] * 5


def test_each_entry_has_its_address(manager: Client, release: Release) -> None:
    first = page(manager, f"/releases/{release.version}/replay?at=1")
    assert states(first) == ["pending"] * 5
    done = release.entries.filter(kind="slot.closed").order_by("sequence")[0]
    after = page(manager, f"/releases/{release.version}/replay?at={done.sequence}")
    assert states(after) == ["succeeded", "pending", "pending", "pending", "pending"]


def test_the_entries_lead_to_their_moments_and_the_shown_one_is_marked(manager: Client, release: Release) -> None:
    whole = page(manager, f"/releases/{release.version}/replay?at=2")
    links = [
        each for each in whole.descendants() if each.tag == "a" and each.attributes.get("href", "").startswith("?at=")
    ]
    marked = [each.attributes["href"] for each in links if each.attributes.get("aria-current") == "true"]
    assert marked == ["?at=2"]
    assert {each.attributes["href"] for each in links} == {f"?at={n}" for n in range(1, release.sequence + 1)}


def test_htmx_gets_the_moment_without_the_slider(manager: Client, release: Release) -> None:
    answer = manager.get(f"/releases/{release.version}/replay?at=3", headers={"HX-Request": "true"})
    part = parse_html(answer.content.decode())
    assert part.find("replay").attributes["data-sequence"] == "3"
    assert [each for each in part.descendants() if each.tag == "input"] == []


@pytest.mark.parametrize(("at", "status"), [("0", 404), ("9999", 404), ("x", 422), ("-1", 422), ("9" * 30, 422)])
def test_an_entry_that_is_not_there_is_refused(manager: Client, release: Release, at: str, status: int) -> None:
    assert manager.get(f"/releases/{release.version}/replay?at={at}").status_code == status


def test_an_unknown_release_is_not_found(manager: Client) -> None:
    assert manager.get("/releases/9.9.9/replay").status_code == 404
    assert manager.get("/releases/9.9.9/journal.json").status_code == 404


def test_who_has_not_signed_in_is_sent_to_do_so(client: Client, release: Release) -> None:
    for address in ("replay", "journal.json"):
        assert client.get(f"/releases/{release.version}/{address}").status_code == 302


def test_the_journal_is_a_file_with_every_entry(manager: Client, release: Release) -> None:
    answer = manager.get(f"/releases/{release.version}/journal.json")
    document = json.loads(answer.content)
    assert answer["Content-Disposition"] == f'attachment; filename="journal-{release.version}.json"'
    assert document["version"] == release.version
    assert [entry["sequence"] for entry in document["entries"]] == list(range(1, release.sequence + 1))
    first = release.entries.get(sequence=1)
    assert document["entries"][0] == {
        "sequence": 1,
        "at": first.at.isoformat(),
        "kind": "release.created",
        "actor": "maria",
        "service": "",
        "payload": first.payload,
    }
