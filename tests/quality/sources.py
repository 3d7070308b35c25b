"""The project's own files, as git would commit them, with what the checks of this folder need to read them."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def project_files() -> tuple[str, ...]:
    """Paths, relative to the root, of the files that are committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return tuple(sorted({path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()}))


def files_under(*folders: str, ending: str | tuple[str, ...]) -> list[str]:
    """Project files in ``folders``; nothing written by a tool or by somebody else."""
    return [
        path
        for path in project_files()
        if path.startswith(folders)
        and path.endswith(ending)
        and not path.startswith("static/vendor/")
        and "/migrations/" not in path
    ]


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def syntax_of(path: str) -> ast.Module:
    return ast.parse(text_of(path), filename=path)
