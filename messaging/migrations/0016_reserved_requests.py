from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0015_schedules")]

    operations = [
        migrations.AddIndex(
            model_name="sendrequest",
            index=models.Index(
                condition=models.Q(("due_at__gt", models.F("created_at"))),
                fields=["project", "-id"],
                name="request_reserved",
            ),
        ),
    ]
