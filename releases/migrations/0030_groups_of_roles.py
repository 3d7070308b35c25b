from django.apps.registry import Apps
from django.db import migrations

ROLES = ("viewer", "release manager", "approver", "admin")
IN_ONE_STAGE = ("release manager", "approver")


def create_groups(apps: Apps, _schema_editor: object) -> None:
    """Create the groups that give roles; those of stages that are made later come with them."""
    stages = apps.get_model("releases", "Stage").objects.values_list("name", flat=True)
    group = apps.get_model("auth", "Group")
    for name in (*ROLES, *(f"{role}: {stage}" for stage in stages for role in IN_ONE_STAGE)):
        group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("releases", "0029_train_numbers"),
    ]

    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop)]
