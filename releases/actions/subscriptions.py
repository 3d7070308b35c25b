"""Following what happens, for who sets a board up."""

from __future__ import annotations

from releases import conf
from releases.clients.signing import printed_secret, subscription_secret
from releases.models import Subscription


def ensure_subscription(*, name: str, url: str, events: str) -> str:
    """Let an address follow the events unless one of that name does, and return the secret for its receiver."""
    found, _ = Subscription.objects.get_or_create(name=name, defaults={"url": url, "events": events})
    secret = subscription_secret(signing_key=conf.signing_key(), subscription_id=found.pk, generation=found.generation)
    return printed_secret(secret)
