"""Seals what the journal holds so far, and lets the database refuse to change it from here on."""

from collections.abc import Iterator
from itertools import groupby, islice

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from releases import conf
from releases.domain.sealing import origin, seal_of

CHUNK = 1_000
REFUSAL = "The journal is append-only: its entries are neither changed nor deleted."
ON_SQLITE = """
CREATE TRIGGER journal_refuses_{verb} BEFORE {verb} ON releases_journalentry BEGIN
    SELECT RAISE(ABORT, '{refusal}');
END
"""
# A restore replaces the journal; it says so in its own transaction, and only there.
FUNCTION_ON_POSTGRESQL = f"""
CREATE FUNCTION releases_guard_journal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('releases.journal_guard', true) = 'lifted' THEN
        RETURN NULL;
    END IF;
    RAISE restrict_violation USING MESSAGE = '{REFUSAL}';
END $$
"""
TRIGGER_ON_POSTGRESQL = """
CREATE TRIGGER journal_refuses_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON releases_journalentry
FOR EACH STATEMENT EXECUTE FUNCTION releases_guard_journal()
"""


def seal_what_is_there(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Vouch for the journals as they are today; what was changed before nobody can tell."""
    ends: dict[int, str] = {}
    seals = _seals(apps, ends)
    with schema_editor.connection.cursor() as cursor:
        while chunk := list(islice(seals, CHUNK)):
            cursor.executemany("UPDATE releases_journalentry SET seal = %s WHERE id = %s", chunk)
        cursor.executemany("UPDATE releases_release SET seal = %s WHERE id = %s", [(ends[pk], pk) for pk in ends])


def _seals(apps: Apps, ends: dict[int, str]) -> Iterator[tuple[str, int]]:
    """Yield the seal of each entry; ``ends`` gets each release's last."""
    key = conf.sealing_keys()[0]
    entries = apps.get_model("releases", "JournalEntry").objects.order_by("release_id", "sequence")
    for pk, journal in groupby(entries.iterator(chunk_size=CHUNK), key=lambda entry: entry.release_id):
        seal = origin(pk)
        for entry in journal:
            seal = seal_of(release_id=pk, line=entry, previous=seal, key=key)
            yield seal, entry.pk
        ends[pk] = seal


def guard(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FUNCTION_ON_POSTGRESQL)
        schema_editor.execute(TRIGGER_ON_POSTGRESQL)
        return
    for verb in ("update", "delete"):
        schema_editor.execute(ON_SQLITE.format(verb=verb, refusal=REFUSAL))


def leave_unguarded(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER journal_refuses_changes ON releases_journalentry")
        schema_editor.execute("DROP FUNCTION releases_guard_journal()")
        return
    for verb in ("update", "delete"):
        schema_editor.execute(f"DROP TRIGGER journal_refuses_{verb}")


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0003_engine"),
    ]

    operations = [
        migrations.AddField(
            model_name="release",
            name="seal",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="journalentry",
            name="seal",
            field=models.CharField(default="", max_length=64),
            preserve_default=False,
        ),
        migrations.RunPython(seal_what_is_there, migrations.RunPython.noop),
        migrations.RunPython(guard, leave_unguarded),
    ]
