from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0003_report_wait_by_type")]

    operations = [
        migrations.AddIndex(
            model_name="sendrequest",
            index=models.Index(
                fields=["id"],
                name="request_holds_code",
                condition=models.Q(("source", "SYSTEM"), models.Q(("body", "(removed)"), _negated=True)),
            ),
        ),
    ]
