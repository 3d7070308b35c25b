from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.template.loader import render_to_string

from releases.queries.views import Control
from tests.display.examples import VIEWER, held_release, release_before_prod

if TYPE_CHECKING:
    from releases.queries.views import ReleaseView

PAGE = "releases/release.html"
REGIONS = {
    "head": "release-head",
    "stages": "release-stages",
    "edges": "graph-edges",
    "feed": "release-feed",
    "summaries": "release-summaries",
    "announce": "release-announce",
}


def part(name: str, release: ReleaseView, service: str = "checkout", **more: object) -> str:
    return render_to_string(f"{PAGE}#{name}", {"release": release, "step": release.step(service), **more})


@pytest.mark.parametrize(("name", "element"), REGIONS.items())
def test_a_region_says_which_entry_it_shows(name: str, element: str) -> None:
    first = re.search(r"<[^>]+>", part(name, held_release()))
    assert first
    assert (f'id="{element}"' in first[0], 'data-seq="12"' in first[0]) == (True, True)


@pytest.mark.parametrize("name", [*REGIONS, "node"])
def test_a_pushed_region_is_the_pages_own_but_for_the_mark_of_its_swap(name: str) -> None:
    pushed = part(name, held_release(), oob=True)
    assert pushed.replace(' hx-swap-oob="outerMorph"', "") == part(name, held_release())


def test_a_pushed_row_travels_in_a_table_for_a_bare_row_would_be_dropped_by_the_parser() -> None:
    pushed = part("row", held_release(), oob=True).replace(' hx-swap-oob="outerMorph"', "")
    assert pushed == f"<table><tbody>{part('row', held_release())}</tbody></table>"


@pytest.mark.parametrize("name", [*REGIONS, "node", "row"])
def test_a_region_is_the_same_each_time_it_is_rendered(name: str) -> None:
    assert part(name, held_release()) == part(name, held_release())


def test_a_failed_row_offers_to_retry_to_skip_and_to_accept() -> None:
    assert re.findall(r"(Retry|Skip…|Accept late result…)<", part("row", held_release())) == [
        "Retry",
        "Skip…",
        "Accept late result…",
    ]


@pytest.mark.parametrize(("service", "folds"), [("checkout", 0), ("web", 1)])
def test_the_buttons_of_a_row_where_nothing_failed_are_folded_away(service: str, folds: int) -> None:
    assert part("row", held_release(), service).count("<details") == folds


def test_a_button_that_may_not_be_pressed_names_the_reason_beside_it() -> None:
    row = part("row", held_release(VIEWER))
    assert row.count(VIEWER) == 1
    for verb in ("retry", "skip", "accept"):
        assert f'disabled aria-describedby="{verb}-checkout-why"' in row
        assert f'id="{verb}-checkout-why">' in row


def test_reasons_that_differ_each_say_whose_they_are() -> None:
    release = replace(
        held_release(),
        promote=Control(verb="promote", allowed=False, why_not="It is held."),
        pause=Control(verb="pause", allowed=False, why_not="It is paused."),
        cancel=Control(verb="cancel", allowed=False, why_not="It is held."),
    )
    said = re.findall(r'<p class="why">(.*?)</p>', part("head", release))
    assert [re.sub("<[^>]+>", "", each) for each in said] == ["Promote, cancel: It is held.", "Pause: It is paused."]


@pytest.mark.parametrize("release", [held_release(), held_release(VIEWER), release_before_prod()])
def test_each_described_button_finds_its_description(release: ReleaseView) -> None:
    html = part("head", release)
    assert set(re.findall(r'aria-describedby="([^"]+)"', html)) <= set(re.findall(r' id="([^"]+)"', html))


def test_promoting_to_the_last_stage_asks_first_and_names_the_version() -> None:
    html = part("head", release_before_prod())
    assert re.findall(r"Promote 2\.2\.0 to PROD\n?\s*</button>", html) != []


def test_promoting_to_an_earlier_stage_is_one_press() -> None:
    html = part("head", replace(release_before_prod(), promote_stage="STAGING"))
    assert ("promote-dialog" in html, 'name="stage" value="STAGING"' in html) == (False, True)


@pytest.mark.parametrize("release", [held_release(), release_before_prod()])
def test_at_most_one_button_is_filled(release: ReleaseView) -> None:
    assert part("head", release).count("button primary") <= 1


def test_the_newest_entry_is_announced_as_a_sentence() -> None:
    text = re.sub(r"<[^>]+>", "", part("announce", held_release())).strip()
    assert text == "checkout failed: schema mismatch"


def test_a_running_lease_carries_its_times_and_a_closed_one_its_result() -> None:
    running, closed = (part("row", held_release(), name) for name in ("recommendations", "checkout"))
    assert (running.count("data-start="), closed.count("data-start=")) == (1, 0)
    assert ">4 / 27 s<" in closed


def test_times_are_written_in_utc_for_the_script_to_word() -> None:
    assert '<time datetime="2026-11-22T14:03:41.000000Z" data-style="clock">14:03:41 UTC</time>' in part(
        "feed",
        held_release(),
    )


def test_an_edge_takes_the_tone_of_where_it_starts() -> None:
    tones = re.findall(r'<path data-tone="([a-z]+)"', part("edges", held_release()))
    assert sorted(tones) == ["danger", "info", "neutral", "success", "success"]
