"""``manage.py can_i_release inventory=1.3.0 recommendations=2.2.0``: the verdict, every reason, and what would fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from releases.display.plan_lines import judgement_lines
from releases.domain.documents import judgement_document
from releases.domain.errors import ReleaseError
from releases.management.judging import EXIT_CODES, JudgingCommand, bad_input, end, named_versions
from releases.queries.verdicts import judged_set

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(JudgingCommand):
    help = "Says whether these versions can be released together; what is not named is judged as it is live."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("versions", nargs="+", metavar="service=version")
        parser.add_argument("--platform-version", metavar="VERSION", help="whose approved rows count; none if left out")
        self.add_json(parser)

    def handle(self, *_args: object, **options: Any) -> None:
        try:
            judged = judged_set(named_versions(options["versions"]), options["platform_version"])
        except ReleaseError as refusal:
            raise bad_input(refusal) from refusal
        document = judgement_document(judged.judgement, judged.versions)
        self.show(document, judgement_lines(judged.judgement, judged.versions), as_json=options["json"])
        end(EXIT_CODES[judged.verdict.overall])
