"""Giving a person the secret address of the calendar feed, and taking the old one back."""

from __future__ import annotations

from django.db import transaction

from releases.domain.access import Actor, Permission, require
from releases.models import CalendarLink
from releases.queries.calendars import calendar_key
from releases.queries.clock import database_now


@transaction.atomic(durable=True)
def rotate_calendar_link(*, actor: Actor) -> str:
    """Return a new secret for the person's feed; whoever has the one before reads nothing any more."""
    require(actor, Permission.VIEW)
    now = database_now()
    link, is_new = CalendarLink.objects.select_for_update().get_or_create(
        user_id=actor.person_id, defaults={"rotated_at": now}
    )
    if not is_new:
        link.generation, link.rotated_at = link.generation + 1, now
        link.save(update_fields=["generation", "rotated_at"])
    return calendar_key(link)
