"""What the commands that judge have in common: how they are called, and what their exit code says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

from releases.domain.errors import InvalidInput, ReleaseError
from releases.domain.hotfixes import Urgency
from releases.domain.plan_kinds import HOTFIX, INDEPENDENT, SYNCHRONIZED
from releases.domain.plans import PlanRequest
from releases.domain.verdicts import Overall

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable, Mapping

    from django.core.management.base import CommandParser

    from releases.domain.documents import Document

BAD_INPUT = 64
KINDS = (SYNCHRONIZED, INDEPENDENT, HOTFIX)
EXIT_CODES = {
    Overall.COMPATIBLE: 0,
    Overall.COMPATIBLE_WITH_WARNINGS: 0,
    Overall.INCOMPATIBLE: 1,
    Overall.UNDETERMINED: 2,
}
EXIT_HELP = "Exit codes: 0 compatible (also with warnings), 1 incompatible, 2 undetermined, 64 bad input."


class JudgingCommand(BaseCommand):
    """Ends with ``EXIT_CODES``; whatever is wrong with the call itself ends with 64, which argparse would call 2."""

    def create_parser(self, prog_name: str, subcommand: str, **options: object) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, epilog=EXIT_HELP, **options)

        def refuse(message: str) -> NoReturn:
            raise CommandError(f"{message}\n{parser.format_usage().strip()}", returncode=BAD_INPUT)

        parser.error = refuse  # type: ignore[method-assign] # Django chooses the class of the parser itself
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        """Django reads the arguments outside of what it reports errors of."""
        try:
            super().run_from_argv(argv)
        except CommandError as mistake:
            self.stderr.write(str(mistake))
            raise SystemExit(mistake.returncode) from mistake

    def add_json(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print what the API answers")

    def show(self, document: Document, lines: Iterable[str], *, as_json: bool) -> None:
        text = json.dumps(document, indent=2, ensure_ascii=False) if as_json else "\n".join(lines)
        self.stdout.write(text)


def add_plan(parser: ArgumentParser) -> None:
    """Let a command be told what to plan."""
    parser.add_argument("versions", nargs="*", metavar="service=version")
    parser.add_argument("--kind", choices=KINDS, default=SYNCHRONIZED, help="who moves: every service, or the named")
    parser.add_argument("--urgency", choices=list(Urgency), default="", help="of a hotfix: it says what to skip")
    parser.add_argument("--target", metavar="VERSION", help="the platform version; determined if left out")
    parser.add_argument("--reason", default="", help="needed where a service goes down or the target is too low")


def asked_plan(options: Mapping[str, Any]) -> PlanRequest:
    """Return what ``add_plan`` let somebody ask for."""
    return PlanRequest(
        kind=options["kind"],
        urgency=options["urgency"],
        overrides=named_versions(options["versions"]),
        target_version=options["target"],
        reason=options["reason"],
    )


def named_versions(pairs: Iterable[str]) -> dict[str, str]:
    """Read ``inventory=1.3.0`` and the like."""
    named: dict[str, str] = {}
    for pair in pairs:
        service, _, version = pair.partition("=")
        if not service or not version:
            raise CommandError(
                f"“{pair}” names no version: write service=version, as in inventory=1.3.0.", returncode=BAD_INPUT
            )
        if service in named:
            raise CommandError(f"{service} is named twice.", returncode=BAD_INPUT)
        named[service] = version
    return named


def bad_input(refusal: ReleaseError) -> CommandError:
    where = f"{refusal.field.removeprefix('versions.')}: " if isinstance(refusal, InvalidInput) else ""
    return CommandError(where + refusal.message, returncode=BAD_INPUT)


def end(code: int) -> None:
    """End the process when there is something to say."""
    if code:
        raise SystemExit(code)
