"""``manage.py train 2026-W48 hold --reason incident --user NAME``: what the buttons of a train's page do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from releases.actions.departures import depart_train
from releases.actions.train_numbers import choose_train_number
from releases.actions.trains import cancel_train, hold_train, resume_train
from releases.management.acting import ActingCommand
from releases.queries.trains import train_view

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from releases.domain.access import Actor

VERBS = ("depart", "hold", "resume", "cancel", "number")


class Command(ActingCommand):
    help = "Lets a train depart, holds, resumes or cancels it, or gives it another number where its own was used up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("train", help="as in 2026-W48")
        parser.add_argument("verb", choices=VERBS)
        parser.add_argument("number", nargs="?", default="", help="of number: the next free one if left out")
        parser.add_argument("--reason", default="", help="of hold, cancel and number")

    def act(self, actor: Actor, options: dict[str, Any]) -> str:
        label, reason, number = options["train"], options["reason"], options["number"]
        if number and options["verb"] != "number":
            raise CommandError(f"{options['verb']} takes no number.")
        match options["verb"]:
            case "depart":
                depart_train(actor=actor, label=label)
            case "hold":
                hold_train(actor=actor, label=label, reason=reason)
            case "resume":
                resume_train(actor=actor, label=label)
            case "cancel":
                cancel_train(actor=actor, label=label, reason=reason)
            case _:
                number = number or train_view(label, "").offered_version
                choose_train_number(actor=actor, label=label, version=number, reason=reason)
        line = train_view(label, "").line
        return f"Train {line.id} is {line.state.replace('_', ' ')}{f': {line.message}' if line.message else '.'}"
