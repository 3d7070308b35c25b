"""What the commands that act have in common: in whose name they do, and how they say no."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from releases.domain.errors import ReleaseError
from releases.queries.access import actor_named

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from releases.domain.access import Actor


class ActingCommand(BaseCommand):
    """Acts for a person, who may no more here than on the pages; what it starts the running board carries on."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", required=True, metavar="NAME", help="in whose name, and with whose permissions")

    def handle(self, *_args: object, **options: Any) -> None:
        try:
            self.stdout.write(self.act(actor_named(options["user"]), options))
        except ReleaseError as refusal:
            raise CommandError("\n".join(_sentences(refusal))) from refusal

    @abstractmethod
    def act(self, actor: Actor, options: dict[str, Any]) -> str:
        """Do it, and return what to say of it."""


def _sentences(refusal: ReleaseError) -> list[str]:
    """Return the refusal, and of its reasons those that stand in the way and that it does not say itself."""
    reasons = [reason for reason in getattr(refusal, "reasons", ()) if getattr(reason, "blocks", True)]
    texts = [str(getattr(reason, "text", reason)) for reason in reasons]
    return [refusal.message, *(text for text in texts if text not in refusal.message)]
