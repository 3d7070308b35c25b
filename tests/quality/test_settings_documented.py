from __future__ import annotations

import ast
import re
from typing import Any

import pytest
import yaml

from tests.quality.sources import syntax_of, text_of

# These are about `make run`; they are no part of a deployment.
ONLY_FOR_MAKE_RUN = frozenset({"BOOKVERSE_DEMO", "DEMO_DATA", "DEMO_PORT"})


def settings_read() -> set[str]:
    """Names that settings.py reads by ``env.<type>("NAME", …)``."""
    return {name for node in ast.walk(syntax_of("bookverse/settings.py")) if (name := name_read_by(node))}


def name_read_by(node: ast.AST) -> str:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="env")), args=[ast.Constant(value=str(name)), *_]):
            return name
        case _:
            return ""


def settings_in_readme() -> set[str]:
    """First cells of table rows that are a name in capitals."""
    return set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)` *\|", text_of("README.md"), re.MULTILINE))


def names_in_example() -> set[str]:
    """Assignments of .env.example, those that are commented out included."""
    return set(re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]+)=", text_of(".env.example"), re.MULTILINE))


def composition() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text_of("docker-compose.yml"))
    return loaded


def environment_of(service: dict[str, Any]) -> set[str]:
    given = service.get("environment", {})
    names = {entry.partition("=")[0] for entry in given} if isinstance(given, list) else set(given)
    return names | (names_in_example() & settings_read() if "env_file" in service else set())


def asked_of_the_person() -> set[str]:
    """Variables that docker-compose.yml takes from .env by ``${NAME}``."""
    return set(re.findall(r"(?<!\$)\$\{([A-Z][A-Z0-9_]+)", text_of("docker-compose.yml")))


def test_readme_lists_each_setting_and_no_other() -> None:
    assert settings_in_readme() == settings_read()


def test_the_example_of_env_has_each_setting_of_a_deployment_and_what_compose_asks_for() -> None:
    assert names_in_example() == (settings_read() | asked_of_the_person()) - ONLY_FOR_MAKE_RUN


@pytest.mark.parametrize("process", ["web", "worker", "beat"])
def test_compose_gives_the_board_each_setting_of_a_deployment_and_no_other(process: str) -> None:
    assert environment_of(composition()["services"][process]) == settings_read() - ONLY_FOR_MAKE_RUN
