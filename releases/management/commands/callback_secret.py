"""``manage.py callback_secret SERVICE``: what the service signs its callbacks with, alone on standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from releases import conf
from releases.clients.signing import printed_secret, service_secret
from releases.models import Service

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Prints the secret of a service, as Standard Webhooks writes it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", help="the service")

    def handle(self, *_args: object, **options: Any) -> None:
        service = Service.objects.filter(slug=options["service"]).first()
        if service is None:
            names = ", ".join(Service.objects.values_list("slug", flat=True)) or "none"
            message = f"There is no service {options['service']}; there are: {names}."
            raise CommandError(message)
        secret = service_secret(
            signing_key=conf.signing_key(), service_id=service.pk, generation=service.secret_generation
        )
        self.stdout.write(printed_secret(secret))
