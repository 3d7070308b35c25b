"""``manage.py manifest``: what a release was created of, for pipelines."""

from __future__ import annotations

import json
from io import StringIO

import pytest
import yaml
from django.core.management import CommandError, call_command

from releases.queries.manifests import manifest_of
from tests.factories import created, load_bookverse

pytestmark = pytest.mark.django_db


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("manifest", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_yaml_or_json() -> None:
    load_bookverse()
    version = created().version
    document = manifest_of(version).document

    assert yaml.safe_load(printed(version)) == document
    assert json.loads(printed(version, "--json")) == document


def test_an_unknown_release_is_named() -> None:
    with pytest.raises(CommandError, match=r"There is no release 9\.9\.9\."):
        printed("9.9.9")
