"""``manage.py manifest 2.2.0-alpha.1``: what a release was created of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from releases.domain.errors import ReleaseError
from releases.queries.manifests import manifest_of

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Prints the manifest of the release that carries this version in any stage, as YAML."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_args: object, version: str, **options: Any) -> None:
        try:
            found = manifest_of(version)
        except ReleaseError as refusal:
            raise CommandError(refusal.message) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(found.document, indent=2, ensure_ascii=False))
        else:
            self.stdout.write(found.yaml, ending="")
