from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from releases.models import Constraint, Dependency, Service

if TYPE_CHECKING:
    from tests.api.calling import Caller

PHASES = [["inventory"], ["checkout", "recommendations"], ["web"], ["helm"]]


def analysis(viewer: Caller, *versions: str) -> dict[str, Any]:
    answer = viewer.get("/dependencies/analysis", {"versions": list(versions)})
    assert answer.status_code == 200, answer.json()
    document: dict[str, Any] = answer.json()
    return document


def lock(consumer_range: str = "*") -> Constraint:
    """Let the web need a helm that nobody has."""
    web, helm = (Service.objects.get(slug=slug) for slug in ("web", "helm"))
    return Constraint.objects.create(
        consumer=web, consumer_range=consumer_range, provider=helm, provider_range=">=9.0.0"
    )


def test_the_order_of_the_services_is_told(viewer: Caller) -> None:
    assert analysis(viewer) == {
        "phases": PHASES,
        "circular_dependencies": [],
        "blocked": [],
        "unresolvable_conflicts": [],
    }


def test_a_circle_leaves_no_order_and_is_shown_with_what_waits_for_it(viewer: Caller) -> None:
    inventory, checkout = (Service.objects.get(slug=slug) for slug in ("inventory", "checkout"))
    Dependency.objects.create(consumer=inventory, provider=checkout)

    found = analysis(viewer)

    assert (found["phases"], found["circular_dependencies"], found["blocked"]) == (
        [],
        [["inventory", "checkout", "inventory"]],
        ["helm", "recommendations", "web"],
    )


def test_rules_that_no_set_keeps_are_blamed(viewer: Caller) -> None:
    rule = lock()
    assert analysis(viewer)["unresolvable_conflicts"] == [
        {
            "rules": [{"evidence": f"constraint:{rule.pk}", "text": "web * needs helm >=9.0.0"}],
            "count": 1,
            "is_minimal": True,
        }
    ]


def test_a_set_that_does_not_fit_but_can_be_mended_is_no_conflict(viewer: Caller) -> None:
    assert analysis(viewer, "inventory:1.3.0,recommendations:2.2.0")["unresolvable_conflicts"] == []


def test_the_named_versions_are_the_set_that_is_asked_about(viewer: Caller) -> None:
    lock(">=3.0.2")
    choices = [analysis(viewer, "bookverse-web:3.0.1"), analysis(viewer, "inventory:1.3.0", "web:3.0.2")]
    assert [len(found["unresolvable_conflicts"]) for found in choices] == [0, 0]


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        ("inventory", "“inventory” names no version: write service:version, as in inventory:1.3.0."),
        (":1.0.0", "“:1.0.0” names no version: write service:version, as in inventory:1.3.0."),
        ("web:3.0.1,web:3.0.2", "web is named twice."),
        ("web:9.9.9", "The registry has no web 9.9.9. Choose one of 3.0.2, 3.0.1."),
        (
            "shop:1.0.0",
            "The platform has no service shop. Name one of checkout, helm, inventory, recommendations, web.",
        ),
    ],
)
def test_a_set_that_cannot_be_read_is_refused(viewer: Caller, versions: str, message: str) -> None:
    answer = viewer.get("/dependencies/analysis", {"versions": versions})
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"loc": ["query", "versions"], "msg": message}])


def test_nobody_reads_the_graph_without_credentials(nobody: Caller) -> None:
    assert nobody.get("/dependencies/analysis").status_code == 401
