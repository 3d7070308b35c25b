from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bookverse.demo.addresses import DEMO_TOKEN
from tests.demo.board import FakeBoard, fake_board
from tests.demo.running import Demo, running_demo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2


@pytest.fixture
def board() -> Iterator[FakeBoard]:
    with fake_board() as running:
        yield running


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """Only inventory, which stands for every service here."""
    with running_demo(tmp_path, "inventory") as running:
        yield running


@pytest.fixture
def inventory(demo: Demo) -> Iterator[httpx2.Client]:
    with demo.client("inventory") as client:
        client.put("/settings", json={"duration_ms": 20}).raise_for_status()
        yield client


@pytest.fixture(scope="session")
def shared_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Servers for the tests that only read or are refused, so that each need not start its own."""
    with running_demo(tmp_path_factory.mktemp("shared"), "inventory", "checkout", "apptrust") as running:
        yield running


@pytest.fixture
def shared_inventory(shared_demo: Demo) -> Iterator[httpx2.Client]:
    with shared_demo.client("inventory") as client:
        yield client


@pytest.fixture
def shared_checkout(shared_demo: Demo) -> Iterator[httpx2.Client]:
    with shared_demo.client("checkout") as client:
        yield client


@pytest.fixture
def shared_apptrust(shared_demo: Demo) -> Iterator[httpx2.Client]:
    with shared_demo.client("apptrust") as client:
        client.headers["Authorization"] = f"Bearer {DEMO_TOKEN}"
        yield client


@pytest.fixture
def apptrust(tmp_path: Path) -> Iterator[httpx2.Client]:
    with running_demo(tmp_path, "apptrust") as running, running.client("apptrust") as client:
        client.headers["Authorization"] = f"Bearer {DEMO_TOKEN}"
        yield client
