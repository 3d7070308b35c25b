"""Sentences about AppTrust's own record of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.display.entry_words import because, text_of

if TYPE_CHECKING:
    from releases.display.entry_words import Worded
    from releases.queries.views import Entry


def platform_recorded(entry: Entry) -> Worded:
    stage, version = text_of(entry.payload, "registry_stage"), text_of(entry.payload, "version")
    where = f"in {stage}" if stage else "in no stage yet"
    return "AppTrust", f"has {text_of(entry.payload, 'application_key')} {version} {where}", "succeeded"


def platform_unrecorded(entry: Entry) -> Worded:
    reason = text_of(entry.payload, "reason")
    return (
        "AppTrust",
        f"does not have platform {text_of(entry.payload, 'version')} as it should{because(reason)}",
        "late",
    )
