"""What runs and what AppTrust has, compared with the manifest: every outcome, without a network."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from releases.domain.validation import Outcome, Scenario, ScenarioResult
from releases.domain.validation_exchange import Answer, Ask, Token
from releases.domain.validation_scenarios import converse
from releases.domain.validation_setup import DeployedService, Fields, Recorded, SealedSet, Setup

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "bookverse-platform 2.2.0"
APPTRUST = "https://apptrust/content"
WEB = DeployedService(slug="web", version="3.0.2", url="https://web", application_key="bookverse-web")
HELM = DeployedService(slug="helm", version="1.1.0", url="https://helm", application_key="bookverse-helm")
SETUP = Setup(
    key="k",
    stage="QA",
    catalog_url="",
    orders_url="",
    sealed=SealedSet(services=(WEB, HELM)),
    recorded=Recorded(name=NAME, url=APPTRUST),
)
SOUND = {"bookverse-web": "3.0.2", "bookverse-helm": "1.1.0"}
CHANGED = (
    f"Differs: {NAME} is of other versions in AppTrust. Find out there who created it, "
    "and plan a new release, which gets a version of its own."
)
PASSED = ["passed"] * 7


def say(document: object, status: int = 200) -> Answer:
    return Answer(status=status, body=json.dumps(document).encode())


def content(versions: Mapping[str, str]) -> Answer:
    builds = [{"type": "build", "name": "web", "number": "7"}, None]
    return say({"sources": [*builds, *({"application_key": key, "version": each} for key, each in versions.items())]})


def check(setup: Setup = SETUP, **answers: Answer) -> ScenarioResult:
    """Hold the conversation; everybody answers as the manifest has it, unless ``answers`` says otherwise."""
    usual = {
        "https://web/health": answers.get("web", say({"version": "3.0.2"})),
        "https://helm/health": answers.get("helm", say({"version": "1.1.0"})),
        APPTRUST: answers.get("apptrust", content(SOUND)),
    }
    conversation = converse(Scenario.INTEGRITY, setup)
    try:
        ask = next(conversation)
        while True:
            ask = conversation.send(usual[ask.url])
    except StopIteration as end:
        result: ScenarioResult = end.value
        return result


def outcomes(found: ScenarioResult) -> list[str]:
    return [step.outcome.value for step in found.steps]


def broken(found: ScenarioResult) -> list[tuple[str, str, str, str, str]]:
    return [
        (step.name, step.outcome.value, step.message, step.expected, step.observed)
        for step in found.steps
        if step.outcome not in {Outcome.PASSED, Outcome.NOT_REACHED}
    ]


def test_what_matches_on_both_sides_passes() -> None:
    found = check()

    assert [(step.name, step.message, step.expected, step.observed) for step in found.steps] == [
        ("Manifest", "2 services, as sealed.", "", ""),
        ("web: running", "Matches the manifest.", "3.0.2", "3.0.2"),
        ("helm: running", "Matches the manifest.", "1.1.0", "1.1.0"),
        ("AppTrust's record", f"AppTrust has {NAME}.", "", ""),
        ("web: AppTrust", "Matches the manifest.", "3.0.2", "3.0.2"),
        ("helm: AppTrust", "Matches the manifest.", "1.1.0", "1.1.0"),
        ("AppTrust: nothing else", "It holds nothing beyond the manifest.", "", ""),
    ]
    assert (found.outcome, outcomes(found)) == ("passed", PASSED)


def test_what_was_deployed_past_the_board_differs_with_what_to_do() -> None:
    found = check(web=say({"version": "3.0.9"}))

    message = (
        "Differs: it was deployed past the board, or not replaced. Deploy 3.0.2 to QA again, "
        "or bring 3.0.9 there with a release of its own."
    )
    assert broken(found) == [("web: running", "failed", message, "3.0.2", "3.0.9")]
    assert (found.outcome, found.message) == ("failed", f"web: running: {message}")


def test_a_long_version_keeps_what_to_do_whole() -> None:
    long = "1" * 128
    web = replace(WEB, version=long)

    found = check(
        replace(SETUP, stage="S" * 64, sealed=SealedSet(services=(web, HELM))), web=say({"version": "2" * 128})
    )

    assert broken(found)[0][2].endswith("there with a release of its own.")


@pytest.mark.parametrize(
    ("answer", "outcome", "message"),
    [
        (Answer(error="GET https://web/health: refused"), "error", "GET https://web/health: refused"),
        (say({"detail": "Down."}, 503), "failed", "GET https://web/health answered 503: Down."),
        (Answer(status=200, body=b"<html>"), "failed", "The answer is not JSON."),
        (say({}), "failed", "The answer has no version."),
    ],
)
def test_a_service_that_cannot_say_what_it_runs_has_not_passed(answer: Answer, outcome: str, message: str) -> None:
    found = check(web=answer)

    assert [each[:3] for each in broken(found)] == [("web: running", outcome, message)]
    assert (found.outcome.value, outcomes(found).count("passed")) == (outcome, 6)


def test_a_service_without_an_address_is_not_configured() -> None:
    found = check(replace(SETUP, sealed=SealedSet(services=(replace(WEB, url=""), HELM))))

    assert broken(found) == [("web: running", "not_configured", "No address is configured.", "", "")]
    assert found.outcome is Outcome.NOT_CONFIGURED


def test_without_a_field_of_the_version_nothing_is_compared() -> None:
    found = check(replace(SETUP, fields=Fields(version="")))

    assert [each[:2] for each in broken(found)] == [
        ("web: running", "not_configured"),
        ("helm: running", "not_configured"),
    ]


def test_a_manifest_of_one_service_is_counted_so() -> None:
    found = check(replace(SETUP, sealed=SealedSet(services=(WEB,))), apptrust=content({"bookverse-web": "3.0.2"}))

    assert (found.steps[0].message, found.outcome) == ("1 service, as sealed.", "passed")


def test_without_a_manifest_nothing_is_asked() -> None:
    found = check(replace(SETUP, sealed=SealedSet()))

    assert (found.outcome, found.message) == (
        "not_configured",
        "Manifest: The release was created without a manifest.",
    )


def test_a_manifest_that_was_changed_fails_before_anybody_is_asked() -> None:
    found = check(replace(SETUP, sealed=replace(SETUP.sealed, is_intact=False)))

    assert outcomes(found) == ["failed", *["not_reached"] * 6]
    assert found.message == (
        "Manifest: It is not what was written when the release was created: run manage.py verify_journal."
    )


def test_where_apptrust_is_not_configured_its_side_has_not_passed() -> None:
    found = check(replace(SETUP, recorded=Recorded(why_not="AppTrust is not asked: set JFROG_URL.")))

    assert outcomes(found) == [*["passed"] * 3, "not_configured", *["not_reached"] * 3]
    assert (found.outcome, found.message) == (
        "not_configured",
        "AppTrust's record: AppTrust is not asked: set JFROG_URL.",
    )


@pytest.mark.parametrize(
    ("answer", "outcome", "message"),
    [
        (Answer(error="Nobody there."), "error", "Nobody there."),
        (say({"detail": "No."}, 401), "failed", f"GET {APPTRUST} answered 401: No."),
        (say({"sources": "all"}), "failed", "AppTrust's sources are not a list."),
        (say([]), "failed", "The answer has no sources."),
        (
            say({}, 404),
            "failed",
            f"AppTrust has no {NAME}. The release's page says why it could not be recorded; validate again once it is.",
        ),
    ],
)
def test_without_apptrusts_answer_its_side_is_not_reached(answer: Answer, outcome: str, message: str) -> None:
    found = check(apptrust=answer)

    assert outcomes(found) == [*["passed"] * 3, outcome, *["not_reached"] * 3]
    assert (found.outcome.value, found.message) == (outcome, f"AppTrust's record: {message}")


@pytest.mark.parametrize(
    ("versions", "step", "expected", "observed"),
    [
        ({**SOUND, "bookverse-web": "3.0.1"}, "web: AppTrust", "3.0.2", "3.0.1"),
        ({"bookverse-web": "3.0.2"}, "helm: AppTrust", "1.1.0", "nothing"),
    ],
)
def test_another_version_in_apptrust_differs(
    versions: Mapping[str, str], step: str, expected: str, observed: str
) -> None:
    assert broken(check(apptrust=content(versions))) == [(step, "failed", CHANGED, expected, observed)]


def test_more_in_apptrust_than_in_the_manifest_differs() -> None:
    found = check(apptrust=content({**SOUND, "bookverse-x": "1.0.0"}))

    message = f"It holds what the manifest does not. {CHANGED}"
    assert broken(found) == [("AppTrust: nothing else", "failed", message, "", "bookverse-x 1.0.0")]


def test_each_side_gets_its_own_token() -> None:
    asked: list[Ask] = []
    conversation = converse(Scenario.INTEGRITY, SETUP)
    asked.append(next(conversation))
    asked += [conversation.send(say({"version": "3.0.2"})), conversation.send(say({"version": "1.1.0"}))]

    assert [(ask.url, ask.token) for ask in asked] == [
        ("https://web/health", Token.STAGE),
        ("https://helm/health", Token.STAGE),
        (APPTRUST, Token.APPTRUST),
    ]
