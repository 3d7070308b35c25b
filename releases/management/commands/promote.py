"""``manage.py promote 2.2.0-alpha.1 DEV --user NAME``: starts a promotion; the running board carries it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from releases.actions.promotions import PromotionRequest, promote_release
from releases.domain.lifecycle import OnFailure
from releases.management.acting import ActingCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from releases.domain.access import Actor


class Command(ActingCommand):
    help = "Starts the promotion of a release to a stage, if its gates are open."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("release", help="any of its labels, as in 2.2.0-alpha.1")
        parser.add_argument("stage", help="as in DEV")
        parser.add_argument("--timeout-ms", type=int, metavar="N", help="how long a phase may take")
        parser.add_argument(
            "--on-failure",
            choices=[OnFailure.HOLD.value, OnFailure.ROLL_BACK.value],
            default=OnFailure.HOLD.value,
            help="what happens when a service fails: somebody decides (hold), or the stage goes back",
        )

    def act(self, actor: Actor, options: dict[str, Any]) -> str:
        wish = PromotionRequest(
            version=options["release"],
            stage=options["stage"],
            timeout_ms=options["timeout_ms"],
            on_failure=options["on_failure"],
        )
        started = promote_release(actor=actor, request=wish)
        return " ".join(filter(None, (f"{options['release']} is on its way to {options['stage']}.", started.notice)))
