"""Describing how stages are validated, for commands that set a board up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from releases.models import Service, Stage, ValidationTarget

if TYPE_CHECKING:
    from collections.abc import Mapping


@transaction.atomic(durable=True)
def load_targets(document: Mapping[str, Any]) -> None:
    """Add a target to each stage of the document that has none; what somebody edited stays as it is."""
    services = {service.slug: service for service in Service.objects.all()}
    for stage in Stage.objects.filter(name__in=document["stages"]):
        ValidationTarget.objects.get_or_create(
            stage=stage,
            defaults={
                "catalog": services[document["catalog"]],
                "orders": services[document["orders"]],
                "paths": document.get("paths", {}),
                "fields": document.get("fields", {}),
                "protected": document.get("protected", ""),
                "run_after_promotion": stage.name in document.get("run_after_promotion", ()),
            },
        )
