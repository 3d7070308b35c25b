"""A board of whole processes for each test that kills one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flows.processes import Script
from tests.flows.whole_board import Board

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    board = Board(tmp_path)
    yield board
    board.process.stop()


@pytest.fixture
def script(board: Board) -> Iterator[Script]:
    script = Script(board.url, board.token())
    yield script
    script.close()
