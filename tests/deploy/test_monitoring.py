"""What watches the board names what the board says, and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from bookverse.exposition import FACTS
from releases.metrics import REGISTRY
from tests.quality.sources import text_of

RULES = yaml.safe_load(text_of("deploy/prometheus/rules.yml"))["groups"][0]["rules"]
CASES = yaml.safe_load(text_of("deploy/prometheus/rules.test.yml"))["tests"]
DASHBOARD = json.loads(text_of("deploy/grafana/board.json"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
# What prometheus_client makes of each kind.
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
WIDTH = 24


def said() -> set[str]:
    """Return the names of all series that the board offers; those of the database, too."""
    families = [*REGISTRY.collect(), *FACTS.collect()]
    return {family.name + suffix for family in families for suffix in SUFFIXES.get(family.type, ())}


def named_in(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:board|process)_[a-z_]+", expression))


def expressions() -> list[str]:
    return [rule["expr"] for rule in RULES] + [target["expr"] for panel in PANELS for target in panel["targets"]]


@pytest.mark.django_db
def test_every_metric_that_alerts_and_dashboard_name_is_one_of_the_boards() -> None:
    named = {name for expression in expressions() for name in named_in(expression)}
    # Beat's age is only there once beat did something, which is no matter of this test.
    assert named - said() - {"board_beat_age_seconds", "board_beat_period_seconds"} == set()


@pytest.mark.django_db
def test_docs_explain_every_metric_of_the_board() -> None:
    text = text_of("docs/monitoring.md")
    own = {name for name in said() if name.startswith("board_")}
    explained = {name for name in own if re.sub(r"_(bucket|sum|count)$", "", name) in text}
    assert own - explained == set()


def test_docs_say_what_to_do_about_every_alert() -> None:
    text = text_of("docs/monitoring.md")
    assert [rule["alert"] for rule in RULES if f"| `{rule['alert']}` |" not in text] == []


def test_every_alert_is_seen_to_fire_and_tells_people_something() -> None:
    fires = {check["alertname"] for case in CASES for check in case["alert_rule_test"] if check["exp_alerts"]}
    assert fires == {rule["alert"] for rule in RULES}
    assert [set(rule["annotations"]) for rule in RULES] == [{"summary", "description"}] * len(RULES)


def test_every_panel_says_what_it_shows_and_in_which_unit() -> None:
    lacking = [
        panel["title"]
        for panel in PANELS
        if not (panel["title"] and panel["description"] and panel["fieldConfig"]["defaults"]["unit"])
    ]
    assert lacking == []
    assert len({panel["title"] for panel in PANELS}) == len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_no_panel_lies_over_another() -> None:
    taken = [
        (x, y)
        for place in (panel["gridPos"] for panel in PANELS)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < WIDTH
