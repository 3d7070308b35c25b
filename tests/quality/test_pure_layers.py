from __future__ import annotations

import ast

import pytest

from tests.quality.sources import files_under, syntax_of

LESSON = """
The domain and the display are pure: the same arguments give the same answer, today and in a test. Take the time, the
id or the random choice as an argument, and let the action or the view that calls it read the clock.
"""
IMPURE_MODULES = frozenset(
    {"asyncio", "os", "random", "secrets", "socket", "subprocess", "tempfile", "threading", "time"}
)
IMPURE_METHODS = frozenset({"now", "today", "utcnow", "uuid1", "uuid4"})
IMPURE_FUNCTIONS = frozenset({"input", "open", "print", "uuid1", "uuid4"})


def impurities(tree: ast.AST) -> list[int]:
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt | ast.expr) and _is_impure(node)]


def _is_impure(node: ast.stmt | ast.expr) -> bool:
    match node:
        case ast.Import(names=names):
            return any(name.name.partition(".")[0] in IMPURE_MODULES for name in names)
        case ast.ImportFrom(module=str(module)):
            return module.partition(".")[0] in IMPURE_MODULES
        case ast.Call(func=ast.Attribute(attr=method)):
            return method in IMPURE_METHODS
        case ast.Call(func=ast.Name(id=function)):
            return function in IMPURE_FUNCTIONS
        case _:
            return False


@pytest.mark.parametrize(
    "code",
    [
        "datetime.now(UTC)",
        "date.today()",
        "uuid4()",
        "import random",
        "from time import monotonic",
        "open('rules.yaml')",
    ],
)
def test_a_clock_a_chance_or_a_file_is_found(code: str) -> None:
    assert impurities(ast.parse(code)) == [1]


@pytest.mark.parametrize("code", ["from datetime import datetime", "now = started_at + lease", "gate.open(at=now)"])
def test_a_time_that_was_handed_in_is_fine(code: str) -> None:
    assert impurities(ast.parse(code)) == []


def test_domain_and_display_read_no_clock_and_draw_no_chance() -> None:
    pure = files_under("releases/domain/", "releases/display/", ending=".py")
    assert [f"{path}:{line}" for path in pure for line in impurities(syntax_of(path))] == [], LESSON
