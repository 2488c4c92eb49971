from typing import Any

from django.db import migrations, models

FORMER_DEFAULT = 72


def wait_by_type(apps: Any, schema_editor: Any) -> None:
    """Nobody could choose the former default: those accounts wait as the type of message asks."""
    accounts = apps.get_model("messaging", "GatewayAccount").objects
    accounts.filter(report_wait_hours=FORMER_DEFAULT).update(report_wait_hours=None)


def wait_alike(apps: Any, schema_editor: Any) -> None:
    accounts = apps.get_model("messaging", "GatewayAccount").objects
    accounts.filter(report_wait_hours=None).update(report_wait_hours=FORMER_DEFAULT)


class Migration(migrations.Migration):
    dependencies = [("messaging", "0002_draft")]

    operations = [
        migrations.AlterField(
            model_name="gatewayaccount",
            name="report_wait_hours",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="hours to wait for a report"
            ),
        ),
        migrations.RunPython(wait_by_type, wait_alike),
    ]
