"""The image and the composition, as far as they can be judged without an engine that builds and runs them."""

from __future__ import annotations

import json
import re
import shlex
from fnmatch import fnmatch
from typing import Any

import pytest

from tests.quality.sources import files_under, project_files, text_of
from tests.quality.test_settings_documented import composition

STORES = frozenset({"postgres", "redis"})
# One-shot or silent: nothing there could be asked for its health.
UNASKED = frozenset({"migrate", "seed", "beat"})


def steps() -> list[tuple[str, str]]:
    """Instructions of the Dockerfile with what follows them, comments and line ends left out."""
    text = re.sub(r"^#.*\n", "", text_of("deploy/Dockerfile"), flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()]


def steps_named(instruction: str) -> list[str]:
    return [rest for name, rest in steps() if name == instruction]


def copied() -> set[str]:
    """What is copied from the checkout."""
    given = [shlex.split(rest) for rest in steps_named("COPY")]
    return {source for words in given if not words[0].startswith("--from") for source in words[:-1]}


def test_dependencies_are_built_in_a_stage_of_their_own_and_only_what_the_locks_pin_with_its_hash() -> None:
    first, second = steps_named("FROM")
    locks = " ".join(f"-r /tmp/{name}.lock" for name in ("base", "sso", "otel"))
    installs = [rest for rest in steps_named("RUN") if "pip install" in rest]

    assert first == f"{second} AS build"
    assert installs == [f"/opt/venv/bin/pip install --require-hashes {locks}"]
    assert "--from=build /opt/venv /opt/venv" in steps_named("COPY")


def test_the_python_of_the_image_is_the_one_that_the_lock_is_made_for() -> None:
    version = re.search(r"pip compile .*--python-version (\S+)", text_of("Makefile"))

    assert version is not None
    assert steps_named("FROM")[1] == f"python:{version[1]}-slim"


def test_the_build_context_is_what_the_image_copies_and_nothing_else() -> None:
    lines = [line for line in text_of(".dockerignore").splitlines() if line and not line.startswith("#")]

    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == copied()


def test_all_that_the_board_imports_or_reads_is_copied() -> None:
    needed = {
        path.partition("/")[0] for path in files_under("bookverse/", "releases/", "templates/", "static/", ending="")
    }

    assert needed <= copied()
    assert all(any(path == source or path.startswith(f"{source}/") for path in project_files()) for source in copied())


def test_what_is_ignored_is_no_part_of_the_project() -> None:
    ignored = [line.removeprefix("**/") for line in text_of(".dockerignore").splitlines() if line.startswith("**/")]

    assert [path for path in project_files() if any(fnmatch(path.rpartition("/")[2], each) for each in ignored)] == []


def test_it_runs_as_a_user_without_rights_and_asks_itself_whether_it_lives() -> None:
    (user,) = steps_named("USER")
    (health,) = steps_named("HEALTHCHECK")
    (command,) = steps_named("CMD")
    order = [name for name, _ in steps()]

    assert user == "10001:10001"
    assert order.index("USER") > max(at for at, name in enumerate(order) if name in {"RUN", "COPY"})
    assert json.loads(health.partition("CMD ")[2]) == ["python", "-m", "bookverse.alive"]
    assert json.loads(command) == composition()["services"]["web"]["command"]


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = composition()["services"]
    return found


@pytest.mark.parametrize("name", services())
def test_no_container_has_rights_or_changes_its_own_files(name: str) -> None:
    service = services()[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", services())
def test_every_container_that_stays_is_asked_for_its_health(name: str) -> None:
    health = services()[name]["healthcheck"]

    assert ("test" in health, health.get("disable", False)) == (name not in UNASKED, name in UNASKED)


@pytest.mark.parametrize("name", sorted(STORES))
def test_stores_are_reached_by_the_board_alone(name: str) -> None:
    assert composition()["networks"]["stores"]["internal"] is True
    assert services()[name]["networks"] == ["stores"]
    assert "ports" not in services()[name]


def test_what_is_published_is_published_to_this_machine_only() -> None:
    ports = [port for service in services().values() for port in service.get("ports", [])]

    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_the_board_starts_once_its_schema_is_there(name: str) -> None:
    assert services()["migrate"]["restart"] == "no"
    assert services()[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
