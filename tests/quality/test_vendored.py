from __future__ import annotations

import tomllib
from hashlib import sha512
from typing import TYPE_CHECKING

import pytest

from tests.quality.sources import ROOT, project_files

if TYPE_CHECKING:
    from pathlib import Path

STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
LICENCES = STATIC / "licences"


def record() -> dict[Path, dict[str, str]]:
    """The record's entries by file: those under ``asset`` lie beside the record, those ``elsewhere`` under static/."""
    loaded = tomllib.loads((VENDOR / "VENDOR.toml").read_text(encoding="utf-8"))
    beside = {VENDOR / entry["file"]: entry for entry in loaded["asset"]}
    return beside | {STATIC / entry["file"]: entry for entry in loaded.get("elsewhere", [])}


def test_vendored_files_are_those_of_the_record_byte_for_byte() -> None:
    assert {path: sha512(path.read_bytes()).hexdigest() for path in record()} == {
        path: entry["sha512"] for path, entry in record().items()
    }


@pytest.mark.parametrize("key", ["licence", "licence_text", "name", "sha512", "version"])
def test_each_entry_of_the_record_has(key: str) -> None:
    assert [str(path) for path, entry in record().items() if not entry.get(key)] == []


def test_the_licence_of_each_vendored_file_is_kept_and_no_other() -> None:
    assert {STATIC / entry["licence_text"] for entry in record().values()} == set(LICENCES.iterdir())


def test_nothing_lies_among_the_vendored_files_and_fonts_that_is_not_recorded() -> None:
    present = {ROOT / path for path in project_files() if path.startswith(("static/vendor/", "static/fonts/"))}
    unrecorded = present - record().keys() - {VENDOR / "VENDOR.toml"}
    assert {str(path) for path in unrecorded} == set()
