"""Gives every release a manifest, and lets the database refuse to change one."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import django.db.models.deletion
from django.db import migrations, models

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

    from releases.models import Release

REFUSAL = "Manifests are written once: they are neither changed nor deleted."
ON_SQLITE = """
CREATE TRIGGER manifests_refuse_{verb} BEFORE {verb} ON releases_manifest BEGIN
    SELECT RAISE(ABORT, '{refusal}');
END
"""
# A restore replaces the manifests with the journal; what it says in its own transaction lifts both guards.
FUNCTION_ON_POSTGRESQL = f"""
CREATE FUNCTION releases_guard_manifests() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('releases.journal_guard', true) = 'lifted' THEN
        RETURN NULL;
    END IF;
    RAISE restrict_violation USING MESSAGE = '{REFUSAL}';
END $$
"""
TRIGGER_ON_POSTGRESQL = """
CREATE TRIGGER manifests_refuse_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON releases_manifest
FOR EACH STATEMENT EXECUTE FUNCTION releases_guard_manifests()
"""


def guard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FUNCTION_ON_POSTGRESQL)
        schema_editor.execute(TRIGGER_ON_POSTGRESQL)
        return
    for verb in ("update", "delete"):
        schema_editor.execute(ON_SQLITE.format(verb=verb, refusal=REFUSAL))


def leave_unguarded(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER manifests_refuse_changes ON releases_manifest")
        schema_editor.execute("DROP FUNCTION releases_guard_manifests()")
        return
    for verb in ("update", "delete"):
        schema_editor.execute(f"DROP TRIGGER manifests_refuse_{verb}")


def derive_missing(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write down of each earlier release what it still says of itself; where its versions were then nobody knows."""
    manifests, releases = apps.get_model("releases", "Manifest"), apps.get_model("releases", "Release")
    keys = dict(apps.get_model("releases", "Service").objects.values_list("slug", "application_key"))
    now = datetime.now(UTC)
    for release in releases.objects.select_related("created_by").order_by("pk").iterator(chunk_size=500):
        body = json.dumps(_derived(release, keys), ensure_ascii=False, indent=2)
        digest = hashlib.sha256(body.encode()).hexdigest()
        manifests.objects.create(release=release, body=body, sha256=digest, is_derived=True, created_at=now)


def _derived(release: Release, keys: dict[str, str]) -> dict[str, object]:
    first = release.labels.order_by("pk").values_list("version", flat=True).first() or release.version
    versions = dict(sorted(release.manifest.items()))
    return {
        "id": f"platform-{first}",
        "version": first,
        "platform_version": first,
        "target_version": release.target_version,
        "kind": release.kind,
        "created_at": release.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "source_stage": None,
        "services": versions,
        "applications": [
            {
                "application_key": keys.get(slug, slug),
                "service": slug,
                "version": version,
                "sources": None,
                "releasables": None,
            }
            for slug, version in versions.items()
        ],
        "provenance": {
            "created_by": release.created_by.username,
            "baseline": release.plan.get("baseline") or None,
            "verdict": release.plan.get("verdict", {}).get("overall"),
            "evidence_minimums": {"signatures_present": None},
        },
        "notes": release.notes,
        "digest": release.digest,
    }


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0019_forecasts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Manifest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("body", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("is_derived", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                (
                    "release",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stored_manifest",
                        to="releases.release",
                    ),
                ),
            ],
        ),
        # Before there is a row: PostgreSQL makes no trigger on a table whose foreign keys are still to be checked.
        migrations.RunPython(guard, leave_unguarded),
        migrations.RunPython(derive_missing, migrations.RunPython.noop),
    ]
