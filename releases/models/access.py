"""Who may act through the API, and which commands were already carried out."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ApiToken(models.Model):
    """A bearer token; only the SHA-256 of its secret half is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, blank=True)
    key_id = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(help_text='Of "all", "read", "callback", "promote:<stage>".')
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"rb_{self.key_id}_…"


class CommandReceipt(models.Model):
    """The answer to a command that carried an idempotency key, so that repeating it starts nothing twice."""

    actor = models.CharField(max_length=150)
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    result = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("actor", "key"), name="one_receipt_per_key"),)

    def __str__(self) -> str:
        return f"{self.actor} {self.key}"


class Pulse(models.Model):
    """When a sweeper last looked: a gap means that nobody was there to hear a callback."""

    name = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
