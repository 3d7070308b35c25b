"""Contracts between services, checked in the order that the handbook gives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from releases.domain.contracts import (
    BreakingChange,
    Contract,
    ContractReport,
    Maturity,
    Method,
    check_all,
    check_contract,
)
from releases.domain.rules import Rules, Severity
from releases.domain.verdicts import Reason
from releases.domain.versions import parse
from tests.domain.api_documents import CONTRACT, Json, codes, document, found, rules_of
from tests.domain.platform import versions

OPEN = "Whether inventory 2.0.0 keeps GET /books/{id} for checkout was not analysed in full:"


def reasons(contract: Contract = CONTRACT, version: str = "1.3.0", *changes: BreakingChange) -> tuple[Reason, ...]:
    """Check against a provider whose document never changed."""
    unchanged = {text: document() for text in ("1.2.3", "1.3.0", "1.4.0", "2.0.0", "0.2.0", "0.3.0", "0.2.9")}
    return check_contract(contract, rules_of(unchanged, *changes), parse(version))


def breaking(version: str = "1.3.0", method: str = "", path: str = "/books/{book}", number: int = 5) -> BreakingChange:
    return BreakingChange(
        id=number, provider="inventory", version=version, method=method, path=path, text="The price is in cents."
    )


def outline(found: tuple[Reason, ...]) -> list[tuple[str, str, str]]:
    return [(reason.code, reason.severity.value, reason.evidence) for reason in found]


def test_a_contract_that_holds_gives_one_reason_that_names_everything() -> None:
    assert reasons() == (
        Reason(
            code="contract-holds",
            severity=Severity.OK,
            service="checkout",
            other="inventory",
            observed="1.3.0",
            required="GET /books/{id}",
            evidence="contract:4",
            text="inventory 1.3.0 keeps GET /books/{id} as checkout needs it.",
        ),
    )


def test_a_version_without_a_document_is_unknown() -> None:
    (reason,) = check_contract(CONTRACT, Rules(), parse("2.0.0"))
    assert (reason.code, reason.severity) == ("no-document", Severity.UNKNOWN)
    assert (reason.text, reason.fix) == (
        "There is no OpenAPI document of inventory 2.0.0, so GET /books/{id} cannot be checked for checkout.",
        "Upload the OpenAPI document of inventory 2.0.0.",
    )


def test_a_document_that_cannot_be_read_is_unknown() -> None:
    assert found({"swagger": "2.0"}) == [("not-analysed", f"{OPEN} the document is not OpenAPI 3.0 or 3.1.")]


def test_an_endpoint_that_the_document_lacks_is_an_error() -> None:
    (reason,) = reasons(replace(CONTRACT, method=Method.DELETE))
    assert (reason.severity, reason.text, reason.fix) == (
        Severity.ERROR,
        "checkout calls DELETE /books/{id}, which the document of inventory 1.3.0 does not have.",
        "Take a version of inventory that has it, or correct the method and path of the contract.",
    )


@pytest.mark.parametrize(
    ("stable_since", "expected"),
    [("1.3.0", "contract-holds"), ("1.3.0-rc.1", "contract-holds"), ("1.3.1", "too-early"), ("soon", "not-analysed")],
)
def test_a_version_before_an_endpoint_became_stable_is_an_error(stable_since: str, expected: str) -> None:
    (reason,) = reasons(replace(CONTRACT, stable_since=stable_since))
    assert reason.code == expected
    if expected == "too-early":
        assert (reason.severity, reason.fix) == (Severity.ERROR, "Take inventory 1.3.1 or later.")


@pytest.mark.parametrize("maturity", [Maturity.DRAFT, Maturity.ALPHA])
def test_an_endpoint_that_is_not_stable_yet_is_a_warning(maturity: Maturity) -> None:
    (reason,) = reasons(replace(CONTRACT, maturity=maturity))
    assert (reason.code, reason.severity, reason.text) == (
        "draft-endpoint",
        Severity.WARNING,
        f"checkout calls GET /books/{{id}}, which inventory offers as {maturity.value} only.",
    )


@pytest.mark.parametrize(
    ("since", "version", "is_broken"),
    [("1.2.3", "2.0.0", False), ("1.2.4", "2.0.0", True), ("2.0.0", "2.0.0", True), ("2.0.1", "2.0.0", False)],
)
def test_a_breaking_change_counts_after_what_was_built_for_and_up_to_the_version(
    since: str, version: str, *, is_broken: bool
) -> None:
    expected = ("broken-endpoint", "ERROR", "contract:4,breaking_change:5")
    assert outline(reasons(CONTRACT, version, breaking(since))) == (
        [expected] if is_broken else [("contract-holds", "OK", "contract:4")]
    )


@pytest.mark.parametrize(
    ("method", "path", "is_broken"),
    [
        ("GET", "/books/{key}", True),
        ("", "/books/42", True),
        ("", "/{anything}/{at_all}", True),
        ("POST", "/books/{id}", False),
        ("", "/books", False),
        ("GET", "/books/{id}/pages", False),
    ],
)
def test_a_breaking_change_counts_for_the_endpoint_that_it_names(method: str, path: str, *, is_broken: bool) -> None:
    found = reasons(CONTRACT, "2.0.0", breaking(method=method, path=path))
    assert found[0].code == ("broken-endpoint" if is_broken else "contract-holds")


def test_a_breaking_change_may_leave_out_the_path_of_the_server() -> None:
    served = {**document(), "servers": [{"url": "https://shop.example/api/v1"}]}
    contract = replace(CONTRACT, path="/api/v1/books/{id}")
    rules = rules_of({"1.2.3": served, "2.0.0": served}, breaking())
    assert [reason.code for reason in check_contract(contract, rules, parse("2.0.0"))] == ["broken-endpoint"]


def test_a_breaking_change_of_another_service_is_of_no_matter() -> None:
    assert reasons(CONTRACT, "2.0.0", replace(breaking(), provider="web"))[0].code == "contract-holds"


def test_a_breaking_change_without_a_path_is_a_warning() -> None:
    (reason,) = reasons(CONTRACT, "2.0.0", breaking(path=""))
    assert (reason.code, reason.severity, reason.evidence) == (
        "breaking-change-somewhere",
        Severity.WARNING,
        "contract:4,breaking_change:5",
    )
    assert reason.text == (
        "inventory 1.3.0 broke something that names no path and may concern GET /books/{id} of checkout: "
        "The price is in cents."
    )


def test_a_breaking_change_is_unknown_when_nobody_says_what_the_consumer_was_built_for() -> None:
    anyhow = replace(CONTRACT, built_for="", response_schema={"properties": {"id": {}}})
    (reason,) = reasons(anyhow, "2.0.0", breaking())
    assert (reason.code, reason.severity, reason.text) == (
        "not-analysed",
        Severity.UNKNOWN,
        f"{OPEN} 1.3.0 broke it, and nobody said which version checkout was built for.",
    )


def test_a_breaking_change_whose_version_cannot_be_read_is_unknown() -> None:
    (reason,) = reasons(CONTRACT, "2.0.0", breaking("two"))
    assert (reason.severity, reason.evidence, reason.fix) == (
        Severity.UNKNOWN,
        "contract:4,breaking_change:5",
        "Correct the version of the breaking change.",
    )


@pytest.mark.parametrize(
    ("parts", "text", "fix"),
    [
        (
            {"x-sunset": "2027-06-30", "sunset": "never"},
            "checkout calls GET /books/{id}, which is deprecated in inventory 2.0.0 and is there until 2027-06-30.",
            "Move checkout to what replaces it before 2027-06-30.",
        ),
        (
            {"sunset": "2027-06-30"},
            "checkout calls GET /books/{id}, which is deprecated in inventory 2.0.0 and is there until 2027-06-30.",
            "Move checkout to what replaces it before 2027-06-30.",
        ),
        (
            {"x-sunset": 2027},
            "checkout calls GET /books/{id}, which is deprecated in inventory 2.0.0; no date is given for its end.",
            "Move checkout to what replaces it, and ask the owners of inventory for a date.",
        ),
    ],
)
def test_a_deprecated_endpoint_is_a_warning_with_its_last_day(parts: Json, text: str, fix: str) -> None:
    shown = document()
    shown["paths"]["/books/{id}"]["get"].update(deprecated=True, **parts)
    rules = rules_of({"1.2.3": shown, "2.0.0": shown})
    (reason,) = check_contract(CONTRACT, rules, parse("2.0.0"))
    assert (reason.code, reason.severity, reason.text, reason.fix) == (
        "deprecated-endpoint",
        Severity.WARNING,
        text,
        fix,
    )


def test_what_is_not_declared_deprecated_is_not() -> None:
    shown = document()
    shown["paths"]["/books/{id}"]["get"].update({"deprecated": "no", "x-sunset": "2027-06-30"})
    assert codes(shown, shown) == ["contract-holds"]


@pytest.mark.parametrize(
    ("built_for", "then", "why", "fix"),
    [
        (
            "",
            None,
            "the contract does not say which version it is built for",
            "State in the contract a version that it is built for and whose document has the endpoint.",
        ),
        (
            "1.0.0",
            None,
            "there is no document of inventory 1.0.0, which it is built for",
            "Upload the OpenAPI document of inventory 1.0.0.",
        ),
        (
            "1.2.3",
            {"openapi": "3.1.0"},
            "the document of inventory 1.2.3 is of no use: it does not have the endpoint",
            "State in the contract a version that it is built for and whose document has the endpoint.",
        ),
        (
            "1.2.3",
            {"openapi": "2.0"},
            "the document of inventory 1.2.3 is of no use: the document is not OpenAPI 3.0 or 3.1",
            "State in the contract a version that it is built for and whose document has the endpoint.",
        ),
    ],
)
def test_without_something_to_compare_with_nothing_is_taken_to_hold(
    built_for: str, then: Json, why: str, fix: str
) -> None:
    contract = replace(CONTRACT, built_for=built_for)
    documents = {"2.0.0": document(), **({"1.2.3": then} if then else {})}
    (reason,) = check_contract(contract, rules_of(documents), parse("2.0.0"))
    assert (reason.code, reason.text, reason.fix) == ("not-analysed", f"{OPEN} {why}.", fix)


def test_everything_that_is_wrong_is_named_in_the_order_of_the_checks() -> None:
    now = document()
    now["paths"]["/books/{id}"]["get"]["deprecated"] = True
    del now["components"]["schemas"]["Book"]["properties"]["price"]
    now["components"]["schemas"]["Book"]["properties"]["title"] = {"oneOf": []}
    contract = replace(CONTRACT, stable_since="1.5.0", maturity=Maturity.DRAFT)
    rules = rules_of({"1.2.3": document(), "1.3.0": now}, breaking(path="", number=6), breaking())
    assert outline(check_contract(contract, rules, parse("1.3.0"))) == [
        ("too-early", "ERROR", "contract:4"),
        ("draft-endpoint", "WARNING", "contract:4"),
        ("broken-endpoint", "ERROR", "contract:4,breaking_change:5"),
        ("breaking-change-somewhere", "WARNING", "contract:4,breaking_change:6"),
        ("deprecated-endpoint", "WARNING", "contract:4"),
        ("schema-broken", "ERROR", "contract:4"),
        ("not-analysed", "UNKNOWN", "contract:4"),
        ("major-not-bumped", "WARNING", "contract:4"),
    ]


@pytest.mark.parametrize(
    ("built_for", "version", "is_named"),
    [
        ("1.2.3", "1.4.0", True),
        ("1.2.3", "2.0.0", False),
        ("0.2.0", "0.3.0", False),
        ("0.2.0", "0.2.9", True),
        ("1.4.0", "1.3.0", False),
        ("first", "1.4.0", False),
    ],
)
def test_a_break_without_a_major_step_is_named_as_such(built_for: str, version: str, *, is_named: bool) -> None:
    now = document()
    del now["paths"]["/books/{id}"]["get"]
    rules = rules_of({built_for: document(), version: now})
    named = [reason.code for reason in check_contract(replace(CONTRACT, built_for=built_for), rules, parse(version))]
    assert named == ["endpoint-missing", "major-not-bumped"][: 1 + is_named]


def test_an_endpoint_that_never_was_there_broke_nothing() -> None:
    assert codes({"openapi": "3.1.0"}, {"openapi": "3.1.0"}, version="1.3.0") == ["endpoint-missing"]


def test_a_declared_break_without_a_major_step_is_named_as_such() -> None:
    found = reasons(CONTRACT, "1.3.0", breaking())
    assert [(reason.code, reason.text) for reason in found] == [
        (
            "broken-endpoint",
            "inventory 1.3.0 broke GET /books/{id}, and checkout was built for 1.2.3: The price is in cents.",
        ),
        (
            "major-not-bumped",
            "inventory 1.3.0 breaks GET /books/{id}, but its number says that nothing broke since 1.2.3.",
        ),
    ]


def test_every_reason_that_is_not_fine_says_what_to_do() -> None:
    now = document()
    now["paths"]["/books/{id}"]["get"]["deprecated"] = True
    contract = replace(CONTRACT, stable_since="9.0.0", maturity=Maturity.ALPHA)
    rules = rules_of({"1.2.3": document(), "1.3.0": now}, breaking(), breaking("x", number=7), breaking(path=""))
    found = check_contract(contract, rules, parse("1.3.0"))
    assert [reason for reason in found if not reason.fix.endswith(".") or not reason.text.endswith(".")] == []


CONTRACTS = (
    CONTRACT,
    Contract(
        id=9,
        consumer="web",
        consumer_range="^3.0.0",
        provider="inventory",
        method=Method.GET,
        path="/nothing",
        built_for="1.2.3",
    ),
)
SET = versions({"checkout": "1.5.2", "inventory": "1.2.3", "web": "3.0.1"})
RULES = replace(rules_of({"1.2.3": document()}), contracts=CONTRACTS)


def test_a_set_is_valid_when_every_contract_holds() -> None:
    report = check_all(replace(RULES, contracts=(CONTRACT,)), SET)
    assert (outline(report.results), report.violations, report.all_valid) == (
        [("contract-holds", "OK", "contract:4")],
        (),
        True,
    )


def test_a_set_is_not_valid_when_one_contract_is_broken() -> None:
    report = check_all(RULES, SET)
    assert outline(report.results) == [
        ("endpoint-missing", "ERROR", "contract:9"),
        ("contract-holds", "OK", "contract:4"),
    ]
    assert (report.violations, report.all_valid) == (report.results[:1], False)


def test_a_warning_leaves_a_set_valid_and_an_unknown_does_not() -> None:
    drafty = check_all(replace(RULES, contracts=(replace(CONTRACT, maturity=Maturity.DRAFT),)), SET)
    unknown = check_all(replace(RULES, contracts=(CONTRACT,), documents={}), SET)
    assert (drafty.violations, drafty.all_valid) == ((), True)
    assert (outline(unknown.violations), unknown.all_valid) == ([("no-document", "UNKNOWN", "contract:4")], False)


def test_a_contract_counts_for_the_versions_of_the_consumer_that_it_names() -> None:
    report = check_all(RULES, {**SET, "web": parse("4.0.0")})
    assert outline(report.results) == [("contract-holds", "OK", "contract:4")]
    prerelease = check_all(RULES, {**SET, "web": parse("3.1.0-rc.1")})
    assert outline(prerelease.violations) == [("endpoint-missing", "ERROR", "contract:9")]


def test_a_contract_whose_range_cannot_be_read_is_unknown() -> None:
    (reason,) = check_all(replace(RULES, contracts=(replace(CONTRACT, consumer_range="about 1"),)), SET).results
    assert (reason.code, reason.severity, reason.fix) == (
        "not-analysed",
        Severity.UNKNOWN,
        "Correct the consumer range of the contract.",
    )


def test_a_provider_that_the_set_lacks_is_an_error() -> None:
    report = check_all(RULES, versions({"checkout": "1.5.2"}))
    assert [(reason.code, reason.severity, reason.text) for reason in report.violations] == [
        ("missing-provider", Severity.ERROR, "checkout calls GET /books/{id} of inventory, which is not in the set.")
    ]


@pytest.mark.parametrize("chosen", [{}, {"inventory": "1.2.3"}, {"helm": "1.0.0"}])
def test_a_set_that_no_contract_speaks_of_is_not_valid(chosen: dict[str, str]) -> None:
    report = check_all(RULES, versions(chosen))
    assert (outline(report.results), report.violations, report.all_valid) == (
        [("nothing-checked", "UNKNOWN", "")],
        report.results,
        False,
    )


def test_probes_are_checks_too() -> None:
    def probed(severity: Severity) -> Reason:
        return Reason(code="probe", severity=severity, service="helm", other="web", text="It was probed.")

    passed, failed = (check_all(Rules(), {}, probed=[probed(each)]) for each in (Severity.OK, Severity.ERROR))
    assert ([reason.code for reason in passed.results], passed.all_valid, failed.all_valid) == (["probe"], True, False)


def test_a_report_without_results_is_not_valid() -> None:
    assert ContractReport(results=()).all_valid is False
