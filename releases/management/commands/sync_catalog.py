"""``manage.py sync_catalog --user NAME``: collects the versions from AppTrust now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from releases.actions.collections import collect_due_versions, request_collection
from releases.management.acting import ActingCommand

if TYPE_CHECKING:
    from releases.domain.access import Actor


class Command(ActingCommand):
    help = "Collects the versions of all services from AppTrust, or joins the collection that is under way."

    def act(self, actor: Actor, options: dict[str, Any]) -> str:  # noqa: ARG002 (of every command)
        collection = request_collection(actor=actor)
        collect_due_versions()
        collection.refresh_from_db()
        if collection.error:
            raise CommandError(f"The versions could not be collected: {collection.error}")
        if collection.finished_at is None:
            return "The versions are being collected by another process."
        return f"{collection.versions} versions were collected."
