"""``manage.py release [inventory=1.3.0 …] --user NAME``: stores the plan that ``plan`` shows as a release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from releases.actions.releases import NewRelease, create_release
from releases.management.acting import ActingCommand
from releases.management.judging import add_plan, asked_plan

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from releases.domain.access import Actor


class Command(ActingCommand):
    help = "Creates a release and prints its version; services that are not named take their newest version, or stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        add_plan(parser)
        parser.add_argument("--title", default="")
        parser.add_argument("--digest", default="", help="that of the plan; refuses when the plan has changed since")

    def act(self, actor: Actor, options: dict[str, Any]) -> str:
        digest = options["digest"]
        new = NewRelease(
            request=asked_plan(options), accept_digest=digest, sight_unseen=not digest, title=options["title"]
        )
        return create_release(actor=actor, new=new)
