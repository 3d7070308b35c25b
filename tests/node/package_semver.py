"""What npm's package semver says about versions and ranges; ``make node`` installs it, and one process answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ANSWERS = Path(__file__).with_name("answers.js")
MODULES = Path(__file__).resolve().parents[2] / ".venv" / "node" / "node_modules"
MISSING = "versions and ranges were not compared with npm's semver: make node installs it where there is node and npm"

Question = dict[str, object]


def require_package() -> None:
    """Skip where the package is not installed; in CI that is a failure, for nobody would notice."""
    if (MODULES / "semver").is_dir() and shutil.which("node"):
        return
    if os.environ.get("CI"):
        pytest.fail(MISSING)
    pytest.skip(MISSING)


def ask(questions: Iterable[Mapping[str, object]]) -> list[Any]:
    """Return one answer for each question, in order."""
    answered = subprocess.run(
        ["node", str(ANSWERS)],
        input="".join(f"{json.dumps(question)}\n" for question in questions),
        env={**os.environ, "NODE_PATH": str(MODULES)},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return [json.loads(line) for line in answered.stdout.splitlines()]
