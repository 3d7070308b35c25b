"""The rows of a loaded platform, kept after the first time: a test puts them back in a few inserts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import transaction
from django.db.models import Model, QuerySet

from releases.actions.catalog import load_platform
from releases.models import Service, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Rows = dict[type[Model], list[dict[str, Any]]]
# Where the services of the kept rows are; a test's own address takes its place.
NOWHERE = "http://127.0.0.1:9"
_KEPT: dict[str, Rows] = {}


def put_platform(name: str, describe: Callable[[str], Mapping[str, Any]], *, url: str = NOWHERE) -> None:
    """Load what ``describe`` tells of services below ``url``; a name stands for one description.

    The product's own action loads it the first time, and always where there is a platform already.
    """
    if Service.objects.exists() or Stage.objects.exists():
        load_platform(describe(url))
    elif name in _KEPT:
        _put_back(_KEPT[name], url)
    else:
        alone = not any(QuerySet(model).exists() for model in _models())
        load_platform(describe(NOWHERE))
        if alone:
            _KEPT[name] = {model: rows for model in _models() if (rows := list(QuerySet(model).values()))}
        _move(url)


def _models() -> Iterable[type[Model]]:
    return apps.get_app_config("releases").get_models()


@transaction.atomic
def _put_back(kept: Rows, url: str) -> None:
    for model, rows in kept.items():
        QuerySet[Model](model).bulk_create(model(**row) for row in rows)
    _move(url)


def _move(url: str) -> None:
    if url == NOWHERE:
        return
    for service in Service.objects.all():
        service.dispatch_url = service.dispatch_url.replace(NOWHERE, url)
        service.base_url = service.base_url.replace(NOWHERE, url)
        service.save(update_fields=["dispatch_url", "base_url"])
