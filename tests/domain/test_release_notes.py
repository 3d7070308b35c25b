"""The draft of release notes, and what is kept of what people write."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from releases.domain.api_changes import ApiChanges
from releases.domain.errors import InvalidInput
from releases.domain.release_notes import (
    LEFT_OUT,
    MOST_CHARACTERS,
    DeclaredBreak,
    DraftFacts,
    ServiceDifference,
    VersionNote,
    checked_notes,
    draft,
)

COMMONMARK = MarkdownIt("commonmark")
WITHOUT_HTML = MarkdownIt("commonmark", {"html": False})
INVENTORY = ServiceDifference(service="inventory", before="1.2.3", after="1.4.0")


def drafted(*differences: ServiceDifference, words: str = "", baseline: str = "2.1.0") -> str:
    return draft(DraftFacts(baseline=baseline, words=words, differences=differences))


def noted(text: str, version: str = "1.4.0") -> str:
    return drafted(replace(INVENTORY, notes=(VersionNote(version=version, text=text),)))


def test_a_draft_tells_of_each_service_what_was_registered_and_what_its_interface_breaks() -> None:
    inventory = replace(
        INVENTORY,
        notes=(
            VersionNote(version="1.4.0", text="Faster.\nAnd smaller.", irreversible="Drops the table of old orders"),
        ),
        breaks=(DeclaredBreak(version="1.3.0", endpoint="GET /books/search", text="Takes q now."),),
        api=ApiChanges(breaks=("GET /a is gone",), additions=("POST /b",), unanalysed=("GET /c: answer 404 changed",)),
    )
    assert drafted(inventory, words="Gift cards!") == (
        "Gift cards!\n\n"
        "# Changes since 2.1.0\n\n"
        "## inventory 1.2.3 → 1.4.0\n\n"
        "- 1.4.0: Faster.\\\n"
        "  And smaller.\n"
        "- **Cannot be undone**, 1.4.0: Drops the table of old orders\n"
        "- **Breaking change**, 1.3.0: GET /books/search: Takes q now.\n"
        "- **Breaks the API**: GET /a is gone\n"
        "- New in the API: POST /b\n"
        "- Not compared: GET /c: answer 404 changed"
    )


def test_services_that_come_and_go_are_called_so_and_stand_in_the_order_of_their_names() -> None:
    web, helm = (ServiceDifference(service=name, before="", after="1.0.0") for name in ("web", "helm"))
    old = ServiceDifference(service="old", before="3.0.0", after="")
    assert drafted(web, old, helm) == drafted(helm, web, old)
    assert drafted(web, old, helm) == (
        "# Changes since 2.1.0\n\n"
        "## Without change notes\n\n"
        "- helm 1.0.0 (new)\n"
        "- old 3.0.0 (removed)\n"
        "- web 1.0.0 (new)"
    )


def test_services_of_which_nothing_is_told_stand_below_the_others() -> None:
    helm = ServiceDifference(service="helm", before="1.1.0", after="1.1.1")
    inventory = replace(INVENTORY, notes=(VersionNote(version="1.4.0", text="Faster."),))
    web = replace(inventory, service="web")
    headings = [line for line in drafted(helm, inventory, web).splitlines() if line.startswith("## ")]
    assert headings == ["## inventory 1.2.3 → 1.4.0", "## web 1.2.3 → 1.4.0", "## Without change notes"]


def test_what_goes_down_loses_what_its_versions_brought() -> None:
    down = replace(
        INVENTORY,
        before="1.4.0",
        after="1.2.3",
        went_down=True,
        notes=(VersionNote(version="1.4.0", text="Faster.", irreversible="Drops a table"),),
        breaks=(DeclaredBreak(version="1.3.0", endpoint="", text="No more search."),),
    )
    assert drafted(down, baseline="2.2.0") == (
        "# Changes since 2.2.0\n\n"
        "## inventory 1.4.0 → 1.2.3\n\n"
        "- No longer in it, 1.4.0: Faster.\n"
        "- **Breaking change taken back**, 1.3.0: No more search."
    )


def test_nothing_is_said_to_be_nothing() -> None:
    assert drafted() == "# Changes since 2.1.0\n\nNo service changes its version."
    assert drafted(INVENTORY, baseline="") == (
        "# First release\n\n## Without change notes\n\n- inventory 1.2.3 → 1.4.0"
    )


def test_the_clauses_of_one_interface_are_counted_where_they_are_too_many() -> None:
    api = ApiChanges(additions=tuple(f"GET /{number}" for number in range(53)))
    points = drafted(replace(INVENTORY, api=api)).splitlines()
    assert (points[-2:], len(points)) == (["- New in the API: GET /49", "- New in the API: and 3 more."], 55)


def test_a_long_note_is_cut() -> None:
    assert noted("x" * 3000).splitlines()[-1] == f"- 1.4.0: {'x' * 1999}…"


def test_a_long_draft_ends_with_a_whole_line_and_says_so() -> None:
    notes = tuple(VersionNote(version=f"1.3.{number}", text="x" * 1900) for number in range(40))
    found = drafted(replace(INVENTORY, notes=notes))
    assert len(found) <= MOST_CHARACTERS
    assert found.endswith(f"{'x' * 1900}\n{LEFT_OUT}")


def test_a_draft_that_just_fits_is_whole() -> None:
    words = "x" * (MOST_CHARACTERS - len(drafted(INVENTORY)) - len("\n\n"))
    longer = drafted(INVENTORY, words=f"{words}x")
    assert drafted(INVENTORY, words=words) == f"{words}\n\n{drafted(INVENTORY)}"
    assert longer == f"{words}x\n\n{LEFT_OUT}"


def shape_of(markdown: str) -> list[str]:
    """Return the blocks and marks of a text, without the text."""
    tokens = [part for token in COMMONMARK.parse(markdown) for part in (token, *(token.children or ()))]
    return [token.type for token in tokens if token.type != "text"]


def text_of(markdown: str) -> list[str]:
    """Return the lines of the last point as they read."""
    inline = [token for token in COMMONMARK.parse(markdown) if token.type == "inline"][-1]
    parts = ["\n" if child.type == "hardbreak" else child.content for child in inline.children or ()]
    return "".join(parts).removeprefix("1.4.0: ").split("\n")


HOSTILE = st.text(st.sampled_from("\n\n \t#*_`~<>[]()!&;\\/:-+=.1a|\"'") | st.characters(), max_size=60)


@given(HOSTILE)
def test_no_note_of_a_service_is_more_than_its_lines(text: str) -> None:
    lines = [" ".join(line.split()) for line in text.splitlines()]
    plain = "\n".join("x" for line in lines if line) or " "
    assert shape_of(noted(text)) == shape_of(noted(plain))


@given(st.text("\n #*_`~<>[]()!&;\\/:-+=.19a|\"'é→", min_size=1, max_size=60).filter(str.strip))
def test_a_note_reads_as_it_was_registered(text: str) -> None:
    assert text_of(noted(text)) == [" ".join(line.split()) for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize(
    "line", ["1. one", "12) two", "- a", "+ a", "# a", "> a", "~~~", "===", "---", "    code", "&lt;b&gt; &#35;"]
)
def test_a_line_that_would_mean_something_stays_a_line(line: str) -> None:
    assert text_of(noted(f"a\n{line}")) == ["a", line.strip()]


def test_what_was_typed_is_kept_with_lines_that_end_alike() -> None:
    assert checked_notes("  # A\r\nb\rc\n\n") == "# A\nb\nc"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * 50_001, "The notes have 50,001 characters; shorten them to 50,000."),
        ("a\x00b", "The notes hold characters that cannot be stored; take out NUL and halves of surrogate pairs."),
        ("a\ud800b", "The notes hold characters that cannot be stored; take out NUL and halves of surrogate pairs."),
    ],
)
def test_what_cannot_be_kept_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        checked_notes(text)
    assert (refusal.value.field, refusal.value.message) == ("markdown", message)


def test_the_longest_notes_are_kept() -> None:
    assert len(checked_notes("x" * MOST_CHARACTERS)) == MOST_CHARACTERS


OPENERS = ("```", "~~~~", "<!--", "<script>", "<div>", "- ", "> ", "1. ", "   ", "    ", "\t", "\n", "\n\n", "x", "`")


@given(HOSTILE | st.lists(st.sampled_from(OPENERS), max_size=12).map("".join))
@example("Try it:\n\n```sh\ncurl $BOARD/books")
@example("1. a\n   ```\n```")
@example("```\n\t```")
@example("<div>\n```\n\n```")
@example("Well\n<!-- not yet")
@pytest.mark.parametrize("parser", [COMMONMARK, WITHOUT_HTML], ids=["with HTML", "without HTML"])
def test_no_words_of_the_creator_swallow_what_follows(parser: MarkdownIt, words: str) -> None:
    assert parser.render(drafted(INVENTORY, words=words)).endswith(parser.render(drafted(INVENTORY)))


@pytest.mark.parametrize(
    "words",
    [
        "Gift *cards*\n\n- at last\n\n<https://example.org>",
        "```sh\ncurl $BOARD/books\n```\n\nand `~~~`",
        "~~~~\n~~~\n<script>\n~~~~",
        "```inline```",
    ],
)
def test_words_that_end_what_they_begin_are_left_alone(words: str) -> None:
    assert drafted(INVENTORY, words=words) == f"{words}\n\n{drafted(INVENTORY)}"


def test_words_that_leave_a_block_open_are_quoted_as_they_are() -> None:
    assert drafted(INVENTORY, words="Try it:\r\n```sh\ncurl\n\nit") == (
        f"> Try it:\n> ```sh\n> curl\n>\n> it\n\n{drafted(INVENTORY)}"
    )
