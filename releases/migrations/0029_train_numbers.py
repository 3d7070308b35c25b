from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0028_version_contents"),
    ]

    operations = [
        migrations.AddField(
            model_name="train",
            name="target_version",
            field=models.CharField(blank=True, max_length=128),
        ),
        migrations.AddField(
            model_name="train",
            name="number_reason",
            field=models.CharField(blank=True, help_text="Who chose the number and why, a sentence.", max_length=500),
        ),
    ]
