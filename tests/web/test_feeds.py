"""The feed of released versions and the badges, for people and for programs that cannot sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import fromstring

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releases.actions.calendars import rotate_calendar_link
from releases.actions.release_notes import NotesEdit, edit_notes
from releases.display.atom import ATOM
from releases.models import NotesRevision
from tests.factories import LIVE, bring, created, created_alone, load_bookverse, person, promote

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from django.test import Client

    from releases.models import Release

FEED = "/feeds/releases.atom"


def titles(body: bytes) -> list[str | None]:
    return [entry.findtext(f"{{{ATOM}}}title") for entry in fromstring(body).iter(f"{{{ATOM}}}entry")]


def only_entry(browser: Client) -> Element:
    (entry,) = fromstring(browser.get(FEED).content).iter(f"{{{ATOM}}}entry")
    return entry


def content(entry: Element) -> str:
    """Return the HTML of an entry."""
    found = entry.find(f"{{{ATOM}}}content")
    assert found is not None
    assert found.attrib == {"type": "html"}
    return found.text or ""


def moments(entry: Element) -> tuple[str | None, str | None]:
    """Return when it was published, and when it changed last."""
    return entry.findtext(f"{{{ATOM}}}published"), entry.findtext(f"{{{ATOM}}}updated")


def edit(release: Release, markdown: str, revision: int) -> None:
    change = NotesEdit(markdown=markdown, revision=revision)
    edit_notes(actor=person("tom"), version=release.version, edit=change)


def test_the_feed_tells_what_went_live_in_the_last_stage_newest_first(manager: Client) -> None:
    bring(created_alone(checkout="1.5.3"))
    bring(created(title="Autumn"))

    answer = manager.get(FEED)
    (newest, *_) = fromstring(answer.content).iter(f"{{{ATOM}}}entry")

    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert titles(answer.content) == ["2.2.0 is live in PROD: Autumn", "2.1.1 is live in PROD"]
    assert content(newest) == (
        "<ul>"
        f"<li>inventory {LIVE['inventory']} → 1.4.0</li>"
        f"<li>recommendations {LIVE['recommendations']} → 2.2.0</li>"
        f"<li>web {LIVE['web']} → 3.0.2</li>"
        f"<li>helm {LIVE['helm']} → 1.1.1</li>"
        "</ul>\n"
    )


def test_the_feed_carries_the_notes_as_they_are_now_and_says_when_they_changed(manager: Client) -> None:
    release = created_alone(checkout="1.5.3")
    bring(release)
    before = only_entry(manager)
    edit(release, "Well", revision=0)
    edit(release, "# Gift *cards*\n\n<script>alert(1)</script> [here](javascript:alert(1))", revision=1)

    after = only_entry(manager)

    written_at = f"{NotesRevision.objects.latest('number').written_at:%Y-%m-%dT%H:%M:%SZ}"
    assert content(before) == f"<ul><li>checkout {LIVE['checkout']} → 1.5.3</li></ul>\n"
    assert content(after) == (
        f"<ul><li>checkout {LIVE['checkout']} → 1.5.3</li></ul>\n"
        "<h3>Gift <em>cards</em></h3>\n"
        "<p>&lt;script&gt;alert(1)&lt;/script&gt; [here](javascript:alert(1))</p>\n"
    )
    assert moments(before) == (moments(before)[0], moments(before)[0])
    assert moments(after) == (moments(before)[0], written_at)


def test_notes_that_were_written_before_it_went_live_move_nothing(manager: Client) -> None:
    release = created_alone(checkout="1.5.3")
    edit(release, "Gift cards", revision=0)
    bring(release)

    entry = only_entry(manager)

    assert content(entry).endswith("<p>Gift cards</p>\n")
    assert len(set(moments(entry))) == 1


def test_before_the_first_release_the_feed_is_empty(manager: Client) -> None:
    assert titles(manager.get(FEED).content) == []


def test_more_versions_cost_no_more_queries(manager: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            manager.get(FEED)
        return len(asked)

    bring(created_alone(checkout="1.5.3"))
    queries()
    alone = queries()
    bring(created())

    assert queries() == alone


def test_a_badge_says_what_its_stage_runs_and_what_is_on_its_way(manager: Client) -> None:
    before = manager.get("/badge/DEV.svg")
    promote(created())

    assert before["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert 'aria-label="DEV: 2.1.0"' in before.content.decode()
    assert 'aria-label="DEV: 2.1.0, running"' in manager.get("/badge/dev.svg").content.decode()


def test_a_stage_that_there_is_not_has_no_badge(manager: Client) -> None:
    assert manager.get("/badge/MOON.svg").status_code == 404


@pytest.mark.parametrize("address", [FEED, "/badge/DEV.svg"])
def test_who_cannot_sign_in_needs_the_secret_of_a_calendars_address(client: Client, db: None, address: str) -> None:
    load_bookverse()
    key = rotate_calendar_link(actor=person())

    answers = [client.get(address, {"key": each}).status_code for each in (key, f"{key}0", "")]

    assert answers == [200, 404, 404]
