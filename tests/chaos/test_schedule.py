"""The schedule: all that goes wrong follows from the seed, and most of it is kills."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.chaos.schedule import KILLS, ODDS, Injection, Kind, Topology, schedule

SEEDS = range(1, 31)
ASKED = 200
FEWEST_KILLS = 80


@pytest.mark.parametrize("topology", Topology)
def test_a_seed_always_gives_the_same_faults(topology: Topology) -> None:
    assert schedule(7, topology, ASKED) == schedule(7, topology, ASKED)


def test_another_seed_gives_other_faults() -> None:
    assert schedule(7, Topology.SPLIT, ASKED) != schedule(8, Topology.SPLIT, ASKED)


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    assert schedule(7, Topology.SPLIT, ASKED)[:50] == schedule(7, Topology.SPLIT, 50)


@pytest.mark.parametrize("topology", Topology)
def test_kills_dominate_with_every_seed(topology: Topology) -> None:
    kills = {seed: sum(each.kind in KILLS for each in schedule(seed, topology, ASKED)) for seed in SEEDS}
    assert {seed: count for seed, count in kills.items() if count < FEWEST_KILLS} == {}


@pytest.mark.parametrize("topology", Topology)
def test_every_kind_of_its_topology_comes_and_no_other(topology: Topology) -> None:
    drawn = {each.kind for seed in SEEDS for each in schedule(seed, topology, ASKED)}
    assert drawn == ODDS[topology].weights.keys()


def test_one_process_has_no_servers_to_kill() -> None:
    targets = Counter(each.target for each in schedule(7, Topology.EMBEDDED, ASKED) if each.kind in KILLS)
    assert set(targets) == {"web-1"}


def test_a_fault_is_told_in_a_line() -> None:
    injection = Injection(gap_s=0.5, kind=Kind.GATE, target="helm", how="busy")
    assert str(injection) == "+0.50s gate helm busy"
