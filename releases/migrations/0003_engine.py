import django.db.models.deletion
import django.db.models.lookups
from django.apps.registry import Apps
from django.db import migrations, models


def leave_one_collection_open(apps: Apps, _schema_editor: object) -> None:
    """Close what two first requests at the same moment opened beside each other."""
    collections = apps.get_model("releases", "Collection").objects.filter(finished_at=None)
    newest = collections.order_by("-pk").first()
    if newest is not None:
        collections.exclude(pk=newest.pk).update(
            finished_at=models.F("requested_at"), error="Another collection was asked for at the same moment."
        )


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0002_evidence"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispatch",
            name="asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="status_url",
            field=models.URLField(blank=True, default="", max_length=500),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="dispatch",
            index=models.Index(
                condition=models.Q(
                    ("asked_at__isnull", False),
                    ("state__in", ["accepted", "dispatched", "in_progress", "pending"]),
                ),
                fields=["asked_at"],
                name="services_to_ask",
            ),
        ),
        migrations.CreateModel(
            name="Inbox",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.SlugField(max_length=64, unique=True)),
                (
                    "url",
                    models.URLField(help_text="Where the results of each phase are posted, signed.", max_length=300),
                ),
                (
                    "generation",
                    models.PositiveIntegerField(
                        default=1,
                        help_text="Raise it to give the inbox a new secret, which manage.py inbox_secret prints.",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "inboxes",
                "ordering": ("name",),
            },
        ),
        migrations.AddField(
            model_name="promotion",
            name="inbox",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="promotions",
                to="releases.inbox",
            ),
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("message_id", models.UUIDField(unique=True)),
                ("body", models.TextField()),
                ("opened_at", models.DateTimeField()),
                ("next_send_at", models.DateTimeField()),
                ("give_up_at", models.DateTimeField()),
                ("claim_no", models.PositiveIntegerField(default=0)),
                ("claimed_until", models.DateTimeField(null=True)),
                ("tries", models.PositiveIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("gave_up_at", models.DateTimeField(null=True)),
                (
                    "session",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delivery",
                        to="releases.aggregationsession",
                    ),
                ),
                (
                    "inbox",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="releases.inbox",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("delivered_at", None), ("gave_up_at", None)),
                        fields=["next_send_at"],
                        name="deliveries_to_send",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("delivered_at", None), ("gave_up_at", None), _connector="OR"),
                        name="delivery_ends_in_one_way",
                    )
                ],
            },
        ),
        migrations.RunPython(leave_one_collection_open, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="collection",
            constraint=models.UniqueConstraint(
                django.db.models.lookups.IsNull(models.F("finished_at"), True),
                condition=models.Q(("finished_at", None)),
                name="one_open_collection",
            ),
        ),
    ]
