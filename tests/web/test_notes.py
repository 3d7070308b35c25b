"""Release notes on their pages: with htmx and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from releases.actions.release_notes import NotesEdit, edit_notes
from releases.models import NotesRevision, Release
from tests.factories import created, person
from tests.live.html import parse_html

if TYPE_CHECKING:
    from django.test import Client
    from django.test.client import _MonkeyPatchedWSGIResponse as Response
    from pytest_django import DjangoAssertNumQueries

    from tests.live.html import Element

RELEASE = "/releases/2.2.0-alpha.1"
PAGE = f"{RELEASE}/notes"
HTMX = {"HX-Request": "true"}
SCRIPTED = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
Headers = dict[str, str]


@pytest.fixture(autouse=True)
def release(manager: Client) -> Release:
    return created()


def write(markdown: str, revision: int = 0, by: str = "tom") -> None:
    edit = NotesEdit(markdown=markdown, revision=revision)
    edit_notes(actor=person(by), version="2.2.0-alpha.1", edit=edit)


def save(browser: Client, markdown: str, headers: Headers, revision: int = 0, **more: str) -> Response:
    return browser.post(f"{PAGE}/save", {"markdown": markdown, "revision": str(revision), **more}, headers=headers)


def page(answer: Response, status: int = 200) -> Element:
    assert answer.status_code == status
    return parse_html(answer.content.decode())


def typed(form: Element) -> dict[str, str]:
    """Return what the form would send, and of the text beside it what it shows."""
    fields = [element for element in form.descendants() if element.tag in {"input", "textarea"}]
    return {
        field.attributes.get("name", "theirs"): field.text or field.attributes.get("value", "")
        for field in fields
        if field.attributes.get("name") not in {"csrfmiddlewaretoken", "idempotency_key"}
    }


def texts() -> list[str]:
    return list(NotesRevision.objects.order_by("number").values_list("text", flat=True))


def test_the_draft_is_shown_until_somebody_writes(manager: Client) -> None:
    shown = page(manager.get(PAGE)).first("main").text
    assert "drafted from what changed; nobody has edited it yet" in shown
    assert "Changes since 2.1.0 Without change notes checkout 1.5.2 → 1.5.3 helm 1.1.0 → 1.1.1" in shown


def test_what_was_written_is_shown_where_htmx_ignores_it(manager: Client) -> None:
    write("# Faster\n\n<b hx-get='/'>Much</b>")
    main = page(manager.get(PAGE)).first("main")
    (prose,) = [element for element in main.descendants() if "hx-ignore" in element.attributes]
    assert (prose.first("h3").text, prose.first("p").text) == ("Faster", "<b hx-get='/'>Much</b>")
    assert "revision 1, written by tom" in main.text


def test_an_earlier_text_says_that_it_is_not_the_newest_and_can_be_begun_with(manager: Client) -> None:
    write("Faster")
    write("Slower", 1)
    main = page(manager.get(f"{PAGE}?revision=1")).first("main")
    assert "These are not the newest notes: read revision 2 ." in main.text
    assert "Edit from this one" in main.text
    assert typed(page(manager.get(f"{PAGE}/edit?revision=1")).find("notes-editor")) == {
        "revision": "2",
        "markdown": "Faster",
    }


def test_emptied_notes_say_where_the_others_are(manager: Client) -> None:
    write("")
    assert "These notes were emptied." in page(manager.get(PAGE)).first("main").text


@pytest.mark.parametrize("revision", ["x", "-1", "9" * 10])
def test_an_address_of_no_revision_is_refused(manager: Client, revision: str) -> None:
    assert manager.get(f"{PAGE}?revision={revision}").status_code == 422


def test_an_address_of_a_revision_that_there_is_not_is_not_found(manager: Client) -> None:
    assert (manager.get(f"{PAGE}?revision=7").status_code, manager.get("/releases/9.9.9/notes").status_code) == (
        404,
        404,
    )


def test_who_only_looks_reads_why_they_may_not_write(viewer: Client) -> None:
    main = page(viewer.get(PAGE)).first("main")
    assert main.find("edit-why").text == "To write release notes you need the role release manager."
    assert (viewer.get(f"{PAGE}/edit").status_code, save(viewer, "Mine", {}).status_code, texts()) == (403, 403, [])


@pytest.mark.parametrize("address", [RELEASE, PAGE, f"{PAGE}?revision=0", f"{PAGE}/edit", f"{RELEASE}/replay"])
def test_every_page_of_a_release_is_one_of_the_releases(manager: Client, address: str) -> None:
    top = page(manager.get(address)).first("nav")
    assert [link.text for link in top.descendants() if "aria-current" in link.attributes] == ["Releases"]


def test_the_form_begins_with_what_counts(manager: Client) -> None:
    write("Faster")
    form = page(manager.get(f"{PAGE}/edit")).find("notes-editor")
    assert (typed(form), "Save as revision 2" in form.text) == ({"revision": "1", "markdown": "Faster"}, True)


def test_what_is_saved_is_shown(manager: Client) -> None:
    answer = save(manager, "Faster\r\nand smaller", {})
    assert (answer.status_code, answer["Location"], texts()) == (302, PAGE, ["Faster\nand smaller"])


def test_what_htmx_saves_is_shown(manager: Client) -> None:
    answer = save(manager, "Faster", HTMX)
    assert (answer.status_code, answer["HX-Redirect"], texts()) == (200, PAGE, ["Faster"])


def test_a_second_click_saves_nothing_more(manager: Client) -> None:
    answers = [save(manager, "Faster", {}, idempotency_key="k") for _ in range(2)]
    assert ([answer.status_code for answer in answers], texts()) == ([302, 302], ["Faster"])


@SCRIPTED
def test_who_saves_second_finds_both_texts_and_can_save_after_the_other(manager: Client, headers: Headers) -> None:
    write("Theirs")
    answer = save(manager, "Mine", headers)
    form = page(answer, 409).find("notes-editor")
    assert typed(form) == {"revision": "1", "markdown": "Mine", "theirs": "Theirs"}
    assert "tom wrote revision 1 of these notes at " in form.text
    assert texts() == ["Theirs"]
    save(manager, "Both", headers, 1)
    assert texts() == ["Theirs", "Both"]


@SCRIPTED
def test_a_text_that_is_too_long_stays_in_the_form(manager: Client, headers: Headers) -> None:
    for address in ("save", "preview"):
        answer = manager.post(f"{PAGE}/{address}", {"markdown": "x" * 50_001, "revision": "0"}, headers=headers)
        form = page(answer, 422).find("notes-editor")
        assert typed(form)["markdown"] == "x" * 50_001
        assert "The notes have 50,001 characters; shorten them to 50,000." in form.text


def test_htmx_puts_a_refused_text_in_the_place_of_the_form(manager: Client) -> None:
    answer = save(manager, "a\x00b", HTMX)
    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Reswap"]) == (422, "#notes-editor", "outerHTML")


@SCRIPTED
def test_a_preview_shows_what_was_typed_and_stores_nothing(manager: Client, headers: Headers) -> None:
    answer = manager.post(f"{PAGE}/preview", {"markdown": "# Faster", "revision": "0"}, headers=headers)
    shown = page(answer)
    assert (shown.first("h3").text, texts()) == ("Faster", [])
    if not headers:
        assert typed(shown.find("notes-editor")) == {"revision": "0", "markdown": "# Faster"}


@SCRIPTED
def test_a_preview_of_nothing_says_so(manager: Client, headers: Headers) -> None:
    answer = manager.post(f"{PAGE}/preview", {"markdown": " ", "revision": "0"}, headers=headers)
    assert "Saved like this, the notes are empty." in page(answer).text


@pytest.mark.parametrize("revision", ["", "x", "9" * 10])
def test_a_form_without_its_revision_is_refused(manager: Client, revision: str) -> None:
    answer = manager.post(f"{PAGE}/save", {"markdown": "Mine", "revision": revision})
    assert (answer.status_code, texts()) == (422, [])


def test_the_release_tells_how_its_notes_stand(manager: Client) -> None:
    before = page(manager.get(RELEASE)).find("release-notes").text
    write("Faster")
    after = page(manager.get(RELEASE)).find("release-notes").text
    assert before == (
        "Release notes Read the draft "
        "Drafted from the versions, change notes and contracts that differ; nobody has edited it yet."
    )
    assert after.startswith("Release notes Read revision 1 Written by tom ")


def test_the_words_that_a_release_was_created_with_are_markdown_on_its_page(manager: Client) -> None:
    Release.objects.update(notes="*Gift cards* <script>")
    shown = page(manager.get(RELEASE)).find("release-notes")
    assert (shown.first("em").text, "<script>" in shown.text) == ("Gift cards", True)


@pytest.mark.parametrize("revisions", [1, 3])
def test_the_page_costs_the_same_for_any_number_of_revisions(
    manager: Client, revisions: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for revision in range(revisions):
        write(f"Text {revision}", revision)
    with django_assert_num_queries(9):
        shown = page(manager.get(PAGE))
    assert shown.find("notes-revisions").text.count("Revision") == revisions
