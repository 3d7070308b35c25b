"""What AppTrust says is in a version, page by page and in every spelling."""

from __future__ import annotations

from typing import Any

import pytest

from releases.domain.contents import PAGE, Content, ContentPages, ContentUnclear, ordered

SOURCE: dict[str, object] = {"type": "build", "name": "web", "number": "7"}
IMAGE: dict[str, object] = {"name": "web", "version": "3.0.2", "sha256": "a" * 64}


def answer(**more: Any) -> dict[str, Any]:
    return {"status": "COMPLETED", "sources": [SOURCE], "releasables": [IMAGE], "releasables_count": 1, **more}


def refusal(**more: Any) -> str:
    with pytest.raises(ContentUnclear) as refused:
        ContentPages().add(answer(**more))
    return str(refused.value)


def numbered(first: int, end: int) -> list[dict[str, object]]:
    return [{"name": f"{number:05}"} for number in range(first, end)]


def test_one_page_is_the_whole_of_it() -> None:
    pages = ContentPages()

    assert pages.add(answer()) is False
    assert pages.content == Content(sources=[SOURCE], releasables=[IMAGE])


def test_full_pages_are_followed_by_another_until_one_is_not_full() -> None:
    pages = ContentPages()
    parts = [numbered(0, PAGE), numbered(PAGE, 2 * PAGE), numbered(2 * PAGE, 2 * PAGE + 1)]

    assert [pages.add(answer(releasables=part)) for part in parts] == [True, True, False]
    assert pages.content == Content(sources=[SOURCE], releasables=numbered(0, 2 * PAGE + 1))


def test_a_list_that_is_not_cut_into_pages_is_read_once() -> None:
    pages, whole = ContentPages(), numbered(0, PAGE + 50)

    assert [pages.add(answer(sources=whole)), pages.add(answer(sources=whole))] == [True, False]
    assert pages.content == Content(sources=whole, releasables=[IMAGE])


def test_no_releasables_are_an_empty_list_where_apptrust_counts_none() -> None:
    spellings: tuple[list[object] | None, ...] = ([], None)
    for said in spellings:
        pages = ContentPages()
        pages.add(answer(releasables=said, releasables_count=0))
        assert pages.content.releasables == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"status": "in_progress"}, "has not completed the version: it is IN_PROGRESS."),
        ({"sources": None}, "did not list the version's sources."),
        ({"sources": ["web"]}, "did not list the version's sources."),
        ({"releasables": None}, "did not list the version's releasables."),
        ({"releasables": {}}, "did not list the version's releasables."),
        ({"sources": [{"name": "a\0b"}]}, "lists what cannot be stored: NUL in a text."),
        ({"sources": [{"name": "\ud800"}]}, "lists what cannot be stored: half a surrogate pair, or no number."),
        (
            {"releasables": [{"total_size": float("nan")}]},
            "lists what cannot be stored: half a surrogate pair, or no number.",
        ),
        (
            {"releasables": numbered(0, 5_001)},
            "lists more than 5,000 items in it, which is more than the board keeps.",
        ),
    ],
)
def test_what_is_no_whole_list_is_refused_with_why(more: dict[str, Any], why: str) -> None:
    assert refusal(**more) == why


def test_a_backslash_before_the_letters_of_nul_is_a_text_like_others() -> None:
    pages = ContentPages()
    path: dict[str, object] = {"path": "C:\\u0000"}
    pages.add(answer(sources=[path]))
    assert pages.content.sources == [path]


def test_equal_lists_are_equal_whatever_order_they_come_in() -> None:
    items = [{"name": "b", "version": "1"}, {"version": "2", "name": "a"}]

    assert ordered(items) == ordered(reversed(items)) == [{"name": "a", "version": "2"}, {"name": "b", "version": "1"}]
    assert [list(each) for each in ordered(items)] == [["name", "version"]] * 2
