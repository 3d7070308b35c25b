"""``manage.py rollback 2.2.0 [--preview] --reason … --user NAME``: the way back out of a stage, or a look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from releases.actions.rollbacks import RollbackRequest, roll_back
from releases.display.rollback_lines import rollback_lines
from releases.domain.access import Permission, require
from releases.management.acting import ActingCommand
from releases.queries.release_pages import release_by_label
from releases.queries.rollbacks import promotion_to_take_back, rollback_plan

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from releases.domain.access import Actor


class Command(ActingCommand):
    help = "Takes a release back out of a stage, to what ran there before; with --preview it only shows how."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("release", help="any of its labels, as in 2.2.0")
        parser.add_argument("--stage", default="", help="the last one that it reached if left out")
        parser.add_argument("--target", default="", metavar="VERSION", help="the last verified set if left out")
        parser.add_argument("--reason", default="", help="it becomes part of the record")
        parser.add_argument("--preview", action="store_true", help="change nothing")
        parser.add_argument("--digest", help="that of the preview; refuses when the way back has changed since")
        parser.add_argument("--accept-irreversible", action="store_true", help="what cannot be undone is known")
        parser.add_argument("--no-quarantine", action="store_true", help="the versions may be planned with again")

    def act(self, actor: Actor, options: dict[str, Any]) -> str:
        if options["preview"]:
            return _preview(actor, options)
        request = RollbackRequest(
            version=options["release"],
            reason=options["reason"],
            stage=options["stage"],
            target_version=options["target"],
            accept_digest=options["digest"],
            accept_irreversible=options["accept_irreversible"],
            quarantine=not options["no_quarantine"],
        )
        return f"{roll_back(actor=actor, request=request)} is on its way."


def _preview(actor: Actor, options: dict[str, Any]) -> str:
    require(actor, Permission.VIEW)
    promotion = promotion_to_take_back(release_by_label(options["release"]), options["stage"])
    return "\n".join(rollback_lines(rollback_plan(promotion, options["target"])))
