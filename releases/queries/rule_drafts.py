"""Rules as somebody describes them in a document: looked up, checked like the admin's forms do, not saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model, Q, QuerySet

from releases.domain.errors import Conflict, InvalidInput, NotFound
from releases.models import CompatibilityRow, Service
from releases.queries.catalog import slugs_by_alias

if TYPE_CHECKING:
    from collections.abc import Mapping

Rule = TypeVar("Rule", bound=Model)
SERVICES = frozenset({"service", "other", "consumer", "provider"})


def drafted_rule(
    model: type[Rule], fields: Mapping[str, object], *, number: int | None = None, place: str = ""
) -> Rule:
    """Return the stored rule of that number, or a new one, with these fields; services go by slug or alias.

    ``InvalidInput`` names the field (below ``place``), ``Conflict`` the row that is in the way.
    """
    rule = model() if number is None else stored_rule(model, number)
    for name, value in fields.items():
        setattr(rule, name, _service(name, value, place) if name in SERVICES else value)
    try:
        rule.full_clean()
    except ValidationError as mistake:
        raise _refusal(rule, mistake, place) from mistake
    return rule


def stored_rule(model: type[Rule], number: int) -> Rule:
    """Return a rule by its number; ``NotFound`` when there is none."""
    rows: QuerySet[Rule] = QuerySet(model)
    found = rows.filter(pk=number).first()
    if found is None:
        message = f"There is no {model._meta.verbose_name} {number}."
        raise NotFound(message)
    return found


def _service(name: str, value: object, place: str) -> Service:
    slug = slugs_by_alias().get(str(value), str(value))
    service = Service.objects.filter(slug=slug).first()
    if service is None:
        message = f"There is no service {value}."
        raise InvalidInput(f"{place}{name}", message)
    return service


def _refusal(rule: Model, mistake: ValidationError, place: str) -> Exception:
    """Report one field at a time: the first in the order of the columns."""
    found = mistake.message_dict
    named = [field.name for field in rule._meta.fields if field.name in found]
    if named:
        return InvalidInput(f"{place}{named[0]}", found[named[0]][0])
    taken = _row_in_the_way(rule)
    if taken is not None:
        message = f"Platform {taken.platform_version} already has row {taken.pk} for {taken.service}; edit that one."
        return Conflict(message)
    return InvalidInput(place.rstrip(".") or "rule", found[NON_FIELD_ERRORS][0])


def _row_in_the_way(rule: Model) -> CompatibilityRow | None:
    if not isinstance(rule, CompatibilityRow):
        return None
    same = Q(platform_version=rule.platform_version, service=rule.service)
    return CompatibilityRow.objects.filter(same).exclude(pk=rule.pk).select_related("service").first()
