"""``manage.py inbox_secret NAME``: what the inbox's receiver checks signatures with, alone on standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from releases import conf
from releases.clients.signing import inbox_secret, printed_secret
from releases.models import Inbox

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Prints the secret of an inbox, as Standard Webhooks writes it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the inbox")

    def handle(self, *_args: object, **options: Any) -> None:
        inbox = Inbox.objects.filter(name=options["name"]).first()
        if inbox is None:
            names = ", ".join(Inbox.objects.values_list("name", flat=True)) or "none"
            message = f"There is no inbox {options['name']}; there are: {names}."
            raise CommandError(message)
        secret = inbox_secret(signing_key=conf.signing_key(), inbox_id=inbox.pk, generation=inbox.generation)
        self.stdout.write(printed_secret(secret))
