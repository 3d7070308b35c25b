"""Sentences about going back: the rollback itself, and what becomes of the versions that it takes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from releases.display.entry_words import actor_of, because, listed, names_of, service_of, text_of

if TYPE_CHECKING:
    from releases.display.entry_words import Worded
    from releases.queries.views import Entry


def rollback_started(entry: Entry) -> Worded:
    back = f"{text_of(entry.payload, 'stage')} back to {text_of(entry.payload, 'target')}"
    return actor_of(entry), f"is taking {back}{because(text_of(entry.payload, 'reason'))}", "rolling_back"


def rollback_refused(entry: Entry) -> Worded:
    stage = text_of(entry.payload, "stage")
    return stage, f"cannot go back by itself{because(text_of(entry.payload, 'reason'))}", "held"


def recovery_started(entry: Entry) -> Worded:
    left = listed(names_of(entry.payload, "left"))
    stage = text_of(entry.payload, "stage")
    return actor_of(entry), f"froze {stage} and passes over what does not go back{because(left)}", "failed"


def quarantined(entry: Entry) -> Worded:
    version, stage = text_of(entry.payload, "version"), text_of(entry.payload, "stage")
    return (
        f"{service_of(entry)} {version}",
        f"was taken back from {stage}; nobody can plan with it any more",
        "rolled_back",
    )


def registry_told(entry: Entry) -> Worded:
    service, version = service_of(entry), text_of(entry.payload, "version")
    if not entry.payload.get("is_known", True):
        return "AppTrust", f"does not know {service} {version}; the board keeps it in quarantine", "rolled_back"
    stage = text_of(entry.payload, "registry_stage")
    return "AppTrust", f"keeps {service} {version} in quarantine{f', in {stage}' if stage else ''}", "rolled_back"


def registry_unreached(entry: Entry) -> Worded:
    about = f"{service_of(entry)} {text_of(entry.payload, 'version')}"
    reason = text_of(entry.payload, "reason")
    return "AppTrust", f"does not know yet that {about} is in quarantine{because(reason)}; it is told again", "late"
