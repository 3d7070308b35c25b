"""``manage.py verify_journal``: do the journals still tell what the tables hold, and are they as they were sealed?"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from releases import conf
from releases.domain.errors import NotFound, ReleaseError
from releases.domain.journal_heads import read_heads
from releases.models import Release
from releases.queries.journal_checks import journal_problems
from releases.queries.release_pages import release_by_label
from releases.queries.seals import is_guarded, lost_since, signed_heads

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable, Iterator

LOG = logging.getLogger(__name__)
UNGUARDED = "the database lets the journal or the manifests be changed: triggers are missing."


class Command(BaseCommand):
    help = (
        "Checks the seals of every release's journal, replays it and compares the outcome with the tables. Ends with "
        "the signed line that says where the journals end. Exit codes: 0 all agree, 1 some do not (each is named with "
        "the first difference)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--release", metavar="VERSION", help="only this release, by any of its labels")
        parser.add_argument(
            "--save-head", metavar="FILE", type=Path, help="write where each journal ends to a new file"
        )
        parser.add_argument("--head", metavar="FILE", type=Path, help="a saved head: nothing it knows of may be gone")

    def handle(self, *_args: object, **options: Any) -> None:
        earlier = tuple(self._lost_since(options["head"])) if options["head"] else ()
        checked = unsound = 0
        for pk, version in self._releases(options["release"]):
            problems = journal_problems(pk)
            checked, unsound = checked + 1, unsound + bool(problems)
            for problem in problems:
                self.stdout.write(f"{version}: {problem}")
        board = [*earlier, *([] if is_guarded() else [UNGUARDED])]
        for problem in board:
            self.stdout.write(problem)
        self.stdout.write(f"{checked} checked, {unsound} unsound.")
        if options["release"] is None:
            self._tell_head(options["save_head"])
        if unsound or board:
            raise SystemExit(1)

    def _releases(self, label: str | None) -> Iterable[tuple[int, str]]:
        if label is None:
            return Release.objects.order_by("pk").values_list("pk", "version")
        try:
            release = release_by_label(label)
        except NotFound as refusal:
            raise CommandError(refusal.message) from refusal
        return [(release.pk, release.version)]

    def _lost_since(self, path: Path) -> Iterator[str]:
        try:
            with path.open(encoding="utf-8") as file:
                yield from lost_since(read_heads(file, keys=conf.sealing_keys()))
        except ReleaseError as refusal:
            raise CommandError(refusal.message) from refusal
        except (OSError, UnicodeDecodeError) as problem:
            message = f"{path} cannot be read: {problem}."
            raise CommandError(message) from problem

    def _tell_head(self, path: Path | None) -> None:
        *lines, signature = signed_heads()
        if path is not None:
            _write(path, [*lines, signature])
        LOG.info(signature)
        self.stdout.write(signature)


def _write(path: Path, lines: Iterable[str]) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as problem:
        message = f"{path} cannot be written: {problem.strerror}."
        raise CommandError(message) from problem
