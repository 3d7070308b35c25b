from __future__ import annotations

import ast
from pathlib import PurePath
from typing import TYPE_CHECKING

from tests.quality.sources import files_under, syntax_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULE_CEILING = 400
FUNCTION_CEILING = 30
NAMES_THAT_SAY_NOTHING = frozenset({"base", "common", "core", "helper", "helpers", "manager", "util", "utils"})
PRODUCT = ("bookverse/", "releases/", "static/", "templates/", "manage.py")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def lines_of_body(function: Function) -> int:
    """Lines from the first statement to the last; the signature and the docstring are not counted."""
    statements = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not statements:
        return 0
    return (statements[-1].end_lineno or 0) - statements[0].lineno + 1


def functions(path: str) -> Iterator[Function]:
    return (node for node in ast.walk(syntax_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    files = files_under(*PRODUCT, "tests/", ending=(".py", ".html", ".css", ".js"))
    lengths = {path: len(text_of(path).splitlines()) for path in files}
    assert {path: length for path, length in lengths.items() if length > MODULE_CEILING} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {
        f"{path}:{function.lineno} {function.name}": lines_of_body(function)
        for path in files_under(*PRODUCT, ending=".py")
        for function in functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > FUNCTION_CEILING} == {}


def test_every_python_file_is_named_for_what_is_in_it() -> None:
    files = map(PurePath, files_under(*PRODUCT, "tests/", ending=".py"))
    assert [str(path) for path in files if NAMES_THAT_SAY_NOTHING & {path.stem, *path.parent.parts}] == []


def test_a_signature_and_a_docstring_do_not_make_a_function_long() -> None:
    module = ast.parse('def f(\n    a,\n    b,\n):\n    """Sentence.\n\n    More.\n    """\n    c = a\n    return c\n')
    assert [lines_of_body(node) for node in module.body if isinstance(node, ast.FunctionDef)] == [2]
