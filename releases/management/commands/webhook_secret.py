"""``manage.py webhook_secret NAME``: what the receiver checks signatures with, alone on standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from releases import conf
from releases.clients.signing import printed_secret, subscription_secret
from releases.models import Subscription

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Prints the secret of a webhook subscription, as Standard Webhooks writes it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the subscription")

    def handle(self, *_args: object, **options: Any) -> None:
        found = Subscription.objects.filter(name=options["name"]).first()
        if found is None:
            names = ", ".join(Subscription.objects.values_list("name", flat=True)) or "none"
            message = f"There is no subscription {options['name']}; there are: {names}."
            raise CommandError(message)
        key, generation = conf.signing_key(), found.generation
        secret = subscription_secret(signing_key=key, subscription_id=found.pk, generation=generation)
        self.stdout.write(printed_secret(secret))
