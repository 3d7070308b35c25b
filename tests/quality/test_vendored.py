from __future__ import annotations

import tomllib
from hashlib import sha512

from tests.quality.sources import ROOT

FOLDER = ROOT / "static" / "vendor"


def recorded() -> list[dict[str, str]]:
    record = tomllib.loads((FOLDER / "VENDOR.toml").read_text(encoding="utf-8"))
    return [dict(asset) for asset in record["asset"]]


def test_vendored_files_are_those_of_the_record_byte_for_byte() -> None:
    present = {path.name: sha512(path.read_bytes()).hexdigest() for path in FOLDER.iterdir() if path.suffix != ".toml"}
    assert present == {asset["file"]: asset["sha512"] for asset in recorded()}


def test_each_vendored_file_says_what_it_is_and_under_which_licence() -> None:
    needed = {"file", "licence", "name", "sha512", "version"}
    assert [asset for asset in recorded() if not needed <= {key for key, value in asset.items() if value}] == []
