"""The page of a way back, and what it asks for before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.models import Release, ServiceVersion
from releases.queries.clock import database_now
from tests.factories import NEXT, STAGES, created, finish, promote
from tests.live.html import parse_html

if TYPE_CHECKING:
    from django.test import Client

PAGE = "/releases/2.2.0-alpha.1"


def released(*stages: str) -> Release:
    release = created()
    for stage in stages:
        finish(promote(release, stage))
        release.refresh_from_db()
    return release


def form_of(client: Client, release: Release) -> dict[str, str]:
    """Return what the page's form would send."""
    page = parse_html(client.get(f"/releases/{release.version}/rollback").content.decode())
    form = next(element for element in page.descendants() if element.attributes.get("id") == "rollback-form")
    fields = [field for field in form.descendants() if field.tag == "input"]
    return {
        str(field.attributes["name"]): str(field.attributes.get("value") or "")
        for field in fields
        if field.attributes.get("type") == "hidden"
    }


def start(client: Client, release: Release, **fields: str) -> tuple[int, str]:
    sent = {**form_of(client, release), "reason": "orders fail", **fields}
    answer = client.post(f"/releases/{release.version}/rollback/start", sent)
    return answer.status_code, answer.headers.get("Location", "")


def test_it_starts_what_was_shown_and_leads_to_the_rollback(manager: Client) -> None:
    assert start(manager, released("DEV")) == (302, "/releases/2.2.0-rollback.1")


def test_with_a_script_the_page_is_told_where_to_go(manager: Client) -> None:
    release = released("DEV")
    sent = {**form_of(manager, release), "reason": "orders fail"}
    answer = manager.post(f"{PAGE}/rollback/start", sent, headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/releases/2.2.0-rollback.1")


def test_out_of_the_last_stage_the_version_has_to_be_typed(manager: Client) -> None:
    release = released(*STAGES)
    refused = start(manager, release, typed="2.2")
    taken = start(manager, release, typed="2.2.0")

    assert (refused, taken) == ((422, ""), (302, "/releases/2.2.0-rollback.1"))


def test_what_cannot_be_undone_is_shown_and_has_to_be_accepted(manager: Client) -> None:
    release = released("DEV")
    ServiceVersion.objects.filter(version=NEXT["checkout"]).update(irreversible="drops a table")
    page = manager.get(f"{PAGE}/rollback").content.decode()
    refused, taken = start(manager, release), start(manager, release, accept_irreversible="on")

    assert f"Cannot be undone: checkout: {NEXT['checkout']} drops a table" in page
    assert (refused[0], taken[0]) == (422, 302)


def test_without_a_way_back_the_page_says_why(manager: Client) -> None:
    created()
    page = manager.get(f"{PAGE}/rollback")

    assert (page.status_code, "has brought nothing that could be taken back" in page.content.decode()) == (200, True)


def test_a_viewer_sees_the_way_but_may_not_go_it(manager: Client, viewer: Client) -> None:
    released("DEV")
    page = viewer.get(f"{PAGE}/rollback").content.decode()

    assert "To promote a release in DEV you need the role release manager, for all stages or for DEV." in page


def test_the_release_says_where_it_can_go_back_to_and_then_by_what_it_was_taken_back(manager: Client) -> None:
    release = released("DEV")
    before = manager.get(PAGE).content.decode()
    start(manager, release)
    after = manager.get(PAGE).content.decode()

    assert ("DEV can go back to" in before, "Taken back by" in before) == (True, False)
    assert "Taken back by" in after


def test_what_becomes_of_the_versions_is_said_before(manager: Client) -> None:
    page = manager.get(f"/releases/{released('DEV').version}/rollback").content.decode()

    assert "goes to quarantine: nobody can plan with it any more." in page
    assert 'name="quarantine" checked' in page


def test_the_rollback_shows_what_it_put_in_quarantine_and_whether_apptrust_knows(manager: Client) -> None:
    release = released("DEV")
    start(manager, release, quarantine="on")
    rollback = Release.objects.get(kind="rollback")
    finish(rollback.promotions.get())
    rollback.quarantines.filter(service__slug="helm").update(told_at=database_now(), registry_stage="STAGING")
    rollback.quarantines.filter(service__slug="checkout").update(told_at=database_now(), problem="It is not there.")
    rollback.quarantines.filter(service__slug="web").update(problem="AppTrust: no route to host")
    rollback.quarantines.filter(service__slug="inventory").update(lifted_at=database_now())
    page = manager.get(f"/releases/{rollback.version}").content.decode()

    said = ["and has it in STAGING", "told again: AppTrust: no route to host", "left quarantine", "is being told"]
    assert [text in page for text in (*said, "in quarantine here. It is not there.")] == [True] * 5
