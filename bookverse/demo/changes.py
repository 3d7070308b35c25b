"""The demo's change notes, read from changes.yaml beside this module."""

from pathlib import Path

import yaml

CHANGES = Path(__file__).with_name("changes.yaml")


def change_notes() -> dict[tuple[str, str], str]:
    """Return what each version changes, by service and version, in the order in which they were made."""
    described: dict[str, dict[str, str]] = yaml.safe_load(CHANGES.read_text("utf-8"))
    return {(slug, version): text for slug, versions in described.items() for version, text in versions.items()}
